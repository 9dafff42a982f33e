//! Single partitions: a function on each, and some of them alone.

use std::error::Error as StdError;
use std::ops::{Bound, RangeBounds};
use std::panic::Location;

use polars::prelude::{DataFrame, SchemaRef};

use super::Frame;
use crate::ops::map_partitions::{Function, MapPartitions};
use crate::ops::partitions::Partitions;

impl Frame {
    /// What a function makes of each partition, which it gets as a Polars `DataFrame`.
    ///
    /// The columns of the result are found by calling the function on a frame without rows, here and now. Row-wise
    /// steps before it are part of the same task.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::polars::prelude::{DataFrame, PolarsResult};
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 3, 4]]?, 2);
    /// let firsts = frame.map_partitions(|rows: DataFrame| -> PolarsResult<DataFrame> { Ok(rows.head(Some(1))) });
    /// assert_eq!(firsts.compute()?, df!["x" => [1, 3]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn map_partitions<E: Into<Box<dyn StdError + Send + Sync>>>(
        &self,
        function: impl Fn(DataFrame) -> Result<DataFrame, E> + Send + Sync + 'static,
    ) -> Frame {
        let at = Location::caller();
        self.then(|input| MapPartitions::plan(None, Function::new(function), input, at))
    }

    /// As [`Frame::map_partitions`], for a function that cannot be called on a frame without rows: its columns are
    /// announced. A result with others fails its task.
    #[track_caller]
    pub fn map_partitions_with_schema<E: Into<Box<dyn StdError + Send + Sync>>>(
        &self,
        schema: impl Into<SchemaRef>,
        function: impl Fn(DataFrame) -> Result<DataFrame, E> + Send + Sync + 'static,
    ) -> Frame {
        let (at, schema) = (Location::caller(), schema.into());
        self.then(|input| MapPartitions::plan(Some(schema), Function::new(function), input, at))
    }

    /// One partition, counted from 0, as a frame. What the others alone need is not computed.
    #[track_caller]
    pub fn partition(&self, i: usize) -> Frame {
        let at = Location::caller();
        self.then(|input| Partitions::plan("partition", [i].into(), input, at))
    }

    /// Some partitions that follow each other, counted from 0, as a frame: `2..5`, `..=3`, `7..`.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 3, 4]]?, 4);
    /// assert_eq!(frame.partitions(1..3).compute()?, df!["x" => [2, 3]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn partitions(&self, range: impl RangeBounds<usize>) -> Frame {
        let at = Location::caller();
        let first = match range.start_bound() {
            Bound::Included(first) => *first,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        self.then(|input| {
            let end = match range.end_bound() {
                Bound::Included(last) => last.saturating_add(1),
                Bound::Excluded(end) => *end,
                Bound::Unbounded => input.npartitions(),
            };
            // Beyond the partitions that there are, one index is enough for the message.
            let end = end.min(input.npartitions().max(first).saturating_add(1));
            Partitions::plan("partitions", (first..end).collect(), input, at)
        })
    }
}
