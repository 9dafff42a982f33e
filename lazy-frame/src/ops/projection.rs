//! Expressions sorted by what they need of other rows: nothing, a total, neighbours, or all.

use polars::prelude::*;

use super::aggregate::Aggregate;
use super::over;
use super::overlap::Overlapped;
use super::reach;
use super::refused::refused;
use super::row_wise::RowWise;
use super::staged;
use super::totals::{self, Totals};
use crate::aggregate::is_aggregation;
use crate::engine;
use crate::error::{StepError, reason};
use crate::plan::{At, Plan, Step};

/// What becomes of the other columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Projection {
    Select,
    WithColumns,
}

impl Projection {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Projection::Select => "select",
            Projection::WithColumns => "with_columns",
        }
    }

    pub(crate) fn step(self, exprs: Vec<Expr>) -> Step {
        match self {
            Projection::Select => Step::Select(exprs.into()),
            Projection::WithColumns => Step::WithColumns(exprs.into()),
        }
    }
}

/// `select` or `with_columns`, by whatever operator the expressions need.
pub(crate) fn plan(
    kind: Projection,
    exprs: Vec<Expr>,
    input: Plan,
    at: At,
) -> Result<Plan, StepError> {
    let misfit = |e: PolarsError| input.misfit(kind.name(), reason(&e), at);
    let (exprs, _) = engine::expand(&exprs, input.schema()).map_err(misfit)?;
    // Before anything else: what is wrong with the expressions themselves.
    kind.step(exprs.clone())
        .schema(input.schema())
        .and_then(|_| comparable(&exprs, input.schema()))
        .map_err(|reason| input.misfit(kind.name(), reason, at))?;
    // Values alone are one row, too.
    if kind == Projection::Select && exprs.iter().all(is_aggregation) {
        return Aggregate::plan(kind.name(), Vec::new(), exprs, 1, input, at);
    }
    if all_row_wise(&exprs, &input).map_err(misfit)? {
        return RowWise::plan(kind.step(exprs), input, at);
    }
    let (rest, totals) = totals::separate(exprs.clone());
    if !totals.is_empty() && all_row_wise_beside(&rest, &totals, &input) {
        return Totals::plan(kind.name(), kind.step(rest), totals, input, at);
    }
    if let Some(reach) = reach::of_all(&exprs, input.schema()) {
        return Overlapped::plan(kind.step(exprs), reach, input, at);
    }
    if let Some(plan) = staged::plan(kind, &exprs, &input, at)? {
        return Ok(plan);
    }
    if let Some(plan) = staged::beside_totals(kind, &exprs, &input, at)? {
        return Ok(plan);
    }
    if let Some(plan) = over::plan(kind, &exprs, &input, at)? {
        return Ok(plan);
    }
    Err(refused(kind.name(), &exprs, &input, at))
}

/// The rows for which a predicate is true.
pub(crate) fn filter(predicate: Expr, input: Plan, at: At) -> Result<Plan, StepError> {
    let misfit = |e: PolarsError| input.misfit("filter", reason(&e), at);
    let (mut exprs, _) = engine::expand(&[predicate], input.schema()).map_err(misfit)?;
    if exprs.len() != 1 {
        let reason = "a filter takes one condition; join several with `and` or `or`";
        return Err(input.misfit("filter", reason, at));
    }
    let step = Step::Filter(exprs[0].clone());
    step.schema(input.schema())
        .and_then(|_| comparable(&exprs, input.schema()))
        .map_err(|reason| input.misfit("filter", reason, at))?;
    if all_row_wise(&exprs, &input).map_err(misfit)? {
        return RowWise::plan(Step::Filter(exprs.remove(0)), input, at);
    }
    let (mut rest, totals) = totals::separate(exprs.clone());
    if !totals.is_empty() && all_row_wise_beside(&rest, &totals, &input) {
        return Totals::plan("filter", Step::Filter(rest.remove(0)), totals, input, at);
    }
    if let Some(plan) = filter_by_column(&exprs[0], &input, at)? {
        return Ok(plan);
    }
    Err(refused("filter", &exprs, &input, at))
}

/// A condition that needs other rows is made a column first; `None` if that is not known to be one.
fn filter_by_column(predicate: &Expr, input: &Plan, at: At) -> Result<Option<Plan>, StepError> {
    const CONDITION: &str = "\u{1f}condition";
    let made = [predicate.clone().alias(CONDITION)];
    let kind = Projection::WithColumns;
    let plan = match reach::of_all(&made, input.schema()) {
        Some(reach) => Some(Overlapped::plan(kind.step(made.to_vec()), reach, input.clone(), at)?),
        None => staged::plan(kind, &made, input, at)?,
    };
    let plan = match plan {
        Some(plan) => Some(plan),
        None => staged::beside_totals(kind, &made, input, at)?,
    };
    let Some(plan) = plan else {
        return Ok(None);
    };
    let plan = RowWise::plan(Step::Filter(col(CONDITION)), plan, at)?;
    let names: Vec<_> = input.schema().iter_names().cloned().map(col).collect();
    RowWise::plan(Step::Select(names.into()), plan, at).map(Some)
}

/// That text is not compared with numbers, which Polars notices when it has begun to compute.
fn comparable(exprs: &[Expr], schema: &Schema) -> Result<(), String> {
    let dtype = |expr: &Expr| {
        let (_, schema) = engine::expand(std::slice::from_ref(expr), schema).ok()?;
        schema.get_at_index(0).map(|(_, dtype)| dtype.clone())
    };
    for expr in exprs.iter().flatten() {
        let Expr::BinaryExpr { left, op, right } = expr else { continue };
        if !op.is_comparison() {
            continue;
        }
        let (Some(l), Some(r)) = (dtype(left), dtype(right)) else { continue };
        if l.is_string() && r.is_primitive_numeric() || l.is_primitive_numeric() && r.is_string() {
            return Err(format!(
                "`{left}` is {l}, and `{right}` is {r}: cast one of them to compare them"
            ));
        }
    }
    Ok(())
}

fn all_row_wise(exprs: &[Expr], input: &Plan) -> PolarsResult<bool> {
    for expr in exprs {
        if !engine::is_row_wise(expr, input.schema())? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether expressions, which are in order, are row-wise when totals are columns. Not all may be: what fills a shift is
/// a value.
fn all_row_wise_beside(exprs: &[Expr], totals: &[Expr], input: &Plan) -> bool {
    let Ok((_, totals)) = engine::expand(totals, input.schema()) else { return false };
    let mut schema = (**input.schema()).clone();
    schema.merge(totals);
    exprs.iter().all(|expr| engine::is_row_wise(expr, &schema).unwrap_or(false))
}
