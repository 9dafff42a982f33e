//! [`MapPartitions`]: a function of the user's on each partition.

use std::error::Error as StdError;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use lazy_runtime::delayed;
use polars::prelude::{DataFrame, Schema, SchemaRef};

use crate::engine;
use crate::error::{StepError, difference};
use crate::plan::lower::Fused;
use crate::plan::{At, Lowering, Operator, Piece, Plan, empty};

/// Whatever the user's function says went wrong.
pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// A frame from a frame, by a function of the user's. Polars stays on the thread that it is called on.
#[derive(Clone)]
pub(crate) struct Function(Arc<dyn Fn(DataFrame) -> Result<DataFrame, BoxError> + Send + Sync>);

impl Function {
    pub(crate) fn new<E: Into<BoxError>>(
        function: impl Fn(DataFrame) -> Result<DataFrame, E> + Send + Sync + 'static,
    ) -> Self {
        Function(Arc::new(move |rows| function(rows).map_err(Into::into)))
    }

    pub(crate) fn call(&self, rows: DataFrame) -> Result<DataFrame, BoxError> {
        let function = self.clone();
        engine::alone(move || (function.0)(rows))
    }

    /// The schema of what it makes of a frame without rows.
    pub(crate) fn schema(&self, input: &Schema) -> Result<SchemaRef, String> {
        let tried = catch_unwind(AssertUnwindSafe(|| self.call(empty(input))));
        match tried {
            Ok(Ok(result)) => Ok(result.schema().clone()),
            Ok(Err(e)) => Err(format!("it fails on a frame without rows: {e}")),
            Err(_) => Err("it panics on a frame without rows".to_owned()),
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function")
    }
}

/// A function on each partition, together with the row-wise steps before it.
#[derive(Debug)]
pub(crate) struct MapPartitions {
    function: Function,
    schema: SchemaRef,
    inputs: [Plan; 1],
}

impl MapPartitions {
    /// Without a schema, that of what the function makes of no rows.
    pub(crate) fn plan(
        schema: Option<SchemaRef>,
        function: Function,
        input: Plan,
        at: At,
    ) -> Result<Plan, StepError> {
        let schema = match schema {
            Some(schema) => schema,
            None => function.schema(input.schema()).map_err(|reason| {
                let remedy = "announce the columns with `map_partitions_with_schema(schema, f)`";
                let reason = format!("the function does not tell its columns: {reason}; {remedy}");
                input.misfit("map_partitions", reason, at)
            })?,
        };
        let npartitions = input.npartitions();
        let operator = MapPartitions { function, schema: schema.clone(), inputs: [input] };
        Ok(Plan::new(operator, schema, npartitions, None, at))
    }
}

impl Operator for MapPartitions {
    fn name(&self) -> &'static str {
        "map-partitions"
    }

    fn describe(&self) -> String {
        format!("{} columns", self.schema.len())
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        let schema = Some(self.schema.clone());
        MapPartitions::plan(schema, self.function.clone(), inputs.remove(0), at)
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let pieces = lowering.pieces(&self.inputs[0]);
        let task = |Piece { input, fused }| {
            map_partitions(input, fused, self.function.clone(), self.schema.clone())
        };
        pieces.into_iter().map(task).map(Piece::made).collect()
    }
}

#[delayed(name = "map-partitions", fallible)]
fn map_partitions(
    input: Option<DataFrame>,
    fused: Fused,
    function: Function,
    schema: SchemaRef,
) -> Result<DataFrame, BoxError> {
    let rows = fused.collect(input, |rows| rows)?;
    as_announced(function.call(rows)?, &schema)
}

/// The result of a function of the user's, if it has the columns that it was said to have.
pub(crate) fn as_announced(result: DataFrame, schema: &Schema) -> Result<DataFrame, BoxError> {
    match difference(result.schema(), schema) {
        None => Ok(result),
        Some(difference) => Err(format!("what the function gave differs: {difference}").into()),
    }
}

