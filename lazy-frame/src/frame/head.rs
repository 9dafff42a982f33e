//! The first rows, the last rows, and how many there are.

use std::panic::Location;

use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use super::Frame;
use crate::error::StepError;
use crate::ops::aggregate::Aggregate;
use crate::ops::head::{End, Head};
use crate::ops::row_wise::RowWise;
use crate::plan::{At, Step};

impl Frame {
    /// The first `n` rows, in one partition. Only as many partitions are computed as it takes.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::datasets;
    /// use lazy_frame::prelude::*;
    ///
    /// let first = datasets::timeseries().build()?.head(5);
    /// assert_eq!(first.graph().n_tasks(), 1); // of one partition, its first rows
    /// assert_eq!(first.compute()?.height(), 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn head(&self, n: usize) -> Frame {
        let at = Location::caller();
        self.then(|input| Ok(Head::plan(End::First, n, input, at)))
    }

    /// The last `n` rows, in one partition. Only as many partitions are computed as it takes.
    #[track_caller]
    pub fn tail(&self, n: usize) -> Frame {
        let at = Location::caller();
        self.then(|input| Ok(Head::plan(End::Last, n, input, at)))
    }

    /// How many rows there are: from metadata where that suffices, otherwise counted, and no column is read that is not needed for that.
    #[track_caller]
    #[allow(
        clippy::len_without_is_empty,
        reason = "whether a frame is empty is not known before it is computed"
    )]
    pub fn len(&self) -> Delayed<usize> {
        let plan = self.plan.as_ref().ok().map(crate::plan::optimize::optimize);
        match plan.as_ref().and_then(crate::plan::optimize::lengths::known) {
            Some(rows) => delayed(rows),
            None => self
                .counted(Location::caller())
                .scalar(|counted| Ok(counted.columns()[0].get(0)?.extract().unwrap_or(0))),
        }
    }

    /// How many rows there are: all partitions together may have more than Polars counts.
    fn counted(&self, at: At) -> Frame {
        let count = len().cast(DataType::UInt64);
        let each = self.then(|input| RowWise::plan(Step::Select([count].into()), input, at));
        each.then(|each| Aggregate::plan("len", Vec::new(), vec![col("len").sum()], 1, each, at))
    }

    /// What is made of a frame of one row.
    #[track_caller]
    pub(crate) fn scalar<T: Clone + Send + Sync + 'static>(
        &self,
        read: fn(&DataFrame) -> PolarsResult<T>,
    ) -> Delayed<T> {
        match self.plan() {
            Ok(plan) => value(&plan.tasks()[0], read),
            Err(mistake) => no_value::<T>(mistake),
        }
    }

    /// Whether this is the same frame, and not only an equal one; there is no telling after a mistake.
    pub(crate) fn is_same(&self, other: &Frame) -> bool {
        match (&self.plan, &other.plan) {
            (Ok(a), Ok(b)) => a.id() == b.id(),
            _ => true,
        }
    }

    /// The frame after a mistake.
    #[track_caller]
    pub(crate) fn failed(&self, step: &str, reason: &str) -> Frame {
        let at = Location::caller();
        self.then(|input| Err(input.misfit(step, reason, at)))
    }
}

#[delayed(name = "value", fallible)]
fn value<T: Clone + Send + Sync + 'static>(
    row: &DataFrame,
    read: fn(&DataFrame) -> PolarsResult<T>,
) -> PolarsResult<T> {
    read(row)
}

#[delayed(name = "value")]
fn no_value<T: Clone + Send + Sync + 'static>(mistake: StepError) -> Result<T, StepError> {
    Err(mistake)
}
