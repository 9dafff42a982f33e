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
