//! The operator of `unique`.

use std::sync::Arc;

use lazy_runtime::delayed;
use polars::prelude::*;

use super::shuffle::Shuffle;
use super::tree::tree;
use crate::engine;
use crate::error::{StepError, lacking};
use crate::plan::{At, Columns, Fused, Lowering, Operator, Piece, Plan};

/// One row of those that are equal in some columns, or none.
#[derive(Debug)]
pub(crate) struct Unique {
    subset: Arc<[PlSmallStr]>,
    keep: UniqueKeepStrategy,
    inputs: [Plan; 1],
}

impl Unique {
    /// `None` for all columns. Rows that are equal may stand in partitions apart; which of them is alone is told only
    /// when they are together.
    pub(crate) fn plan(
        subset: Option<Arc<[PlSmallStr]>>,
        keep: UniqueKeepStrategy,
        mut input: Plan,
        at: At,
    ) -> Result<Plan, StepError> {
        let subset = subset.unwrap_or_else(|| input.schema().iter_names().cloned().collect());
        if subset.is_empty() {
            return Err(input.misfit("unique", "name the columns to compare", at));
        }
        if let Some(reason) = lacking(subset.iter(), input.schema()) {
            return Err(input.misfit("unique", reason, at));
        }
        if matches!(keep, UniqueKeepStrategy::None) && !input.together(&subset) {
            input = Shuffle::plan(subset.clone(), None, input, at)?;
        }
        let (npartitions, divisions) = match input.together(&subset) {
            true => (input.npartitions(), input.divisions().cloned()),
            false => (1, None),
        };
        let schema = input.schema().clone();
        Ok(Plan::new(Unique { subset, keep, inputs: [input] }, schema, npartitions, divisions, at))
    }

    fn input(&self) -> &Plan {
        &self.inputs[0]
    }
}

impl Operator for Unique {
    fn name(&self) -> &'static str {
        "unique"
    }

    fn describe(&self) -> String {
        format!("by {}, keep {}", self.subset.join(", "), <&str>::from(self.keep))
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        Unique::plan(Some(self.subset.clone()), self.keep, inputs.remove(0), at)
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        vec![wanted.clone().and(Columns::names(self.subset.iter().cloned()))]
    }

    /// Rows that are equal in the subset are kept or dropped together by a predicate that looks at nothing else.
    fn filter_inputs(&self, predicate: &Expr) -> Vec<Option<Expr>> {
        let names = predicate.clone().meta().root_names();
        let within = names.iter().all(|name| self.subset.contains(name));
        vec![within.then(|| predicate.clone())]
    }

    fn hashed_by(&self) -> Option<&[PlSmallStr]> {
        self.input().together(&self.subset).then(|| self.input().hashed_by())?
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let distinct =
            |piece: Piece| unique(piece.input, piece.fused, self.subset.clone(), self.keep);
        let pieces = lowering.pieces(self.input()).into_iter();
        let parts: Vec<_> = pieces.map(distinct).collect();
        let parts = match self.input().together(&self.subset) {
            true => parts,
            false => vec![tree(parts, |parts| merge(parts, self.subset.clone(), self.keep))],
        };
        parts.into_iter().map(Piece::made).collect()
    }
}

#[delayed(name = "unique", fallible)]
fn unique(
    input: Option<DataFrame>,
    fused: Fused,
    subset: Arc<[PlSmallStr]>,
    keep: UniqueKeepStrategy,
) -> PolarsResult<DataFrame> {
    fused.collect(input, |rows| distinct(rows, &subset, keep))
}

#[delayed(name = "unique-merge", fallible)]
fn merge(
    parts: Vec<DataFrame>,
    subset: Arc<[PlSmallStr]>,
    keep: UniqueKeepStrategy,
) -> PolarsResult<DataFrame> {
    engine::collect(distinct(engine::concat(parts)?.lazy(), &subset, keep))
}

fn distinct(rows: LazyFrame, subset: &[PlSmallStr], keep: UniqueKeepStrategy) -> LazyFrame {
    let subset = subset.iter().cloned().map(col).collect();
    rows.unique_stable_generic(Some(subset), keep)
}
