//! How rules walk a plan: a node that has several users is rewritten once.

use std::collections::HashMap;

use crate::plan::Plan;

/// The nodes of a plan, each after all that take rows from it.
pub(super) fn users_first(plan: &Plan) -> Vec<Plan> {
    let mut users = users(plan);
    let mut order = Vec::with_capacity(users.len() + 1);
    let mut ready = vec![plan.clone()];
    while let Some(plan) = ready.pop() {
        for input in plan.inputs() {
            let left = users.get_mut(&input.id()).expect("each input was counted");
            *left -= 1;
            if *left == 0 {
                ready.push(input.clone());
            }
        }
        order.push(plan);
    }
    order
}

/// How many nodes take rows from each.
pub(super) fn users(plan: &Plan) -> HashMap<*const (), usize> {
    let mut users = HashMap::new();
    let mut waiting = vec![plan];
    while let Some(plan) = waiting.pop() {
        for input in plan.inputs() {
            let count = users.entry(input.id()).or_insert(0);
            *count += 1;
            if *count == 1 {
                waiting.push(input);
            }
        }
    }
    users
}

/// The plan with each node replaced by what a rule gives for it. The rule is told the node as it was, and as it is over inputs that
/// are rewritten already.
pub(super) fn bottom_up(plan: &Plan, rule: impl Fn(&Plan, &Plan) -> Option<Plan>) -> Plan {
    let mut done: HashMap<_, Plan> = HashMap::new();
    for plan in users_first(plan).iter().rev() {
        let inputs = plan.inputs().iter().map(|input| done[&input.id()].clone()).collect();
        let over = over(plan, inputs);
        let rewritten = rule(plan, &over).unwrap_or(over);
        done.insert(plan.id(), rewritten);
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
