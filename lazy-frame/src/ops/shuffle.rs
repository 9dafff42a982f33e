//! The operator of `shuffle`.

use std::sync::Arc;

use polars::prelude::{Expr, PlSmallStr, col};

use crate::error::{StepError, lacking};
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan};
use crate::shuffle;

/// Moves rows of equal keys to the same partition.
#[derive(Debug)]
pub(crate) struct Shuffle {
    keys: Arc<[PlSmallStr]>,
    npartitions: usize,
    inputs: [Plan; 1],
}

impl Shuffle {
    /// The shuffle of a plan; the plan itself, where its rows are so already.
    pub(crate) fn plan(
        keys: Arc<[PlSmallStr]>,
        npartitions: Option<usize>,
        input: Plan,
        at: At,
    ) -> Result<Plan, StepError> {
        let npartitions = npartitions.unwrap_or(input.npartitions());
        if keys.is_empty() {
            return Err(input.misfit("shuffle", "name the columns to shuffle by", at));
        }
        if npartitions == 0 {
            return Err(input.misfit("shuffle", "a frame has at least 1 partition, not 0", at));
        }
        if let Some(reason) = lacking(keys.iter(), input.schema()) {
            return Err(input.misfit("shuffle", reason, at));
        }
        if let Some(i) = (1..keys.len()).find(|i| keys[..*i].contains(&keys[*i])) {
            let reason = format!("the column `{}` is named twice", keys[i]);
            return Err(input.misfit("shuffle", reason, at));
        }
        if input.npartitions() == npartitions && input.together(&keys) {
            return Ok(input);
        }
        let schema = input.schema().clone();
        Ok(Plan::new(Shuffle { keys, npartitions, inputs: [input] }, schema, npartitions, None, at))
    }
}

impl Operator for Shuffle {
    fn name(&self) -> &'static str {
        "shuffle"
    }

    fn describe(&self) -> String {
        format!("by {}, {} partitions", self.keys.join(", "), self.npartitions)
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        Shuffle::plan(self.keys.clone(), Some(self.npartitions), inputs.remove(0), at)
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        vec![wanted.clone().and(Columns::names(self.keys.iter().cloned()))]
    }

    fn filter_inputs(&self, predicate: &Expr) -> Vec<Option<Expr>> {
        vec![Some(predicate.clone())]
    }

    fn hashed_by(&self) -> Option<&[PlSmallStr]> {
        Some(&self.keys)
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let [input] = &self.inputs;
        let pieces = lowering.pieces(input);
        let keys: Vec<Expr> = self.keys.iter().cloned().map(col).collect();
        let buckets = shuffle::by_hash(pieces, &keys, self.npartitions, input.schema());
        buckets.into_iter().map(Piece::made).collect()
    }
}
