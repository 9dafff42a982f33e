//! Aggregations that need all rows of a group at once.

use std::sync::Arc;

use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use super::Query;
use crate::engine;
use crate::ops::concat::into_one;
use crate::plan::{Fused, Piece};
use crate::shuffle;

/// As Polars does it. What is equal it would find once for all rows of a table in several chunks, and fails to put beside them.
pub(in crate::ops) fn aggregate(rows: LazyFrame, keys: &[Expr], aggs: &[Expr]) -> LazyFrame {
    match keys.is_empty() {
        true => rows.with_comm_subexpr_elim(false).select(aggs),
        false => rows.group_by(keys).agg(aggs),
    }
}

/// Each partition has all rows of its groups: no need to take anything apart.
pub(super) fn each(
    pieces: Vec<Piece>,
    query: &Arc<Query>,
    outputs: usize,
) -> Vec<Delayed<DataFrame>> {
    let groups = pieces.into_iter();
    let groups: Vec<_> =
        groups.map(|piece| aggregate_piece(piece.input, piece.fused, query.clone())).collect();
    if outputs == 1 { vec![into_one(groups)] } else { groups }
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
    each(buckets.into_iter().map(Piece::made).collect(), query, outputs)
}

#[delayed(name = "aggregate", fallible)]
fn aggregate_piece(
    input: Option<DataFrame>,
    fused: Fused,
    query: Arc<Query>,
) -> PolarsResult<DataFrame> {
    match fused.collect(input.clone(), |rows| query.whole(rows)) {
        // Some of Polars' aggregations fail where there are no groups.
        Err(error) if !query.keys.is_empty() => {
            let rows = fused.collect(input, |rows| rows)?;
            if rows.height() == 0 { Ok(crate::plan::empty(&query.output)) } else { Err(error) }
        }
        result => result,
    }
}

#[delayed(name = "aggregate", fallible)]
fn aggregate_all(partitions: Vec<DataFrame>, query: Arc<Query>) -> PolarsResult<DataFrame> {
    engine::collect(query.whole(engine::concat(partitions)?.lazy()))
}

#[cfg(test)]
mod tests {
    use lazy_runtime::Collection;
    use polars::prelude::*;

    use crate::Frame;

    #[test]
    fn the_largest_of_nan_and_no_rows_is_nan() {
        let table = df!["x" => [f64::NAN]].unwrap();
        let frame = Frame::from_polars(table.clear(), 1).concat(&Frame::from_polars(table, 1));
        let max = frame.select([col("x").max()]).compute().unwrap();
        assert!(max.column("x").unwrap().f64().unwrap().get(0).is_some_and(f64::is_nan));
    }

    #[test]
    fn what_is_asked_for_twice_is_given_twice() {
        let table = df!["x" => (0..53).map(f64::from).collect::<Vec<f64>>()].unwrap();
        let twice = || [col("x").median().alias("a"), col("x").median().alias("b")];
        let expected = df!["a" => [26.0], "b" => [26.0]].unwrap();
        for frame in
            [Frame::from_polars(table.clone(), 4), Frame::from_polars(table, 4).repartition(1)]
        {
            assert_eq!(frame.select(twice()).compute().unwrap(), expected);
        }
    }
}
