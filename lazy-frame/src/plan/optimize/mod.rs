//! Rules that rewrite a plan into one that gives the same rows with less work, one a file. A rule never runs a task.

pub(crate) mod filter_pushdown;
mod projection_pushdown;

use super::Plan;

/// The plan as it runs.
pub(crate) fn optimize(plan: &Plan) -> Plan {
    let plan = filter_pushdown::apply(plan);
    projection_pushdown::apply(&plan)
}
