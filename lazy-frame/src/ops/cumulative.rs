//! [`Cumulative`]: columns in which each row takes in all rows before it, or after it.
//!
//! ```text
//! partition 0 --------------------+--> result 0
//!      | total: its sum           |
//!      v                          | carry
//! partition 1 --------------------+--> result 1
//!      | total, then carry: the sums of both
//!      v
//! ```
//! Totals are one row each, and are found side by side; only carries wait for each other. Polars goes on from a carry
//! as from a row of its own, so that types, nulls and overflow are the same as for the whole column.

use std::sync::Arc;

use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use super::row_wise::{self, RowWise};
use crate::engine;
use crate::error::StepError;
use crate::plan::lower::Fused;
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan, Step};

/// What rows are taken into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum How {
    Sum,
    Product,
    Min,
    Max,
    /// Of values that are not null.
    Count,
    /// The nearest value that is not null, for a null.
    Fill,
}

/// A column that is made: the name, the row-wise expression whose values it takes in, and how.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    pub(crate) name: PlSmallStr,
    pub(crate) of: Expr,
    pub(crate) how: How,
}

/// Cumulative columns beside the others, and row-wise steps that use them.
#[derive(Clone, Debug)]
pub(crate) struct Cumulative {
    columns: Arc<[Carried]>,
    /// Whether rows take in what is after them.
    reverse: bool,
    steps: Arc<[Step]>,
    inputs: [Plan; 1],
}

impl Cumulative {
    /// That the expressions are row-wise, have no selectors, and stand on a column, is for the caller to see to.
    pub(crate) fn plan(
        columns: Vec<Carried>,
        reverse: bool,
        steps: Vec<Step>,
        input: Plan,
        at: At,
    ) -> Result<Plan, StepError> {
        let (columns, steps) = (columns.into(), steps.into());
        Cumulative { columns, reverse, steps, inputs: [input] }.planned(at)
    }

    /// Without what nobody needs: expressions over columns that the input no longer has.
    fn planned(mut self, at: At) -> Result<Plan, StepError> {
        let input = &self.inputs[0];
        let known = |carried: &&Carried| row_wise::is_known(&carried.of, input.schema());
        self.columns = self.columns.iter().filter(known).cloned().collect();
        if self.columns.is_empty() {
            let then = |plan: Plan, step: &Step| {
                RowWise::plan(row_wise::narrowed(step, plan.schema()), plan, at)
            };
            return self.steps.iter().try_fold(input.clone(), then);
        }
        let misfit = |reason| input.misfit(self.name(), reason, at);
        let made: Vec<_> = self.columns.iter().map(|carried| carried.expr(self.reverse)).collect();
        let mut schema = Step::WithColumns(made.into()).schema(input.schema()).map_err(misfit)?;
        let (mut steps, mut divisions) = (Vec::new(), input.divisions().cloned());
        for step in self.steps.iter() {
            let step = row_wise::narrowed(step, &schema);
            schema = step.schema(&schema).map_err(misfit)?;
            divisions = row_wise::divisions_after(&step, divisions.as_ref());
            steps.push(step);
        }
        let npartitions = input.npartitions();
        self.steps = steps.into();
        Ok(Plan::new(self, schema, npartitions, divisions, at))
    }

    /// Partitions in the order in which the carry passes them.
    fn way(&self, n: usize) -> impl Iterator<Item = usize> + use<> {
        let reverse = self.reverse;
        (0..n).map(move |i| if reverse { n - 1 - i } else { i })
    }
}

