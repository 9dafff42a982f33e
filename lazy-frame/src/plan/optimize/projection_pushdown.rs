//! Columns that nobody needs are not read, and not moved.
//!
//! What all users of a node need together is known before the node is rewritten, so that a plan that is used twice is still made once.

use std::collections::HashMap;

use crate::plan::{Columns, Plan};

pub(super) fn apply(plan: &Plan) -> Plan {
    let order = users_first(plan);
    let mut needed: HashMap<_, Columns> = HashMap::from([(plan.id(), Columns::All)]);
    for plan in &order {
        let wanted = needed[&plan.id()].clone();
        for (input, needs) in plan.inputs().iter().zip(plan.operator().needs(&wanted)) {
            let before = needed.remove(&input.id()).unwrap_or_else(Columns::none);
            needed.insert(input.id(), before.and(needs));
        }
    }
    let mut done: HashMap<_, Plan> = HashMap::new();
    for plan in order.iter().rev() {
        let inputs = plan.inputs().iter().map(|input| done[&input.id()].clone()).collect();
        done.insert(plan.id(), narrow(plan, inputs, &needed[&plan.id()]));
    }
    done.remove(&plan.id()).expect("the root is in its own order")
}

fn narrow(plan: &Plan, inputs: Vec<Plan>, needed: &Columns) -> Plan {
    if let Some(scan) = plan.operator().scan() {
        let columns = needed.within(plan.schema());
        return match columns.len() < plan.schema().len() {
            true => scan.columns(columns).plan(plan.at()),
            false => plan.clone(),
        };
    }
    let same = plan.inputs().iter().zip(&inputs).all(|(before, after)| before.id() == after.id());
    if same {
        return plan.clone();
    }
    plan.operator().over(inputs, plan.at()).unwrap_or_else(|_| plan.clone())
}

/// The nodes of a plan, each after all that take rows from it.
pub(super) fn users_first(plan: &Plan) -> Vec<Plan> {
    let mut users: HashMap<_, usize> = HashMap::new();
    let mut seen = vec![plan.clone()];
    let mut at = 0;
    while at < seen.len() {
        let plan = seen[at].clone();
        at += 1;
        for input in plan.inputs() {
            let count = users.entry(input.id()).or_insert(0);
            *count += 1;
            if *count == 1 {
                seen.push(input.clone());
            }
        }
    }
    let mut order = Vec::with_capacity(seen.len());
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
