//! Rows that a filter drops are dropped as early as can be: before joins and shuffles, and within the scan, where Polars skips what it
//! need not read.

use std::collections::HashMap;

use polars::prelude::{Expr, FunctionExpr, Operator, PlSmallStr, col};

use super::rewrite::{over, users, users_first};
use crate::ops::row_wise::{RowWise, output_name};
use crate::plan::{At, Plan, Step};

pub(super) fn apply(plan: &Plan) -> Plan {
    let (order, users) = (users_first(plan), users(plan));
    let mut done: HashMap<_, Plan> = HashMap::new();
    for plan in order.iter().rev() {
        let inputs: Vec<_> = plan.inputs().iter().map(|input| done[&input.id()].clone()).collect();
        let is_shared = plan.inputs().iter().any(|input| users[&input.id()] > 1);
        let moved = match plan.operator().row_wise() {
            Some(Step::Filter(predicate)) if !is_shared => split(&inputs[0], predicate, plan.at()),
            _ => None,
        };
        done.insert(plan.id(), moved.unwrap_or_else(|| over(plan, inputs)));
    }
    done.remove(&plan.id()).expect("the root is in its own order")
}

/// The conditions of a filter that can go further, each as far as it goes; `None` if none of them can.
fn split(input: &Plan, predicate: &Expr, at: At) -> Option<Plan> {
    let mut plan = input.clone();
    let mut left: Option<Expr> = None;
    for condition in conditions(predicate) {
        match below(&plan, &condition) {
            Some(moved) => plan = moved,
            None => left = Some(left.map_or(condition.clone(), |left| left.and(condition))),
        }
    }
    match left {
        _ if plan.id() == input.id() => None,
        Some(left) => RowWise::plan(Step::Filter(left), plan, at).ok(),
        None => Some(plan),
    }
}

/// What has to be true for a conjunction to be.
fn conditions(predicate: &Expr) -> Vec<Expr> {
    match predicate {
        Expr::BinaryExpr { left, op: Operator::And | Operator::LogicalAnd, right } => {
            [conditions(left), conditions(right)].concat()
        }
        other => vec![other.clone()],
    }
}

/// The plan over filtered inputs; `None` where that would give other rows, or where the filter would stand on a scan.
fn below(plan: &Plan, predicate: &Expr) -> Option<Plan> {
    if !is_infallible(predicate) {
        return None;
    }
    let filters = plan.operator().filter_inputs(predicate);
    if filters.iter().all(Option::is_none) {
        return None;
    }
    let filtered = plan.inputs().iter().zip(filters).map(|(input, filter)| match filter {
        None => Some(input.clone()),
        Some(predicate) => below(input, &predicate)
            .or_else(|| RowWise::plan(Step::Filter(predicate), input.clone(), plan.at()).ok()),
    });
    let filtered = filtered.collect::<Option<Vec<_>>>()?;
    plan.operator().over(filtered, plan.at()).ok()
}

/// The predicate as it reads before a step, where the rows that it drops may be dropped before.
pub(crate) fn before_step(step: &Step, predicate: &Expr) -> Option<Expr> {
    match step {
        Step::Filter(_) => Some(predicate.clone()),
        Step::Select(exprs) => renamed(exprs, predicate, false),
        Step::WithColumns(exprs) => renamed(exprs, predicate, true),
        Step::Explode(_) | Step::Unpivot(_) => None,
    }
}

/// The predicate over the columns that plain columns are made of; `None` if it needs one that is computed.
fn renamed(exprs: &[Expr], predicate: &Expr, others_stay: bool) -> Option<Expr> {
    let made: HashMap<_, _> = exprs.iter().filter_map(|e| Some((output_name(e)?, e))).collect();
    let origin = |name: &PlSmallStr| match made.get(name) {
        Some(Expr::Column(origin)) => Some(origin.clone()),
        Some(Expr::Alias(inner, _)) => match &**inner {
            Expr::Column(origin) => Some(origin.clone()),
            _ => None,
        },
        Some(_) => None,
        None => others_stay.then(|| name.clone()),
    };
    let names = predicate.clone().meta().root_names();
    let origins: HashMap<_, _> = names
        .into_iter()
        .map(|name| Some((name.clone(), origin(&name)?)))
        .collect::<Option<_>>()?;
    Some(predicate.clone().map_expr(|e| match e {
        Expr::Column(name) => col(origins.get(&name).cloned().unwrap_or(name)),
        other => other,
    }))
}

/// Whether a predicate can be evaluated for any row: it compares columns and values, and nothing is cast that may not fit. Rows that a
/// step before drops may be those for which another predicate would fail.
fn is_infallible(predicate: &Expr) -> bool {
    let is_constant = predicate.clone().meta().root_names().is_empty();
    is_constant
        || match predicate {
            Expr::Column(_) => true,
            Expr::Alias(inner, _) => is_infallible(inner),
            Expr::BinaryExpr { left, op, right } => {
                let compares = op.is_comparison() || matches!(op, Operator::And | Operator::Or);
                compares && is_infallible(left) && is_infallible(right)
            }
            Expr::Function { input, function: FunctionExpr::Boolean(_) } => {
                input.iter().all(is_infallible)
            }
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use polars::df;
    use polars::prelude::*;

    use crate::ops::testing::{agrees, table};

    #[test]
    fn a_filter_stays_after_the_step_that_makes_its_column() {
        // The result has the name of the column that it is made of.
        let half = || [col("b") / lit(2), col("x")];
        let odd = || col("b").gt(lit(3)).and(col("x").gt(lit(0)));
        agrees(
            &table(),
            |f| f.with_columns(half()).filter(odd()),
            |f| f.with_columns(half()).filter(odd()),
        );
        agrees(&table(), |f| f.select(half()).filter(odd()), |f| f.select(half()).filter(odd()));
    }

    #[test]
    fn a_filter_stays_after_the_rows_that_a_list_becomes() {
        let lists = table().lazy().group_by_stable([col("i")]).agg([col("b")]).collect().unwrap();
        let items = || by_name(["b"], true, false);
        let options = ExplodeOptions { empty_as_null: true, keep_nulls: true };
        let agree = |lists: &DataFrame, some: Expr| {
            assert_eq!(lists.height(), 10);
            let frame = crate::Frame::from_polars(lists.clone(), 3);
            let found =
                lazy_runtime::Collection::compute(&frame.explode(["b"]).filter(some.clone()));
            let expected = lists.clone().lazy().explode(items(), options).filter(some).collect();
            assert_eq!(found.unwrap(), expected.unwrap());
        };
        agree(&lists, col("b").gt(lit(6)));
        agree(&lists, col("i").gt(lit(2)));
    }

    #[test]
    fn what_may_fail_is_asked_of_no_more_rows() {
        let texts = df!["s" => ["1", "none", "3", "none"]].unwrap();
        let frame = crate::Frame::from_polars(texts, 2);
        let number = col("s").strict_cast(DataType::Int64);
        let some = frame.filter(col("s").neq(lit("none"))).unique(None, UniqueKeepStrategy::None);
        let found = lazy_runtime::Collection::compute(&some.filter(number.gt(lit(1)))).unwrap();
        assert_eq!(found, df!["s" => ["3"]].unwrap());
    }
}
