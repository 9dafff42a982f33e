//! Columns chosen, made, renamed; rows filtered.

use std::panic::Location;

use polars::prelude::*;

use super::Frame;
use crate::engine;
use crate::error::{StepError, lacking, reason};
use crate::names::{IntoExprs, IntoNames};
use crate::ops::projection::{self, Projection};
use crate::ops::row_wise::RowWise;
use crate::plan::step::all_of;
use crate::plan::{At, Plan, Step};

impl Frame {
    /// The rows for which a condition is true.
    ///
    /// The condition needs each row alone; one that compares with a total (`col("x") > col("x").mean()`) takes a second pass, which
    /// finds the totals.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 3]]?, 2);
    /// assert_eq!(frame.filter(col("x").gt(lit(1))).compute()?.height(), 2);
    /// assert_eq!(frame.filter(col("x").gt(col("x").mean())).compute()?.height(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn filter(&self, predicate: impl Into<Expr>) -> Frame {
        let (at, predicate) = (Location::caller(), predicate.into());
        self.then(|input| projection::filter(predicate, input, at))
    }

    /// These columns and no others, in this order; expressions may compute them.
    ///
    /// Expressions that need each row alone are part of the task that makes the partition. Where all of them are aggregations, the result
    /// has one row. Others are planned over partitions where that can be, otherwise the error names the method to use.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 3], "y" => [4, 5, 6]]?, 2);
    /// let sums = frame.select([col("x") + col("y")]).compute()?;
    /// assert_eq!(sums, df!["x" => [5, 7, 9]]?);
    /// let totals = frame.select([col("x").sum(), col("y").max()]).compute()?;
    /// assert_eq!(totals, df!["x" => [6], "y" => [6]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn select(&self, exprs: impl IntoExprs) -> Frame {
        let (at, exprs) = (Location::caller(), exprs.into_exprs());
        self.then(|input| projection::plan(Projection::Select, exprs, input, at))
    }

    /// These columns beside the others, or in the place of those of the same name.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 6]]?, 2);
    /// let centred = frame.with_columns([(col("x") - col("x").mean()).alias("centred")]);
    /// assert_eq!(centred.compute()?, df!["x" => [1, 2, 6], "centred" => [-2.0, -1.0, 3.0]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn with_columns(&self, exprs: impl IntoExprs) -> Frame {
        let (at, exprs) = (Location::caller(), exprs.into_exprs());
        self.then(|input| projection::plan(Projection::WithColumns, exprs, input, at))
    }

    /// All columns but these.
    #[track_caller]
    pub fn drop(&self, columns: impl IntoNames) -> Frame {
        let (at, columns) = (Location::caller(), columns.into_names());
        self.then(|input| {
            check("drop", &columns, &input, at)?;
            let kept = input.schema().iter_names().filter(|name| !columns.contains(name));
            let exprs: Vec<_> = kept.cloned().map(col).collect();
            RowWise::plan(Step::Select(exprs.into()), input, at)
        })
    }

    /// The columns `existing` under `new` names, in place.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1], "y" => [2]]?, 1).rename(["x"], ["z"]);
    /// assert_eq!(frame.compute()?, df!["z" => [1], "y" => [2]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn rename(&self, existing: impl IntoNames, new: impl IntoNames) -> Frame {
        let at = Location::caller();
        let (existing, new) = (existing.into_names(), new.into_names());
        self.then(|input| {
            check("rename", &existing, &input, at)?;
            if existing.len() != new.len() {
                let reason = format!("{} columns and {} new names", existing.len(), new.len());
                return Err(input.misfit("rename", reason, at));
            }
            let stays =
                |name: &PlSmallStr| input.schema().contains(name) && !existing.contains(name);
            if let Some(taken) = new.iter().find(|name| stays(name)) {
                let reason = format!("there is a column `{taken}` already: rename or drop it, too");
                return Err(input.misfit("rename", reason, at));
            }
            let renamed = |name: &PlSmallStr| match existing.iter().position(|old| old == name) {
                Some(i) if new[i] != *name => col(name.clone()).alias(new[i].clone()),
                _ => col(name.clone()),
            };
            let exprs: Vec<_> = input.schema().iter_names().map(renamed).collect();
            RowWise::plan(Step::Select(exprs.into()), input, at)
        })
    }

    /// Columns as other types. A value that does not fit fails the task that finds it; where it should become null instead, take
    /// `with_columns([col("x").cast(..)])`.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::polars::prelude::DataType;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => ["1", "2"]]?, 1);
    /// assert_eq!(frame.cast([("x", DataType::Int64)]).compute()?, df!["x" => [1_i64, 2]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cast<N: Into<PlSmallStr>>(
        &self,
        types: impl IntoIterator<Item = (N, DataType)>,
    ) -> Frame {
        let at = Location::caller();
        let types: Vec<_> = types.into_iter().map(|(name, dtype)| (name.into(), dtype)).collect();
        self.then(|input| {
            check("cast", types.iter().map(|(name, _)| name), &input, at)?;
            let exprs: Vec<_> =
                types.into_iter().map(|(name, dtype)| col(name).strict_cast(dtype)).collect();
            RowWise::plan(Step::WithColumns(exprs.into()), input, at)
        })
    }

    /// The rows without a null in any column, or in any of a `subset`.
    #[track_caller]
    pub fn drop_nulls(&self, subset: Option<&[&str]>) -> Frame {
        let at = Location::caller();
        self.then(|input| {
            let columns: Vec<PlSmallStr> = match subset {
                Some(subset) => subset.iter().map(|name| PlSmallStr::from(*name)).collect(),
                None => input.schema().iter_names().cloned().collect(),
            };
            check("drop_nulls", &columns, &input, at)?;
            let present = columns.into_iter().map(|name| col(name).is_not_null());
            let predicate = all_of(present.collect()).unwrap_or_else(|| lit(true));
            RowWise::plan(Step::Filter(predicate), input, at)
        })
    }

    /// A value in the place of each null of the columns whose type it has: a number in numeric columns, text in text columns (`lit("none")`:
    /// a plain string is the name of a column). The value may be a total: `col("x").mean()`.
    #[track_caller]
    pub fn fill_null(&self, value: impl Into<Expr>) -> Frame {
        let (at, value) = (Location::caller(), value.into());
        self.then(|input| {
            let mut filled = crate::plan::empty(input.schema()).lazy().fill_null(value.clone());
            let schema =
                filled.collect_schema().map_err(|e| input.misfit("fill_null", reason(&e), at))?;
            let fits = |name: &PlSmallStr, dtype: &DataType| {
                let of_value = engine::expand(std::slice::from_ref(&value), input.schema()).ok();
                let of_value =
                    of_value.and_then(|(_, s)| s.get_at_index(0).map(|(_, d)| d.clone()));
                let of_value = of_value.unwrap_or(DataType::Null);
                schema.get(name) == Some(dtype)
                    && (*dtype == of_value || dtype.is_numeric() && of_value.is_numeric())
            };
            let exprs: Vec<_> = input
                .schema()
                .iter()
                .filter(|(name, dtype)| fits(name, dtype))
                .map(|(name, _)| col(name.clone()).fill_null(value.clone()))
                .collect();
            if exprs.is_empty() {
                let reason = format!("no column has the type of `{value}`");
                return Err(input.misfit("fill_null", reason, at));
            }
            projection::plan(Projection::WithColumns, exprs, input, at)
        })
    }

    /// A value in the place of each NaN of the columns of floats.
    #[track_caller]
    pub fn fill_nan(&self, value: impl Into<Expr>) -> Frame {
        let (at, value) = (Location::caller(), value.into());
        self.then(|input| {
            let floats = input.schema().iter().filter(|(_, dtype)| dtype.is_float());
            let exprs: Vec<_> =
                floats.map(|(name, _)| col(name.clone()).fill_nan(value.clone())).collect();
            projection::plan(Projection::WithColumns, exprs, input, at)
        })
    }
}

