//! Frames in numbers: [`Frame::describe`], [`Frame::value_counts`].

use std::panic::Location;

use lazy_runtime::delayed;
use polars::prelude::*;

use super::Frame;
use super::columns::check;
use crate::error::no_quantile;
use crate::names::IntoNames;
use crate::ops::held::Held;

/// The column of [`Frame::describe`] that names its rows.
const STATISTIC: &str = "statistic";

/// The rows of [`Frame::describe`].
const STATISTICS: [&str; 9] =
    ["count", "null_count", "mean", "std", "min", "25%", "50%", "75%", "max"];

impl Frame {
    /// How often each value occurs, or each combination of values, in a column `count`. The order of the rows is unspecified.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => ["a", "b", "a"]]?, 2);
    /// let counts = frame.value_counts("x").sort(["x"], Default::default()).compute()?;
    /// assert_eq!(counts, df!["x" => ["a", "b"], "count" => [2_u32, 1]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn value_counts(&self, columns: impl IntoNames) -> Frame {
        let (at, columns) = (Location::caller(), columns.into_names());
        let known = self.then(|input| check("value_counts", &columns, &input, at).map(|()| input));
        known.group_by(columns).agg([len().alias("count")])
    }

    /// The quantile `q`, from 0 to 1, of each numeric column, linearly interpolated: one row.
    #[track_caller]
    pub fn quantile(&self, q: f64) -> Frame {
        if let Some(reason) = no_quantile(q) {
            return self.failed("quantile", &reason);
        }
        let columns = self.numeric();
        self.select(
            columns
                .map(|name| col(name).quantile(lit(q), QuantileMethod::Linear))
                .collect::<Vec<_>>(),
        )
    }

    /// How many different values each column has: one row.
    #[track_caller]
    pub fn n_unique(&self) -> Frame {
        self.select([all().as_expr().n_unique()])
    }

    fn numeric(&self) -> impl Iterator<Item = PlSmallStr> {
        let schema = self.schema().unwrap_or_default();
        let numeric = schema.iter().filter(|(_, dtype)| dtype.is_numeric());
        numeric.map(|(name, _)| name.clone()).collect::<Vec<_>>().into_iter()
    }

    /// What there is in each column, a row a statistic: count of values and of nulls; mean, standard deviation (ddof 1) and
    /// quartiles of numbers; least and greatest value. Columns that are not numeric are given as text.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 3]]?, 2);
    /// let mean = frame.describe().filter(col("statistic").eq(lit("mean"))).compute()?;
    /// assert_eq!(mean.column("x")?.f64()?.get(0), Some(2.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn describe(&self) -> Frame {
        let at = Location::caller();
        let Ok(schema) = self.schema() else { return self.clone() };
        if schema.contains(STATISTIC) {
            return self
                .failed("describe", "the column `statistic` is that of the result: rename it");
        }
        let parts: Vec<Expr> =
            schema.iter().flat_map(|(name, dtype)| statistics(name, dtype)).collect();
        self.select(parts).then(|numbers| {
            let described = described(&schema);
            let table = lazy_runtime::at(at, || turn(&numbers.tasks()[0], (*schema).clone()));
            let rows = Some(vec![STATISTICS.len()]);
            Ok(Held::plan("describe", vec![table], rows, described.into(), None, at))
        })
    }
}

/// The aggregations of a column, each named by the column and the statistic.
fn statistics(name: &PlSmallStr, dtype: &DataType) -> Vec<Expr> {
    let column = || col(name.clone());
    let quantile = |q: f64| column().quantile(lit(q), QuantileMethod::Linear);
    let mut parts = vec![("count", column().count()), ("null_count", column().null_count())];
    if dtype.is_numeric() {
        parts.extend([("mean", column().mean()), ("std", column().std(1))]);
        parts.extend([("25%", quantile(0.25)), ("50%", quantile(0.5)), ("75%", quantile(0.75))]);
    }
    if dtype.is_ord() {
        parts.extend([("min", column().min()), ("max", column().max())]);
    }
    parts.into_iter().map(|(statistic, agg)| agg.alias(part_name(name, statistic))).collect()
}

fn part_name(column: &str, statistic: &str) -> String {
    format!("{column}\u{1f}{statistic}")
}

fn described(schema: &Schema) -> Schema {
    let columns = schema.iter().map(|(name, dtype)| {
        (name.clone(), if dtype.is_numeric() { DataType::Float64 } else { DataType::String })
    });
    std::iter::once((STATISTIC.into(), DataType::String)).chain(columns).collect()
}

/// One row of numbers, as a row a statistic.
#[delayed(name = "describe", fallible)]
fn turn(numbers: &DataFrame, schema: Schema) -> PolarsResult<DataFrame> {
    let value = |name: &str, statistic: &str| -> AnyValue<'static> {
        let column = numbers.column(&part_name(name, statistic));
        column.and_then(|c| c.get(0)).map_or(AnyValue::Null, AnyValue::into_static)
    };
    let mut columns = vec![Column::new(STATISTIC.into(), STATISTICS)];
    for (name, dtype) in described(&schema).iter().skip(1) {
        let values = STATISTICS.map(|statistic| value(name, statistic));
        let values: Series = match dtype {
            DataType::Float64 => {
                Series::new(name.clone(), values.map(|v| v.extract::<f64>()).as_slice())
            }
            _ => Series::new(
                name.clone(),
                values.map(|v| (!v.is_null()).then(|| text(&v))).as_slice(),
            ),
        };
        columns.push(values.into());
    }
    DataFrame::new(STATISTICS.len(), columns)
}

fn text(value: &AnyValue) -> String {
    match value.get_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    #[test]
    fn a_column_that_the_result_has_is_told_beforehand() {
        let frame = Frame::from_polars(df!["statistic" => [1]].unwrap(), 1);
        let error = frame.describe().schema().unwrap_err().to_string();
        assert!(
            error.starts_with("describe: the column `statistic` is that of the result"),
            "{error}"
        );
    }
}
