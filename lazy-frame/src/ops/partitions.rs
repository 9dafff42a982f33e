//! [`Partitions`]: some of the partitions of a plan.

use std::sync::Arc;

use polars::prelude::Expr;

use crate::error::StepError;
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan};

/// Some of the partitions, in order. The others are not made, let alone read.
#[derive(Debug)]
pub(crate) struct Partitions {
    which: Arc<[usize]>,
    inputs: [Plan; 1],
}

impl Partitions {
    /// `step` is the method that was called.
    pub(crate) fn plan(
        step: &str,
        which: Arc<[usize]>,
        input: Plan,
        at: At,
    ) -> Result<Plan, StepError> {
        let all = input.npartitions();
        if let Some(beyond) = which.iter().find(|i| **i >= all) {
            let there_are = match all {
                1 => "there is 1 partition".to_owned(),
                _ => format!("there are {all} partitions"),
            };
            let reason = format!("there is no partition {beyond}: {there_are}, counted from 0");
            return Err(input.misfit(step, reason, at));
        }
        if which.is_empty() {
            return Err(input.misfit(
                step,
                "a frame has at least one partition, and none is chosen",
                at,
            ));
        }
        let (schema, npartitions) = (input.schema().clone(), which.len());
        let divisions = input.divisions().and_then(|all| all.select(&which));
        Ok(Plan::new(Partitions { which, inputs: [input] }, schema, npartitions, divisions, at))
    }
}

impl Partitions {
    /// All partitions as the user counts them, the ones without rows among them.
    pub(crate) fn all(step: &str, input: Plan, at: At) -> Result<Plan, StepError> {
        Partitions::plan(step, (0..input.npartitions()).collect(), input, at)
    }
}

impl Operator for Partitions {
    fn name(&self) -> &'static str {
        "partitions"
    }

    fn describe(&self) -> String {
        let (first, last) = (self.which[0], self.which[self.which.len() - 1]);
        match first == last {
            true => first.to_string(),
            false => format!("{first} to {last}"),
        }
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        Partitions::plan(self.name(), self.which.clone(), inputs.remove(0), at)
    }

    fn counts_partitions(&self) -> bool {
        true
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        vec![wanted.clone()]
    }

    fn filter_inputs(&self, predicate: &Expr) -> Vec<Option<Expr>> {
        vec![Some(predicate.clone())]
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        self.inputs[0].rows(self.which[partition])
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let pieces = lowering.pieces(&self.inputs[0]);
        self.which.iter().map(|i| pieces[*i].clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;
    use polars::df;
    use polars::prelude::*;

    use crate::Frame;

    fn frame() -> Frame {
        Frame::from_polars(df!["x" => [0, 1, 2, 3, 4]].unwrap(), 5)
    }

    #[test]
    fn a_partition_alone_is_made() {
        let one = frame().filter(col("x").neq(lit(9))).partition(3);
        assert_eq!((one.npartitions(), one.graph().n_tasks()), (1, 1));
        assert_eq!(one.compute().unwrap(), df!["x" => [3]].unwrap());
    }

    #[test]
    fn a_range_of_partitions_keeps_its_order() {
        let some = frame().partitions(1..=2).filter(col("x").gt(lit(1)));
        assert_eq!(some.npartitions(), 2);
        assert_eq!(some.compute().unwrap(), df!["x" => [2]].unwrap());
        assert_eq!(frame().partitions(..).compute().unwrap().height(), 5);
        assert_eq!(frame().partitions(3..).compute().unwrap(), df!["x" => [3, 4]].unwrap());
    }

    #[test]
    fn a_filter_does_not_change_which_rows_a_partition_has() {
        let rows = df!["x" => (0..400).rev().collect::<Vec<i32>>()].unwrap();
        let frame = Frame::from_polars(rows, 2);
        for cut in [frame.repartition(4), frame.sort("x", Default::default())] {
            let large = || col("x").gt(lit(90));
            let rows = cut.partition(1).compute().unwrap();
            let expected = rows.lazy().filter(large()).collect().unwrap();
            assert_eq!(cut.partition(1).filter(large()).compute().unwrap(), expected);
            assert_eq!(cut.filter(large()).partition(1).compute().unwrap(), expected);
        }
    }

    #[test]
    fn a_partition_out_of_range_is_told_before_any_task_runs() {
        let error = frame().partition(5).schema().unwrap_err().to_string();
        assert!(
            error.starts_with(
                "partition: there is no partition 5: there are 5 partitions, counted from 0"
            ),
            "{error}"
        );
        let error = frame().partitions(2..2).schema().unwrap_err().to_string();
        assert!(error.starts_with("partitions: a frame has at least one partition"), "{error}");
        let error = frame().partitions(3..7).schema().unwrap_err().to_string();
        assert!(error.starts_with("partitions: there is no partition 5"), "{error}");
    }
}
