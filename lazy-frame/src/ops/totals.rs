//! [`Totals`]: a step whose rows need a total of all rows, such as their mean.

use std::sync::Arc;

use lazy_runtime::delayed;
use polars::prelude::*;

use super::aggregate::Aggregate;
use crate::aggregate::is_aggregation;
use crate::error::StepError;
use crate::plan::{At, Columns, Fused, Lowering, Operator, Piece, Plan, Step};

/// A step over rows, in whose expressions totals stand as columns of a second input, which has one row.
#[derive(Debug)]
pub(crate) struct Totals {
    step: Step,
    inputs: [Plan; 2],
}

/// The expressions with each aggregation in them replaced by a column, and the aggregations under the names of these columns.
pub(crate) fn separate(exprs: Vec<Expr>) -> (Vec<Expr>, Vec<Expr>) {
    let mut totals = Vec::new();
    let exprs = exprs.into_iter().map(|expr| replaced(expr, &mut totals)).collect();
    let named = totals.into_iter().enumerate().map(|(i, total)| total.alias(total_name(i)));
    (exprs, named.collect())
}

/// Longest first: the whole of `sum / count` is one total.
fn replaced(expr: Expr, totals: &mut Vec<Expr>) -> Expr {
    // An alias is the name of the result, which stays.
    if let Expr::Alias(inner, name) = expr {
        return replaced(Arc::unwrap_or_clone(inner), totals).alias(name);
    }
    if is_aggregation(&expr) && !expr.clone().meta().is_literal(true) {
        let at = totals.iter().position(|total| *total == expr).unwrap_or(totals.len());
        if at == totals.len() {
            totals.push(expr);
        }
        return col(total_name(at));
    }
    let mut each = |part: Arc<Expr>| Arc::new(replaced(Arc::unwrap_or_clone(part), totals));
    match expr {
        Expr::BinaryExpr { left, op, right } => {
            Expr::BinaryExpr { left: each(left), op, right: each(right) }
        }
        Expr::Cast { expr, dtype, options } => Expr::Cast { expr: each(expr), dtype, options },
        Expr::Ternary { predicate, truthy, falsy } => {
            Expr::Ternary { predicate: each(predicate), truthy: each(truthy), falsy: each(falsy) }
        }
        Expr::Function { input, function } => {
            let input = input.into_iter().map(|part| replaced(part, totals)).collect();
            Expr::Function { input, function }
        }
        other => other,
    }
}

fn total_name(i: usize) -> PlSmallStr {
    format!("\u{1f}total{i}").into()
}

impl Totals {
    /// `step` has the columns of `totals` among its expressions.
    pub(crate) fn plan(
        name: &'static str,
        step: Step,
        totals: Vec<Expr>,
        input: Plan,
        at: At,
    ) -> Result<Plan, StepError> {
        let totals = Aggregate::plan(name, Vec::new(), totals, 1, input.clone(), at)?;
        Totals::over_both(step, input, totals, at)
    }

    fn over_both(step: Step, input: Plan, totals: Plan, at: At) -> Result<Plan, StepError> {
        let misfit = |reason| input.misfit(step.name(), reason, at);
        let no_totals = crate::plan::empty(totals.schema());
        let rows = crate::plan::empty(input.schema()).lazy();
        let schema = with_values(&step, &no_totals)
            .and_then(|step| step.apply(rows).collect_schema())
            .map_err(|e| misfit(crate::error::reason(&e)))?;
        let npartitions = input.npartitions();
        let divisions = super::row_wise::divisions_after(&step, input.divisions());
        Ok(Plan::new(Totals { step, inputs: [input, totals] }, schema, npartitions, divisions, at))
    }
}

/// The step with the values of the totals in the place of their columns.
fn with_values(step: &Step, totals: &DataFrame) -> PolarsResult<Step> {
    let value = |name: &PlSmallStr| -> Option<Expr> {
        let column = totals.column(name).ok()?;
        let value = column.get(0).map_or(AnyValue::Null, AnyValue::into_static);
        Some(lit(Scalar::new(column.dtype().clone(), value)))
    };
    let fill = |expr: &Expr| {
        let name = super::row_wise::output_name(expr);
        let filled = expr.clone().map_expr(|e| match e {
            Expr::Column(ref name) => value(name).unwrap_or(e),
            other => other,
        });
        match name {
            Some(name) if super::row_wise::output_name(&filled).as_ref() != Some(&name) => {
                filled.alias(name)
            }
            _ => filled,
        }
    };
    Ok(match step {
        Step::Select(exprs) => Step::Select(exprs.iter().map(fill).collect()),
        Step::WithColumns(exprs) => Step::WithColumns(exprs.iter().map(fill).collect()),
        Step::Filter(predicate) => Step::Filter(fill(predicate)),
        other => other.clone(),
    })
}

impl Operator for Totals {
    fn name(&self) -> &'static str {
        self.step.name()
    }

    fn describe(&self) -> String {
        format!("{}, with totals of all rows", self.step.describe())
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        let totals = inputs.remove(1);
        Totals::over_both(self.step.clone(), inputs.remove(0), totals, at)
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        let used = match &self.step {
            Step::Select(exprs) => Columns::of(exprs.iter()),
            Step::WithColumns(exprs) => Columns::of(exprs.iter()).and(wanted.clone()),
            Step::Filter(predicate) => Columns::of([predicate]).and(wanted.clone()),
            _ => Columns::All,
        };
        vec![used, Columns::All]
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let totals = lowering.partitions(&self.inputs[1]).remove(0);
        let pieces = lowering.pieces(&self.inputs[0]).into_iter();
        pieces
            .map(|piece| Piece::made(apply(piece.input, piece.fused, &totals, self.step.clone())))
            .collect()
    }
}

#[delayed(name = "with-totals", fallible)]
fn apply(
    input: Option<DataFrame>,
    fused: Fused,
    totals: &DataFrame,
    step: Step,
) -> PolarsResult<DataFrame> {
    let step = with_values(&step, totals)?;
    fused.collect(input, |rows| step.apply(rows))
}
