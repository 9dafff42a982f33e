//! [`Scan`]: the partitions of a source.

use std::sync::Arc;

use polars::prelude::{PlSmallStr, Schema};

use crate::divisions::Divisions;
use crate::error::StepError;
use crate::plan::{At, Lowering, Operator, Piece, Plan, Source, Wanted};

/// Reads a source, or what is needed of it.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    pub(crate) source: Arc<dyn Source>,
    /// Which partitions of the source, in order.
    pub(crate) partitions: Arc<[usize]>,
    pub(crate) wanted: Wanted,
}

impl Scan {
    /// All of a source.
    pub(crate) fn of(source: Arc<dyn Source>, at: At) -> Plan {
        let partitions = (0..source.npartitions()).collect();
        Scan { source, partitions, wanted: Wanted::default() }.plan(at)
    }

    pub(crate) fn plan(self, at: At) -> Plan {
        let schema = self.schema();
        let divisions = self.divisions(&schema);
        let npartitions = self.partitions.len();
        Plan::new(self, schema, npartitions, divisions, at)
    }

    /// Whether two scans read the same of one source.
    pub(crate) fn is_same(&self, other: &Scan) -> bool {
        Arc::ptr_eq(&self.source, &other.source)
            && self.partitions == other.partitions
            && self.wanted == other.wanted
    }

    /// The same scan of these columns alone.
    pub(crate) fn columns(&self, columns: Vec<PlSmallStr>) -> Scan {
        let wanted = Wanted { columns: Some(columns.into()), ..self.wanted.clone() };
        Scan { wanted, ..self.clone() }
    }

    fn schema(&self) -> Schema {
        let all = self.source.schema();
        match &self.wanted.columns {
            None => (**all).clone(),
            Some(columns) => columns
                .iter()
                .filter_map(|name| Some((name.clone(), all.get(name)?.clone())))
                .collect(),
        }
    }

    /// Known where the partitions follow each other in the source.
    fn divisions(&self, schema: &Schema) -> Option<Divisions> {
        let all = self.source.divisions().filter(|all| schema.contains(all.column()))?;
        all.select(&self.partitions)
    }
}

impl Operator for Scan {
    fn name(&self) -> &'static str {
        self.source.name()
    }

    fn describe(&self) -> String {
        let mut text = self.source.describe();
        let all = self.source.npartitions();
        if self.partitions.len() < all {
            text += &format!("; {} of {all} partitions", self.partitions.len());
        }
        if let Some(columns) = &self.wanted.columns {
            text += &format!("; columns {}", columns.join(", "));
        }
        if let Some(rows) = self.wanted.rows {
            text += &format!("; first {rows} rows of each");
        }
        text
    }

    fn inputs(&self) -> &[Plan] {
        &[]
    }

    fn over(&self, _: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        Ok(self.clone().plan(at))
    }

    fn scan(&self) -> Option<&Scan> {
        Some(self)
    }

    fn first(&self, n: usize, at: At) -> Option<Plan> {
        let wanted = Wanted { rows: Some(n), ..self.wanted.clone() };
        let is_less = self.wanted.rows.is_none_or(|rows| n < rows);
        is_less.then(|| Scan { wanted, ..self.clone() }.plan(at))
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        let rows = self.source.rows(self.partitions[partition])?;
        Some(self.wanted.rows.map_or(rows, |limit| limit.min(rows)))
    }

    fn lower(&self, _: &Plan, _: &mut Lowering) -> Vec<Piece> {
        let piece = |i: &usize| Piece::read(self.source.clone(), *i, self.wanted.clone());
        self.partitions.iter().map(piece).collect()
    }
}
