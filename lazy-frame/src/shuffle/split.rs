//! A partition is cut into a piece for each bucket.

use polars::prelude::*;

use super::bounds::{Bounds, Order};
use crate::engine;
use crate::plan::Fused;

/// What tells the bucket of a row.
pub(super) enum By<'a> {
    /// The hash of these keys.
    Hash(&'a [Expr]),
    /// Where it stands among bounds; the last is the index of the partition.
    Range(&'a Order, &'a Bounds, usize),
}

/// The rows that a task makes, in `n` pieces whose order is that of the rows.
pub(super) fn split(
    fused: &Fused,
    input: Option<DataFrame>,
    by: By<'_>,
    n: usize,
) -> PolarsResult<Vec<DataFrame>> {
    pieces(fused.collect(input, |rows| rows)?, by, n)
}

/// Rows in `n` pieces.
pub(super) fn pieces(mut rows: DataFrame, by: By<'_>, n: usize) -> PolarsResult<Vec<DataFrame>> {
    if n == 1 {
        return Ok(vec![rows]);
    }
    rows.rechunk_mut();
    let mut places = vec![Vec::new(); n];
    let buckets = match by {
        By::Hash(keys) => by_hash(&rows, keys, n)?,
        By::Range(order, bounds, partition) => bounds.places(order, &rows, partition)?,
    };
    for (row, bucket) in buckets.into_iter().enumerate() {
        places[bucket].push(row as IdxSize);
    }
    places.into_iter().map(|places| gather(&rows, places)).collect()
}

/// The bucket of each row.
fn by_hash(rows: &DataFrame, keys: &[Expr], n: usize) -> PolarsResult<Vec<usize>> {
    let keys = engine::collect(rows.clone().lazy().select(keys))?;
    let mut hashes = engine::hash_rows(&keys)?;
    if hashes.len() == 1 {
        // Keys that are the same for all rows.
        hashes.resize(rows.height(), hashes[0]);
    }
    Ok(hashes.into_iter().map(|hash| bucket(hash, n)).collect())
}

/// A hash scaled from 2^64 to `n`.
fn bucket(hash: u64, n: usize) -> usize {
    ((u128::from(hash) * n as u128) >> 64) as usize
}

fn gather(rows: &DataFrame, places: Vec<IdxSize>) -> PolarsResult<DataFrame> {
    let mut places = IdxCa::from_vec(PlSmallStr::EMPTY, places);
    places.set_sorted_flag(polars::series::IsSorted::Ascending);
    rows.take(&places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_spread_over_all_buckets() {
        for n in [1, 2, 7, 64] {
            let mut counts = vec![0; n];
            let keys = df!["k" => (0..6400_i64).collect::<Vec<_>>()].unwrap();
            for hash in engine::hash_rows(&keys).unwrap() {
                counts[bucket(hash, n)] += 1;
            }
            let even = 6400 / n;
            assert!(
                counts.iter().all(|count| *count > even / 2 && *count < even * 2),
                "{counts:?}"
            );
        }
    }

    #[test]
    fn zeros_are_equal_and_so_are_nans() {
        let keys = df!["x" => [0.0, -0.0, f64::NAN, -f64::NAN, 1.0]].unwrap();
        let hashes = engine::hash_rows(&keys).unwrap();
        assert_eq!((hashes[0], hashes[2]), (hashes[1], hashes[3]));
        assert_ne!(hashes[0], hashes[4]);
        let lists = keys.lazy().select([concat_list([col("x")]).unwrap()]).collect().unwrap();
        let hashes = engine::hash_rows(&lists).unwrap();
        assert_eq!((hashes[0], hashes[2]), (hashes[1], hashes[3]));
        assert_ne!(hashes[0], hashes[4]);
    }
}
