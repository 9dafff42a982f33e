//! Groups merged, or shuffled: decided while it runs.
//!
//! The first partitions are aggregated by themselves. Where a task's share would still be more than a tenth of its rows, merging would do most of
//! the work again, on one thread in the end; from then on partitions are split by key as they are, and each bucket is aggregated once. Whatever
//! was aggregated before goes into the buckets too. The last task of the tree computes the buckets, in tasks of their own. As nobody knows the
//! number of groups before, this is what makes both few groups and many fast.
//!
//! Where partitions are in memory, or can be read bit by bit, a task has several of them. If groups are few, Polars streams those that are left when the
//! choice is made: it is faster than with one partition at a time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lazy_runtime::prelude::*;
use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use super::Query;
use super::tree::FAN_IN;
use crate::engine;
use crate::plan::{Fused, Piece};
use crate::shuffle::{self, Buckets};

/// Rows are shuffled rather than merged when a task has more groups than this share of its rows ..
const MANY: usize = 10;
/// .. and more than this: small ones are merged at once.
const FEW: usize = 4096;

/// What the tasks of a run know of each other.
struct Groups {
    seen: Seen,
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

/// How many groups several `times` as many rows will have, where `rows` have `groups`: those of draws from groups that are equally likely.
fn expected(groups: usize, rows: usize, times: usize) -> usize {
    if groups == rows {
        return rows * times;
    }
    let (seen, n) = (groups as f64, rows as f64);
    // With k groups in all, k (1 - exp(-n / k)) are seen. Where most rows are groups this is slow to find all, and finds many.
    let all = (0..64).fold(seen, |all, _| seen / (1.0 - (-n / all).exp()));
    (all * (1.0 - (-n * times as f64 / all).exp())) as usize
}

/// How many groups a task is expected to have: the most seen, or [`Seen::MANY`].
#[derive(Default)]
struct Seen(AtomicUsize);

#[derive(Clone, Copy)]
enum Choice {
    Unknown,
    Merge,
    Shuffle,
}

impl Seen {
    const MANY: usize = usize::MAX;

    fn choice(&self) -> Choice {
        match self.0.load(Ordering::Relaxed) {
            0 => Choice::Unknown,
            Seen::MANY => Choice::Shuffle,
            _ => Choice::Merge,
        }
    }

    /// One that has many is enough.
    fn few(&self, groups: usize) {
        self.0.fetch_max(groups.max(1), Ordering::Relaxed);
    }

    fn many(&self) {
        self.0.store(Seen::MANY, Ordering::Relaxed);
    }

    /// What several partitions gave: where these are many more groups than expected, the next partition is looked at by itself again.
    fn more(&self, groups: usize) {
        let before = self.0.load(Ordering::Relaxed);
        if groups > FEW.max(before.saturating_mul(2)) {
            let _ = self.0.compare_exchange(before, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}

#[delayed(name = "group-by-begin")]
fn begin(n_buckets: usize) -> Arc<Groups> {
    Arc::new(Groups {
        seen: Seen::default(),
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
                made.extend(groups.choose(partition, left.len() + 1, &query)?);
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
    groups.keep_partial(query.merged(partials)?, &query, usize::MAX)?;
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

/// A partition that is not made yet.
struct Partition {
    index: usize,
    input: Option<DataFrame>,
    fused: Fused,
}

impl Groups {
    /// Aggregates a partition, the first of as many as are `left`, and sees how many groups that gives. What it gives is kept here if
    /// the choice is to shuffle.
    fn choose(
        &self,
        partition: Partition,
        left: usize,
        query: &Query,
    ) -> PolarsResult<Option<DataFrame>> {
        let rows = partition.fused.collect(partition.input, |rows| rows)?;
        let n = rows.height();
        let partial = engine::collect(query.partial(rows.lazy()))?;
        let expected = expected(partial.height(), n, left);
        if self.n_buckets < 2 || expected < FEW.max(n * left / MANY) {
            if n > 0 {
                self.seen.few(expected);
            }
            return Ok(Some(partial));
        }
        self.seen.many();
        self.keep_partial(partial, query, partition.index)?;
        Ok(None)
    }

    fn shuffle(&self, partition: Partition, query: &Query) -> PolarsResult<()> {
        let rows = partition.fused.collect(partition.input, |rows| rows)?;
        let pieces = shuffle::pieces_by_hash(rows, &query.keys, self.n_buckets)?;
        self.rows.push(partition.index, pieces)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_of_more_rows_are_expected_from_some() {
        assert_eq!(expected(26, 86_400, 8), 26);
        assert_eq!(expected(1000, 1000, 8), 8000);
        assert_eq!(expected(0, 0, 8), 0);
        // Of 100,000, 99,326 are seen in 500,000 rows, 39,347 in 50,000, and 98,168 in 400,000.
        assert!((99_990..=100_010).contains(&expected(99_326, 500_000, 8)));
        assert!((98_100..=98_300).contains(&expected(39_347, 50_000, 8)));
        assert!(expected(490_000, 500_000, 8) > 1_500_000);
    }
}
