//! [`Repartition`]: the same rows in the same order, with other bounds between partitions.

use std::sync::Arc;

use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use super::concat::into_one;
use crate::divisions::Divisions;
use crate::engine;
use crate::error::StepError;
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan};

/// How the new partitions are cut.
#[derive(Clone, Debug)]
pub(crate) enum Cuts {
    /// So many, of about as many old partitions or parts of them each.
    Number(usize),
    /// Each old partition into so many.
    Parts(Arc<[usize]>),
    /// At these values of the column of the divisions.
    Divisions(Divisions),
}

/// Rows with other bounds.
#[derive(Debug)]
pub(crate) struct Repartition {
    cuts: Cuts,
    inputs: [Plan; 1],
}

impl Repartition {
    pub(crate) fn plan(cuts: Cuts, input: Plan, at: At) -> Plan {
        let old = input.divisions();
        let (npartitions, divisions) = match &cuts {
            Cuts::Number(n) => {
                (*n, old.filter(|_| *n <= input.npartitions()).map(|old| merged(old, *n)))
            }
            Cuts::Parts(parts) => (parts.iter().sum(), None),
            Cuts::Divisions(divisions) => (divisions.npartitions(), Some(divisions.clone())),
        };
        let schema = input.schema().clone();
        Plan::new(Repartition { cuts, inputs: [input] }, schema, npartitions, divisions, at)
    }

    fn input(&self) -> &Plan {
        &self.inputs[0]
    }
}

/// Where new partition `i` of `n` begins among `old` ones.
fn start(i: usize, n: usize, old: usize) -> usize {
    i * old / n
}

fn merged(old: &Divisions, n: usize) -> Divisions {
    let bounds = (0..=n).map(|i| old.bounds()[start(i, n, old.npartitions())].clone());
    Divisions::new(old.column(), bounds.collect())
}

/// In how many parts each old partition is cut, so that there are `n` in all.
fn shares(n: usize, old: usize) -> Vec<usize> {
    (0..old).map(|i| start(i + 1, old, n) - start(i, old, n)).collect()
}

impl Operator for Repartition {
    fn name(&self) -> &'static str {
        "repartition"
    }

    fn describe(&self) -> String {
        match &self.cuts {
            Cuts::Number(n) => n.to_string(),
            Cuts::Parts(parts) => parts.iter().sum::<usize>().to_string(),
            Cuts::Divisions(divisions) => divisions.to_string(),
        }
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        Ok(Repartition::plan(self.cuts.clone(), inputs.remove(0), at))
    }

    fn counts_partitions(&self) -> bool {
        !matches!(self.cuts, Cuts::Number(_))
    }

    fn cuts_by_rows(&self) -> bool {
        match self.cuts {
            Cuts::Number(n) => n > self.input().npartitions(),
            Cuts::Parts(_) => true,
            Cuts::Divisions(_) => false,
        }
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        vec![match &self.cuts {
            Cuts::Divisions(divisions) => {
                wanted.clone().and(Columns::names([divisions.column().into()]))
            }
            _ => wanted.clone(),
        }]
    }

    fn filter_inputs(&self, predicate: &Expr) -> Vec<Option<Expr>> {
        vec![Some(predicate.clone())]
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        let (Cuts::Number(n), old) = (&self.cuts, self.input().npartitions()) else { return None };
        let merged = start(partition, *n, old)..start(partition + 1, *n, old);
        (*n <= old).then(|| merged.map(|i| self.input().rows(i)).sum())?
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let old = self.input().npartitions();
        let pieces = match &self.cuts {
            Cuts::Number(n) if *n == old => return lowering.pieces(self.input()),
            Cuts::Number(n) if *n < old => {
                let partitions = lowering.partitions(self.input());
                let group = |i| partitions[start(i, *n, old)..start(i + 1, *n, old)].to_vec();
                (0..*n).map(|i| into_one(group(i))).collect()
            }
            Cuts::Number(n) => split(lowering.partitions(self.input()), &shares(*n, old)),
            Cuts::Parts(parts) => split(lowering.partitions(self.input()), parts),
            Cuts::Divisions(new) => {
                let old = self.input().divisions().expect("only known divisions are changed");
                let dtype = self.input().schema().get(new.column()).expect("it is divided by it");
                between(&lowering.partitions(self.input()), old, new, dtype)
            }
        };
        pieces.into_iter().map(Piece::made).collect()
    }
}

/// Each partition cut into parts of about as many rows.
fn split(partitions: Vec<Delayed<DataFrame>>, parts: &[usize]) -> Vec<Delayed<DataFrame>> {
    let cut = |(partition, n): (Delayed<DataFrame>, &usize)| -> Vec<_> {
        match *n {
            1 => vec![partition],
            n => (0..n).map(|i| part(&partition, i, n)).collect(),
        }
    };
    partitions.into_iter().zip(parts).flat_map(cut).collect()
}

#[delayed(name = "repartition")]
fn part(partition: &DataFrame, i: usize, n: usize) -> DataFrame {
    let rows = partition.height();
    let (from, to) = (start(i, n, rows), start(i + 1, n, rows));
    partition.slice(from as i64, to - from)
}

/// The rows between new bounds, of the old partitions that reach into them.
fn between(
    partitions: &[Delayed<DataFrame>],
    old: &Divisions,
    new: &Divisions,
    dtype: &DataType,
) -> Vec<Delayed<DataFrame>> {
    let last = new.npartitions() - 1;
    let reach = |i: usize| {
        let (from, to) = (&new.bounds()[i], &new.bounds()[i + 1]);
        (0..old.npartitions()).filter(move |p| {
            let (start, end) = (&old.bounds()[*p], &old.bounds()[p + 1]);
            (start < to || i == last && start <= to)
                && (end > from || end == from && *p + 1 == old.npartitions())
        })
    };
    let made = |i: usize| {
        let range = range(new, dtype, i);
        let parts: Vec<_> = reach(i).map(|p| within(&partitions[p], range.clone())).collect();
        match parts.is_empty() {
            true => within(&partitions[0], lit(false)),
            false => into_one(parts),
        }
    };
    (0..=last).map(made).collect()
}

/// Whether a row belongs to partition `i`.
fn range(divisions: &Divisions, dtype: &DataType, i: usize) -> Expr {
    let bound = |i: usize| lit(Scalar::new(dtype.clone(), divisions.bounds()[i].clone()));
    let column = col(divisions.column());
    let above = column.clone().gt_eq(bound(i));
    match i + 1 == divisions.npartitions() {
        true => above.and(column.lt_eq(bound(i + 1))),
        false => above.and(column.lt(bound(i + 1))),
    }
}

#[delayed(name = "repartition", fallible)]
fn within(partition: DataFrame, range: Expr) -> PolarsResult<DataFrame> {
    engine::collect(partition.lazy().filter(range))
}
