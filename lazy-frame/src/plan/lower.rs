//! From a plan to tasks.

use std::collections::HashMap;
use std::sync::Arc;

use lazy_runtime::{Delayed, at};
use polars::prelude::{DataFrame, IntoLazy, LazyFrame, PolarsError, PolarsResult};

use super::{Plan, Source, Step, Wanted};
use crate::engine;

/// The tasks of each partition of a plan that is optimised.
pub(super) fn tasks(plan: &Plan) -> Vec<Delayed<DataFrame>> {
    let pieces = pieces(plan).into_iter();
    at(plan.at(), || pieces.map(Piece::task).collect())
}

/// The partitions of a plan that is optimised, to which a user adds what it does.
pub(super) fn pieces(plan: &Plan) -> Vec<Piece> {
    let mut lowering = Lowering { users: plan.users(), pieces: HashMap::new() };
    for plan in plan.users_first().iter().rev() {
        lowering.lower(plan);
    }
    lowering.pieces(plan)
}

/// What was made so far of a plan: a node is lowered after those that it takes rows from, and once.
pub(crate) struct Lowering {
    /// How many nodes have yet to take the pieces of a node.
    users: HashMap<*const (), usize>,
    pieces: HashMap<*const (), Vec<Piece>>,
}

impl Lowering {
    fn lower(&mut self, plan: &Plan) {
        let mut pieces = at(plan.at(), || plan.operator().lower(plan, self));
        debug_assert_eq!(pieces.len(), plan.npartitions(), "{}", plan.operator().name());
        if self.users.get(&plan.id()).is_some_and(|users| *users > 1) {
            pieces = at(plan.at(), || pieces.into_iter().map(Piece::once).collect());
        }
        self.pieces.insert(plan.id(), pieces);
    }

    /// The partitions of an input as pieces, to which further steps can be added before they become tasks. An operator asks for them once
    /// for each time that it has the input; the last one gets them, the others get copies.
    pub(crate) fn pieces(&mut self, plan: &Plan) -> Vec<Piece> {
        const LOWERED: &str = "inputs are lowered first, and asked for by each of their users once";
        match self.users.get_mut(&plan.id()) {
            Some(users) if *users > 1 => {
                *users -= 1;
                self.pieces.get(&plan.id()).cloned().expect(LOWERED)
            }
            _ => self.pieces.remove(&plan.id()).expect(LOWERED),
        }
    }

    /// The partitions of an input, a task or a value each.
    pub(crate) fn partitions(&mut self, plan: &Plan) -> Vec<Delayed<DataFrame>> {
        let pieces = self.pieces(plan);
        at(plan.at(), || pieces.into_iter().map(Piece::task).collect())
    }
}

/// A partition that is not made yet: where it comes from, and what is done to each of its rows. It becomes one task, together with
/// what its user does first.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// What another task makes; `None` where `fused` reads a source.
    pub(crate) input: Option<Delayed<DataFrame>>,
    pub(crate) fused: Fused,
}

/// What a task does to make the rows of a piece, in one plan of Polars.
#[derive(Clone, Debug)]
pub(crate) struct Fused {
    source: Option<(Arc<dyn Source>, usize, Wanted)>,
    steps: Vec<Step>,
    /// Whether the input is there before anything runs.
    is_held: bool,
}

/// How many steps are one plan of Polars at most: it goes through a plan by recursion, which thousands of steps would take too deep.
const PLANNED: usize = 32;

impl Piece {
    /// A partition that there is, or that a task makes.
    pub(crate) fn made(input: Delayed<DataFrame>) -> Self {
        Piece { input: Some(input), fused: Fused::nothing() }
    }

    /// A partition that is in memory, whoever uses it and when.
    pub(crate) fn held(input: Delayed<DataFrame>) -> Self {
        let mut piece = Piece::made(input);
        piece.fused.is_held = true;
        piece
    }

    /// A partition of a source.
    pub(crate) fn read(source: Arc<dyn Source>, partition: usize, wanted: Wanted) -> Self {
        let source = Some((source, partition, wanted));
        Piece { input: None, fused: Fused { source, steps: Vec::new(), is_held: false } }
    }

    pub(crate) fn step(mut self, step: Step) -> Self {
        self.fused.steps.push(step);
        self
    }

    /// The same for several tasks: made once, unless it is there already, or columns of what is there, which are as good as made.
    pub(crate) fn once(self) -> Self {
        match self.input.is_some() && self.fused.steps.iter().all(Step::is_free) {
            true => self,
            false => Piece::made(self.task()),
        }
    }

    /// The task that makes the partition. What is made already is no task.
    pub(crate) fn task(self) -> Delayed<DataFrame> {
        match self.input {
            Some(made) if self.fused.is_nothing() => made,
            input => tasks::make(self.fused.name(), input, self.fused),
        }
    }
}

impl Fused {
    fn is_nothing(&self) -> bool {
        self.source.is_none() && self.steps.is_empty()
    }

    /// What is done to rows that are as they should be.
    pub(crate) fn nothing() -> Self {
        Fused { source: None, steps: Vec::new(), is_held: false }
    }

    /// Whether a task may be given several such pieces at once, and needs no more memory than for one: they are in memory anyway, or
    /// Polars reads them bit by bit.
    pub(crate) fn streams(&self) -> bool {
        let is_one_plan = self.steps.len() <= PLANNED;
        is_one_plan
            && match &self.source {
                Some((source, ..)) => source.streams(),
                None => self.is_held,
            }
    }

    /// Whether the rows do not come from another task.
    pub(crate) fn reads(&self) -> bool {
        self.source.is_some()
    }

