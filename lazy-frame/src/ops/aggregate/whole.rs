//! Aggregations that need all rows of a group at once.

use std::sync::Arc;

use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use super::Query;
use crate::engine;
use crate::plan::{Fused, Piece};
use crate::shuffle;

/// As Polars does it.
pub(in crate::ops) fn aggregate(rows: LazyFrame, keys: &[Expr], aggs: &[Expr]) -> LazyFrame {
    match keys.is_empty() {
        true => rows.select(aggs),
        false => rows.group_by(keys).agg(aggs),
    }
}

/// There is one partition: no need to take anything apart.
pub(super) fn one(mut pieces: Vec<Piece>, query: &Arc<Query>) -> Delayed<DataFrame> {
    let piece = pieces.remove(0);
    aggregate_piece(piece.input, piece.fused, query.clone())
}

/// The columns that are needed, brought together.
pub(super) fn gathered(pieces: Vec<Piece>, query: &Arc<Query>) -> Delayed<DataFrame> {
    aggregate_all(pieces.into_iter().map(Piece::task).collect::<Vec<_>>(), query.clone())
}

/// The rows shuffled by key, so that each group is whole.
pub(super) fn shuffled(
    pieces: Vec<Piece>,
    query: &Arc<Query>,
    outputs: usize,
) -> Vec<Delayed<DataFrame>> {
    let n = if outputs == 1 { pieces.len() } else { outputs };
    let buckets = shuffle::by_hash(pieces, &query.keys, n, &query.input);
    let nothing = Piece::made(buckets[0].clone()).fused;
    let groups: Vec<_> = buckets
        .into_iter()
        .map(|bucket| aggregate_piece(Some(bucket), nothing.clone(), query.clone()))
        .collect();
    if outputs == 1 { vec![super::super::concat::into_one(groups)] } else { groups }
}

#[delayed(name = "aggregate", fallible)]
fn aggregate_piece(
    input: Option<DataFrame>,
    fused: Fused,
    query: Arc<Query>,
) -> PolarsResult<DataFrame> {
    fused.collect(input, |rows| aggregate(rows, &query.keys, &query.aggs))
}

#[delayed(name = "aggregate", fallible)]
fn aggregate_all(partitions: Vec<DataFrame>, query: Arc<Query>) -> PolarsResult<DataFrame> {
    let rows = engine::concat(partitions)?.lazy();
    engine::collect(aggregate(rows, &query.keys, &query.aggs))
}
