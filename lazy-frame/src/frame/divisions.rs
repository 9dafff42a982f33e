//! Divisions made known: [`Frame::set_divisions`], [`Frame::set_sorted`].

use std::panic::Location;

use lazy_runtime::prelude::*;
use polars::prelude::*;

use super::Frame;
use crate::divisions::Divisions;
use crate::error::{missing, reason};
use crate::ops::known_divisions::KnownDivisions;
use crate::ops::partitions::Partitions;
use crate::ops::row_wise::RowWise;
use crate::ops::set_divisions::SetDivisions;
use crate::plan::{At, Plan, Step};

/// Bounds of partitions: values of the column, or what can be cast to it, such as text for dates.
pub trait IntoBounds {
    /// The bounds as a series of any type.
    fn into_bounds(self) -> Series;
}

impl IntoBounds for Series {
    fn into_bounds(self) -> Series {
        self
    }
}

macro_rules! bounds {
    ($($value:ty),*) => {$(
        impl IntoBounds for Vec<$value> {
            fn into_bounds(self) -> Series {
                Series::new(PlSmallStr::EMPTY, self)
            }
        }

        impl IntoBounds for &[$value] {
            fn into_bounds(self) -> Series {
                Series::new(PlSmallStr::EMPTY, self)
            }
        }

        impl<const N: usize> IntoBounds for [$value; N] {
            fn into_bounds(self) -> Series {
                Series::new(PlSmallStr::EMPTY, self)
            }
        }
    )*};
}

bounds!(i32, i64, u32, u64, f32, f64, &str, String);

impl Frame {
    /// The rows in partitions between these bounds of a column, sorted by it: one partition less than there are bounds. Their
    /// [divisions](Frame::divisions) are known from then on, so that a filter on the column reads the partitions that it
    /// concerns, and joins and windows on it need no shuffle.
    ///
    /// The rows are shuffled, on disk beyond the memory limit. A null in the column, or a value outside of the bounds, fails the task that
    /// finds it. The bounds are cast to the type of the column: dates may be given as text.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [7, 2, 9, 4]]?, 2).set_divisions("x", [0, 5, 10]);
    /// assert_eq!(frame.partition(0).compute()?, df!["x" => [2, 4]]?);
    /// assert_eq!(frame.filter(col("x").gt(lit(6))).compute()?.height(), 2); // of the second partition alone
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn set_divisions(&self, column: &str, bounds: impl IntoBounds) -> Frame {
        let (at, bounds) = (Location::caller(), bounds.into_bounds());
        self.then(|input| {
            let divisions = divisions(column, bounds, &input);
            let divisions =
                divisions.map_err(|reason| input.misfit("set_divisions", reason, at))?;
            Ok(SetDivisions::plan(divisions, input, at))
        })
    }

    /// The frame, whose partitions hold one range after the other of a column, with its divisions known.
    ///
    /// Which ranges is found out now: the column is computed, once. A null or NaN is in no range, and is an error; so is a partition without
    /// rows. Where partitions overlap, that is an error that names the two:
    /// [`Frame::set_divisions`] or [`Frame::sort`] is what is needed then.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 3, 4, 6]]?, 2).set_sorted("x");
    /// assert_eq!(frame.divisions().unwrap().npartitions(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn set_sorted(&self, column: &str) -> Frame {
        let at = Location::caller();
        let ends = self.ends(column, at);
        if ends.plan().is_err() {
            return ends;
        }
        let bounds = ends.compute();
        self.then(|input| {
            let misfit = |reason: String| input.misfit("set_sorted", reason, at);
            let ends =
                bounds.map_err(|e| misfit(format!("the column could not be computed: {e}")))?;
            let divisions = between(column, &ends).map_err(misfit)?;
            Ok(KnownDivisions::plan(divisions, input, at))
        })
    }

    /// The least and the greatest value of a column, and how many belong to no division: a row for each partition.
    fn ends(&self, column: &str, at: At) -> Frame {
        self.then(|input| {
            let dtype = input
                .schema()
                .get(column)
                .ok_or_else(|| input.misfit("set_sorted", missing(column), at))?;
            check_order(column, dtype).map_err(|reason| input.misfit("set_sorted", reason, at))?;
            let (column, nan) = (|| col(column), dtype.is_float());
            let apart = column().null_count().cast(DataType::UInt64);
            let apart =
                if nan { apart + column().is_nan().sum().cast(DataType::UInt64) } else { apart };
            let ends =
                [column().min().alias("min"), column().max().alias("max"), apart.alias("apart")];
            RowWise::plan(Step::Select(ends.into()), Partitions::all("set_sorted", input, at)?, at)
        })
    }
}

fn check_order(column: &str, dtype: &DataType) -> Result<(), String> {
    match dtype.is_nested() || dtype.is_object() {
        true => Err(format!("the column `{column}` is {dtype}, whose values have no order")),
        false => Ok(()),
    }
}