    /// The last step gives a task its name.
    fn name(&self) -> &'static str {
        match (self.steps.last(), &self.source) {
            (Some(step), _) => step.name(),
            (None, Some((source, ..))) => source.name(),
            (None, None) => "partition",
        }
    }

    /// The rows, as a plan of Polars. `input` is what another task made, where the rows do not come from a source.
    pub(crate) fn rows(&self, input: Option<DataFrame>) -> PolarsResult<LazyFrame> {
        let rows = match (&self.source, input) {
            (Some((source, partition, wanted)), _) => {
                wanted.apply(source.scan(*partition, wanted)?)
            }
            (None, Some(input)) => input.lazy(),
            (None, None) => unreachable!("a piece that reads nothing has an input"),
        };
        self.stepped(rows)
    }

    /// What the steps make of rows.
    fn stepped(&self, mut rows: LazyFrame) -> PolarsResult<LazyFrame> {
        for (i, steps) in self.steps.chunks(PLANNED).enumerate() {
            if i > 0 {
                rows = engine::collect(rows).map_err(|e| self.explain(e))?.lazy();
            }
            rows = steps.iter().fold(rows, |rows, step| step.apply(rows));
        }
        Ok(rows)
    }

    /// The rows of several pieces, in any order, as one plan.
    pub(crate) fn rows_of_all(all: &[(Option<DataFrame>, Fused)]) -> PolarsResult<LazyFrame> {
        let plans = all.chunk_by(|(_, a), (_, b)| a.is_like(b)).map(|alike| {
            let first = &alike[0].1;
            let rows = match &first.source {
                Some((source, _, wanted)) => {
                    let partition = |(_, fused): &(_, Fused)| fused.source.as_ref().map(|s| s.1);
                    let partitions: Vec<_> = alike.iter().filter_map(partition).collect();
                    wanted.apply(source.scan_all(&partitions, wanted)?)
                }
                None => {
                    engine::concat(alike.iter().filter_map(|(rows, _)| rows.clone()).collect())?
                        .lazy()
                }
            };
            first.stepped(rows)
        });
        engine::union(plans.collect::<PolarsResult<_>>()?)
    }

    /// Whether the rows of two pieces can be made together.
    fn is_like(&self, other: &Fused) -> bool {
        let same_source = match (&self.source, &other.source) {
            (None, None) => true,
            (Some((a, _, a_wanted)), Some((b, _, b_wanted))) => {
                Arc::ptr_eq(a, b) && a_wanted == b_wanted && a_wanted.rows.is_none()
            }
            _ => false,
        };
        same_source && self.steps == other.steps
    }

    /// What `then` makes of the rows, in one plan of Polars, on this thread.
    pub(crate) fn collect(
        &self,
        input: Option<DataFrame>,
        then: impl FnOnce(LazyFrame) -> LazyFrame,
    ) -> PolarsResult<DataFrame> {
        engine::collect(then(self.rows(input)?)).map_err(|e| self.explain(e))
    }

    /// The error with which a plan of `rows` failed, as its source tells it.
    pub(crate) fn explain(&self, error: PolarsError) -> PolarsError {
        match &self.source {
            Some((source, partition, wanted)) => source.explain(*partition, wanted, error),
            None => error,
        }
    }
}

/// A function for each name that a task can have.
mod tasks {
    use lazy_runtime::{Delayed, delayed};
    use polars::prelude::{DataFrame, PolarsResult};

    use super::Fused;

    macro_rules! named {
        ($($name:literal $function:ident),*) => {
            $(#[delayed(name = $name, fallible)]
            fn $function(input: Option<DataFrame>, fused: Fused) -> PolarsResult<DataFrame> {
                fused.collect(input, |rows| rows)
            })*

            pub(super) fn make(name: &str, input: Option<Delayed<DataFrame>>, fused: Fused) -> Delayed<DataFrame> {
                match name {
                    $($name => $function(input, fused),)*
                    _ => partition(input, fused),
                }
            }
        };
    }

    named! {
        "select" select, "with-columns" with_columns, "filter" filter, "explode" explode, "unpivot" unpivot,
        "read-csv" read_csv, "read-parquet" read_parquet, "read-ipc" read_ipc, "read-ndjson" read_ndjson,
        "from-map" from_map, "timeseries" timeseries, "partition" partition
    }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;
    use polars::prelude::*;

    use crate::Frame;

    #[test]
    fn partitions_in_memory_are_so_for_each_that_uses_them() {
        let table = df!["k" => [1, 2, 1, 2], "x" => [1, 2, 3, 4], "y" => [5, 6, 7, 8]].unwrap();
        let frame = Frame::from_polars(table, 4);
        let sums = |name| frame.group_by("k").agg([col(name).sum().alias("sum")]);
        let both = sums("x").concat(&sums("y"));
        let names = both.graph().names();
        assert!(!names.contains(&"group-by-partial".to_owned()), "{names:?}");
        let sorted = both.compute().unwrap().sort(["sum"], Default::default()).unwrap();
        assert_eq!(sorted, df!["k" => [1, 2, 1, 2], "sum" => [4, 6, 12, 14]].unwrap());
    }

    #[test]
    fn what_is_more_than_one_plan_is_made_a_partition_a_task() {
        let frame = Frame::from_polars(df!["k" => [1, 2, 1, 2], "x" => [1, 2, 3, 4]].unwrap(), 4);
        let more = |n| (0..n).fold(frame.clone(), |f, _| f.with_columns([col("x") + lit(1)]));
        let tasks = |n| more(n).group_by("k").agg([col("x").sum()]).graph().n_tasks();
        assert_eq!((tasks(super::PLANNED), tasks(super::PLANNED + 1)), (2, 6));
        let sums = more(40).group_by("k").agg([col("x").sum()]).sort("k", Default::default());
        assert_eq!(sums.compute().unwrap(), df!["k" => [1, 2], "x" => [84, 86]].unwrap());
    }
}
