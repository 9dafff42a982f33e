//! [`Concat`]: the partitions of several frames, one after the other.

use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use crate::engine;
use crate::error::{StepError, difference};
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan};

/// The rows of several plans of one schema.
#[derive(Debug)]
pub(crate) struct Concat {
    inputs: Vec<Plan>,
}

impl Concat {
    /// At least one input. One that is such a plan itself gives its own inputs, so that frames that are put together in a loop do not
    /// become a long chain.
    pub(crate) fn plan(inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        let schema = inputs[0].schema().clone();
        for (i, input) in inputs.iter().enumerate().skip(1) {
            if let Some(difference) = difference(input.schema(), &schema) {
                let reason = format!("frame {i} has other columns than frame 0: {difference}");
                return Err(inputs[0].misfit("concat", reason, at));
            }
        }
        let npartitions = inputs.iter().map(Plan::npartitions).sum();
        let flat = |input: Plan| match input.operator().concatenated() {
            Some(inputs) => inputs.to_vec(),
            None => vec![input],
        };
        let inputs = inputs.into_iter().flat_map(flat).collect();
        Ok(Plan::new(Concat { inputs }, schema, npartitions, None, at))
    }

    /// The input that a partition is of, and which it is there.
    fn origin(&self, mut partition: usize) -> (&Plan, usize) {
        for input in &self.inputs {
            match partition.checked_sub(input.npartitions()) {
                Some(rest) => partition = rest,
                None => return (input, partition),
            }
        }
        unreachable!("a partition is of one of the inputs")
    }
}

impl Operator for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn describe(&self) -> String {
        format!("{} frames", self.inputs.len())
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        // Some inputs may have kept columns that others have lost: those that all have are enough.
        let (first, others) = inputs.split_first().expect("at least one input");
        let in_all = |name: &&PlSmallStr| others.iter().all(|plan| plan.schema().contains(name));
        let names: Vec<_> = first.schema().iter_names().filter(in_all).cloned().collect();
        let narrow = |input: Plan| match input.schema().len() == names.len() {
            true => Ok(input),
            false => super::row_wise::columns(&names, input, at),
        };
        Concat::plan(inputs.into_iter().map(narrow).collect::<Result<_, _>>()?, at)
    }

    fn concatenated(&self) -> Option<&[Plan]> {
        Some(&self.inputs)
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        self.inputs.iter().map(|_| wanted.clone()).collect()
    }

    fn filter_inputs(&self, predicate: &Expr) -> Vec<Option<Expr>> {
        self.inputs.iter().map(|_| Some(predicate.clone())).collect()
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        let (input, partition) = self.origin(partition);
        input.rows(partition)
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        self.inputs.iter().flat_map(|input| lowering.pieces(input)).collect()
    }
}

/// Several partitions as one.
pub(crate) fn into_one(mut partitions: Vec<Delayed<DataFrame>>) -> Delayed<DataFrame> {
    match partitions.len() {
        1 => partitions.remove(0),
        _ => concat(partitions),
    }
}

#[delayed(fallible)]
fn concat(partitions: Vec<DataFrame>) -> PolarsResult<DataFrame> {
    engine::concat(partitions)
}
