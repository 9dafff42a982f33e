//! Groups merged, or shuffled: decided while it runs.
//!
//! Some rows of the first partitions tell how many groups there are (`seen`). Where a task's share would have more groups than a tenth of its rows,
//! merging would do most of the work again, on one thread in the end; then partitions are split by key as they are, and each bucket is
//! aggregated once. Whatever was aggregated before goes into the buckets too. The last task of the tree computes the buckets, in tasks of their own.
//! As nobody knows the number of groups before, this is what makes both few groups and many fast.
//!
//! Where partitions are in memory, or can be read bit by bit, a task has several of them, and Polars streams them if groups are few: that is faster than one
//! partition at a time.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use lazy_runtime::prelude::*;
use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use super::Query;
use super::seen::{Choice, Sample, Seen, are_many};
use super::tree::FAN_IN;
use crate::engine;
use crate::plan::{Fused, Piece};
use crate::shuffle::{self, Buckets};

/// What the tasks of a run know of each other.
struct Groups {
    seen: Seen,
    /// Which of the keys tell the bucket, as soon as there are buckets.
    by: OnceLock<Vec<usize>>,
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
    let mut level = Vec::new();
    let mut first = 0;
    for some in together(pieces) {
        let n = some.len();
        let (inputs, fused): (Vec<_>, Vec<_>) =
            some.into_iter().map(|piece| (piece.input, piece.fused)).unzip();
        let inputs: Vec<_> = inputs.into_iter().flatten().collect();
        level.push(partial(&groups, inputs, fused, query.clone(), first));
        first += n;
    }
    while level.len() > FAN_IN {
        level = level.chunks(FAN_IN).map(|some| merge(some.to_vec(), query.clone())).collect();
    }
    finish(&groups, level, query.clone())
}

/// Neighbours that one task may be given, a task's worth each.
fn together(pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let mut all: Vec<Vec<Piece>> = Vec::new();
    for piece in pieces {
        let streams = piece.fused.streams();
        match all.last_mut() {
            Some(some) if streams && some.len() < FAN_IN && some[0].fused.streams() => {
                some.push(piece);
            }
            _ => all.push(vec![piece]),
        }
    }
    all
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
        seen: Seen::default(),
        by: OnceLock::new(),
        rows: Buckets::new(n_buckets),
        partials: Buckets::new(n_buckets),
        n_buckets,
    })
}

/// Of neighbouring partitions, the first of which is the `first`. `inputs` are those of the ones that read no source.
#[delayed(name = "group-by-partial", fallible)]
fn partial(
    groups: &Arc<Groups>,
    inputs: Vec<DataFrame>,
    fused: Vec<Fused>,
    query: Arc<Query>,
    first: usize,
) -> PolarsResult<DataFrame> {
    let mut inputs = inputs.into_iter();
    let mut left: VecDeque<_> = fused
        .into_iter()
        .map(|fused| (if fused.reads() { None } else { inputs.next() }, fused))
        .enumerate()
        .map(|(i, (input, fused))| Partition { index: first + i, input, fused })
        .collect();
    let mut made = Vec::new();
    while let Some(partition) = left.pop_front() {
        match groups.seen.choice() {
            Choice::Unknown => {
                if let Some(rows) = groups.look(partition, left.len() + 1, &query)? {
                    left.push_front(rows);
                }
            }
            Choice::Shuffle => groups.shuffle(partition, &query)?,
            Choice::Merge => {
                left.push_front(partition);
                let merged = merge_all(left.drain(..).collect(), &query)?;
                groups.seen.more(merged.height());
                made.push(merged);
            }
        }
    }
    match made.is_empty() {
        true => Ok(crate::plan::empty(&query.state)),
        false => query.merged(made),
    }
}

/// The state of all rows of some partitions. Which of them an error is about is told by doing one after the other.
fn merge_all(partitions: Vec<Partition>, query: &Query) -> PolarsResult<DataFrame> {
    if partitions.len() > 1 {
        let rows = partitions.iter().map(|p| p.fused.rows(p.input.clone()));
        let all = rows.collect::<PolarsResult<Vec<_>>>().and_then(engine::union);
        if let Ok(merged) = all.and_then(|rows| engine::stream(query.partial(rows))) {
            return Ok(merged);
        }
    }
    let each = partitions.into_iter().map(|p| p.fused.collect(p.input, |rows| query.partial(rows)));
    query.merged(each.collect::<PolarsResult<_>>()?)
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
    if !matches!(groups.seen.choice(), Choice::Shuffle) {
        return Ok(query.result(partials)?);
    }
    let merged = query.merged(partials)?;
    if merged.height() > 0 {
        groups.keep_partial(merged, &query, usize::MAX)?;
    }
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
        None => {
            let n = rows.height();
            engine::grouped(super::whole::aggregate(rows.lazy(), &query.keys, &query.aggs), n)
        }
        Some(partials) => {
            let n = rows.height();
            let rest = engine::grouped(query.partial(rows.lazy()), n)?;
            query.finished(query.merged(vec![partials, rest])?)
        }
    }
}

/// A partition that is not made yet.
struct Partition {
    index: usize,
    input: Option<DataFrame>,
    fused: Fused,
}

impl Groups {
    /// Makes a partition, the first of as many as are `left`, and chooses by its rows, if there are any.
    fn look(
        &self,
        partition: Partition,
        left: usize,
        query: &Query,
    ) -> PolarsResult<Option<Partition>> {
        let rows = partition.fused.collect(partition.input, |rows| rows)?;
        if rows.height() == 0 {
            return Ok(None);
        }
        let (sample, of) = (Sample::of(&rows, &query.keys)?, rows.height() * left);
        let groups = sample.groups_of(of);
        if self.n_buckets > 1 && are_many(groups, of, &query.state) {
            let by = sample.spread(self.n_buckets)?;
            self.by.get_or_init(|| by);
            self.seen.many();
        } else {
            self.seen.few(groups);
        }
        Ok(Some(Partition { index: partition.index, input: Some(rows), fused: Fused::nothing() }))
    }

    fn shuffle(&self, partition: Partition, query: &Query) -> PolarsResult<()> {
        let rows = partition.fused.collect(partition.input, |rows| rows)?;
        let keys: Vec<_> = self.by().iter().map(|i| query.keys[*i].clone()).collect();
        self.rows.push(partition.index, shuffle::pieces_by_hash(rows, &keys, self.n_buckets)?)
    }

    fn keep_partial(
        &self,
        partial: DataFrame,
        query: &Query,
        partition: usize,
    ) -> PolarsResult<()> {
        let keys: Vec<_> = self.by().iter().map(|i| col(query.key_names[*i].clone())).collect();
        self.partials.push(partition, shuffle::pieces_by_hash(partial, &keys, self.n_buckets)?)
    }

    fn by(&self) -> &[usize] {
        self.by.get().expect("who chooses to shuffle has said by which keys")
    }
}