/// That the columns are there.
pub(super) fn check<'a>(
    step: &str,
    columns: impl IntoIterator<Item = &'a PlSmallStr>,
    input: &Plan,
    at: At,
) -> Result<(), StepError> {
    match lacking(columns, input.schema()) {
        Some(reason) => Err(input.misfit(step, reason, at)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::Collection;
    use polars::df;

    use super::*;

    #[test]
    fn gaps_are_filled_with_totals_of_all_partitions() {
        let frame = Frame::from_polars(df!["x" => [Some(1.0), None, Some(9.0)]].unwrap(), 3);
        let filled = frame.fill_null(col("x").mean()).compute().unwrap();
        assert_eq!(filled, df!["x" => [1.0, 5.0, 9.0]].unwrap());
        let frame = Frame::from_polars(df!["x" => [1.0, f64::NAN, 9.0]].unwrap(), 3);
        let filled = frame.fill_nan(col("x").min()).compute().unwrap();
        assert_eq!(filled, df!["x" => [1.0, 1.0, 9.0]].unwrap());
    }

    #[test]
    fn mistakes_name_the_method() {
        let frame = Frame::from_polars(df!["x" => [1]].unwrap(), 1);
        let twice = frame.cast([("x", DataType::Int64), ("x", DataType::Int8)]);
        let error = twice.schema().unwrap_err().to_string();
        assert!(error.starts_with("with_columns: the name 'x'"), "{error}");
        let error = frame.explode("x").schema().unwrap_err().to_string();
        assert!(error.starts_with("explode: the column `x` is i32, expected a list"), "{error}");
    }
}