/// Checked bounds, of the column's type.
pub(super) fn divisions(column: &str, bounds: Series, input: &Plan) -> Result<Divisions, String> {
    let dtype = input.schema().get(column).ok_or_else(|| missing(column))?;
    check_order(column, dtype)?;
    let cast = typed(&bounds, dtype).map_err(|e| {
        format!("the bounds do not fit column `{column}`, which is {dtype}: {}", reason(&e))
    })?;
    let bounds: Vec<_> = cast.iter().map(AnyValue::into_static).collect();
    if bounds.len() < 2 {
        return Err(format!("{} bounds make no partition; two are the least", bounds.len()));
    }
    if bounds.iter().any(AnyValue::is_null) {
        return Err("a bound is null".into());
    }
    match bounds.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => {
            Err(format!("bounds are in ascending order, and {} follows {}", pair[1], pair[0]))
        }
        None => Ok(Divisions::new(column, bounds)),
    }
}

/// Values of the type of a column; text is read as a date or a time, where that is the type.
fn typed(bounds: &Series, dtype: &DataType) -> PolarsResult<Series> {
    let (DataType::String, DataType::Date | DataType::Datetime(..)) = (bounds.dtype(), dtype)
    else {
        return bounds.strict_cast(dtype);
    };
    let (text, raise) = (bounds.str()?, StringChunked::new(PlSmallStr::EMPTY, ["raise"]));
    let unit = TimeUnit::Microseconds;
    let times = text.as_datetime(None, unit, false, false, None, &raise)?.into_series();
    if let Some(other) = times.is_null().iter().position(|is_null| is_null == Some(true)) {
        polars_bail!(ComputeError: "`{}` is not read as a time: write it as `2000-01-31` or `2000-01-31T12:30:00`", text.get(other).unwrap_or("null"));
    }
    times.strict_cast(dtype)
}

/// The bounds of partitions whose least and greatest values these are.
fn between(column: &str, ends: &DataFrame) -> Result<Divisions, String> {
    let end = |name: &str, i: usize| -> Result<AnyValue<'static>, String> {
        let value = ends.column(name).and_then(|values| values.get(i)).map_err(|e| reason(&e))?;
        Ok(value.into_static())
    };
    let mut bounds: Vec<AnyValue<'static>> = Vec::new();
    let mut last = AnyValue::Null;
    for i in 0..ends.height() {
        let (least, most) = (end("min", i)?, end("max", i)?);
        if end("apart", i)? != AnyValue::UInt64(0) {
            return Err(format!(
                "partition {i} has nulls or NaNs in `{column}`, which belong to no division: filter them out"
            ));
        }
        if least.is_null() {
            return Err(format!(
                "partition {i} has no value in `{column}`, so its bounds are not known; `repartition` joins it to another"
            ));
        }
        if !last.is_null() && least <= last {
            let remedy = "use `set_divisions` or `sort`";
            return Err(format!(
                "partition {i} begins with {least}, and the one before ends with {last}: {remedy}"
            ));
        }
        bounds.push(least);
        last = most;
    }
    bounds.push(last);
    Ok(Divisions::new(column, bounds))
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    #[test]
    fn bounds_that_make_no_sense_are_told() {
        let lists =
            Series::new("l".into(), [Series::new("".into(), [1]), Series::new("".into(), [0])]);
        let table = DataFrame::new(2, vec![lists.clone().into()]).unwrap();
        let frame = Frame::from_polars(table, 1);
        for frame in [frame.set_divisions("l", lists), frame.set_sorted("l")] {
            let error = frame.schema().unwrap_err().to_string();
            assert!(error.contains("list[i32], whose values have no order"), "{error}");
        }
        let month = crate::datasets::timeseries().freq("1d").build().unwrap();
        let error = month.repartition_time("1us").schema().unwrap_err().to_string();
        assert!(error.contains("`1us` makes more than 1000000 partitions"), "{error}");
    }

    #[test]
    fn values_that_belong_to_no_range_are_told() {
        let table = df!["x" => [1.0, 2.0, f64::NAN], "y" => [None, Some(1), Some(2)]].unwrap();
        let frame = Frame::from_polars(table, 3);
        let message = |column| frame.set_sorted(column).schema().unwrap_err().to_string();
        assert!(message("x").contains("partition 2 has nulls or NaNs in `x`"), "{}", message("x"));
        assert!(message("y").contains("partition 0 has nulls or NaNs in `y`"), "{}", message("y"));
        assert!(message("z").starts_with("set_sorted: there is no column `z`"), "{}", message("z"));
        let present = frame.drop_nulls(Some(&["y"])).repartition(1).set_sorted("y");
        assert_eq!(present.divisions().unwrap().bounds(), [1, 2].map(AnyValue::Int32));
    }
}
