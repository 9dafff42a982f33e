//! What the partitions give, merged in a tree.

use std::sync::Arc;

use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use super::Query;
use crate::engine;
use crate::ops::tree;
use crate::plan::{Fused, Piece};

/// A task a partition, merges, and one that makes the result.
pub(super) fn reduce(pieces: Vec<Piece>, query: &Arc<Query>) -> Delayed<DataFrame> {
    let partials = pieces.into_iter().map(|piece| partial(piece.input, piece.fused, query.clone()));
    finish(tree::merged(partials.collect(), |some| merge(some, query.clone())), query.clone())
}

#[delayed(name = "aggregate-partial", fallible)]
pub(super) fn partial(
    input: Option<DataFrame>,
    fused: Fused,
    query: Arc<Query>,
) -> PolarsResult<DataFrame> {
    fused.collect(input, |rows| query.partial(rows))
}

#[delayed(name = "aggregate-merge", fallible)]
fn merge(partials: Vec<DataFrame>, query: Arc<Query>) -> PolarsResult<DataFrame> {
    query.merged(partials)
}

#[delayed(name = "aggregate", fallible)]
fn finish(partials: Vec<DataFrame>, query: Arc<Query>) -> PolarsResult<DataFrame> {
    query.result(partials)
}

/// What several partitions gave that came to one bucket.
#[delayed(name = "aggregate", fallible)]
pub(super) fn finish_bucket(partials: DataFrame, query: Arc<Query>) -> PolarsResult<DataFrame> {
    query.finished(query.merged_again(partials)?)
}

impl Query {
    fn parts(&self) -> &crate::aggregate::Decomposed {
        self.decomposed.as_ref().expect("only what can be taken apart is done in parts")
    }

    /// What is asked for, of all rows.
    pub(super) fn whole(&self, rows: LazyFrame) -> LazyFrame {
        super::whole::aggregate(rows, &self.keys, &self.aggs)
    }

    /// What is asked for, of all rows, where Polars streams them.
    pub(super) fn streamed(&self, rows: LazyFrame) -> LazyFrame {
        match self.is_plain {
            true => self.whole(rows),
            false => self.parts().finish(self.partial(rows), &self.key_names),
        }
    }

    /// What a partition gives.
    pub(super) fn partial(&self, rows: LazyFrame) -> LazyFrame {
        self.parts().partial(rows, &self.keys)
    }

    /// What several partitions, in their order, give together.
    pub(super) fn merged(&self, mut partials: Vec<DataFrame>) -> PolarsResult<DataFrame> {
        if partials.len() == 1 {
            return Ok(partials.remove(0));
        }
        self.merged_again(engine::concat(partials)?)
    }

    /// What these give together, which may have several rows of a group.
    pub(super) fn merged_again(&self, partials: DataFrame) -> PolarsResult<DataFrame> {
        let n = partials.height();
        self.group(self.parts().merge(partials.lazy(), &self.key_names), n)
    }

    /// Streams lose the order of rows.
    fn group(&self, plan: LazyFrame, rows: usize) -> PolarsResult<DataFrame> {
        if self.is_ordered { engine::collect(plan) } else { engine::grouped(plan, rows) }
    }

    /// What is asked for, of what several partitions give.
    pub(super) fn result(&self, mut partials: Vec<DataFrame>) -> PolarsResult<DataFrame> {
        if partials.len() == 1 {
            return self.finished(partials.remove(0));
        }
        let partials = engine::concat(partials)?;
        let n = partials.height();
        let merged = self.parts().merge(partials.lazy(), &self.key_names);
        self.group(self.parts().finish(merged, &self.key_names), n)
    }

    pub(super) fn finished(&self, merged: DataFrame) -> PolarsResult<DataFrame> {
        engine::collect(self.parts().finish(merged.lazy(), &self.key_names))
    }
}
