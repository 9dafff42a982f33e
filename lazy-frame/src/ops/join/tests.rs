//! Joins of partitions against joins of the whole by Polars.

use lazy_runtime::prelude::*;
use polars::prelude::*;

use crate::Frame;
use crate::divisions::Divisions;
use crate::ops::held::Held;

/// A table in `n` partitions; the second, if there are more than two, is empty.
fn partitions(table: &DataFrame, n: usize) -> Frame {
    frame(slices(table, n), None)
}

fn slices(table: &DataFrame, n: usize) -> Vec<DataFrame> {
    let rows = table.height();
    let mut bounds: Vec<_> = (0..=n).map(|i| i * rows / n).collect();
    if n > 2 {
        bounds[2] = bounds[1];
    }
    bounds.windows(2).map(|b| table.slice(b[0] as i64, b[1] - b[0])).collect()
}

fn frame(slices: Vec<DataFrame>, divisions: Option<Divisions>) -> Frame {
    let schema = slices[0].schema().clone();
    let at = std::panic::Location::caller();
    let partitions = slices.into_iter().map(delayed).collect();
    Frame::new(Ok(Held::plan("from-polars", partitions, None, schema, divisions, at)))
}

fn sorted(table: DataFrame) -> DataFrame {
    let columns: Vec<_> = table.get_column_names_owned();
    table.sort(columns, SortMultipleOptions::default()).unwrap()
}

fn assert_same_rows(found: DataFrame, expected: LazyFrame, what: &str) {
    let expected = expected.collect().unwrap();
    assert_eq!(found.schema(), expected.schema(), "{what}");
    let (found, expected) = (sorted(found), sorted(expected));
    assert!(found.equals_missing(&expected), "{what}: found {found}, expected {expected}");
}

fn left() -> DataFrame {
    df![
        "k" => [Some(1i32), Some(2), None, Some(2), Some(5), Some(3), None, Some(1), Some(9), Some(4)],
        "s" => [Some("a"), Some("b"), Some("a"), None, Some("c"), Some("a"), Some("b"), Some("a"), None, Some("d")],
        "v" => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        "l" => [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5],
    ]
    .unwrap()
}

fn right() -> DataFrame {
    df![
        "k" => [Some(2i64), Some(1), Some(7), None, Some(2), Some(5), Some(8), None],
        "s" => [Some("b"), Some("a"), None, Some("a"), Some("x"), None, Some("d"), Some("b")],
        "v" => [10, 11, 12, 13, 14, 15, 16, 17],
        "r" => [true, false, true, false, true, false, true, false],
    ]
    .unwrap()
}

const LAYOUTS: [(usize, usize); 6] = [(1, 1), (1, 4), (5, 1), (5, 2), (17, 2), (2, 17)];

fn types() -> Vec<JoinArgs> {
    use JoinType::*;
    let mut all: Vec<_> =
        [Inner, Left, Right, Full, Semi, Anti].into_iter().map(JoinArgs::new).collect();
    all.push(JoinArgs::new(Full).with_coalesce(JoinCoalesce::CoalesceColumns));
    all.push(JoinArgs::new(Left).with_coalesce(JoinCoalesce::KeepColumns));
    all
}

/// Each type of join in each layout.
fn assert_as_polars(left: &DataFrame, right: &DataFrame, on: [&[Expr]; 2], all: &[JoinArgs]) {
    for args in all {
        let whole = left.clone().lazy().join(
            right.clone().lazy(),
            on[0].to_vec(),
            on[1].to_vec(),
            args.clone(),
        );
        for (n, m) in LAYOUTS {
            let (left, right) = (partitions(left, n), partitions(right, m));
            let joined = left.join(&right, on[0], on[1], args.clone());
            let what = format!("{args:?} of {n} and {m} partitions on {:?}", on[0]);
            assert_same_rows(joined.compute().unwrap(), whole.clone(), &what);
        }
    }
}

#[test]
fn partitions_join_as_the_whole_does_with_nulls_and_duplicates() {
    assert_as_polars(&left(), &right(), [&[col("k")], &[col("k")]], &types());
}

#[test]
fn nulls_may_be_equal() {
    let all: Vec<_> =
        types().into_iter().map(|args| JoinArgs { nulls_equal: true, ..args }).collect();
    assert_as_polars(&left(), &right(), [&[col("s")], &[col("s")]], &all);
}

#[test]
fn keys_of_two_columns_and_suffixes() {
    let all: Vec<_> = types().into_iter().map(|a| a.with_suffix(Some("_2".into()))).collect();
    assert_as_polars(&left(), &right(), [&[col("k"), col("s")], &[col("k"), col("s")]], &all);
}

#[test]
fn keys_may_be_expressions() {
    let on: [&[Expr]; 2] = [&[col("k") % lit(3)], &[col("v") % lit(5)]];
    let all = types();
    // Polars refuses to coalesce what is no column.
    assert_as_polars(&left(), &right(), on, &all[..6]);
}
