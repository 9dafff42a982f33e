//! Expressions with cumulative parts: these become columns first, which the rest of the expressions use.

use std::sync::Arc;

use polars::prelude::*;

use super::cumulative::{Carried, Cumulative, How};
use super::overlap::Overlapped;
use super::projection::Projection;
use super::reach;
use super::row_wise::{self, RowWise};
use super::totals::{self, Totals};
use crate::engine;
use crate::error::StepError;
use crate::plan::{At, Plan, Step};

/// `select` or `with_columns` of expressions of which some are cumulative; `None` where none is, or where the rest of
/// them is not known to look at a bounded number of rows.
pub(crate) fn plan(
    kind: Projection,
    exprs: &[Expr],
    input: &Plan,
    at: At,
) -> Result<Option<Plan>, StepError> {
    let (stages, rest) = stages(exprs);
    if stages.is_empty() {
        return Ok(None);
    }
    let result = kind.step(exprs.to_vec()).schema(input.schema());
    let result = result.map_err(|reason| input.misfit(kind.name(), reason, at))?;
    let names: Vec<_> = result.iter_names().cloned().map(col).collect();
    let (last, n) = (Step::Select(names.into()), stages.len());
    let mut plan = input.clone();
    for (i, stage) in stages.into_iter().enumerate() {
        let Some((prepared, columns)) = prepared(stage.columns, plan, at)? else {
            return Ok(None);
        };
        let made =
            Cumulative::plan(columns.clone(), stage.reverse, Vec::new(), prepared.clone(), at)?;
        if i + 1 == n && all_row_wise(&rest, &made) {
            let steps = vec![kind.step(rest), last];
            return Cumulative::plan(columns, stage.reverse, steps, prepared, at).map(Some);
        }
        plan = made;
    }
    let Some(reach) = reach::of_all(&rest, plan.schema()) else {
        return Ok(None);
    };
    let plan = Overlapped::plan(kind.step(rest), reach, plan, at)?;
    RowWise::plan(last, plan, at).map(Some)
}

/// `select` or `with_columns` of expressions that need totals as well as other rows: the totals become columns first.
/// `None` as for [`plan`].
pub(crate) fn beside_totals(
    kind: Projection,
    exprs: &[Expr],
    input: &Plan,
    at: At,
) -> Result<Option<Plan>, StepError> {
    let named: Vec<_> = exprs.iter().map(named).collect();
    let (rest, totals) = totals::separate(named);
    let names: Vec<_> = totals.iter().filter_map(row_wise::output_name).collect();
    if totals.is_empty() {
        return Ok(None);
    }
    let result = kind.step(exprs.to_vec()).schema(input.schema());
    let result = result.map_err(|reason| input.misfit(kind.name(), reason, at))?;
    let values = Step::WithColumns(names.into_iter().map(col).collect());
    let beside = Totals::plan(kind.name(), values, totals, input.clone(), at)?;
    let made = match reach::of_all(&rest, beside.schema()) {
        Some(reach) => Overlapped::plan(kind.step(rest), reach, beside, at)?,
        None => match plan(kind, &rest, &beside, at)? {
            Some(plan) => plan,
            None => return Ok(None),
        },
    };
    let names: Vec<_> = result.iter_names().cloned().map(col).collect();
    RowWise::plan(Step::Select(names.into()), made, at).map(Some)
}

fn all_row_wise(exprs: &[Expr], plan: &Plan) -> bool {
    exprs.iter().all(|expr| engine::is_row_wise(expr, plan.schema()).unwrap_or(false))
}

/// Cumulative columns that can be made at once.
struct Stage {
    columns: Vec<Carried>,
    reverse: bool,
}

/// The cumulative parts, those that others are made of first, and the expressions with columns in their place.
fn stages(exprs: &[Expr]) -> (Vec<Stage>, Vec<Expr>) {
    let mut rest: Vec<Expr> = exprs.iter().map(named).collect();
    let (mut stages, mut n) = (Vec::new(), 0);
    loop {
        let mut found = Found { first: n, parts: Vec::new() };
        rest = rest.iter().map(|expr| found.replaced(expr)).collect();
        if found.parts.is_empty() {
            return (stages, rest);
        }
        n += found.parts.len();
        let (backward, forward): (Vec<_>, Vec<_>) =
            found.parts.into_iter().partition(|(_, reverse)| *reverse);
        for (parts, reverse) in [(forward, false), (backward, true)] {
            if !parts.is_empty() {
                let columns = parts.into_iter().map(|(carried, _)| carried).collect();
                stages.push(Stage { columns, reverse });
            }
        }
    }
}

/// The expression under the name that it has anyway, which does not change with what is put in for its parts.
fn named(expr: &Expr) -> Expr {
    match expr.clone().meta().output_name() {
        Ok(name) => expr.clone().alias(name),
        Err(_) => expr.clone(),
    }
}

