//! [`Buckets`]: where the rows of a shuffle wait.

use std::cmp::Reverse;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lazy_runtime::HeapSize;
use polars::prelude::{DataFrame, PolarsResult};

use super::disk::{Disk, Stretch};
use super::own::with_own_strings;
use super::space::Space;
use crate::engine;

/// The buckets of one shuffle in one run. Tasks push pieces from any thread, in any order; once all are in, a bucket is
/// taken, which empties it.
///
/// When the rows take more than their share of the memory, those of the largest buckets go to disk.
pub(crate) struct Buckets {
    buckets: Mutex<Vec<Bucket>>,
    space: Space,
    disk: Disk,
}

#[derive(Default)]
struct Bucket {
    held: Vec<Part>,
    /// Of what is held.
    bytes: usize,
    written: Vec<Written>,
}

/// What a bucket has of a partition.
struct Part {
    partition: usize,
    rows: DataFrame,
}

/// Parts of a bucket that are on disk one below the other.
struct Written {
    stretch: Stretch,
    /// From which partition they are, and how many rows each has.
    parts: Vec<(usize, usize)>,
}

impl Buckets {
    pub(crate) fn new(n: usize) -> Self {
        let buckets = (0..n).map(|_| Bucket::default()).collect();
        Buckets { buckets: Mutex::new(buckets), space: Space::current(), disk: Disk::default() }
    }

    /// The pieces of a partition, one a bucket.
    pub(crate) fn push(&self, partition: usize, mut pieces: Vec<DataFrame>) -> PolarsResult<()> {
        if self.space.is_limited() {
            pieces = pieces.into_iter().map(with_own_strings).collect::<PolarsResult<_>>()?;
        }
        self.hold(partition, pieces);
        self.count();
        let leaving = self.leaving();
        if leaving.is_empty() {
            return Ok(());
        }
        for (i, parts) in leaving {
            let written = self.write(parts)?;
            self.lock()[i].written.push(written);
        }
        self.count();
        Ok(())
    }

    /// The rows of a bucket, in the order of their partitions; `None` if there are none.
    pub(crate) fn take(&self, i: usize) -> PolarsResult<Option<DataFrame>> {
        let Bucket { held, written, .. } = std::mem::take(&mut self.lock()[i]);
        let mut parts = held;
        for written in written {
            let rows = self.disk.read(&written.stretch)?;
            let mut offset = 0;
            for (partition, height) in written.parts {
                parts.push(Part { partition, rows: rows.slice(offset as i64, height) });
                offset += height;
            }
        }
        self.count();
        if parts.is_empty() {
            return Ok(None);
        }
        together(parts).map(Some)
    }

    fn hold(&self, partition: usize, pieces: Vec<DataFrame>) {
        let mut buckets = self.lock();
        debug_assert_eq!(buckets.len(), pieces.len(), "a piece for each bucket");
        for (bucket, rows) in buckets.iter_mut().zip(pieces) {
            if rows.height() > 0 {
                bucket.bytes += rows.heap_size();
                bucket.held.push(Part { partition, rows });
            }
        }
    }

    /// Takes from memory what has no room in it: the parts of the largest buckets.
    fn leaving(&self) -> Vec<(usize, Vec<Part>)> {
        let mut buckets = self.lock();
        let excess = self.space.excess(bytes(&buckets));
        largest(&buckets, excess).into_iter().map(|i| (i, buckets[i].leave())).collect()
    }

    /// What waits counts until it leaves.
    fn count(&self) {
        self.space.count(|| bytes(&self.lock()));
    }

