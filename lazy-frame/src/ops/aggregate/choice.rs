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
use crate::engine;
use crate::ops::tree;
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

/// How many partitions a task is given at most, where Polars streams them.
const STREAMED: usize = 32;

/// Into one partition.
pub(super) fn reduce(pieces: Vec<Piece>, query: &Arc<Query>) -> Delayed<DataFrame> {
    if query.is_ordered {
        return super::tree::reduce(pieces, query);
    }
    let groups = begin(pieces.len());
    let mut shares = shares(pieces);
    if shares.len() == 1 {
        let (inputs, fused, _) = shares.remove(0);
        return at_once(&groups, inputs, fused, query.clone());
    }
    let partial = |(inputs, fused, first)| partial(&groups, inputs, fused, query.clone(), first);
    let partials = shares.into_iter().map(partial).collect();
    let merged = tree::merged(partials, |some| merge(some, query.clone()));
    finish(&groups, merged, query.clone())
}

/// What a task is given: the inputs of the pieces that have one, what is done for each piece, and which partition the first one is.
type Share = (Vec<Delayed<DataFrame>>, Vec<Fused>, usize);

fn shares(pieces: Vec<Piece>) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    for (i, Piece { input, fused }) in pieces.into_iter().enumerate() {
        match shares.last_mut() {
            Some((inputs, some, _))
                if fused.streams() && some.len() < STREAMED && some[0].streams() =>
            {
                inputs.extend(input);
                some.push(fused);
            }
            _ => shares.push((input.into_iter().collect(), vec![fused], i)),
        }
    }
    shares
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

/// All partitions.
#[delayed(name = "group-by", fallible)]
fn at_once(
    groups: &Arc<Groups>,
    inputs: Vec<DataFrame>,
    fused: Vec<Fused>,
    query: Arc<Query>,
) -> Outcome<DataFrame> {
    let mut partitions = Partitions::new(inputs, fused, 0);
    match groups.choose(&mut partitions, &query)? {
        Choice::Unknown => Ok(query.finished(crate::plan::empty(&query.state))?),
        Choice::Merge => match partitions.stream(|rows| query.streamed(rows)) {
            Some(result) => Ok(result),
            None => Ok(query.result(partitions.one_by_one(|rows| query.partial(rows))?)?),
        },
        Choice::Shuffle => {
            groups.shuffle(partitions, &query)?;
            groups.buckets(&query)
        }
    }
}

/// Neighbouring partitions, the first of which is the `first`.
#[delayed(name = "group-by-partial", fallible)]
fn partial(
    groups: &Arc<Groups>,
    inputs: Vec<DataFrame>,
    fused: Vec<Fused>,
    query: Arc<Query>,
    first: usize,
) -> Outcome<DataFrame> {
    let mut partitions = Partitions::new(inputs, fused, first);
    match groups.choose(&mut partitions, &query)? {
        Choice::Merge => {
            let merged = match partitions.stream(|rows| query.partial(rows)) {
                Some(merged) => merged,
                None => query.merged(partitions.one_by_one(|rows| query.partial(rows))?)?,
            };
            groups.seen.more(merged.height());
            return Ok(merged);
        }
        Choice::Shuffle => groups.shuffle(partitions, &query)?,
        Choice::Unknown => {}
    }
    Ok(crate::plan::empty(&query.state))
}

#[delayed(name = "group-by-split", fallible)]
fn split(groups: Arc<Groups>, partition: Partition, query: Arc<Query>) -> PolarsResult<()> {
    let Partition { index, input, fused } = partition;
    let rows = fused.collect(input, |rows| rows)?;
    let keys: Vec<_> = groups.by().iter().map(|i| query.keys[*i].clone()).collect();
    groups.rows.push(index, shuffle::pieces_by_hash(rows, &keys, groups.n_buckets)?)
}

#[delayed(name = "group-by-merge", fallible)]
fn merge(partials: Vec<DataFrame>, query: Arc<Query>) -> PolarsResult<DataFrame> {
    query.merged(partials)
}