/// What the cumulative columns are made of, as row-wise expressions over a plan that has more columns if need be.
fn prepared(
    mut columns: Vec<Carried>,
    mut plan: Plan,
    at: At,
) -> Result<Option<(Plan, Vec<Carried>)>, StepError> {
    for carried in &mut columns {
        // A value alone has one row, however many the others have.
        if carried.of.clone().meta().root_names().is_empty() {
            return Ok(None);
        }
        if all_row_wise(std::slice::from_ref(&carried.of), &plan) {
            continue;
        }
        let Some(reach) = reach::reach(&carried.of, plan.schema()) else {
            return Ok(None);
        };
        let name = PlSmallStr::from_string(format!("{} of", carried.name));
        let step = Step::WithColumns([carried.of.clone().alias(name.clone())].into());
        plan = Overlapped::plan(step, reach, plan, at)?;
        carried.of = col(name);
    }
    Ok(Some((plan, columns)))
}

/// Cumulative parts that were replaced by columns.
struct Found {
    /// The number of the first column.
    first: usize,
    parts: Vec<(Carried, bool)>,
}

impl Found {
    /// The expression with columns for those cumulative parts that no further ones are in. Parts whose rows are other
    /// ones than those of the frame stay: windows, lists.
    fn replaced(&mut self, expr: &Expr) -> Expr {
        let mut inner = |inner: &Arc<Expr>| Arc::new(self.replaced(inner));
        match expr {
            Expr::Alias(of, name) => Expr::Alias(inner(of), name.clone()),
            Expr::KeepName(of) => Expr::KeepName(inner(of)),
            Expr::RenameAlias { function, expr } => {
                Expr::RenameAlias { function: function.clone(), expr: inner(expr) }
            }
            Expr::Cast { expr, dtype, options } => {
                Expr::Cast { expr: inner(expr), dtype: dtype.clone(), options: *options }
            }
            Expr::BinaryExpr { left, op, right } => {
                Expr::BinaryExpr { left: inner(left), op: *op, right: inner(right) }
            }
            Expr::Ternary { predicate, truthy, falsy } => Expr::Ternary {
                predicate: inner(predicate),
                truthy: inner(truthy),
                falsy: inner(falsy),
            },
            Expr::Function { input, function } => self.function(input, function),
            Expr::AnonymousFunction { input, function, options, fmt_str } => {
                Expr::AnonymousFunction {
                    input: input.iter().map(|input| self.replaced(input)).collect(),
                    function: function.clone(),
                    options: *options,
                    fmt_str: fmt_str.clone(),
                }
            }
            other => other.clone(),
        }
    }

    fn function(&mut self, input: &[Expr], function: &FunctionExpr) -> Expr {
        let before = self.parts.len();
        let replaced: Vec<_> = input.iter().map(|input| self.replaced(input)).collect();
        let waits = self.parts.len() > before || replaced.iter().any(|of| self.is_of_these(of));
        match (cumulative(function), &replaced[..]) {
            (Some((how, reverse)), [of]) if !waits => self.column(of, how, reverse),
            _ => Expr::Function { input: replaced, function: function.clone() },
        }
    }

    /// Whether an expression needs a column that is still to be made.
    fn is_of_these(&self, expr: &Expr) -> bool {
        let names = expr.clone().meta().root_names();
        self.parts.iter().any(|(carried, _)| names.contains(&carried.name))
    }

    /// The same part twice is one column.
    fn column(&mut self, of: &Expr, how: How, reverse: bool) -> Expr {
        let same = |(part, backward): &&(Carried, bool)| {
            part.of == *of && part.how == how && *backward == reverse
        };
        if let Some((part, _)) = self.parts.iter().find(same) {
            return col(part.name.clone());
        }
        let number = self.first + self.parts.len();
        let name = PlSmallStr::from_string(format!("\u{1f}cumulative {number}"));
        self.parts.push((Carried { name: name.clone(), of: of.clone(), how }, reverse));
        col(name)
    }
}

/// How a function takes rows in, and whether those after.
fn cumulative(function: &FunctionExpr) -> Option<(How, bool)> {
    Some(match function {
        FunctionExpr::CumSum { reverse } => (How::Sum, *reverse),
        FunctionExpr::CumProd { reverse } => (How::Product, *reverse),
        FunctionExpr::CumMin { reverse } => (How::Min, *reverse),
        FunctionExpr::CumMax { reverse } => (How::Max, *reverse),
        FunctionExpr::CumCount { reverse } => (How::Count, *reverse),
        FunctionExpr::FillNullWithStrategy(FillNullStrategy::Forward(None)) => (How::Fill, false),
        FunctionExpr::FillNullWithStrategy(FillNullStrategy::Backward(None)) => (How::Fill, true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use lazy_runtime::Collection;
    use polars::df;

    use super::*;
    use crate::Frame;

    #[test]
    fn columns_that_are_made_on_the_way_take_no_name_that_a_user_might_choose() {
        let table = df!["__cumulative 0" => [1, 2, 3], "__condition" => [0.5, 1.5, 2.5]].unwrap();
        let frame = Frame::from_polars(table.clone(), 2);
        let sum = (col("__cumulative 0").cum_sum(false) + col("__condition")).alias("sum");
        let ours = frame.with_columns([sum.clone()]).filter(col("sum").shift(lit(1)).gt(lit(2)));
        let theirs = table.lazy().with_columns([sum]).filter(col("sum").shift(lit(1)).gt(lit(2)));
        assert_eq!(ours.compute().unwrap(), theirs.collect().unwrap());
    }
}
