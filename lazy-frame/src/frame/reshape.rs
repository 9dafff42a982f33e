//! Rows made of rows: [`Frame::explode`], [`Frame::unpivot`].

use std::panic::Location;
use std::sync::Arc;

use polars::prelude::*;

use super::Frame;
use super::columns::check;
use crate::names::IntoNames;
use crate::ops::row_wise::RowWise;
use crate::plan::Step;

impl Frame {
    /// A row for each item of list columns; a row with a null where a list is empty or null.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => ["a b", "c"]]?, 2);
    /// let words = frame.select([col("x").str().split(lit(" "))]).explode(["x"]);
    /// assert_eq!(words.compute()?, df!["x" => ["a", "b", "c"]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn explode(&self, columns: impl IntoNames) -> Frame {
        let (at, columns) = (Location::caller(), columns.into_names());
        self.then(|input| {
            check("explode", &columns, &input, at)?;
            let dtypes = columns.iter().filter_map(|name| Some((name, input.schema().get(name)?)));
            if let Some((name, dtype)) = dtypes.clone().find(|(_, d)| !d.is_list() && !d.is_array())
            {
                let reason = format!("the column `{name}` is {dtype}, expected a list");
                return Err(input.misfit("explode", reason, at));
            }
            RowWise::plan(Step::Explode(columns.into()), input, at)
        })
    }

    /// A row for each of the columns `on`, with its name in `variable` and its value in `value`, beside the columns `index`: first
    /// all rows of a partition for the first column, then those for the next; partition by partition.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["day" => [1], "min" => [3], "max" => [9]]?, 1);
    /// let long = frame.unpivot(["min", "max"], ["day"]).compute()?;
    /// assert_eq!(long, df!["day" => [1, 1], "variable" => ["min", "max"], "value" => [3, 9]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn unpivot(&self, on: impl IntoNames, index: impl IntoNames) -> Frame {
        let at = Location::caller();
        let (on, index) = (on.into_names(), index.into_names());
        self.then(|input| {
            check("unpivot", on.iter().chain(&index), &input, at)?;
            let args = UnpivotArgsDSL {
                on: Some(by_name(on, true, false)),
                index: by_name(index, true, false),
                variable_name: None,
                value_name: None,
            };
            RowWise::plan(Step::Unpivot(Arc::new(args)), input, at)
        })
    }
}
