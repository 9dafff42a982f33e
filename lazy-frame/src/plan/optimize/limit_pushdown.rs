//! Where the first rows are enough, no more are read, and none are sorted but those.

use super::rewrite::{bottom_up, users};
use crate::plan::Plan;

pub(super) fn apply(plan: &Plan) -> Plan {
    let users = users(plan);
    bottom_up(plan, |before, plan| {
        let n = plan.operator().needs_first()?;
        // What somebody else needs in full is there anyway.
        let is_shared = before.inputs().iter().any(|input| users[&input.id()] > 1);
        let [input] = plan.inputs() else { return None };
        let first = (!is_shared).then(|| input.operator().first(n, input.at()))??;
        plan.operator().over(vec![first], plan.at()).ok()
    })
}
