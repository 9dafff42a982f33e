//! How a plan is walked: without recursion, and each node once, however many use it.

use std::collections::HashMap;

use super::Plan;

impl Plan {
    /// How many nodes take rows from each node below this one.
    pub(crate) fn users(&self) -> HashMap<*const (), usize> {
        let mut users = HashMap::new();
        let mut waiting = vec![self];
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

    /// The nodes, each after all that take rows from it.
    pub(crate) fn users_first(&self) -> Vec<Plan> {
        let mut users = self.users();
        let mut order = Vec::with_capacity(users.len() + 1);
        let mut ready = vec![self.clone()];
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
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;
    use polars::df;
    use polars::prelude::*;

    use crate::Frame;

    const MANY: i32 = 2000;

    /// In all that can be done with a plan. What would go wrong is an overflow of the stack, or a walk that takes minutes.
    fn used(step: impl Fn(Frame, i32) -> Frame) -> DataFrame {
        let first = Frame::from_polars(df!["x" => [1, 2, -1]].unwrap(), 1);
        let frame = (0..MANY).fold(first, step);
        assert!(frame.explain().lines().count() > 3);
        assert!(frame.to_string().starts_with("Frame:"));
        assert!(frame.shuffle("x", 3).filter(col("x").gt(lit(0))).graph().n_tasks() > 3);
        assert!(frame.head(1).len().compute().unwrap() < 2);
        frame.compute().unwrap()
    }

    #[test]
    fn thousands_of_new_columns_are_a_plan_like_any_other() {
        let rows = used(|frame, _| frame.with_columns([col("x") + lit(1)]));
        assert_eq!(rows, df!["x" => [MANY + 1, MANY + 2, MANY - 1]].unwrap());
    }

    #[test]
    fn thousands_of_filters_are_a_plan_like_any_other() {
        let rows = used(|frame, i| frame.filter(col("x").neq(lit(i + 2))));
        assert_eq!(rows, df!["x" => [1, -1]].unwrap());
    }

    #[test]
    fn thousands_of_filters_after_new_columns_are_a_plan_like_any_other() {
        let rows = used(|frame, i| match i % 2 {
            0 => frame.with_columns([lit(i).alias("y")]),
            _ => frame.filter(col("x").neq(lit(i + 1))),
        });
        assert_eq!(rows, df!["x" => [1, -1], "y" => [MANY - 2; 2]].unwrap());
    }

    #[test]
    fn thousands_of_frames_put_together_are_a_plan_like_any_other() {
        let one = Frame::from_polars(df!["x" => [7]].unwrap(), 1);
        let rows = used(|frame, _| frame.concat(&one));
        assert_eq!(rows.height(), 3 + MANY as usize);
    }
}
