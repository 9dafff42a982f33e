//! How rules rewrite a plan: a node that has several users is rewritten once.

use std::collections::{HashMap, HashSet};

use crate::plan::Plan;

/// The plan with each node replaced by what a rule gives for it over inputs that are rewritten already.
pub(super) fn bottom_up(plan: &Plan, mut rule: impl FnMut(&Plan, Vec<Plan>) -> Plan) -> Plan {
    let mut done: HashMap<_, Plan> = HashMap::new();
    for plan in plan.users_first().iter().rev() {
        let inputs = plan.inputs().iter().map(|input| done[&input.id()].clone()).collect();
        done.insert(plan.id(), rule(plan, inputs));
    }
    done.remove(&plan.id()).expect("the root is in its own order")
}

/// The node over other inputs; as it is where these are its own.
pub(super) fn over(plan: &Plan, inputs: Vec<Plan>) -> Plan {
    let same = plan.inputs().iter().zip(&inputs).all(|(before, after)| before.id() == after.id());
    match same {
        true => plan.clone(),
        // Over inputs with the same rows, or fewer columns of which none is needed, a step that was in order still is.
        false => plan.operator().over(inputs, plan.at()).unwrap_or_else(|_| plan.clone()),
    }
}

/// The nodes whose partitions somebody knows by their numbers.
pub(super) fn counted(plan: &Plan) -> HashSet<*const ()> {
    let mut counted = HashSet::new();
    for plan in plan.users_first() {
        if plan.operator().counts_partitions() || counted.contains(&plan.id()) {
            counted.extend(plan.inputs().iter().map(Plan::id));
        }
    }
    counted
}