#[delayed(name = "group-by", fallible)]
fn finish(groups: &Arc<Groups>, partials: Vec<DataFrame>, query: Arc<Query>) -> Outcome<DataFrame> {
    if !matches!(groups.seen.choice(), Choice::Shuffle) {
        return Ok(query.result(partials)?);
    }
    let merged = query.merged(partials)?;
    if merged.height() > 0 {
        groups.keep_partial(merged, &query)?;
    }
    groups.buckets(&query)
}

#[delayed(name = "group-by-bucket", fallible)]
fn bucket(groups: Arc<Groups>, bucket: usize, query: Arc<Query>) -> PolarsResult<DataFrame> {
    let partials = groups.partials.take(bucket)?;
    let Some(rows) = groups.rows.take(bucket)? else {
        let partials = partials.unwrap_or_else(|| crate::plan::empty(&query.state));
        return query.finished(query.merged_again(partials)?);
    };
    match partials {
        None if query.is_plain => {
            let n = rows.height();
            engine::grouped(query.whole(rows.lazy()), n)
        }
        None => engine::collect(query.whole(rows.lazy())),
        Some(partials) => {
            let n = rows.height();
            let rest = engine::grouped(query.partial(rows.lazy()), n)?;
            query.finished(query.merged(vec![partials, rest])?)
        }
    }
}

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl Groups {
    /// Makes the first partition, if nobody has chosen, and chooses by its rows. Partitions without rows tell nothing and are dropped.
    fn choose(&self, partitions: &mut Partitions, query: &Query) -> PolarsResult<Choice> {
        loop {
            let choice = self.seen.choice();
            let Some(first) = partitions.0.pop_front() else { return Ok(Choice::Unknown) };
            if !matches!(choice, Choice::Unknown) {
                partitions.0.push_front(first);
                // Not looked up again: whoever sees more groups than expected may have taken it back meanwhile.
                return Ok(choice);
            }
            let rows = first.fused.collect(first.input, |rows| rows)?;
            if rows.height() == 0 {
                continue;
            }
            let of = rows.height() * (partitions.0.len() + 1);
            let (some, keys) = (rows.clone(), query.keys.clone());
            let sample = engine::alone(move || Sample::of(&some, &keys))?;
            let groups = sample.groups_of(of);
            if self.n_buckets > 1 && are_many(groups, of, &query.state) {
                let by = sample.spread(self.n_buckets)?;
                self.by.get_or_init(|| by);
                self.seen.many();
            } else {
                self.seen.few(groups);
            }
            let (input, fused) = (Some(rows), Fused::nothing());
            partitions.0.push_front(Partition { index: first.index, input, fused });
        }
    }

    /// Each partition is split in a task of its own.
    fn shuffle(self: &Arc<Self>, partitions: Partitions, query: &Arc<Query>) -> Outcome<()> {
        let splits = partitions.0.into_iter().map(|one| split(self.clone(), one, query.clone()));
        splits.collect::<Vec<_>>().compute()?;
        Ok(())
    }

    fn buckets(self: &Arc<Self>, query: &Arc<Query>) -> Outcome<DataFrame> {
        let buckets = (0..self.n_buckets).map(|i| bucket(self.clone(), i, query.clone()));
        Ok(engine::concat(buckets.collect::<Vec<_>>().compute()?)?)
    }

    fn keep_partial(&self, partial: DataFrame, query: &Query) -> PolarsResult<()> {
        let keys: Vec<_> = self.by().iter().map(|i| col(query.key_names[*i].clone())).collect();
        self.partials.push(0, shuffle::pieces_by_hash(partial, &keys, self.n_buckets)?)
    }

    fn by(&self) -> &[usize] {
        self.by.get().expect("who chooses to shuffle has said by which keys")
    }
}

/// A partition that is not made yet.
#[derive(Clone)]
struct Partition {
    index: usize,
    input: Option<DataFrame>,
    fused: Fused,
}

