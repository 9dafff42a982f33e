//! [`Held`]: partitions that there are, or that tasks of the user make.

use std::fmt;
use std::sync::Arc;

use lazy_runtime::Delayed;
use polars::prelude::{DataFrame, PlSmallStr, SchemaRef};

use crate::divisions::Divisions;
use crate::error::StepError;
use crate::plan::{At, Lowering, Operator, Piece, Plan, optimize};

/// Partitions as nodes of the graph.
#[derive(Clone)]
pub(crate) struct Held {
    /// How the frame came about: `from-polars`, `from-delayed`, or the step that was persisted.
    name: &'static str,
    partitions: Arc<[Delayed<DataFrame>]>,
    /// How many rows each has, where that is known.
    rows: Option<Arc<[usize]>>,
    schema: SchemaRef,
    divisions: Option<Divisions>,
    hashed_by: Option<Arc<[PlSmallStr]>>,
    /// Whether the partitions are values, and no tasks.
    are_values: bool,
}

impl Held {
    /// Partitions that are values.
    pub(crate) fn values(
        name: &'static str,
        values: Vec<Delayed<DataFrame>>,
        rows: Option<Vec<usize>>,
        schema: SchemaRef,
        divisions: Option<Divisions>,
        at: At,
    ) -> Plan {
        let (partitions, rows) = (values.into(), rows.map(Into::into));
        let hashed_by = None;
        let held = Held { name, partitions, rows, schema, divisions, hashed_by, are_values: true };
        held.over_nothing(at)
    }

    /// The partitions of a plan, which are values now. What is known of where rows are is still so.
    pub(crate) fn persisted(plan: &Plan, values: Vec<Delayed<DataFrame>>) -> Plan {
        // Those that ran: partitions that cannot match a filter are left out.
        let ran = optimize::optimize(plan);
        let held = Held {
            name: plan.operator().name(),
            partitions: values.into(),
            rows: None,
            schema: plan.schema().clone(),
            divisions: ran.divisions().cloned(),
            hashed_by: ran.hashed_by().map(Into::into),
            are_values: true,
        };
        held.over_nothing(plan.at())
    }

    /// Partitions that tasks make.
    pub(crate) fn plan(
        name: &'static str,
        tasks: Vec<Delayed<DataFrame>>,
        rows: Option<Vec<usize>>,
        schema: SchemaRef,
        divisions: Option<Divisions>,
        at: At,
    ) -> Plan {
        let (partitions, rows) = (tasks.into(), rows.map(Into::into));
        let hashed_by = None;
        let held = Held { name, partitions, rows, schema, divisions, hashed_by, are_values: false };
        held.over_nothing(at)
    }

    fn over_nothing(self, at: At) -> Plan {
        let (schema, divisions) = (self.schema.clone(), self.divisions.clone());
        let npartitions = self.partitions.len();
        Plan::new(self, schema, npartitions, divisions, at)
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}

impl Operator for Held {
    fn name(&self) -> &'static str {
        self.name
    }

    fn describe(&self) -> String {
        String::new()
    }

    fn inputs(&self) -> &[Plan] {
        &[]
    }

    fn over(&self, _: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        Ok(self.clone().over_nothing(at))
    }

    fn hashed_by(&self) -> Option<&[PlSmallStr]> {
        self.hashed_by.as_deref()
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        self.rows.as_ref().map(|rows| rows[partition])
    }

    fn lower(&self, _: &Plan, _: &mut Lowering) -> Vec<Piece> {
        let piece = if self.are_values { Piece::held } else { Piece::made };
        self.partitions.iter().cloned().map(piece).collect()
    }
}
