//! [`Aggregate`]: one row a group, or one row of all.
//!
//! An aggregation that can be taken apart (`crate::aggregate`) is done per partition, and what the partitions give is merged in a tree,
//! eight at a time. With many groups a partition's share is hardly smaller than the partition, and merging does everything twice; so the
//! tasks of a run look at what they get, and go over to a shuffle by key (`choice`). What cannot be taken apart is shuffled from the start.
//! Where the rows of a group are in one partition already, each partition is aggregated by itself.

mod choice;
mod seen;
mod mixed;
pub(crate) mod tree;
mod whole;

pub(super) use whole::aggregate;

use std::sync::Arc;

use polars::prelude::*;

use crate::aggregate::{Decomposed, decompose, is_aggregation, is_top_k};
use crate::engine;
use crate::error::{StepError, reason};
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan, list};

/// Aggregations of the groups that keys make, or of all rows.
#[derive(Debug)]
pub(crate) struct Aggregate {
    query: Arc<Query>,
    outputs: usize,
    hashed_by: Option<Vec<PlSmallStr>>,
    inputs: [Plan; 1],
}

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Query {
    keys: Vec<Expr>,
    aggs: Vec<Expr>,
    /// The names of the keys in the result.
    key_names: Vec<PlSmallStr>,
    /// How the aggregations are taken apart, where they can be.
    decomposed: Option<Decomposed>,
    /// Of the rows, of what a partition gives, and of the result.
    input: SchemaRef,
    state: SchemaRef,
    output: SchemaRef,
    /// Whether the result depends on the order of the rows.
    is_ordered: bool,
    /// Whether the aggregations as they are give the same where Polars streams them.
    is_plain: bool,
}

impl Aggregate {
    /// `outputs` is the number of partitions of the result. Keys are row-wise, and `aggs` give one row a group.
    pub(crate) fn plan(
        step: &'static str,
        keys: Vec<Expr>,
        aggs: Vec<Expr>,
        outputs: usize,
        input: Plan,
        at: At,
    ) -> Result<Plan, StepError> {
        let misfit = |e: PolarsError| input.misfit(step, reason(&e), at);
        let (keys, key_schema) = engine::expand(&keys, input.schema()).map_err(misfit)?;
        let key_names: Vec<_> = key_schema.iter_names().cloned().collect();
        let aggs = engine::expand_beside(&aggs, &key_names, input.schema()).map_err(misfit)?;
        let query = Query::new(keys, aggs, key_names, input.schema()).map_err(misfit)?;
        let outputs = if query.keys.is_empty() { 1 } else { outputs };
        let schema = query.output.clone();
        let query = Arc::new(query);
        let mut aggregate = Aggregate { query, outputs, hashed_by: None, inputs: [input] };
        aggregate.hashed_by = aggregate.hashed();
        Ok(Plan::new(aggregate, schema, outputs, None, at))
    }

    /// Whether each partition of the input has all rows of its groups, and the result may stay where they are, or is brought into one.
    fn is_together(&self) -> bool {
        let (input, outputs) = (self.input(), self.outputs);
        let columns: Vec<_> = self.query.keys.iter().filter_map(column).cloned().collect();
        (outputs == 1 || outputs == input.npartitions()) && input.together(&columns)
    }

    /// The columns of the result whose hash tells in which of several partitions a group is.
    fn hashed(&self) -> Option<Vec<PlSmallStr>> {
        let Query { keys, key_names, .. } = &*self.query;
        if self.outputs == 1 {
            return None;
        }
        if !self.is_together() {
            return Some(key_names.clone());
        }
        let name = |by: &PlSmallStr| {
            let mut named = keys.iter().zip(key_names);
            named.find(|(key, _)| column(key) == Some(by)).map(|(_, name)| name.clone())
        };
        self.input().hashed_by()?.iter().map(name).collect()
    }

    fn input(&self) -> &Plan {
        &self.inputs[0]
    }
}

