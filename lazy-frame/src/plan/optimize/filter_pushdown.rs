//! Rows that a filter drops are dropped as early as can be: before joins and shuffles, and within the scan, where Polars skips what it
//! need not read.

use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::{Expr, PlSmallStr, col};

use super::projection_pushdown::users_first;
use crate::ops::row_wise::{RowWise, output_name};
use crate::plan::{Plan, Step};

pub(super) fn apply(plan: &Plan) -> Plan {
    let mut users: HashMap<_, usize> = HashMap::new();
    let order = users_first(plan);
    for input in order.iter().flat_map(|plan| plan.inputs()) {
        *users.entry(input.id()).or_default() += 1;
    }
    let mut done: HashMap<_, Plan> = HashMap::new();
    for plan in order.iter().rev() {
        let inputs: Vec<Plan> =
            plan.inputs().iter().map(|input| done[&input.id()].clone()).collect();
        let shared: Vec<bool> = plan.inputs().iter().map(|input| users[&input.id()] > 1).collect();
        let rewritten = rewrite(plan, inputs, &shared).unwrap_or_else(|| plan.clone());
        done.insert(plan.id(), rewritten);
    }
    done.remove(&plan.id()).expect("the root is in its own order")
}

/// The step over its rewritten inputs. A filter goes below what it stands on, if that has no other user.
fn rewrite(plan: &Plan, inputs: Vec<Plan>, shared: &[bool]) -> Option<Plan> {
    if let Some(Step::Filter(predicate)) = plan.operator().row_wise()
        && !shared[0]
        && let Some(moved) = below(&inputs[0], predicate)
    {
        return Some(moved);
    }
    let same = plan.inputs().iter().zip(&inputs).all(|(before, after)| before.id() == after.id());
    match same {
        true => Some(plan.clone()),
        false => plan.operator().over(inputs, plan.at()).ok(),
    }
}

/// The plan over filtered inputs; `None` where that would give other rows, or where the filter would stand on a scan.
fn below(plan: &Plan, predicate: &Expr) -> Option<Plan> {
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
        // Within a chain of row-wise steps Polars does this itself; here a filter has to pass on its way to a join.
        Step::Filter(_) => Some(predicate.clone()),
        Step::Select(exprs) => renamed(exprs, predicate, false),
        Step::WithColumns(exprs) => renamed(exprs, predicate, true),
        Step::Explode(_) | Step::Unpivot(_) => None,
    }
}

/// The predicate over the columns that plain columns are made of; `None` if it needs one that is computed.
fn renamed(exprs: &Arc<[Expr]>, predicate: &Expr, others_stay: bool) -> Option<Expr> {
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