impl Operator for Cumulative {
    fn name(&self) -> &'static str {
        "cumulative"
    }

    fn describe(&self) -> String {
        let made: Vec<_> = self.columns.iter().map(|carried| carried.expr(self.reverse)).collect();
        let steps = self.steps.iter().map(Step::describe);
        std::iter::once(crate::plan::step::list(&made)).chain(steps).collect::<Vec<_>>().join("; ")
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        let [input] = <[Plan; 1]>::try_from(inputs).expect("one plan for the one that there was");
        Cumulative { inputs: [input], ..self.clone() }.planned(at)
    }

    fn moves_rows(&self) -> bool {
        false
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        let after = |wanted, step| row_wise::needed(step, &wanted);
        let wanted = self.steps.iter().rev().fold(wanted.clone(), after);
        let made = self.columns.iter().filter(|carried| wanted.contains(&carried.name));
        let used = Columns::of(made.map(|carried| &carried.of));
        vec![wanted.without(self.columns.iter().map(|carried| &carried.name)).and(used)]
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        let keeps = self.steps.iter().all(Step::keeps_rows);
        keeps.then(|| self.inputs[0].rows(partition))?
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let mut own = lowering.pieces(&self.inputs[0]);
        let n = own.len();
        let mut made: Vec<Option<Piece>> = vec![None; n];
        let mut carried: Option<Delayed<DataFrame>> = None;
        for (passed, i) in self.way(n).enumerate() {
            let before = carried.take();
            if passed + 1 < n {
                own[i] = Piece::made(own[i].clone().task());
                let total = total(own[i].clone().task(), self.columns.clone(), self.reverse);
                carried = Some(match &before {
                    None => total,
                    Some(before) => carry(before, total, self.columns.clone(), self.reverse),
                });
            }
            let Piece { input, fused } = own[i].clone();
            let (columns, steps) = (self.columns.clone(), self.steps.clone());
            let result = cumulative(before, input, fused, columns, self.reverse, steps);
            made[i] = Some(Piece::made(result));
        }
        made.into_iter().map(|piece| piece.expect("the way leads to each partition")).collect()
    }
}

impl Carried {
    /// The column as Polars makes it of the whole.
    fn expr(&self, reverse: bool) -> Expr {
        let of = self.of.clone();
        let column = match self.how {
            How::Sum => of.cum_sum(reverse),
            How::Product => of.cum_prod(reverse),
            How::Min => of.cum_min(reverse),
            How::Max => of.cum_max(reverse),
            How::Count => of.cum_count(reverse),
            How::Fill => of.fill_null_with_strategy(filling(reverse)),
        };
        column.alias(self.name.clone())
    }

    /// What the rows of a partition are for those that take them in.
    fn total(&self, dtype: &DataType, reverse: bool) -> Expr {
        let of = self.of.clone();
        let total = match self.how {
            How::Sum => of.cast(wide(dtype)).sum(),
            How::Product => of.cast(dtype.clone()).product(),
            How::Count => of.is_not_null().cast(IDX_DTYPE).sum(),
            How::Min | How::Max | How::Fill => self.merged(of, reverse),
        };
        total.alias(self.name.clone())
    }

    /// Totals that are below each other, as one.
    fn merged(&self, totals: Expr, reverse: bool) -> Expr {
        match self.how {
            How::Sum | How::Count => totals.sum(),
            How::Product => totals.product(),
            How::Min => totals.min(),
            How::Max => totals.max(),
            How::Fill if reverse => totals.drop_nulls().first(),
            How::Fill => totals.drop_nulls().last(),
        }
    }

    /// The column of a partition whose values are given, after a carry.
    fn after(
        &self,
        carry: &AnyValue<'static>,
        values: &Series,
        reverse: bool,
    ) -> PolarsResult<Series> {
        match self.how {
            How::Sum => cum_sum_with_init(values, reverse, carry),
            How::Product => cum_prod_with_init(values, reverse, carry),
            How::Min => cum_min_with_init(values, reverse, carry),
            How::Max => cum_max_with_init(values, reverse, carry),
            How::Count => cum_count_with_init(values, reverse, carry.extract().unwrap_or(0)),
            How::Fill => filled(values, carry, reverse),
        }
    }
}

/// Polars adds up floats of 32 bits as such of 64.
fn wide(dtype: &DataType) -> DataType {
    match dtype {
        DataType::Float32 => DataType::Float64,
        other => other.clone(),
    }
}

fn filling(reverse: bool) -> FillNullStrategy {
    match reverse {
        true => FillNullStrategy::Backward(None),
        false => FillNullStrategy::Forward(None),
    }
}

/// The nulls that are left at the end where the carry comes in become the carry.
fn filled(values: &Series, carry: &AnyValue<'static>, reverse: bool) -> PolarsResult<Series> {
    let filled = values.fill_null(filling(reverse))?;
    if filled.null_count() == 0 || carry.is_null() {
        return Ok(filled);
    }
    let carry = Series::from_any_values_and_dtype(
        PlSmallStr::EMPTY,
        std::slice::from_ref(carry),
        values.dtype(),
        true,
    )?;
    filled.zip_with(&filled.is_not_null(), &carry)
}

