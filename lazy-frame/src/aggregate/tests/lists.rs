//! Lists of values, compared with Polars on the whole.

use super::*;

#[test]
fn lists_are_in_the_order_of_the_rows() {
    check(["x", "s", "c", "none"].map(|name| col(name).implode(true)));
    check([
        col("x").implode(true).list().len(),
        col("x").filter(col("i").gt(lit(0))).implode(true),
    ]);
    let bare = [
        col("x"),
        col("s").alias("other"),
        (col("i") * lit(2)).name().suffix("_twice"),
        col("i").filter(col("b")),
    ];
    check_for(&keys()[..1], &bare);
    check_for(&keys(), &bare);
}

#[test]
fn largest_and_smallest_are_those_of_polars() {
    let sorted = |list: Expr| list.list().sort(SortOptions::default());
    check([
        sorted(col("x").top_k(lit(3)).implode(true)),
        sorted(col("i").bottom_k(lit(2)).implode(true)),
        sorted(col("s").top_k(lit(100)).implode(true)),
    ]);
}

#[test]
fn the_largest_values_of_a_group_are_a_list() {
    let rows = rows(2, 60);
    let agg =
        [col("i").top_k(lit(3)).alias("top"), col("x").bottom_k(lit(2)).name().suffix("_low")];
    let keys = [col("k")];
    let sorted = |frame: DataFrame| {
        let list = |name| col(name).list().sort(SortOptions::default());
        collect(
            frame
                .lazy()
                .select([col("k"), list("top"), list("x_low")])
                .sort(["k"], Default::default()),
        )
    };
    let decomposed = decompose(&agg, &keys, rows.schema()).expect("largest values merge");
    let found = sorted(in_pieces(&decomposed, &rows, &keys, &["k".into()]));
    let wanted = sorted(collect(per_group(rows.lazy(), &keys, &agg)));
    assert!(found.equals_missing(&wanted), "{found} for {wanted}");
}
