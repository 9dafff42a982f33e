//! What the user asked for: a graph of steps whose schemas are known, and that computes nothing.
//!
//! A [`Plan`] is a node: an [`Operator`] over other plans. `optimize` rewrites it, `lower` makes tasks of it. Each kind of operator is
//! a file of `ops`, which says what it needs, what its schema is, and which tasks it becomes.

mod columns;
pub(crate) mod lower;
pub(crate) mod optimize;
mod source;
pub(crate) mod step;
mod walk;

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, OnceLock};

use lazy_runtime::{Collection, Delayed};
use polars::prelude::{DataFrame, Expr, IdxSize, LazyFrame, PlSmallStr, Schema, SchemaRef};

pub(crate) use columns::Columns;
pub(crate) use lower::{Fused, Lowering, Piece};
pub(crate) use source::{Bounds, Source, Wanted};
pub(crate) use step::{Step, list};

use crate::divisions::Divisions;
use crate::error::StepError;

/// A step over the plans that it takes its rows from.
pub(crate) trait Operator: fmt::Debug + Send + Sync + 'static {
    /// The step by the name of its method, which is that of its tasks, too.
    fn name(&self) -> &'static str;

    /// What `explain` says beside the name: the arguments, in a line.
    fn describe(&self) -> String;

    /// Where the rows come from.
    fn inputs(&self) -> &[Plan];

    /// The same step over other inputs, which may have fewer columns or rows. `at` is where the user asked for it.
    fn over(&self, inputs: Vec<Plan>, at: At) -> Result<Plan, StepError>;

    /// For each input, the columns that are needed when `wanted` are those of the result that are.
    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        let _ = wanted;
        self.inputs().iter().map(|_| Columns::All).collect()
    }

    /// The step that needs each row alone, if this is one.
    fn row_wise(&self) -> Option<&Step> {
        None
    }

    /// For each input whether the rows that a predicate drops from the result may be dropped from it beforehand: `None` where they may not, otherwise
    /// the predicate in the input's columns.
    fn filter_inputs(&self, predicate: &Expr) -> Vec<Option<Expr>> {
        let _ = predicate;
        self.inputs().iter().map(|_| None).collect()
    }

    /// Whether it knows the partitions of its inputs by their numbers, so that none of them may be left out.
    fn counts_partitions(&self) -> bool {
        false
    }

    /// Whether which partition a row is in depends on what other rows there are, so that with fewer rows others are in it.
    fn cuts_by_rows(&self) -> bool {
        false
    }

    /// Whether it moves rows, or copies of them, from one partition to another: columns that nobody needs are left behind then.
    fn moves_rows(&self) -> bool {
        true
    }

    /// The scan, if this is one.
    fn scan(&self) -> Option<&crate::ops::scan::Scan> {
        None
    }

    /// The plans whose partitions it has, one after the other, if this is all that it does.
    fn concatenated(&self) -> Option<&[Plan]> {
        None
    }

    /// How many of the first rows of its input it needs, if it needs no others.
    fn needs_first(&self) -> Option<usize> {
        None
    }

    /// A step with the same first `n` rows, and others or none after them, that is less work than this one.
    fn first(&self, n: usize, at: At) -> Option<Plan> {
        let _ = (n, at);
        None
    }

    /// The columns whose hash tells in which partition a row is, if that is so: rows that are equal in them are in the same one.
    fn hashed_by(&self) -> Option<&[PlSmallStr]> {
        None
    }

    /// How many rows a partition has, where that is known without computing.
    fn rows(&self, partition: usize) -> Option<usize> {
        let _ = partition;
        None
    }

    /// The pieces of the result, one a partition.
    fn lower(&self, plan: &Plan, lowering: &mut Lowering) -> Vec<Piece>;
}

/// Where the user asked for a step.
pub(crate) type At = &'static Location<'static>;

/// A step and all that it is made from.
#[derive(Clone, Debug)]
pub(crate) struct Plan(Arc<Node>);

