//! Rows move to the partition that they belong to.
//!
//! A task a partition cuts its rows into a piece for each bucket and pushes them into [`Buckets`], which the first task
//! made for this run; when all have done so, a task a bucket takes what is there. These are P + n + 2 tasks, where one
//! a pair would be P times n. Which bucket a row belongs to is told by the hash of its keys ([`by_hash`]) or by bounds
//! ([`by_range`]). Within a bucket rows stand as they did: by partition, then by row, whichever task came first.

mod bounds;
mod buckets;
mod disk;
mod own;
mod space;
mod split;

use std::sync::Arc;

use lazy_runtime::{Delayed, delayed};
use polars::prelude::{DataFrame, Expr, PolarsResult, SchemaRef};

pub(crate) use bounds::{Bounds, Order, Sample};
pub(crate) use buckets::Buckets;
use split::By;

use crate::engine;
use crate::plan::{Fused, Piece};

/// The rows of all pieces in `n` partitions, where rows with equal keys are in the same one.
///
/// Equal are nulls, NaNs, and both zeros. Keys of two shuffles go to the same partition if they are of the same types.
/// Each key needs its row alone. `schema` is that of the pieces.
pub(crate) fn by_hash(
    pieces: Vec<Piece>,
    keys: &[Expr],
    n: usize,
    schema: &SchemaRef,
) -> Vec<Delayed<DataFrame>> {
    let keys: Arc<[Expr]> = keys.into();
    through_buckets(pieces, n, schema, |buckets, partition, piece| {
        split_by_hash(buckets, piece.input, piece.fused, partition, keys.clone(), n)
    })
}

/// The rows of one partition in `n` pieces, as [`by_hash`] would cut it.
pub(crate) fn pieces_by_hash(
    rows: DataFrame,
    keys: &[Expr],
    n: usize,
) -> PolarsResult<Vec<DataFrame>> {
    let keys = keys.to_vec();
    engine::alone(move || split::pieces(rows, By::Hash(&keys), n))
}

/// The rows of all pieces in `n` partitions, cut by `n - 1` bounds: what precedes the first, then what precedes the
/// second, and so on.
pub(crate) fn by_range(
    pieces: Vec<Piece>,
    order: &Order,
    bounds: &Delayed<Bounds>,
    n: usize,
    schema: &SchemaRef,
) -> Vec<Delayed<DataFrame>> {
    through_buckets(pieces, n, schema, |buckets, partition, piece| {
        split_by_range(buckets, bounds, piece.input, piece.fused, partition, order.clone(), n)
    })
}

fn through_buckets(
    pieces: Vec<Piece>,
    n: usize,
    schema: &SchemaRef,
    split: impl Fn(&Delayed<Buckets>, usize, Piece) -> Delayed<()>,
) -> Vec<Delayed<DataFrame>> {
    let buckets = begin(n);
    let pieces = pieces.into_iter().enumerate();
    let splits: Vec<_> = pieces.map(|(i, piece)| split(&buckets, i, piece)).collect();
    let all = barrier(splits);
    (0..n).map(|i| bucket(&buckets, &all, i, schema.clone())).collect()
}

#[delayed(name = "shuffle-begin")]
fn begin(n: usize) -> Buckets {
    Buckets::new(n)
}

#[delayed(name = "shuffle-split", fallible)]
fn split_by_hash(
    buckets: &Buckets,
    input: Option<DataFrame>,
    fused: Fused,
    partition: usize,
    keys: Arc<[Expr]>,
    n: usize,
) -> PolarsResult<()> {
    let pieces = engine::alone(move || split::split(&fused, input, By::Hash(&keys), n))?;
    buckets.push(partition, pieces)
}

#[delayed(name = "shuffle-split", fallible)]
fn split_by_range(
    buckets: &Buckets,
    bounds: &Bounds,
    input: Option<DataFrame>,
    fused: Fused,
    partition: usize,
    order: Order,
    n: usize,
) -> PolarsResult<()> {
    let bounds = bounds.clone();
    let pieces = engine::alone(move || {
        split::split(&fused, input, By::Range(&order, &bounds, partition), n)
    })?;
    buckets.push(partition, pieces)
}

/// Ends when all partitions are split.
#[delayed(name = "shuffle-barrier")]
fn barrier(_: Vec<()>) {}

#[delayed(name = "shuffle-bucket", fallible)]
fn bucket(buckets: &Buckets, _: &(), i: usize, schema: SchemaRef) -> PolarsResult<DataFrame> {
    Ok(buckets.take(i)?.unwrap_or_else(|| crate::plan::empty(&schema)))
}

#[cfg(test)]
mod tests {
    use lazy_runtime::{Collection, Runtime};
    use polars::prelude::{SortMultipleOptions, col, df, lit};

    use super::*;

