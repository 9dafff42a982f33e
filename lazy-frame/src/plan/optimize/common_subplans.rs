//! Equal steps over the same rows are one: what was written twice, or what a filter became on its way to two places.

use std::collections::HashMap;
use std::sync::Arc;

use crate::plan::Plan;

use super::rewrite::{bottom_up, over};

pub(super) fn apply(plan: &Plan) -> Plan {
    let mut distinct: HashMap<Vec<*const ()>, Vec<Plan>> = HashMap::new();
    bottom_up(plan, |plan, inputs| {
        let over = over(plan, inputs);
        let alike = distinct.entry(rows_of(&over)).or_default();
        if let Some(equal) = alike.iter().find(|other| are_equal(&over, other)) {
            return equal.clone();
        }
        alike.push(over.clone());
        over
    })
}

/// What tells where the rows of a step come from. Only steps for which it is the same can be equal.
fn rows_of(plan: &Plan) -> Vec<*const ()> {
    match plan.operator().scan() {
        Some(scan) => vec![Arc::as_ptr(&scan.source).cast()],
        None if plan.inputs().is_empty() => vec![plan.id()],
        None => plan.inputs().iter().map(Plan::id).collect(),
    }
}

/// Whether two steps over the same rows do the same. Those of a kind that is not asked for are taken to differ.
fn are_equal(a: &Plan, b: &Plan) -> bool {
    match (a.operator().row_wise(), b.operator().row_wise()) {
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
