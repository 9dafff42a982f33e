//! The operator of `sort`.

use lazy_runtime::delayed;
use polars::prelude::{DataFrame, Expr, PlSmallStr, PolarsResult, SchemaRef, SortMultipleOptions};

use super::top_k::TopK;
use crate::engine;
use crate::error::{StepError, lacking};
use crate::plan::{At, Columns, Fused, Lowering, Operator, Piece, Plan};
use crate::shuffle::{self, Bounds, Order, Sample};

/// Puts all rows in order: each partition in itself, and the partitions one after the other.
#[derive(Debug)]
pub(crate) struct Sort {
    by: Sorting,
    inputs: [Plan; 1],
}

/// By what to sort, and how.
#[derive(Clone, Debug)]
pub(crate) struct Sorting {
    pub(crate) by: Vec<PlSmallStr>,
    pub(crate) options: SortMultipleOptions,
}

impl Sorting {
    /// The error of `step` where the columns or the options do not fit.
    pub(crate) fn check(&self, step: &str, input: &Plan, at: At) -> Result<(), StepError> {
        let n = self.by.len();
        let misfit = |reason: String| Err(input.misfit(step, reason, at));
        if n == 0 {
            return misfit("name the columns to sort by".into());
        }
        if let Some(reason) = lacking(&self.by, input.schema()) {
            return misfit(reason);
        }
        if let Some(i) = (1..n).find(|i| self.by[..*i].contains(&self.by[*i])) {
            return misfit(format!("the column `{}` is named twice", self.by[i]));
        }
        let flags = [
            ("descending", self.options.descending.len()),
            ("nulls_last", self.options.nulls_last.len()),
        ];
        match flags.iter().find(|(_, len)| *len != 1 && *len != n) {
            Some((flag, len)) => misfit(format!(
                "`{flag}` has {len} values for {n} columns; give one for all of them, or one for each"
            )),
            None => Ok(()),
        }
    }

    /// The columns, beside those that are wanted.
    pub(crate) fn needs(&self, wanted: &Columns) -> Columns {
        wanted.clone().and(Columns::names(self.by.iter().cloned()))
    }

    pub(crate) fn describe(&self) -> String {
        let flag = |flags: &[bool], i: usize| *flags.get(i).unwrap_or(&flags[0]);
        let column = |(i, name): (usize, &PlSmallStr)| {
            let descending = flag(&self.options.descending, i);
            let nulls_last = flag(&self.options.nulls_last, i);
            let descending = if descending { " descending" } else { "" };
            format!("{name}{descending}{}", if nulls_last { ", nulls last" } else { "" })
        };
        self.by.iter().enumerate().map(column).collect::<Vec<_>>().join("; ")
    }
}

impl Sort {
    pub(crate) fn plan(by: Sorting, input: Plan, at: At) -> Result<Plan, StepError> {
        by.check("sort", &input, at)?;
        let (schema, npartitions) = (input.schema().clone(), input.npartitions());
        Ok(Plan::new(Sort { by, inputs: [input] }, schema, npartitions, None, at))
    }
}

impl Operator for Sort {
    fn name(&self) -> &'static str {
        "sort"
    }

    fn describe(&self) -> String {
        format!("by {}", self.by.describe())
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        Sort::plan(self.by.clone(), inputs.remove(0), at)
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        vec![self.by.needs(wanted)]
    }

    fn filter_inputs(&self, predicate: &Expr) -> Vec<Option<Expr>> {
        vec![Some(predicate.clone())]
    }

    fn cuts_by_rows(&self) -> bool {
        self.inputs[0].npartitions() > 1
    }

    fn first(&self, n: usize, at: At) -> Option<Plan> {
        TopK::plan("sort", n, self.by.clone(), self.inputs[0].clone(), at).ok()
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let [input] = &self.inputs;
        let pieces = lowering.pieces(input);
        let ranges = match pieces.len() {
            1 => pieces,
            _ => ranges(pieces, &self.by, input.schema()),
        };
        let sorted = |piece: Piece| sort(piece.input, piece.fused, self.by.clone());
        ranges.into_iter().map(sorted).map(Piece::made).collect()
    }
}

/// How many rows are looked at in each partition. With as many bounds as partitions, a range is then off by about a
/// sixteenth.
const SAMPLED: usize = 256;

/// The same rows in as many partitions, none of which has a row that belongs after one of the next. Where to cut is
/// told by some of the rows, so the partitions are made before any is cut.
fn ranges(pieces: Vec<Piece>, by: &Sorting, schema: &SchemaRef) -> Vec<Piece> {
    let (n, order) = (pieces.len(), Order::new(by.by.iter().cloned(), &by.options));
    let pieces: Vec<_> = pieces.into_iter().map(Piece::once).collect();
    let samples = pieces.iter().cloned().enumerate();
    let samples: Vec<_> = samples
        .map(|(i, piece)| sample(piece.input, piece.fused, order.clone(), i, SAMPLED))
        .collect();
    let bounds = bounds(samples, n);
    let ranges = shuffle::by_range(pieces, &order, &bounds, n, schema);
    ranges.into_iter().map(Piece::made).collect()
}

#[delayed(name = "sort-sample", fallible)]
fn sample(
    input: Option<DataFrame>,
    fused: Fused,
    order: Order,
    partition: usize,
    n: usize,
) -> PolarsResult<Sample> {
    let rows = fused.collect(input, |rows| rows)?;
    engine::alone(move || Sample::of(&order, &rows, partition, n))
}

#[delayed(name = "sort-bounds")]
fn bounds(samples: Vec<Sample>, n: usize) -> Bounds {
    Bounds::between(samples, n)
}

#[delayed(name = "sort", fallible)]
fn sort(input: Option<DataFrame>, fused: Fused, by: Sorting) -> PolarsResult<DataFrame> {
    fused.collect(input, |rows| rows.sort(by.by, by.options))
}