#[derive(Debug)]
struct Node {
    /// There until the node is dropped.
    operator: Option<Box<dyn Operator>>,
    schema: SchemaRef,
    npartitions: usize,
    divisions: Option<Divisions>,
    /// Asked for once, so that the answer is not sought down a long chain of steps.
    hashed_by: Option<Box<[PlSmallStr]>>,
    at: At,
    /// The tasks of the optimised plan, made once: what is drawn is what runs.
    tasks: OnceLock<Vec<Delayed<DataFrame>>>,
    /// Counted once: that takes a walk through the graph.
    n_tasks: OnceLock<usize>,
}

impl Plan {
    pub(crate) fn new(
        operator: impl Operator,
        schema: impl Into<SchemaRef>,
        npartitions: usize,
        divisions: Option<Divisions>,
        at: At,
    ) -> Self {
        debug_assert!(npartitions > 0, "a frame has a partition");
        let hashed_by = operator.hashed_by().map(Into::into);
        Plan(Arc::new(Node {
            operator: Some(Box::new(operator)),
            schema: schema.into(),
            npartitions,
            divisions,
            hashed_by,
            at,
            tasks: OnceLock::new(),
            n_tasks: OnceLock::new(),
        }))
    }

    pub(crate) fn operator(&self) -> &dyn Operator {
        self.0.operator.as_deref().expect("a node that is in use has its operator")
    }

    pub(crate) fn inputs(&self) -> &[Plan] {
        self.operator().inputs()
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.0.schema
    }

    pub(crate) fn npartitions(&self) -> usize {
        self.0.npartitions
    }

    pub(crate) fn divisions(&self) -> Option<&Divisions> {
        self.0.divisions.as_ref()
    }

    pub(crate) fn at(&self) -> At {
        self.0.at
    }

    /// Which node this is.
    pub(crate) fn id(&self) -> *const () {
        Arc::as_ptr(&self.0).cast()
    }

    /// How many rows a partition has, where that is known without computing. A row-wise step is not asked: it has as many as what it takes
    /// rows from, or nobody knows.
    pub(crate) fn rows(&self, partition: usize) -> Option<usize> {
        let mut plan = self;
        while let Some(step) = plan.operator().row_wise() {
            plan = step.keeps_rows().then(|| &plan.inputs()[0])?;
        }
        plan.operator().rows(partition)
    }

    /// The columns whose hash tells in which partition a row is, if that is so.
    pub(crate) fn hashed_by(&self) -> Option<&[PlSmallStr]> {
        self.0.hashed_by.as_deref()
    }

    /// Whether rows that are equal in these columns are in the same partition.
    pub(crate) fn together(&self, keys: &[PlSmallStr]) -> bool {
        let hashed = self.hashed_by();
        self.npartitions() == 1 || hashed.is_some_and(|by| by.iter().all(|by| keys.contains(by)))
    }

    /// The error of a step that is applied to this plan.
    pub(crate) fn misfit(&self, step: &str, reason: impl Into<String>, at: At) -> StepError {
        StepError::new(step, reason, self.schema(), at)
    }

    /// The tasks of the partitions, of the optimised plan.
    pub(crate) fn tasks(&self) -> &[Delayed<DataFrame>] {
        self.0.tasks.get_or_init(|| lower::tasks(&optimize::optimize(self)))
    }

    /// How many tasks and values a computation would have.
    pub(crate) fn n_tasks(&self) -> usize {
        *self.0.n_tasks.get_or_init(|| self.tasks().graph().len())
    }

    /// The partitions of the optimised plan, for somebody who does more with each in the same task.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        lower::pieces(&optimize::optimize(self))
    }
}

impl Drop for Node {
    /// One node after the other: a chain of thousands of steps, dropped one within the other, would overflow the stack.
    fn drop(&mut self) {
        let mut operators: Vec<_> = self.operator.take().into_iter().collect();
        while let Some(operator) = operators.pop() {
            let inputs = operator.inputs().to_vec();
            drop(operator);
            let alone = inputs.into_iter().filter_map(|input| Arc::into_inner(input.0));
            operators.extend(alone.filter_map(|mut node| node.operator.take()));
        }
    }
}

/// The first rows. Polars counts with fewer bits.
pub(crate) fn first_rows(rows: LazyFrame, n: usize) -> LazyFrame {
    rows.limit(IdxSize::try_from(n).unwrap_or(IdxSize::MAX))
}

/// An empty frame of a schema.
pub(crate) fn empty(schema: &Schema) -> DataFrame {
    DataFrame::empty_with_schema(schema)
}
