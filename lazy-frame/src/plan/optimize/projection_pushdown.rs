//! Columns that nobody needs are not read, and not moved.
//!
//! What all users of a node need together is known before the node is rewritten, so that a plan that is used twice is still made once.

use std::collections::HashMap;

use super::rewrite::{bottom_up, over};
use crate::ops::row_wise;
use crate::plan::{Columns, Plan};

pub(super) fn apply(plan: &Plan) -> Plan {
    let needed = needed(plan);
    bottom_up(plan, |plan, inputs| {
        let wanted = &needed[&plan.id()];
        if let Some(scan) = plan.operator().scan() {
            return match only(wanted, plan) {
                Some(columns) => scan.columns(columns).plan(plan.at()),
                None => plan.clone(),
            };
        }
        if !plan.operator().moves_rows() {
            return over(plan, inputs);
        }
        let needs = plan.operator().needs(wanted);
        let narrow = |(input, needs): (Plan, Columns)| match only(&needs, &input) {
            Some(columns) => row_wise::columns(&columns, input.clone(), plan.at()).unwrap_or(input),
            None => input,
        };
        over(plan, inputs.into_iter().zip(needs).map(narrow).collect())
    })
}

/// The columns of each node that its users need.
fn needed(plan: &Plan) -> HashMap<*const (), Columns> {
    let mut needed = HashMap::from([(plan.id(), Columns::All)]);
    for plan in plan.users_first() {
        let needs = plan.operator().needs(&needed[&plan.id()]);
        for (input, needs) in plan.inputs().iter().zip(needs) {
            let before = needed.remove(&input.id()).unwrap_or_else(Columns::none);
            needed.insert(input.id(), before.and(needs));
        }
    }
    needed
}

/// The columns of a plan that are needed, if these are not all.
fn only(needed: &Columns, plan: &Plan) -> Option<Vec<polars::prelude::PlSmallStr>> {
    let columns = needed.within(plan.schema());
    (columns.len() < plan.schema().len()).then_some(columns)
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;
    use polars::prelude::*;

    use crate::Frame;

    fn wide(npartitions: usize) -> Frame {
        let numbers = |by: i32| (0..12).map(|i| i * by % 12).collect::<Vec<i32>>();
        let table =
            df!["k" => numbers(5), "x" => numbers(7), "y" => numbers(1), "z" => numbers(11)];
        Frame::from_polars(table.unwrap(), npartitions)
    }

    fn runs(frame: &Frame) -> String {
        frame.explain().split_once("As it runs:").unwrap().1.to_owned()
    }

    #[test]
    fn only_needed_columns_of_what_is_there_are_moved() {
        let taken = r#"select  col("k"), col("x")"#;
        let joined = wide(4).inner_join(&wide(3), "k", "k").select([col("x")]);
        assert!(runs(&joined).contains(taken), "{}", joined.explain());
        let sorted = wide(4).persist().unwrap().sort("k", Default::default()).select([col("x")]);
        assert!(runs(&sorted).contains(taken), "{}", sorted.explain());
        let expected = wide(1).compute().unwrap().sort(["k"], Default::default()).unwrap();
        assert_eq!(sorted.compute().unwrap(), expected.select(["x"]).unwrap());
        // To take columns is part of the tasks that sample and split.
        let all = wide(4).sort("k", Default::default());
        assert_eq!(sorted.graph().n_tasks(), all.graph().n_tasks() + 4);
    }

    #[test]
    fn columns_are_left_behind_before_a_shuffle_and_not_by_each_step() {
        let groups = wide(4)
            .shuffle("y", 3)
            .filter(col("y").gt(lit(2)))
            .group_by("k")
            .agg([col("x").median()]);
        assert!(!runs(&groups).contains(r#"col("z")"#), "{}", groups.explain());
        let steps = wide(4).with_columns([col("x") + lit(1)]).filter(col("y").gt(lit(2)));
        assert_eq!(runs(&steps.select([col("x")])).matches("select").count(), 1);
    }
}