    fn write(&self, mut parts: Vec<Part>) -> PolarsResult<Written> {
        parts.sort_by_key(|part| part.partition);
        let heights = parts.iter().map(|part| (part.partition, part.rows.height())).collect();
        let rows = engine::concat(parts.into_iter().map(|part| part.rows).collect())?;
        Ok(Written { stretch: self.disk.write(&self.space, rows)?, parts: heights })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn leave(&mut self) -> Vec<Part> {
        self.bytes = 0;
        std::mem::take(&mut self.held)
    }
}

fn bytes(buckets: &[Bucket]) -> usize {
    buckets.iter().map(|bucket| bucket.bytes).sum()
}

/// The fewest buckets that hold so many bytes together.
fn largest(buckets: &[Bucket], bytes: usize) -> Vec<usize> {
    if bytes == 0 {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..buckets.len()).filter(|i| buckets[*i].bytes > 0).collect();
    order.sort_by_key(|i| Reverse(buckets[*i].bytes));
    let mut left = bytes;
    let enough = order.iter().position(|i| {
        left = left.saturating_sub(buckets[*i].bytes);
        left == 0
    });
    order.truncate(enough.map_or(order.len(), |last| last + 1));
    order
}

/// Chunks shorter than this cost more to pass over than to copy into one.
const SHORT: usize = 1 << 14;

fn together(mut parts: Vec<Part>) -> PolarsResult<DataFrame> {
    parts.sort_by_key(|part| part.partition);
    let n = parts.len();
    let mut rows = engine::concat(parts.into_iter().map(|part| part.rows).collect())?;
    if n > 1 && rows.height() / n < SHORT {
        rows = engine::alone(move || {
            rows.rechunk_mut();
            rows
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use lazy_runtime::{Runtime, RuntimeBuilder, Scratch};
    use polars::prelude::{DataType, NamedFrom, Series, df};

    use super::*;

    /// A piece a bucket: 3 buckets, 6 partitions of 5 rows or none.
    fn pieces(partition: usize) -> Vec<DataFrame> {
        let piece = |bucket: usize| {
            let id: Vec<u64> = (0..5).map(|row| partition as u64 * 100 + row).collect();
            let name = |id: &u64| (id % 3 == 1).then(|| format!("{bucket}: a long name, {id}"));
            let names: Vec<_> = id.iter().map(name).collect();
            let list = vec![Series::new("".into(), [1.5, f64::NAN]); 5];
            let day = Series::new("day".into(), [7; 5]).cast(&DataType::Date).unwrap();
            let rows = df!["id" => id, "name" => names, "list" => list, "day" => day].unwrap();
            rows.slice(0, if (partition + bucket) % 4 == 3 { 0 } else { 5 })
        };
        (0..3).map(piece).collect()
    }

    fn runtime(limit: Option<usize>) -> Runtime {
        let builder = Runtime::builder().num_threads(1);
        let builder = limit.into_iter().fold(builder, RuntimeBuilder::memory_limit);
        builder.build().unwrap()
    }

    /// The runtime counts what is held as long as it lives.
    fn filled(runtime: &Runtime) -> Buckets {
        let buckets = runtime.install(|| Buckets::new(3));
        for partition in [4, 0, 5, 2, 1, 3] {
            buckets.push(partition, pieces(partition)).unwrap();
        }
        buckets
    }

    #[test]
    fn rows_come_in_the_order_of_their_partitions() {
        let runtime = runtime(None);
        let buckets = filled(&runtime);
        for bucket in 0..3 {
            let all = (0..6).map(|partition| pieces(partition).remove(bucket)).collect();
            let expected = engine::concat(all).unwrap();
            assert!(buckets.take(bucket).unwrap().unwrap().equals_missing(&expected));
        }
    }

    #[test]
    fn rows_that_went_to_disk_are_the_same() {
        for limit in [1, 2_000, 6_000] {
            let (limited, free) = (runtime(Some(limit)), runtime(None));
            let (small, large) = (filled(&limited), filled(&free));
            assert!(small.lock().iter().any(|bucket| !bucket.written.is_empty()), "{limit}");
            for bucket in 0..3 {
                let (small, large) = (small.take(bucket).unwrap(), large.take(bucket).unwrap());
                assert!(small.unwrap().equals_missing(&large.unwrap()), "{limit}");
            }
        }
    }

    #[test]
    fn what_is_held_stays_within_a_quarter_of_the_limit_and_counts() {
        let runtime = runtime(Some(6_000));
        let room = || runtime.install(Scratch::current).room().unwrap();
        let buckets = filled(&runtime);
        let held = bytes(&buckets.lock());
        assert!(held > 0 && held <= 1_500, "{held}");
        assert_eq!(room(), 6_000 - held);
        (0..3).for_each(|i| drop(buckets.take(i).unwrap()));
        assert_eq!(room(), 6_000);
    }

    #[test]
    fn a_taken_bucket_is_empty() {
        let runtime = runtime(Some(2_000));
        let buckets = filled(&runtime);
        assert!(buckets.take(1).unwrap().is_some());
        assert!(buckets.take(1).unwrap().is_none());
    }
}
