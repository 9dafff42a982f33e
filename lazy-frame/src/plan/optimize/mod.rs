//! Rules that rewrite a plan into one that gives the same rows with less work, one a file. A rule never runs a task.

mod common_subplans;
pub(crate) mod filter_pushdown;
pub(crate) mod lengths;
mod limit_pushdown;
mod partition_pruning;
mod projection_pushdown;
mod rewrite;

use super::Plan;

/// The plan as it runs.
pub(crate) fn optimize(plan: &Plan) -> Plan {
    let plan = filter_pushdown::apply(plan);
    let plan = partition_pruning::apply(&plan);
    let plan = limit_pushdown::apply(&plan);
    let plan = common_subplans::apply(&plan);
    projection_pushdown::apply(&plan)
}
