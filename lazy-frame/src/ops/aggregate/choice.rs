//! Groups merged, or shuffled: decided while it runs.
//!
//! Each partition is aggregated by itself. Where that leaves more than a tenth of its rows, merging would do most of the work again, on one
//! thread in the end; from then on partitions are split by key as they are, and each bucket is aggregated once. Whatever was aggregated before
//! goes into the buckets too. The last task of the tree computes the buckets, in tasks of their own. As nobody knows the number of groups
//! before, this is what makes both few groups and many fast.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lazy_runtime::prelude::*;
use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use super::Query;
use super::tree::FAN_IN;
use crate::engine;
use crate::plan::{Fused, Piece};
use crate::shuffle::{self, Buckets};

/// A partition is shuffled rather than merged when it has more groups than this share of its rows ..
const MANY: usize = 10;
/// .. and more than this: small ones are merged at once.
const FEW: usize = 4096;

/// What the tasks of a run know of each other.
struct Groups {
    is_shuffled: AtomicBool,
    /// Rows as they are.
    rows: Buckets,
    /// What partitions gave that were aggregated.
    partials: Buckets,
    n_buckets: usize,
}

/// Into one partition.
pub(super) fn reduce(pieces: Vec<Piece>, query: &Arc<Query>) -> Delayed<DataFrame> {
    if query.is_ordered {
        return super::tree::reduce(pieces, query);
    }
    let groups = begin(pieces.len());
    let partial =
        |(i, piece): (usize, Piece)| partial(&groups, piece.input, piece.fused, query.clone(), i);
    let mut level: Vec<_> = pieces.into_iter().enumerate().map(partial).collect();
    while level.len() > FAN_IN {
        level = level.chunks(FAN_IN).map(|some| merge(some.to_vec(), query.clone())).collect();
    }
    finish(&groups, level, query.clone())
}

/// Into several partitions, each of which has some of the groups.
pub(super) fn into_buckets(
    pieces: Vec<Piece>,
    query: &Arc<Query>,
    outputs: usize,
) -> Vec<Delayed<DataFrame>> {
    let partials = pieces
        .into_iter()
        .map(|piece| Piece::made(super::tree::partial(piece.input, piece.fused, query.clone())));
    let keys: Vec<Expr> = query.key_names.iter().cloned().map(col).collect();
    let buckets = shuffle::by_hash(partials.collect(), &keys, outputs, &query.state);
    buckets.into_iter().map(|bucket| super::tree::finish_bucket(bucket, query.clone())).collect()
}

#[delayed(name = "group-by-begin")]
fn begin(n_buckets: usize) -> Arc<Groups> {
    Arc::new(Groups {
        is_shuffled: AtomicBool::new(false),
        rows: Buckets::new(n_buckets),
        partials: Buckets::new(n_buckets),
        n_buckets,
    })
}

#[delayed(name = "group-by-partial", fallible)]
fn partial(
    groups: &Arc<Groups>,
    input: Option<DataFrame>,
    fused: Fused,
    query: Arc<Query>,
    partition: usize,
) -> PolarsResult<DataFrame> {
    let rows = fused.collect(input, |rows| rows)?;
    if !groups.is_shuffled.load(Ordering::Relaxed) {
        let partial = engine::collect(query.partial(rows.clone().lazy()))?;
        if partial.height() < FEW.max(rows.height() / MANY) || groups.n_buckets < 2 {
            return Ok(partial);
        }
        groups.is_shuffled.store(true, Ordering::Relaxed);
        let nothing = partial.clear();
        groups.keep_partial(partial, &query, partition)?;
        return Ok(nothing);
    }
    let nothing = rows.clear();
    groups.rows.push(partition, shuffle::pieces_by_hash(rows, &query.keys, groups.n_buckets)?)?;
    engine::collect(query.partial(nothing.lazy()))
}

#[delayed(name = "group-by-merge", fallible)]
fn merge(partials: Vec<DataFrame>, query: Arc<Query>) -> PolarsResult<DataFrame> {
    query.merged(partials)
}

#[delayed(name = "group-by")]
fn finish(
    groups: &Arc<Groups>,
    partials: Vec<DataFrame>,
    query: Arc<Query>,
) -> Result<DataFrame, Box<dyn std::error::Error + Send + Sync>> {
    let merged = query.merged(partials)?;
    if !groups.is_shuffled.load(Ordering::Relaxed) {
        return Ok(query.finished(merged)?);
    }
    groups.keep_partial(merged, &query, usize::MAX)?;
    let buckets = (0..groups.n_buckets).map(|i| bucket(groups.clone(), i, query.clone()));
    Ok(engine::concat(buckets.collect::<Vec<_>>().compute()?)?)
}

#[delayed(name = "group-by-bucket", fallible)]
fn bucket(groups: Arc<Groups>, bucket: usize, query: Arc<Query>) -> PolarsResult<DataFrame> {
    let partials = groups.partials.take(bucket)?;
    let Some(rows) = groups.rows.take(bucket)? else {
        let partials = partials.unwrap_or_else(|| crate::plan::empty(&query.state));
        return query.finished(query.merged_again(partials)?);
    };
    match partials {
        None => engine::collect(super::whole::aggregate(rows.lazy(), &query.keys, &query.aggs)),
        Some(partials) => {
            let rest = engine::collect(query.partial(rows.lazy()))?;
            query.finished(query.merged(vec![partials, rest])?)
        }
    }
}

impl Groups {
    fn keep_partial(
        &self,
        partial: DataFrame,
        query: &Query,
        partition: usize,
    ) -> PolarsResult<()> {
        let keys: Vec<_> = query.key_names.iter().cloned().map(col).collect();
        self.partials.push(partition, shuffle::pieces_by_hash(partial, &keys, self.n_buckets)?)
    }
}
