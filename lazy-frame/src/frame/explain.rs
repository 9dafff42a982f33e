//! `explain`: the plan as the user wrote it, and as it runs.

use std::collections::HashMap;

use super::Frame;
use super::display::{n_tasks, one_line};
use crate::plan::{Plan, optimize};

impl Frame {
    /// The steps as they were written and as they run, each above those that it takes its rows from, and how many
    /// tasks they become. Computes nothing.
    ///
    /// A step that several others use is shown once, with a number. After a mistake, the mistake is shown.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::datasets;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = datasets::timeseries().seed(7).build()?;
    /// let text = frame.filter(col("y").gt(lit(0.0))).explain();
    /// assert!(text.ends_with("30 tasks"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(&self) -> String {
        match self.plan() {
            Err(mistake) => mistake.to_string(),
            Ok(plan) => {
                let (written, runs) = (tree(plan), tree(&optimize::optimize(plan)));
                format!("As written:\n{written}\nAs it runs:\n{runs}\n{}", n_tasks(plan))
            }
        }
    }
}

/// How far to the right a line begins at most: thousands of steps are not a page of spaces each.
const DEEPEST: usize = 40;

/// A line for each step, farther right than its user's.
fn tree(plan: &Plan) -> String {
    let users = plan.users();
    let mut numbers = HashMap::new();
    let mut text = String::new();
    let mut waiting = vec![(plan, 1)];
    while let Some((plan, depth)) = waiting.pop() {
        text += &"  ".repeat(depth.min(DEEPEST));
        if let Some(number) = numbers.get(&plan.id()) {
            text += &format!("{}  #{number}, see above\n", plan.operator().name());
            continue;
        }
        text += &line(plan);
        if users.get(&plan.id()).is_some_and(|users| *users > 1) {
            let number = numbers.len() + 1;
            numbers.insert(plan.id(), number);
            text += &format!("  #{number}");
        }
        text += "\n";
        waiting.extend(plan.inputs().iter().rev().map(|input| (input, depth + 1)));
    }
    text
}

fn line(plan: &Plan) -> String {
    let npartitions = match plan.npartitions() {
        1 => "1 partition".to_owned(),
        n => format!("{n} partitions"),
    };
    let parts = [plan.operator().name(), &one_line(&plan.operator().describe()), &npartitions];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use polars::prelude::*;

    use super::*;
    use crate::datasets::{Draw, timeseries};
    use crate::error::StepError;
    use crate::plan::{At, Lowering, Operator, Piece};

    /// A step with several inputs.
    #[derive(Debug)]
    struct Together(Vec<Plan>);

    impl Operator for Together {
        fn name(&self) -> &'static str {
            "together"
        }

        fn describe(&self) -> String {
            String::new()
        }

        fn inputs(&self) -> &[Plan] {
            &self.0
        }

        fn over(&self, inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
            Ok(together(inputs, at))
        }

        fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
            self.0.iter().flat_map(|input| lowering.pieces(input)).collect()
        }
    }

    fn together(inputs: Vec<Plan>, at: At) -> Plan {
        let schema = inputs[0].schema().clone();
        let npartitions = inputs.iter().map(Plan::npartitions).sum();
        Plan::new(Together(inputs), schema, npartitions, None, at)
    }

    fn small() -> Frame {
        let columns = [("x", Draw::Uniform(0.0, 1.0)), ("y", Draw::Poisson(3.0))];
        timeseries().end("2000-01-03").columns(columns).seed(7).build().unwrap()
    }

    #[test]
    fn steps_stand_above_what_they_take_rows_from() {
        let explained = small().filter(col("x").gt(lit(0.5))).explain();
        let expected = "\
As written:
  filter  [(col(\"x\")) > (dyn float: 0.5)]  2 partitions
    timeseries  2000-01-01 to 2000-01-03, every 1s, 1d a partition, seed 7  2 partitions

As it runs:
  filter  [(col(\"x\")) > (dyn float: 0.5)]  2 partitions
    timeseries  2000-01-01 to 2000-01-03, every 1s, 1d a partition, seed 7  2 partitions

2 tasks";
        assert_eq!(explained, expected);
    }

    #[test]
    fn columns_that_are_not_read_show_in_the_second_tree() {
        let explained = small().select([col("y")]).explain();
        let expected = "\
As written:
  select  col(\"y\")  2 partitions
    timeseries  2000-01-01 to 2000-01-03, every 1s, 1d a partition, seed 7  2 partitions

As it runs:
  select  col(\"y\")  2 partitions
    timeseries  2000-01-01 to 2000-01-03, every 1s, 1d a partition, seed 7; columns y  2 partitions

2 tasks";
        assert_eq!(explained, expected);
    }

    #[test]
    fn a_step_with_two_users_is_shown_once() {
        let table = df!["x" => [1_i64]].unwrap();
        let once = Frame::from_polars(table, 1).filter(col("x").gt(lit(0)));
        let once = once.plan().unwrap();
        let at = Location::caller();
        let twice = together(vec![once.clone(), once.clone()], at);
        let all = Frame::new(Ok(together(vec![twice, once.clone()], at)));
        let expected = "  together  3 partitions
    together  2 partitions
      filter  [(col(\"x\")) > (dyn int: 0)]  1 partition  #1
        from-polars  1 partition
      filter  #1, see above
    filter  #1, see above
";
        assert_eq!(tree(all.plan().unwrap()), expected);
        assert!(all.explain().ends_with("\n\n2 tasks"), "{}", all.explain());
    }

    #[test]
    fn a_mistake_is_explained_instead() {
        let explained = small().filter(col("z")).explain();
        assert!(
            explained.starts_with("filter: there is no column `z`; the columns are"),
            "{explained}"
        );
    }
}
