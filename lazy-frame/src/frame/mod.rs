//! [`Frame`]: rows and columns in partitions.

mod collection;
mod columns;
mod display;
pub(crate) mod divisions;
mod explain;
mod from_map;
mod head;
mod join;
mod neighbours;
pub(crate) mod repartition;
mod partitions;
mod reshape;
mod sample;
mod shuffle;
mod sort;
mod summary;
mod unique;
mod window;
mod write;

use std::panic::Location;
use std::sync::Arc;

use lazy_runtime::{Delayed, at, delayed};
use polars::prelude::{DataFrame, SchemaRef};

pub use window::Rolling;

use crate::divisions::Divisions;
use crate::error::{Result, StepError};
use crate::ops::held::Held;
use crate::ops::scan::Scan;
use crate::plan::{At, Plan, Source, empty};

pub use write::{WriteCsv, WriteIpc, WriteParquet};

/// A table in partitions, each a Polars `DataFrame`: lazy, larger than memory if need be, part of the graph.
///
/// Its methods build a plan and compute nothing. A mistake, such as a column that is not there, is kept, and returned by whatever asks next for
/// a result: [`Frame::schema`], `compute`, `persist`, `visualize`; no task runs then.
#[derive(Clone)]
pub struct Frame {
    /// The first mistake stays.
    plan: Result<Plan, StepError>,
}

impl Frame {
    /// The partitions of a source.
    pub(crate) fn from_source(source: impl Source, at: At) -> Frame {
        Frame::new(Ok(Scan::of(Arc::new(source), at)))
    }

    pub(crate) fn new(plan: Result<Plan, StepError>) -> Frame {
        Frame { plan }
    }

    pub(crate) fn plan(&self) -> Result<&Plan, StepError> {
        self.plan.as_ref().map_err(Clone::clone)
    }

    /// A step upon this frame; after a mistake nothing is built.
    pub(crate) fn then(&self, step: impl FnOnce(Plan) -> Result<Plan, StepError>) -> Frame {
        Frame::new(self.plan().cloned().and_then(step))
    }

    /// Cuts a table into `npartitions` of about the same number of rows; fewer where there are not as many rows.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 3], "y" => ["a", "b", "c"]]?, 2);
    /// assert_eq!(frame.npartitions(), 2);
    /// assert_eq!(frame.compute()?.height(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn from_polars(table: DataFrame, npartitions: usize) -> Frame {
        let at = Location::caller();
        let (rows, n) = (table.height(), npartitions.clamp(1, table.height().max(1)));
        let bounds: Vec<_> = (0..=n).map(|i| i * rows / n).collect();
        let pieces = bounds.windows(2).map(|b| table.slice(b[0] as i64, b[1] - b[0]));
        let partitions = pieces.map(delayed).collect();
        let lengths = bounds.windows(2).map(|b| b[1] - b[0]).collect();
        let schema = table.schema().clone();
        Frame::new(Ok(Held::values("from-polars", partitions, Some(lengths), schema, None, at)))
    }

    /// A frame whose partitions are made by tasks. A task more for each checks that it has the columns of `schema`,
    /// in their order. Without any there is one partition, without rows.
    #[track_caller]
    pub fn from_delayed(
        partitions: Vec<Delayed<DataFrame>>,
        schema: impl Into<SchemaRef>,
    ) -> Frame {
        let (schema, caller): (SchemaRef, _) = (schema.into(), Location::caller());
        if partitions.is_empty() {
            let (nothing, lengths) = (vec![delayed(empty(&schema))], Some(vec![0]));
            let held = Held::values("from-delayed", nothing, lengths, schema, None, caller);
            return Frame::new(Ok(held));
        }
        let check = |(i, made)| from_map::checked(made, schema.clone(), i);
        let checked = at(caller, || partitions.into_iter().enumerate().map(check).collect());
        Frame::new(Ok(Held::plan("from-delayed", checked, None, schema, None, caller)))
    }

    /// The columns and their types, without computing.
    ///
    /// # Errors
    /// The first mistake that was made in building the frame.
    pub fn schema(&self) -> Result<SchemaRef> {
        Ok(self.plan()?.schema().clone())
    }

    /// How many partitions there are; 0 after a mistake.
    pub fn npartitions(&self) -> usize {
        self.plan.as_ref().map_or(0, Plan::npartitions)
    }

    /// Which values each partition holds, where that is known.
    pub fn divisions(&self) -> Option<&Divisions> {
        self.plan.as_ref().ok()?.divisions()
    }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::Collection as _;
    use polars::df;
    use polars::prelude::*;

    use super::*;

    #[test]
    fn the_first_mistake_is_told_before_any_task_runs() {
        let frame = Frame::from_polars(df!["x" => [1, 2]].unwrap(), 2);
        let wrong = frame.filter(col("z").gt(lit(1))).select([col("x")]);
        let error = wrong.compute().unwrap_err().to_string();
        assert!(
            error.contains("filter: there is no column `z`; the columns are x: i32"),
            "{error}"
        );
        assert!(error.contains(file!()), "{error}");
        assert!(wrong.schema().is_err() && wrong.persist().is_err());
    }

    #[test]
    fn a_chain_of_row_wise_steps_is_one_task_a_partition() {
        let frame = Frame::from_polars(df!["x" => [1, 2, 3], "y" => [1, 1, 1]].unwrap(), 3);
        let frame = frame.filter(col("x").gt(lit(1))).with_columns([col("x") * lit(2)]).drop("y");
        assert_eq!(frame.graph().n_tasks(), 3);
        assert_eq!(frame.compute().unwrap(), df!["x" => [4, 6]].unwrap());
    }

    #[test]
    fn persisted_partitions_are_no_tasks() {
        let frame = Frame::from_polars(df!["x" => [1, 2, 3]].unwrap(), 3).rename("x", "z");
        let kept = frame.persist().unwrap();
        assert_eq!((kept.npartitions(), kept.graph().n_tasks(), kept.graph().len()), (3, 0, 3));
        assert_eq!(kept.compute().unwrap(), df!["z" => [1, 2, 3]].unwrap());
    }
}