    fn table() -> DataFrame {
        df![
            "i" => (0..20).collect::<Vec<i32>>(),
            "x" => [0.0, -0.0, f64::NAN, -f64::NAN, 1.5].repeat(4),
            "s" => [Some("a"), None, Some("a string of more than twelve bytes"), Some("")].repeat(5)
        ]
        .unwrap()
    }

    /// Partitions of 7 rows, none, 12 rows, 1 row.
    fn pieces(table: &DataFrame) -> Vec<Piece> {
        let cuts = [(0, 7), (7, 0), (7, 12), (19, 1)];
        let cut = |(offset, rows)| Piece::made(delayed(table.slice(offset, rows)));
        cuts.map(cut).into_iter().collect()
    }

    fn of_key(buckets: &[DataFrame], key: &str) -> Vec<Vec<String>> {
        let values = |rows: &DataFrame| {
            let column = rows.column(key).unwrap().unique_stable().unwrap();
            (0..column.len()).map(|i| column.get(i).unwrap().to_string()).collect()
        };
        buckets.iter().map(values).collect()
    }

    #[test]
    fn equal_keys_meet_and_all_rows_stay_in_order() {
        let table = table();
        for keys in [vec!["x"], vec!["s"], vec!["x", "s"]] {
            let exprs: Vec<_> = keys.iter().map(|key| col(*key)).collect();
            let buckets = by_hash(pieces(&table), &exprs, 3, table.schema()).compute().unwrap();
            for bucket in &buckets {
                let order = bucket.column("i").unwrap().i32().unwrap();
                assert!(order.iter().is_sorted(), "{bucket}");
            }
            let seen: Vec<_> = of_key(&buckets, keys[0]).concat();
            if keys.len() == 1 {
                let distinct = table.column(keys[0]).unwrap().n_unique().unwrap();
                assert_eq!(seen.len(), distinct, "{keys:?}: {seen:?}");
            }
            let all = engine::concat(buckets).unwrap().sort(["i"], Default::default()).unwrap();
            assert!(all.equals_missing(&table), "{all}");
        }
    }

    #[test]
    fn keys_may_be_computed() {
        let table = table();
        let key = [col("i") % lit(2)];
        let buckets = by_hash(pieces(&table), &key, 7, table.schema()).compute().unwrap();
        let heights: Vec<_> =
            buckets.iter().map(DataFrame::height).filter(|rows| *rows > 0).collect();
        assert!(heights == [10, 10] || heights == [20], "{heights:?}");
    }

    #[test]
    fn one_value_in_all_rows_goes_to_one_bucket() {
        let table = table();
        let buckets = by_hash(pieces(&table), &[lit(1)], 3, table.schema()).compute().unwrap();
        assert_eq!(buckets.iter().filter(|bucket| bucket.height() > 0).count(), 1);
        assert_eq!(buckets.iter().map(DataFrame::height).sum::<usize>(), 20);
        assert!(buckets.iter().all(|bucket| bucket.schema() == table.schema()));
    }

    #[test]
    fn the_tasks_are_one_a_partition_one_a_bucket_and_two() {
        let table = table();
        let buckets = by_hash(pieces(&table), &[col("i")], 5, table.schema());
        assert_eq!(buckets.graph().n_tasks(), 4 + 5 + 2);
    }

    #[test]
    fn each_run_begins_with_empty_buckets() {
        let table = table();
        let buckets = by_hash(pieces(&table), &[col("i")], 2, table.schema());
        let (first, second) = (buckets.compute().unwrap(), buckets.compute().unwrap());
        assert!(first.iter().zip(&second).all(|(a, b)| a.equals_missing(b)));
    }

    #[test]
    fn a_run_that_has_no_room_for_the_rows_gives_the_same() {
        let table = table();
        let buckets = by_hash(pieces(&table), &[col("s")], 3, table.schema());
        let small = Runtime::builder().memory_limit(200).build().unwrap();
        let (small, large) = (small.compute(&buckets).unwrap(), buckets.compute().unwrap());
        assert!(small.iter().zip(&large).all(|(a, b)| a.equals_missing(b)));
    }

    #[test]
    fn bounds_cut_where_they_are_said_to() {
        let table = df!["k" => [Some(5), Some(3), None, Some(9), Some(1), Some(3)]].unwrap();
        let order = Order::new(["k".into()], &SortMultipleOptions::default());
        let bounds = Bounds::at(&order, &df!["k" => [3, 9]].unwrap()).unwrap();
        let pieces =
            vec![Piece::made(delayed(table.slice(0, 3))), Piece::made(delayed(table.slice(3, 3)))];
        let buckets = by_range(pieces, &order, &delayed(bounds), 3, table.schema());
        let expected = [df!["k" => [None, Some(1)]], df!["k" => [5, 3, 3]], df!["k" => [9]]]
            .map(Result::unwrap);
        for (bucket, expected) in buckets.compute().unwrap().iter().zip(&expected) {
            assert!(bucket.equals_missing(expected), "{bucket}");
        }
    }
}
