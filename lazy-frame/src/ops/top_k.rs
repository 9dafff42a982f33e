//! The operator of `top_k` and `bottom_k`.

use lazy_runtime::delayed;
use polars::prelude::{DataFrame, IntoLazy, LazyFrame, PolarsResult};

use super::sort::Sorting;
use super::tree::tree;
use crate::engine;
use crate::error::StepError;
use crate::plan::{At, Columns, Fused, Lowering, Operator, Piece, Plan, first_rows};

/// The rows that a sort would put first, in its order.
#[derive(Debug)]
pub(crate) struct TopK {
    /// The method that asked for it.
    name: &'static str,
    k: usize,
    by: Sorting,
    inputs: [Plan; 1],
}

impl TopK {
    pub(crate) fn plan(
        name: &'static str,
        k: usize,
        by: Sorting,
        input: Plan,
        at: At,
    ) -> Result<Plan, StepError> {
        by.check(name, &input, at)?;
        let schema = input.schema().clone();
        Ok(Plan::new(TopK { name, k, by, inputs: [input] }, schema, 1, None, at))
    }
}

impl Operator for TopK {
    fn name(&self) -> &'static str {
        self.name
    }

    fn describe(&self) -> String {
        format!("{} rows by {}", self.k, self.by.describe())
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        TopK::plan(self.name, self.k, self.by.clone(), inputs.remove(0), at)
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        vec![self.by.needs(wanted)]
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let [input] = &self.inputs;
        let pieces = lowering.pieces(input).into_iter();
        let firsts = pieces.map(|piece| first(piece.input, piece.fused, self.k, self.by.clone()));
        let merged = tree(firsts.collect(), |firsts| merge(firsts, self.k, self.by.clone()));
        vec![Piece::made(merged)]
    }
}

#[delayed(name = "top-k", fallible)]
fn first(input: Option<DataFrame>, fused: Fused, k: usize, by: Sorting) -> PolarsResult<DataFrame> {
    fused.collect(input, |rows| first_of(rows, k, by))
}

#[delayed(name = "top-k-merge", fallible)]
fn merge(firsts: Vec<DataFrame>, k: usize, by: Sorting) -> PolarsResult<DataFrame> {
    engine::collect(first_of(engine::concat(firsts)?.lazy(), k, by))
}

/// Polars finds these without sorting the others.
fn first_of(rows: LazyFrame, k: usize, by: Sorting) -> LazyFrame {
    first_rows(rows.sort(by.by, by.options), k)
}
