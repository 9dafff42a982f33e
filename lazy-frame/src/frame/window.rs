//! Steps that look at the rows around each row: a function with overlap, and windows of time.

use std::error::Error as StdError;
use std::panic::Location;
use std::sync::Arc;

use polars::prelude::{ClosedWindow, DataFrame, IdxSize, PlSmallStr, SchemaRef};

use super::Frame;
use crate::engine;
use crate::error::{StepError, lacking, reason};
use crate::names::{IntoExprs, IntoNames};
use crate::ops::border::{Extent, Overlap};
use crate::ops::map_partitions::Function;
use crate::ops::overlap::{Overlapped, Work};
use crate::ops::row_index::RowIndex;
use crate::ops::time_windows::TimeWindows;
use crate::plan::{At, Plan};

impl Frame {
    /// What a function makes of each partition together with some rows of what precedes and follows it: how many rows,
    /// or an [`Overlap`].
    ///
    /// The function has to give a row for each row that it gets; those of the neighbours are cut off again. Where
    /// partitions have fewer rows than are needed, rows of further ones are taken. The columns of the result are found
    /// by calling the function on a frame without rows, here and now.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::polars::prelude::{DataFrame, IntoLazy};
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 4, 8]]?, 2);
    /// let before = frame.map_overlap(1, 0, |rows: DataFrame| rows.lazy().select([col("x").shift(lit(1))]).collect());
    /// assert_eq!(before.compute()?, df!["x" => [None, Some(1), Some(2), Some(4)]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Rows of the last two hours:
    /// ```text
    /// frame.map_overlap(Overlap::within("timestamp", "2h"), 0, function)
    /// ```
    #[track_caller]
    pub fn map_overlap<E: Into<Box<dyn StdError + Send + Sync>>>(
        &self,
        before: impl Into<Overlap>,
        after: impl Into<Overlap>,
        function: impl Fn(DataFrame) -> Result<DataFrame, E> + Send + Sync + 'static,
    ) -> Frame {
        let (at, around) = (Location::caller(), [before.into(), after.into()]);
        self.then(|input| overlapped(around, None, Function::new(function), input, at))
    }

    /// As [`Frame::map_overlap`], for a function that cannot be called on a frame without rows: its columns are
    /// announced.
    #[track_caller]
    pub fn map_overlap_with_schema<E: Into<Box<dyn StdError + Send + Sync>>>(
        &self,
        before: impl Into<Overlap>,
        after: impl Into<Overlap>,
        schema: impl Into<SchemaRef>,
        function: impl Fn(DataFrame) -> Result<DataFrame, E> + Send + Sync + 'static,
    ) -> Frame {
        let (at, around) = (Location::caller(), [before.into(), after.into()]);
        let schema = Some(schema.into());
        self.then(|input| overlapped(around, schema, Function::new(function), input, at))
    }

    /// The number of each row, counted from an offset on through all partitions, as a first column.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => ["a", "b", "c"]]?, 2).with_row_index("n", 1);
    /// assert_eq!(frame.compute()?, df!["n" => [1_u32, 2, 3], "x" => ["a", "b", "c"]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn with_row_index(&self, name: impl Into<PlSmallStr>, offset: IdxSize) -> Frame {
        let (at, name) = (Location::caller(), name.into());
        self.then(|input| RowIndex::plan(name, offset, input, at))
    }

    /// Windows that end at each row: the rows whose value in a sorted column, of times or integers, is less than a
    /// period before its own. Followed by [`Rolling::agg`].
    ///
    /// For windows of a number of rows there are expressions: `frame.with_columns([col("x").rolling_mean(options)])`.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["t" => [1_i64, 2, 4, 9], "x" => [1, 2, 4, 8]]?, 2);
    /// let sums = frame.rolling("t", "3i").agg([col("x").sum()]);
    /// assert_eq!(sums.compute()?, df!["t" => [1_i64, 2, 4, 9], "x" => [1, 3, 6, 8]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn rolling(&self, index: impl Into<PlSmallStr>, period: impl Into<String>) -> Rolling {
        Rolling {
            frame: self.clone(),
            at: Location::caller(),
            index: index.into(),
            period: period.into(),
            offset: None,
            closed: ClosedWindow::Right,
            keys: Vec::new(),
        }
    }
}

fn overlapped(
    [before, after]: [Overlap; 2],
    schema: Option<SchemaRef>,
    function: Function,
    input: Plan,
    at: At,
) -> Result<Plan, StepError> {
    let misfit = |reason: String| input.misfit("map_overlap", reason, at);
    let extent = |overlap| Extent::of(overlap, input.schema()).map_err(misfit);
    let (before, after) = (extent(before)?, extent(after)?);
    let schema = match schema {
        Some(schema) => schema,
        None => function.schema(input.schema()).map_err(|reason| {
            misfit(format!(
                "the function does not tell its columns: {reason}; announce the columns with \
                 `map_overlap_with_schema(before, after, schema, f)`"
            ))
        })?,
    };
    Overlapped::with(Work::Function(function, schema), before, after, input, at)
}

/// Windows of time for each row of a frame: what [`Frame::rolling`] gives.
#[derive(Clone)]
#[must_use = "`agg` says what is computed of each window"]
pub struct Rolling {
    frame: Frame,
    at: At,
    index: PlSmallStr,
    period: String,
    offset: Option<String>,
    closed: ClosedWindow,
    keys: Vec<PlSmallStr>,
}

impl Rolling {
    /// Where windows begin, seen from the row: `"-2h"`. A period before it unless said otherwise.
    pub fn offset(self, offset: impl Into<String>) -> Self {
        Rolling { offset: Some(offset.into()), ..self }
    }

    /// Which ends of a window belong to it. The right one unless said otherwise.
    pub fn closed(self, closed: ClosedWindow) -> Self {
        Rolling { closed, ..self }
    }

    /// Only rows with the same values in these columns are in one window.
    pub fn group_by(self, keys: impl IntoNames) -> Self {
        Rolling { keys: keys.into_names(), ..self }
    }

    /// The aggregations of each window, a row for each row of the frame and in the same order, beside the keys and the
    /// index.
    ///
    /// That the index is sorted, and without nulls, is checked by the tasks.
    pub fn agg(self, aggs: impl IntoExprs) -> Frame {
        let Rolling { frame, at, index, period, offset, closed, keys } = self;
        let aggs = aggs.into_exprs();
        frame.then(|input| {
            let misfit = |reason: String| input.misfit("rolling", reason, at);
            if let Some(reason) = lacking(&keys, input.schema()) {
                return Err(misfit(reason));
            }
            let beside: Vec<_> = keys.iter().chain([&index]).cloned().collect();
            let aggs = engine::expand_beside(&aggs, &beside, input.schema())
                .map_err(|e| misfit(reason(&e)))?;
            let offset = offset.unwrap_or_else(|| format!("-{period}"));
            let (keys, aggs) = (keys.into(), Arc::from(aggs));
            let windows = TimeWindows { index, keys, period, offset, closed, aggs };
            let (before, after) = windows.extents(input.schema()).map_err(misfit)?;
            Overlapped::with(Work::Rolling(windows), before, after, input, at)
        })
    }
}
