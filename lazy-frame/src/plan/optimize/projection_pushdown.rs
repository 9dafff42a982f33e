//! Columns that nobody needs are not read, and not moved.
//!
//! What all users of a node need together is known before the node is rewritten, so that a plan that is used twice is still made once.

use std::collections::HashMap;

use super::rewrite::{over, users_first};
use crate::plan::{Columns, Plan};

pub(super) fn apply(plan: &Plan) -> Plan {
    let order = users_first(plan);
    let needed = needed(plan, &order);
    let mut done: HashMap<_, Plan> = HashMap::new();
    for plan in order.iter().rev() {
        let inputs = plan.inputs().iter().map(|input| done[&input.id()].clone()).collect();
        done.insert(plan.id(), narrow(plan, inputs, &needed[&plan.id()]));
    }
    done.remove(&plan.id()).expect("the root is in its own order")
}

/// The columns of each node that its users need.
fn needed(plan: &Plan, order: &[Plan]) -> HashMap<*const (), Columns> {
    let mut needed = HashMap::from([(plan.id(), Columns::All)]);
    for plan in order {
        let wanted = needed[&plan.id()].clone();
        for (input, needs) in plan.inputs().iter().zip(plan.operator().needs(&wanted)) {
            let before = needed.remove(&input.id()).unwrap_or_else(Columns::none);
            needed.insert(input.id(), before.and(needs));
        }
    }
    needed
}

fn narrow(plan: &Plan, inputs: Vec<Plan>, needed: &Columns) -> Plan {
    let Some(scan) = plan.operator().scan() else { return over(plan, inputs) };
    let columns = needed.within(plan.schema());
    match columns.len() < plan.schema().len() {
        true => scan.columns(columns).plan(plan.at()),
        false => plan.clone(),
    }
}
