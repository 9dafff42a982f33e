//! Equal steps over the same rows are one: what was written twice, or what a filter became on its way to two places.

use std::collections::HashMap;

use crate::plan::Plan;

use super::rewrite::{over, users_first};

pub(super) fn apply(plan: &Plan) -> Plan {
    let mut done: HashMap<_, Plan> = HashMap::new();
    let mut distinct: Vec<Plan> = Vec::new();
    for plan in users_first(plan).iter().rev() {
        let inputs = plan.inputs().iter().map(|input| done[&input.id()].clone()).collect();
        let over = over(plan, inputs);
        let equal = distinct.iter().find(|other| are_equal(&over, other)).cloned();
        let one = equal.unwrap_or_else(|| {
            distinct.push(over.clone());
            over
        });
        done.insert(plan.id(), one);
    }
    done.remove(&plan.id()).expect("the root is in its own order")
}

/// Whether two steps, whose inputs are one already, do the same. Those of a kind that is not asked for are taken to differ.
fn are_equal(a: &Plan, b: &Plan) -> bool {
    if a.id() == b.id() {
        return true;
    }
    let same_inputs = a.inputs().iter().map(Plan::id).eq(b.inputs().iter().map(Plan::id));
    same_inputs
        && match (a.operator().row_wise(), b.operator().row_wise()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => match (a.operator().scan(), b.operator().scan()) {
                (Some(a), Some(b)) => a.is_same(b),
                _ => false,
            },
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;
    use polars::prelude::*;

    use crate::ops::testing::{CUTS, cut, table};

    #[test]
    fn equal_steps_are_one_and_others_are_not() {
        let frame = cut(&table(), CUTS[1], true);
        let few = |n: i32| frame.filter(col("b").lt(lit(n)));
        let (twice, both) = (few(3).concat(&few(3)), few(3).concat(&few(2)));
        assert_eq!((twice.graph().n_tasks(), both.graph().n_tasks()), (2, 4));
        assert_eq!(twice.compute().unwrap().height(), 4);
        assert_eq!(both.compute().unwrap().height(), 3);
    }
}
