//! [`Head`]: the first rows, or the last, of as few partitions as it takes.

use std::sync::Arc;

use lazy_runtime::prelude::*;
use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use crate::engine;
use crate::error::StepError;
use crate::plan::{At, Columns, Fused, Lowering, Operator, Piece, Plan, first_rows};

/// Which rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    First,
    Last,
}

/// `n` rows from one end.
#[derive(Debug)]
pub(crate) struct Head {
    end: End,
    n: usize,
    inputs: [Plan; 1],
}

impl Head {
    pub(crate) fn plan(end: End, n: usize, input: Plan, at: At) -> Plan {
        let schema = input.schema().clone();
        Plan::new(Head { end, n, inputs: [input] }, schema, 1, None, at)
    }

    fn input(&self) -> &Plan {
        &self.inputs[0]
    }

    /// The partitions in the order in which they are looked at.
    fn order(&self) -> Vec<usize> {
        let all = 0..self.input().npartitions();
        match self.end {
            End::First => all.collect(),
            End::Last => all.rev().collect(),
        }
    }

    /// The partitions that suffice, where that is known without computing.
    fn enough(&self) -> Option<Vec<usize>> {
        if self.input().npartitions() == 1 {
            return Some(vec![0]);
        }
        let mut rows = 0;
        let mut enough = Vec::new();
        for partition in self.order() {
            if rows >= self.n && !enough.is_empty() {
                break;
            }
            rows += self.input().rows(partition)?;
            enough.push(partition);
        }
        Some(enough)
    }
}

impl Operator for Head {
    fn name(&self) -> &'static str {
        match self.end {
            End::First => "head",
            End::Last => "tail",
        }
    }

    fn describe(&self) -> String {
        self.n.to_string()
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        Ok(Head::plan(self.end, self.n, inputs.remove(0), at))
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        vec![wanted.clone()]
    }

    fn needs_first(&self) -> Option<usize> {
        (self.end == End::First).then_some(self.n)
    }

    fn rows(&self, _: usize) -> Option<usize> {
        let rows = (0..self.input().npartitions()).map(|i| self.input().rows(i));
        Some(rows.sum::<Option<usize>>()?.min(self.n))
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let pieces = lowering.pieces(self.input());
        let cut = |i: usize| {
            let Piece { input, fused } = pieces[i].clone();
            cut(input, fused, self.end, self.n)
        };
        let end = match self.enough() {
            Some(mut enough) => {
                enough.sort_unstable();
                joined(enough.into_iter().map(cut).collect(), self.end, self.n)
            }
            None => {
                let made: Vec<_> = self.order().into_iter().map(cut).collect();
                search(Arc::new(made), self.end, self.n)
            }
        };
        vec![Piece::made(end)]
    }
}

fn joined(mut ends: Vec<Delayed<DataFrame>>, end: End, n: usize) -> Delayed<DataFrame> {
    match ends.len() {
        1 => ends.remove(0),
        _ => join(ends, end, n),
    }
}

#[delayed(name = "head", fallible)]
fn cut(input: Option<DataFrame>, fused: Fused, end: End, n: usize) -> PolarsResult<DataFrame> {
    fused.collect(input, |rows| match end {
        End::First => first_rows(rows, n),
        End::Last => rows.tail(IdxSize::try_from(n).unwrap_or(IdxSize::MAX)),
    })
}

#[delayed(name = "head", fallible)]
fn join(ends: Vec<DataFrame>, end: End, n: usize) -> PolarsResult<DataFrame> {
    end_of_all(ends, end, n)
}

/// Of frames in their order.
fn end_of_all(frames: Vec<DataFrame>, end: End, n: usize) -> PolarsResult<DataFrame> {
    let all = engine::concat(frames)?;
    Ok(match end {
        End::First => all.head(Some(n)),
        End::Last => all.tail(Some(n)),
    })
}

/// How many rows a partition has is not known: they are computed from this end, twice as many at each try, until there are enough.
#[delayed(name = "head")]
fn search(
    partitions: Arc<Vec<Delayed<DataFrame>>>,
    end: End,
    n: usize,
) -> Result<DataFrame, Box<dyn std::error::Error + Send + Sync>> {
    let mut found: Vec<DataFrame> = Vec::new();
    let mut some = 1;
    while found.len() < partitions.len() {
        let next = found.len()..(found.len() + some).min(partitions.len());
        found.extend(partitions[next].compute()?);
        if found.iter().map(DataFrame::height).sum::<usize>() >= n {
            break;
        }
        some *= 2;
    }
    if end == End::Last {
        found.reverse();
    }
    Ok(end_of_all(found, end, n)?)
}

#[cfg(test)]
mod tests {
    use lazy_runtime::Collection;
    use polars::df;

    use crate::Frame;
    use crate::ops::testing::{agrees, table};

    #[test]
    fn more_rows_than_polars_counts_are_all() {
        let folder = tempfile::TempDir::new().unwrap();
        let rows = df!["x" => [1, 2, 3]].unwrap();
        let frame = Frame::from_polars(rows.clone(), 2);
        frame.write_parquet(folder.path()).compute().unwrap();
        let read = Frame::read_parquet(folder.path()).build().unwrap();
        for frame in [frame, read] {
            for n in [1 << 32, usize::MAX] {
                assert_eq!(frame.head(n).compute().unwrap(), rows);
                assert_eq!(frame.tail(n).compute().unwrap(), rows);
            }
        }
    }

    #[test]
    fn ends_go_on_in_the_next_partition_until_there_are_enough() {
        for n in [0, 1, 2, 4, 6, 7, 12, 13, 14] {
            agrees(&table(), |f| f.head(n), |f| f.limit(n as u32));
            agrees(&table(), |f| f.tail(n), |f| f.tail(n as u32));
        }
    }
}
