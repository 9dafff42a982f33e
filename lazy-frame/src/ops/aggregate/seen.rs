//! How many groups there are, as some rows tell.

use std::sync::atomic::{AtomicUsize, Ordering};

use polars::prelude::*;

use crate::engine;

/// Rows are shuffled rather than merged when a task has more groups than one of so many rows ..
const MANY: usize = 10;
const MANY_LISTS: usize = 1000;
/// .. and more than this: small ones are merged at once.
const FEW: usize = 4096;

/// How many rows are looked at.
const SAMPLED: usize = 1 << 14;

/// The keys of some rows of a partition.
pub(super) struct Sample {
    keys: DataFrame,
    groups: usize,
}

impl Sample {
    /// Of rows from all over the partition: where it is sorted by key, the first ones would look like few groups.
    pub(super) fn of(rows: &DataFrame, keys: &[Expr]) -> PolarsResult<Self> {
        let every = rows.height().div_ceil(SAMPLED).max(1);
        let places = (0..rows.height() as IdxSize).step_by(every).collect();
        let some = rows.take(&IdxCa::from_vec(PlSmallStr::EMPTY, places))?;
        let named = |(i, key): (usize, &Expr)| (key.clone().alias(name(i)), col(name(i)));
        let (keys, names): (Vec<_>, Vec<_>) = keys.iter().enumerate().map(named).unzip();
        let keys = engine::collect(some.lazy().with_columns(keys).select(names))?;
        let groups = sizes(&keys, all().as_expr())?.height();
        Ok(Sample { keys, groups })
    }

    /// How many groups so many rows have.
    pub(super) fn groups_of(&self, rows: usize) -> usize {
        expected(self.groups, self.keys.height(), rows)
    }

    /// Those of the keys whose hash is to tell the bucket of a row: one is enough where it has many values, and none in very many rows.
    pub(super) fn spread(&self, n_buckets: usize) -> PolarsResult<Vec<usize>> {
        let keys = 0..self.keys.width();
        if keys.len() > 1 {
            for i in keys.clone() {
                let sizes = sizes(&self.keys, col(name(i)))?;
                let largest = sizes.column("len")?.as_materialized_series().max::<usize>()?;
                let even = self.keys.height() / n_buckets;
                if sizes.height() > EACH * n_buckets && largest.unwrap_or(0) < even / 4 {
                    return Ok(vec![i]);
                }
            }
        }
        Ok(keys.collect())
    }
}

/// With so many values a bucket, buckets are about as large as each other.
const EACH: usize = 64;

fn name(key: usize) -> String {
    format!("key{key}")
}

/// How many rows each group has, in a column `len`.
fn sizes(keys: &DataFrame, by: Expr) -> PolarsResult<DataFrame> {
    engine::collect(keys.clone().lazy().group_by([by]).agg([len()]))
}

/// Whether so many groups of so many rows are many. Lists take longer to merge than numbers.
pub(super) fn are_many(groups: usize, rows: usize, state: &Schema) -> bool {
    let share = if state.iter_values().any(DataType::is_list) { MANY_LISTS } else { MANY };
    groups >= FEW.max(rows / share)
}

/// How many groups `of` so many rows there will be, where `rows` have `groups`: those of draws from groups that are equally likely.
fn expected(groups: usize, rows: usize, of: usize) -> usize {
    if groups == rows {
        return of;
    }
    // Of k groups, k (1 - exp(-n / k)) are seen in n rows: more, the more there are.
    let seen = |all: f64, n: usize| -all * (-(n as f64) / all).exp_m1();
    let (mut low, mut high) = (groups as f64, of as f64);
    while high > low * 1.001 {
        let middle = (low * high).sqrt();
        match seen(middle, rows) < groups as f64 {
            true => low = middle,
            false => high = middle,
        }
    }
    seen(low, of) as usize
}

/// How many groups a task is expected to have: the most seen, or [`Seen::MANY`].
#[derive(Default)]
pub(super) struct Seen(AtomicUsize);

#[derive(Clone, Copy)]
pub(super) enum Choice {
    Unknown,
    Merge,
    Shuffle,
}

impl Seen {
    const MANY: usize = usize::MAX;

    pub(super) fn choice(&self) -> Choice {
        match self.0.load(Ordering::Acquire) {
            0 => Choice::Unknown,
            Seen::MANY => Choice::Shuffle,
            _ => Choice::Merge,
        }
    }

    /// One that has many is enough.
    pub(super) fn few(&self, groups: usize) {
        self.0.fetch_max(groups.max(1), Ordering::Release);
    }

    pub(super) fn many(&self) {
        self.0.store(Seen::MANY, Ordering::Release);
    }

    /// What several partitions gave: where these are many more groups than expected, the next partition is looked at again.
    pub(super) fn more(&self, groups: usize) {
        let before = self.0.load(Ordering::Relaxed);
        if groups > FEW.max(before.saturating_mul(2)) {
            let _ = self.0.compare_exchange(before, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_of_more_rows_are_expected_from_some() {
        assert_eq!(expected(26, 86_400, 700_000), 26);
        assert_eq!(expected(1000, 1000, 8000), 8000);
        assert_eq!(expected(0, 0, 0), 0);
        // Of 100,000, 99,326 are seen in 500,000 rows, 39,347 in 50,000, and 98,168 in 400,000.
        assert!((99_800..=100_200).contains(&expected(99_326, 500_000, 4_000_000)));
        assert!((97_900..=98_400).contains(&expected(39_347, 50_000, 400_000)));
        // Of 2,000,000, 16,317 in 16,384, and 1,998,000 in 14,000,000.
        assert!((1_950_000..=2_050_000).contains(&expected(16_317, 16_384, 14_000_000)));
    }

    #[test]
    fn groups_are_told_from_sorted_rows_as_well() {
        let rows = df!["k" => (0..200_000).map(|i| i / 10).collect::<Vec<i32>>()].unwrap();
        let sample = Sample::of(&rows, &[col("k")]).unwrap();
        assert!(are_many(sample.groups_of(rows.height()), rows.height(), &Schema::default()));
        let sample = Sample::of(&rows, &[col("k") / lit(1000)]).unwrap();
        assert_eq!(sample.groups_of(rows.height()), 20);
    }

    #[test]
    fn one_key_tells_the_bucket_if_it_has_many_values() {
        let n = 2000;
        let rows = df![
            "few" => (0..n).map(|i| i % 7).collect::<Vec<i32>>(),
            "one" => (0..n).map(|i| if i % 2 == 0 { 0 } else { i }).collect::<Vec<i32>>(),
            "many" => (0..n).collect::<Vec<i32>>()
        ]
        .unwrap();
        let by = |keys: &[&str]| {
            let keys: Vec<_> = keys.iter().map(|key| col(*key)).collect();
            Sample::of(&rows, &keys).unwrap().spread(4).unwrap()
        };
        assert_eq!(by(&["few", "one", "many"]), [2]);
        assert_eq!(by(&["few", "one"]), [0, 1]);
        assert_eq!(by(&["few"]), [0]);
        let same = Sample::of(&rows, &[lit(1), col("few")]).unwrap();
        assert_eq!((same.groups, same.keys.height()), (7, n as usize));
    }
}
