//! Partitions that functions of the user make, and the check that they are what was promised.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::panic::Location;
use std::sync::Arc;

use lazy_runtime::delayed;
use polars::prelude::*;

use super::Frame;
use crate::error::difference;
use crate::plan::{Source, Wanted, empty};

impl Frame {
    /// A partition for each of some inputs, made by a function in a task of its own. Without inputs there is one
    /// partition, without rows.
    ///
    /// What the function gives has to have the columns of `schema`, in their order; the task fails where it has not.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::polars::prelude::{DataType, PolarsResult, Schema};
    /// use lazy_frame::prelude::*;
    ///
    /// let schema = Schema::from_iter([("square".into(), DataType::Int64)]);
    /// let squares = Frame::from_map([2_i64, 3], schema, |n| df!["square" => [n * n]]);
    /// assert_eq!(squares.compute()?, df!["square" => [4_i64, 9]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn from_map<I, F, E>(
        inputs: impl IntoIterator<Item = I>,
        schema: impl Into<SchemaRef>,
        make: F,
    ) -> Frame
    where
        I: Send + Sync + 'static,
        F: Fn(&I) -> Result<DataFrame, E> + Send + Sync + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        let inputs: Vec<I> = inputs.into_iter().collect();
        let n = inputs.len();
        let make = move |i: usize| make(&inputs[i]).map_err(Into::into);
        Frame::from_source(
            Mapped { n, schema: schema.into(), make: Box::new(make) },
            Location::caller(),
        )
    }
}

/// The source that [`Frame::from_map`] is.
struct Mapped {
    /// How many inputs there are.
    n: usize,
    schema: SchemaRef,
    make: Box<Make>,
}

type Make = dyn Fn(usize) -> Result<DataFrame, Box<dyn StdError + Send + Sync>> + Send + Sync;

impl fmt::Debug for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from-map of {}", self.describe())
    }
}

impl Source for Mapped {
    fn name(&self) -> &'static str {
        "from-map"
    }

    fn describe(&self) -> String {
        match self.n {
            1 => "1 input".into(),
            n => format!("{n} inputs"),
        }
    }

    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn npartitions(&self) -> usize {
        self.n.max(1)
    }

    fn rows(&self, _: usize) -> Option<usize> {
        (self.n == 0).then_some(0)
    }

    fn scan(&self, partition: usize, _: &Wanted) -> PolarsResult<LazyFrame> {
        if self.n == 0 {
            return Ok(empty(&self.schema).lazy());
        }
        let made = (self.make)(partition).map_err(|error| failure(partition, error))?;
        Ok(checked_against(made, &self.schema, partition)?.lazy())
    }
}

/// The user's error is its source.
fn failure(partition: usize, error: Box<dyn StdError + Send + Sync>) -> PolarsError {
    let message = format!("partition {partition}: {error}");
    PolarsError::IO { error: Arc::new(io::Error::other(error)), msg: Some(message.into()) }
}

/// A partition of the user's that is what was promised.
#[delayed(name = "from-delayed", fallible)]
pub(super) fn checked(
    made: DataFrame,
    schema: SchemaRef,
    partition: usize,
) -> PolarsResult<DataFrame> {
    checked_against(made, &schema, partition)
}

fn checked_against(made: DataFrame, schema: &Schema, partition: usize) -> PolarsResult<DataFrame> {
    match difference(made.schema(), schema) {
        None => Ok(made),
        Some(difference) => polars_bail!(SchemaMismatch: "partition {partition}: {difference}"),
    }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;

    use super::*;

    fn schema() -> Schema {
        Schema::from_iter([("x".into(), DataType::Int64), ("y".into(), DataType::String)])
    }

    fn failing(table: PolarsResult<DataFrame>) -> String {
        let table = table.unwrap();
        let frame = Frame::from_map([0, 1], schema(), move |i| match i {
            0 => Ok::<_, PolarsError>(empty(&schema())),
            _ => Ok(table.clone()),
        });
        frame.compute().unwrap_err().to_string()
    }

    #[test]
    fn each_input_gives_a_partition_in_order() {
        let frame = Frame::from_map([3_i64, 1], schema(), |n| df!["x" => [*n], "y" => ["a"]]);
        assert_eq!(frame.npartitions(), 2);
        assert_eq!(frame.graph().names(), ["from-map", "from-map"]);
        assert_eq!(frame.compute().unwrap(), df!["x" => [3_i64, 1], "y" => ["a", "a"]].unwrap());
    }

    #[test]
    fn no_input_gives_no_rows() {
        let nothing: [i64; 0] = [];
        let frame = Frame::from_map(nothing, schema(), |_| df!["z" => [1]]);
        assert_eq!(frame.compute().unwrap(), empty(&schema()));
    }

    #[test]
    fn other_columns_than_promised_are_told_with_the_partition() {
        let said = failing(df!["x" => [1_i64], "y" => [1.5]]);
        assert!(said.contains("partition 1: column `y` is f64, expected str: cast it"), "{said}");
        let said = failing(df!["x" => [1_i64]]);
        assert!(
            said.contains("partition 1: there is no column `y`, expected str (columns: x: i64)"),
            "{said}"
        );
        let said = failing(df!["x" => [1_i64], "y" => ["a"], "z" => [0]]);
        assert!(
            said.contains("partition 1: there is a column `z`, which was not expected"),
            "{said}"
        );
        let said = failing(df!["y" => ["a"], "x" => [1_i64]]);
        assert!(said.contains("partition 1: column `x` is at place 1, expected at 0"), "{said}");
    }

    #[test]
    fn an_error_of_the_function_is_that_of_the_task() {
        let frame = Frame::from_map(["7", "b"], schema(), |text| {
            let x: i64 = text.parse()?;
            Ok::<_, Box<dyn StdError + Send + Sync>>(df!["x" => [x], "y" => [*text]]?)
        });
        let said = frame.compute().unwrap_err().to_string();
        assert!(said.contains("partition 1: invalid digit found in string"), "{said}");
    }

    #[test]
    fn delayed_partitions_are_checked_too() {
        let good = delayed(df!["x" => [1_i64], "y" => ["a"]].unwrap());
        let bad = delayed(df!["x" => [1_i32], "y" => ["a"]].unwrap());
        assert_eq!(
            Frame::from_delayed(vec![good.clone()], schema()).compute().unwrap().height(),
            1
        );
        let said =
            Frame::from_delayed(vec![good, bad], schema()).compute().unwrap_err().to_string();
        assert!(said.contains("partition 1: column `x` is i32, expected i64: cast it"), "{said}");
        assert!(said.contains(&format!("task `from-delayed` (made at {}", file!())), "{said}");
    }
}