#[delayed(name = "total", fallible)]
fn total(own: DataFrame, columns: Arc<[Carried]>, reverse: bool) -> PolarsResult<DataFrame> {
    let made: Vec<_> = columns.iter().map(|carried| carried.expr(reverse)).collect();
    let (_, schema) = engine::expand(&made, own.schema())?;
    let totals = columns.iter().zip(schema.iter_values());
    let totals: Vec<_> = totals.map(|(carried, dtype)| carried.total(dtype, reverse)).collect();
    engine::collect(own.lazy().select(totals))
}

#[delayed(name = "carry", fallible)]
fn carry(
    before: DataFrame,
    total: DataFrame,
    columns: Arc<[Carried]>,
    reverse: bool,
) -> PolarsResult<DataFrame> {
    let schema = total.schema().clone();
    let both = match reverse {
        false => vec![before, total],
        true => vec![total, before],
    };
    let merged = columns.iter().map(|carried| {
        let merged = carried.merged(col(carried.name.clone()), reverse);
        match schema.get(&carried.name) {
            Some(dtype) => merged.cast(dtype.clone()),
            None => merged,
        }
    });
    engine::collect(engine::concat(both)?.lazy().select(merged.collect::<Vec<_>>()))
}

#[delayed(name = "cumulative", fallible)]
fn cumulative(
    carry: Option<DataFrame>,
    input: Option<DataFrame>,
    fused: Fused,
    columns: Arc<[Carried]>,
    reverse: bool,
    steps: Arc<[Step]>,
) -> PolarsResult<DataFrame> {
    let rows = fused.collect(input, |rows| rows)?;
    let values = columns.iter().map(|carried| carried.of.clone().alias(carried.name.clone()));
    let values = engine::collect(rows.clone().lazy().select(values.collect::<Vec<_>>()))?;
    engine::alone(move || {
        let mut rows = rows;
        for carried in columns.iter() {
            let start = match &carry {
                Some(carry) => carry.column(&carried.name)?.get(0)?.into_static(),
                None => AnyValue::Null,
            };
            let values = values.column(&carried.name)?.as_materialized_series();
            rows.with_column(carried.after(&start, values, reverse)?.into_column())?;
        }
        let rows = steps.iter().fold(rows.lazy(), |rows, step| step.apply(rows));
        engine::collect(rows)
    })
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;
    use polars::df;

    use super::*;
    use crate::Frame;
    use crate::ops::testing::{CUTS, agrees, cut, table};

    fn all(column: &str, reverse: bool) -> Vec<Expr> {
        let named = |expr: Expr, name: &str| expr.alias(format!("{column} {name}"));
        vec![
            named(col(column).cum_sum(reverse), "sum"),
            named(col(column).cum_min(reverse), "min"),
            named(col(column).cum_max(reverse), "max"),
            named(col(column).cum_count(reverse), "count"),
            named(col(column).fill_null_with_strategy(filling(reverse)), "filled"),
        ]
    }

    #[test]
    fn cumulative_columns_give_what_polars_gives() {
        let exprs = || {
            let small = col("b").cast(DataType::Int8).alias("small").cum_sum(false);
            let columns = ["x", "f", "i"].into_iter().flat_map(|column| all(column, false));
            let products = ["f", "i"].map(|column| (col(column) * lit(2)).cum_prod(false));
            columns.chain(products).chain([small]).collect::<Vec<_>>()
        };
        agrees(&table(), |f| f.with_columns(exprs()), |f| f.with_columns(exprs()));
    }

    #[test]
    fn reverse_ones_take_in_what_is_after() {
        let exprs = || [all("x", true), all("b", true), all("i", false)].concat();
        agrees(&table(), |f| f.select(exprs()), |f| f.select(exprs()));
    }

    #[test]
    fn other_types_have_their_own_sums_and_orders() {
        let times = || {
            [
                col("t").cum_max(false),
                (col("t") - col("t").cum_min(false)).cum_sum(false).alias("since"),
                col("t").cast(DataType::Date).cum_min(true).alias("day"),
                col("x").gt(lit(0)).cum_sum(false).alias("positive"),
                col("x").gt(lit(0)).cum_max(false).alias("any"),
                col("s").fill_null_with_strategy(FillNullStrategy::Forward(None)),
            ]
        };
        agrees(&table(), |f| f.with_columns(times()), |f| f.with_columns(times()));
    }

    #[test]
    fn columns_of_nulls_and_of_nan_carry_on() {
        let gaps = df![
            "none" => vec![None::<i64>; 13],
            "nan" => [f64::NAN, 1.0, f64::NAN, -1.0, 2.0, f64::NAN, 0.5, 3.0, 0.0, f64::NAN, 9.0, 1.0, f64::NAN],
        ]
        .unwrap();
        let exprs = || {
            let nan = [col("nan").cum_min(false), col("nan").cum_max(true).alias("max")];
            all("none", false).into_iter().chain(nan).collect::<Vec<_>>()
        };
        agrees(&gaps, |f| f.with_columns(exprs()), |f| f.with_columns(exprs()));
    }

    #[test]
    fn parts_are_nested_in_row_wise_ones_in_windows_and_in_each_other() {
        let exprs = || {
            [
                (col("b").cum_sum(false) / lit(2) + col("i").cum_max(true)).alias("mixed"),
                col("b").shift(lit(1)).cum_sum(false).alias("shifted"),
                col("b").cum_sum(false).shift(lit(-2)).alias("later"),
                col("b").cum_sum(false).cum_sum(true).alias("twice"),
                col("i"),
            ]
        };
        agrees(&table(), |f| f.select(exprs()), |f| f.select(exprs()));
    }

    #[test]
    fn a_filter_may_look_at_other_rows() {
        let few = || col("b").cum_sum(false).lt(lit(40)).and(col("i").neq(col("i").shift(lit(1))));
        agrees(&table(), |f| f.filter(few()), |f| f.filter(few()));
    }

    #[test]
    fn totals_stand_beside_parts_that_look_at_other_rows() {
        let exprs = || {
            [
                (col("b") - col("b").max()).cum_sum(false).alias("below"),
                (col("i").sum() - col("i").shift(lit(1))).alias("rest"),
                (col("b").cum_sum(false) * lit(2) / col("b").sum()).alias("share"),
            ]
        };
        agrees(&table(), |f| f.with_columns(exprs()), |f| f.with_columns(exprs()));
        let above = || col("b").cum_sum(false).gt(col("b").max() * lit(3));
        agrees(&table(), |f| f.filter(above()), |f| f.filter(above()));
        // What looks around in one value sees that value alone.
        let value = || col("b").shift(lit(1)) - col("b").max().cum_sum(false);
        let none = || (col("b").max().shift(lit(1)) + col("b").shift(lit(1))).alias("none");
        agrees(&table(), |f| f.select([value(), none()]), |f| f.select([value(), none()]));
    }

    #[test]
    fn partitions_wait_for_carries_alone() {
        let summed = cut(&table(), CUTS[1], true).with_columns([col("b").cum_sum(false)]);
        // A total and two results.
        assert_eq!(summed.graph().n_tasks(), 3);
        assert_eq!(summed.partition(0).graph().n_tasks(), 1);
        let reverse = cut(&table(), CUTS[1], true).with_columns([col("b").cum_sum(true)]);
        assert_eq!(reverse.partition(1).graph().n_tasks(), 1);
    }

    #[test]
    fn columns_that_nobody_needs_are_not_carried() {
        let frame = cut(&table(), CUTS[1], true);
        let exprs = [col("b").cum_sum(false), (col("x").cum_sum(false) + col("i")).alias("y")];
        let made = frame.with_columns(exprs);
        let operator = made.plan().unwrap().operator();
        let wanted = Columns::names(["y".into()]);
        assert_eq!(operator.needs(&wanted), [Columns::names(["x".into(), "i".into()])]);
        let narrow = frame.select([col("x"), col("i")]).plan().unwrap().clone();
        let narrow = operator.over(vec![narrow], std::panic::Location::caller()).unwrap();
        assert_eq!(narrow.schema().iter_names().collect::<Vec<_>>(), ["x", "i", "y"]);
        let expected = made.compute().unwrap().select(["x", "i", "y"]).unwrap();
        assert!(Frame::new(Ok(narrow)).compute().unwrap().equals_missing(&expected));
    }

    #[test]
    fn what_needs_all_rows_is_refused_by_name() {
        let sorted = col("b").sort(SortOptions::default()).cum_sum(false);
        let error = cut(&table(), CUTS[1], true).with_columns([sorted]).schema().unwrap_err();
        assert!(error.to_string().starts_with("with_columns: "), "{error}");
    }
}
