//! [`KnownDivisions`]: a plan whose partitions are known to hold one range after the other.

use polars::prelude::Expr;

use crate::divisions::Divisions;
use crate::error::StepError;
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan};

/// The rows as they are, with divisions.
#[derive(Debug)]
pub(crate) struct KnownDivisions {
    divisions: Divisions,
    inputs: [Plan; 1],
}

impl KnownDivisions {
    pub(crate) fn plan(divisions: Divisions, input: Plan, at: At) -> Plan {
        let (schema, n) = (input.schema().clone(), input.npartitions());
        let known = schema.contains(divisions.column()).then(|| divisions.clone());
        Plan::new(KnownDivisions { divisions, inputs: [input] }, schema, n, known, at)
    }
}

impl Operator for KnownDivisions {
    fn name(&self) -> &'static str {
        "set-sorted"
    }

    fn describe(&self) -> String {
        self.divisions.to_string()
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        Ok(KnownDivisions::plan(self.divisions.clone(), inputs.remove(0), at))
    }

    fn counts_partitions(&self) -> bool {
        true
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        vec![wanted.clone()]
    }

    fn filter_inputs(&self, _: &Expr) -> Vec<Option<Expr>> {
        // A filter stays above, where the divisions tell which partitions it concerns.
        vec![None]
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        self.inputs[0].rows(partition)
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        lowering.pieces(&self.inputs[0])
    }
}
