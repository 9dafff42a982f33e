//! [`SetDivisions`]: rows sorted into partitions with given bounds.

use lazy_runtime::delayed;
use polars::prelude::*;

use crate::divisions::Divisions;
use crate::engine;
use crate::error::StepError;
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan};
use crate::shuffle::{self, Bounds, Order};

/// Rows moved to the partition within whose bounds they are, and sorted there.
#[derive(Debug)]
pub(crate) struct SetDivisions {
    divisions: Divisions,
    inputs: [Plan; 1],
}

impl SetDivisions {
    /// The bounds are sorted values of the column's type, and the inner ones are told apart.
    pub(crate) fn plan(divisions: Divisions, input: Plan, at: At) -> Plan {
        let (schema, n) = (input.schema().clone(), divisions.npartitions());
        let known = Some(divisions.clone());
        Plan::new(SetDivisions { divisions, inputs: [input] }, schema, n, known, at)
    }
}

impl Operator for SetDivisions {
    fn name(&self) -> &'static str {
        "set-divisions"
    }

    fn describe(&self) -> String {
        self.divisions.to_string()
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        Ok(SetDivisions::plan(self.divisions.clone(), inputs.remove(0), at))
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        vec![wanted.clone().and(Columns::names([self.divisions.column().into()]))]
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let [input] = &self.inputs;
        let n = self.divisions.npartitions();
        let order = Order::new([self.divisions.column().into()], &SortMultipleOptions::default());
        let bounds = bounds(self.divisions.clone(), order.clone(), input.schema().clone());
        let ranges = shuffle::by_range(lowering.pieces(input), &order, &bounds, n, input.schema());
        let ranges = ranges.into_iter().enumerate();
        let sorted = ranges.map(|(i, rows)| sort(rows, i, self.divisions.clone()));
        sorted.map(Piece::made).collect()
    }
}

/// The rows before which partitions begin, but for the first.
#[delayed(name = "set-divisions-bounds", fallible)]
fn bounds(divisions: Divisions, order: Order, schema: SchemaRef) -> PolarsResult<Bounds> {
    let column = divisions.column();
    let inner = &divisions.bounds()[1..divisions.npartitions()];
    let dtype = schema.try_get(column)?;
    let rows = Series::from_any_values_and_dtype(column.into(), inner, dtype, true)?;
    engine::alone(move || Bounds::at(&order, &rows.into_frame()))
}

/// The rows of a partition in order; that they are within the bounds is seen here, for the first and the last.
#[delayed(name = "set-divisions", fallible)]
fn sort(rows: DataFrame, partition: usize, divisions: Divisions) -> PolarsResult<DataFrame> {
    let column: PlSmallStr = divisions.column().into();
    let sorted =
        engine::collect(rows.lazy().sort([column.clone()], SortMultipleOptions::default()))?;
    let values = sorted.column(&column)?;
    if values.null_count() > 0 {
        polars_bail!(
            ComputeError: "column `{column}` has nulls, which belong to no division: drop them with `drop_nulls(Some(&[\"{column}\"]))`"
        );
    }
    if let Some(last) = values.len().checked_sub(1) {
        let (least, most) = (values.get(0)?, values.get(last)?);
        let (first, end) = (&divisions.bounds()[0], &divisions.bounds()[divisions.npartitions()]);
        let beyond = match partition {
            0 if least < *first => Some(least),
            _ if most > *end => Some(most),
            _ => None,
        };
        if let Some(value) = beyond {
            polars_bail!(
                ComputeError: "column `{column}` has the value {value}, and the divisions go from {first} to {end}: \
                               give bounds that hold all rows, or filter the rows"
            );
        }
    }
    Ok(sorted)
}
