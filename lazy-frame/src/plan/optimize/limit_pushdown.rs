//! Where the first rows are enough, no more are read, and none are sorted but those.

use std::collections::HashMap;

use super::rewrite::{bottom_up, over};
use crate::plan::Plan;

pub(super) fn apply(plan: &Plan) -> Plan {
    let users = plan.users();
    bottom_up(plan, |before, inputs| {
        let first = match (before.operator().needs_first(), before.inputs(), &inputs[..]) {
            (Some(n), [before], [input]) => first(n, before, input, &users),
            _ => None,
        };
        over(before, first.map_or(inputs, |first| vec![first]))
    })
}

/// A plan with the same first rows that is less work, if there is one. Steps in between make a row of each row.
fn first(
    n: usize,
    mut before: &Plan,
    mut input: &Plan,
    users: &HashMap<*const (), usize>,
) -> Option<Plan> {
    let mut steps = Vec::new();
    loop {
        // What somebody else needs in full is there anyway.
        if users[&before.id()] > 1 {
            return None;
        }
        let Some(step) = input.operator().row_wise() else { break };
        steps.push(step.keeps_rows().then_some(input)?);
        (before, input) = (&before.inputs()[0], &input.inputs()[0]);
    }
    let first = input.operator().first(n, input.at())?;
    let step = |first, step: &Plan| step.operator().over(vec![first], step.at());
    steps.into_iter().rev().try_fold(first, step).ok()
}