#[cfg(test)]
mod tests {
    use polars::df;
    use polars::prelude::*;

    use super::*;
    use crate::Frame;
    use lazy_runtime::prelude::*;

    fn frame(npartitions: usize) -> Frame {
        Frame::from_polars(
            df!["x" => [1i64, 2, 3, 4], "y" => [1.5, 2.5, 3.5, 4.5]].unwrap(),
            npartitions,
        )
    }

    #[test]
    fn a_function_may_compute_while_all_workers_are_busy() {
        let runtime = lazy_runtime::Runtime::builder().num_threads(2).build().unwrap();
        let frame = Frame::from_polars(df!["x" => [1, 2, 3, 4]].unwrap(), 4);
        let more = frame.map_partitions(|rows: DataFrame| {
            let more = lazy_runtime::call(|n: usize| n as u64 + 1, (rows.height(),)).compute()?;
            Ok::<_, Box<dyn StdError + Send + Sync>>(df!["more" => [more; 1]]?)
        });
        assert_eq!(runtime.compute(&more).unwrap(), df!["more" => [2_u64; 4]].unwrap());
    }

    #[test]
    fn each_partition_is_mapped_in_one_task_with_the_filter_before_it() {
        let mapped = frame(2)
            .filter(col("x").gt(lit(1)))
            .map_partitions(|rows| rows.select(["y"]).map(|rows| rows.head(Some(1))));
        assert_eq!(mapped.graph().n_tasks(), 2);
        assert_eq!(mapped.schema().unwrap().len(), 1);
        assert_eq!(mapped.compute().unwrap(), df!["y" => [2.5, 3.5]].unwrap());
    }

    #[test]
    fn a_function_that_fails_without_rows_asks_for_a_schema() {
        let picky = |rows: DataFrame| match rows.height() {
            0 => Err("nothing to look at".to_owned()),
            _ => Ok(rows),
        };
        let error = frame(2).map_partitions(picky).schema().unwrap_err().to_string();
        assert!(error.contains("nothing to look at"), "{error}");
        assert!(error.contains("map_partitions_with_schema(schema, f)"), "{error}");
        let frame = frame(2);
        let given = frame.map_partitions_with_schema(frame.schema().unwrap(), picky);
        assert_eq!(given.compute().unwrap().height(), 4);
    }

    #[test]
    fn a_function_that_panics_without_rows_asks_for_a_schema() {
        let picky = |rows: DataFrame| -> PolarsResult<DataFrame> {
            assert!(rows.height() > 0);
            Ok(rows)
        };
        let error = frame(1).map_partitions(picky).schema().unwrap_err().to_string();
        assert!(error.contains("it panics on a frame without rows"), "{error}");
    }

    #[test]
    fn another_type_than_announced_is_told_with_column_found_and_expected() {
        let schema = Schema::from_iter([Field::new("x".into(), DataType::String)]);
        let mapped = frame(2)
            .map_partitions_with_schema(Arc::new(schema), |rows: DataFrame| rows.select(["x"]));
        let error = mapped.compute().unwrap_err().to_string();
        assert!(error.contains("column `x` is i64, expected str"), "{error}");
    }

    #[test]
    fn each_difference_of_columns_is_named() {
        let schema = |names: &[&str]| {
            let fields = names.iter().map(|name| Field::new((*name).into(), DataType::Int64));
            Schema::from_iter(fields)
        };
        let told = |found: &[&str], announced: &[&str]| match as_announced(
            crate::plan::empty(&schema(found)),
            &schema(announced),
        ) {
            Ok(_) => String::new(),
            Err(difference) => difference.to_string(),
        };
        assert!(told(&["a"], &["a", "b"]).contains("there is no column `b`, expected i64"));
        assert!(
            told(&["a", "b"], &["a"]).contains("there is a column `b`, which was not expected")
        );
        assert!(told(&["b", "a"], &["a", "b"]).contains("column `a` is at place 1, expected at 0"));
        assert_eq!(told(&["a", "b"], &["a", "b"]), "");
    }
}