/// Those that a task is given.
struct Partitions(VecDeque<Partition>);

impl Partitions {
    /// `inputs` are those of the ones that read no source.
    fn new(inputs: Vec<DataFrame>, fused: Vec<Fused>, first: usize) -> Self {
        let mut inputs = inputs.into_iter();
        let partition = |(i, fused): (usize, Fused)| {
            let input = if fused.reads() { None } else { inputs.next() };
            Partition { index: first + i, input, fused }
        };
        Partitions(fused.into_iter().enumerate().map(partition).collect())
    }

    /// What is made of the rows of all, if they are several. `None` where that fails, too: which of them an error is about is told by
    /// doing one after the other.
    fn stream(&self, then: impl FnOnce(LazyFrame) -> LazyFrame) -> Option<DataFrame> {
        if self.0.len() < 2 {
            return None;
        }
        let pieces: Vec<_> = self.0.iter().map(|p| (p.input.clone(), p.fused.clone())).collect();
        Fused::rows_of_all(&pieces).and_then(|rows| engine::stream_in_turn(then(rows))).ok()
    }

    fn one_by_one(self, then: impl Fn(LazyFrame) -> LazyFrame) -> PolarsResult<Vec<DataFrame>> {
        self.0.into_iter().map(|p| p.fused.collect(p.input, &then)).collect()
    }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::Collection;

    use super::*;
    use crate::Frame;

    /// Groups of so many rows, over partitions that tasks make, that are values, or both.
    fn check(rows: i32, per_group: i32) {
        let table = df!["k" => (0..rows).map(|i| i / per_group).collect::<Vec<i32>>()].unwrap();
        let table = table.lazy().with_columns([col("k").alias("x")]).collect().unwrap();
        let sums = |rows: Frame| {
            let groups = rows.group_by(["k"]).agg([col("x").sum(), len()]);
            groups.sort(["k"], Default::default()).compute().unwrap()
        };
        let whole = table.clone().lazy().group_by([col("k")]).agg([col("x").sum(), len()]);
        let whole = whole.sort(["k"], Default::default()).collect().unwrap();
        let values = || Frame::from_polars(table.clone(), 4);
        let made = || {
            Frame::from_delayed(values().to_delayed().unwrap(), table.schema().clone())
                .concat(&Frame::from_polars(table.clear(), 1))
        };
        for frame in [values(), made(), made().concat(&values()).filter(lit(true))] {
            let twice = frame.npartitions() > 5;
            let found = sums(frame);
            assert_eq!(found.height(), whole.height());
            for column in ["x", "len"] {
                let of = |frame: &DataFrame| {
                    let column = frame.column(column).unwrap().cast(&DataType::Int64).unwrap();
                    column.i64().unwrap().sum().unwrap_or(0)
                };
                assert_eq!(of(&found), of(&whole) * if twice { 2 } else { 1 });
            }
        }
    }

    #[test]
    fn no_row_is_lost_whether_groups_are_few_or_many() {
        check(0, 1);
        check(40, 10);
        check(40_000, 2);
    }

    #[test]
    fn what_is_merged_several_times_has_all_rows() {
        let table = df!["k" => (0..150).map(|i| i % 3).collect::<Vec<i32>>(), "x" => (0..150).collect::<Vec<i32>>()];
        let table = table.unwrap();
        let pieces = (0..75).map(|i| lazy_runtime::delayed(table.slice(2 * i, 2)));
        let frame = Frame::from_delayed(pieces.collect(), table.schema().clone());
        let aggs = || [col("x").sum(), col("x").first().alias("first"), len()];
        let whole = table.clone().lazy().select(aggs()).collect().unwrap();
        assert_eq!(frame.select(aggs()).compute().unwrap(), whole);
        let groups = frame.group_by(["k"]).agg(aggs()).sort(["k"], Default::default());
        let whole = table.lazy().group_by([col("k")]).agg(aggs()).sort(["k"], Default::default());
        assert_eq!(groups.compute().unwrap(), whole.collect().unwrap());
    }
}