impl Query {
    /// Keys and aggregations without selectors, over rows of this schema.
    fn new(
        keys: Vec<Expr>,
        aggs: Vec<Expr>,
        key_names: Vec<PlSmallStr>,
        input: &SchemaRef,
    ) -> PolarsResult<Query> {
        let decomposed = decompose(&aggs, &keys, input);
        let rows = || crate::plan::empty(input).lazy();
        let output = whole::aggregate(rows(), &keys, &aggs).collect_schema()?;
        let state = match &decomposed {
            Some(parts) => parts.partial(rows(), &keys).collect_schema()?,
            None => SchemaRef::default(),
        };
        let is_ordered = aggs.iter().any(is_ordered);
        let is_plain = aggs.iter().all(is_plain);
        let input = input.clone();
        Ok(Query { keys, aggs, key_names, decomposed, input, state, output, is_ordered, is_plain })
    }
}

/// Whether an aggregation depends on the order of the rows.
fn is_ordered(agg: &Expr) -> bool {
    agg.into_iter().any(|e| match e {
        Expr::Agg(agg) => matches!(
            agg,
            AggExpr::First(_)
                | AggExpr::Last(_)
                | AggExpr::FirstNonNull(_)
                | AggExpr::LastNonNull(_)
                | AggExpr::Implode { .. }
        ),
        _ => false,
    }) || !is_aggregation(agg) && !is_top_k(unnamed(agg)) // The largest values are a list without an order.
}

/// Polars' engines differ in what the covariance of one row is, and the like; what an aggregation is taken apart into is the same in both.
fn is_plain(agg: &Expr) -> bool {
    !agg.into_iter().any(|e| match e {
        Expr::Function { function, .. } => matches!(
            function,
            FunctionExpr::Correlation { .. }
                | FunctionExpr::Skew(_)
                | FunctionExpr::Kurtosis(..)
                | FunctionExpr::TopK { .. }
        ),
        _ => false,
    })
}

/// An expression, whatever it is called.
fn unnamed(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(inner, _) | Expr::KeepName(inner) => unnamed(inner),
        Expr::RenameAlias { expr: inner, .. } => unnamed(inner),
        other => other,
    }
}

/// The column that a key is, whatever it is called in the result.
fn column(key: &Expr) -> Option<&PlSmallStr> {
    match unnamed(key) {
        Expr::Column(name) => Some(name),
        _ => None,
    }
}

impl Operator for Aggregate {
    fn name(&self) -> &'static str {
        if self.query.keys.is_empty() { "aggregate" } else { "group-by" }
    }

    fn describe(&self) -> String {
        let aggs = list(&self.query.aggs);
        match self.query.keys.is_empty() {
            true => aggs,
            false => format!("[{}] {aggs}", list(&self.query.keys)),
        }
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        let Query { keys, aggs, .. } = &*self.query;
        let input = inputs.remove(0);
        Aggregate::plan(self.name(), keys.clone(), aggs.clone(), self.outputs, input, at)
    }

    fn needs(&self, _: &Columns) -> Vec<Columns> {
        vec![Columns::of(self.query.keys.iter().chain(&self.query.aggs))]
    }

    fn filter_inputs(&self, predicate: &Expr) -> Vec<Option<Expr>> {
        // A condition on plain keys drops whole groups.
        let keys = &self.query.keys;
        let of_keys = predicate.clone().meta().root_names().iter().all(|name| {
            keys.iter().any(|key| matches!(key, Expr::Column(column) if column == name))
        });
        vec![(of_keys && !keys.is_empty()).then(|| predicate.clone())]
    }

    fn hashed_by(&self) -> Option<&[PlSmallStr]> {
        self.hashed_by.as_deref()
    }

    fn rows(&self, _: usize) -> Option<usize> {
        self.query.keys.is_empty().then_some(1)
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let pieces = lowering.pieces(self.input());
        let made = match (&self.query.decomposed, self.query.keys.is_empty()) {
            _ if self.is_together() => whole::each(pieces, &self.query, self.outputs),
            (Some(_), true) => vec![tree::reduce(pieces, &self.query)],
            (None, true) => vec![mixed::beside(pieces, &self.query)],
            (Some(_), false) if self.outputs == 1 => vec![choice::reduce(pieces, &self.query)],
            (Some(_), false) => choice::into_buckets(pieces, &self.query, self.outputs),
            (None, false) => whole::shuffled(pieces, &self.query, self.outputs),
        };
        made.into_iter().map(Piece::made).collect()
    }
}

#[cfg(test)]
mod tests;
