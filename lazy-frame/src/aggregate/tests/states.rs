//! The columns of state.

use super::*;

#[test]
fn state_is_kept_once() {
    let rows = rows(1, 1);
    let count =
        |aggs: &[Expr]| decompose(aggs, &[], rows.schema()).map(|found| found.partial.len());
    let x = || col("x");
    let named = [
        x().std(1),
        x().var(0).alias("v"),
        x().mean().alias("m"),
        x().sum().alias("s"),
        x().count().alias("n"),
    ];
    assert_eq!(count(&named), Some(3));
    assert_eq!(count(&[x().max() - x().min(), x().max().alias("max")]), Some(2));
    assert_eq!(count(&[col("i").std(1), col("i").mean().alias("m")]), Some(3));
}

#[test]
fn columns_may_be_named_as_state_is() {
    let rows = df!("_state0" => [1, 2, 3], "__state1" => [1, 1, 2]).expect("columns of one height");
    let aggs = [col("_state0").sum(), col("_state0").max().alias("_state1")];
    let keys = [col("__state1")];
    let decomposed = decompose(&aggs, &keys, rows.schema()).expect("sums merge");
    let found = in_pieces(&decomposed, &rows, &keys, &["__state1".into()]);
    let wanted =
        df!("__state1" => [1, 2], "_state0" => [3, 3], "_state1" => [2, 3]).expect("columns");
    assert!(sorted(found, &["__state1".into()]).equals(&wanted));
}

#[test]
fn more_rows_than_polars_counts_are_an_error() {
    let rows = rows(1, 1);
    let decomposed = decompose(&[len()], &[], rows.schema()).expect("lengths merge");
    let state = collect(decomposed.partial(rows.lazy(), &[]));
    let many = state.lazy().select([all().as_expr() * lit(5_000_000_000_u64)]);
    assert!(engine::collect(decomposed.finish(many, &[])).is_err());
}
