//! Sums, counts, extremes and the like, compared with Polars on the whole.

use super::*;

#[test]
fn sums_are_those_of_polars() {
    check(["x", "f", "i", "i8", "u", "b", "took", "none"].map(|name| col(name).sum()));
}

#[test]
fn means_are_those_of_polars() {
    check(
        ["x", "f", "i", "i8", "u", "b", "took", "time", "date", "none"]
            .map(|name| col(name).mean()),
    );
}

#[test]
fn extremes_are_those_of_polars() {
    let names = ["x", "f", "i8", "u", "b", "s", "c", "date", "time", "took", "none"];
    check(names.map(|name| col(name).min()));
    check(names.map(|name| col(name).max()));
}

#[test]
fn counts_are_those_of_polars() {
    check(["x", "s", "none"].map(|name| col(name).count()));
    check([len(), col("x").len(), col("s").null_count()]);
}

#[test]
fn first_and_last_are_those_of_polars() {
    for name in ["x", "s", "c", "none"] {
        check([
            col(name).first(),
            col(name).last(),
            col(name).first_non_null(),
            col(name).last_non_null(),
        ]);
    }
    check([as_struct(vec![col("x"), col("s")]).first()]);
}

#[test]
fn any_all_and_product_are_those_of_polars() {
    check([true, false].map(|ignore_nulls| col("b").any(ignore_nulls)));
    check([true, false].map(|ignore_nulls| col("i").gt(lit(-45)).all(ignore_nulls)));
    check(["x", "f", "i8", "u", "none"].map(|name| (col(name) % lit(2) + lit(1)).product()));
}

#[test]
fn unique_values_are_counted_where_there_are_no_keys() {
    check_for(&[], &["x", "s", "c", "b", "none"].map(|name| col(name).n_unique()));
}

#[test]
fn decimals_and_times_of_day_are_those_of_polars() {
    let price = || col("i").cast(DataType::Decimal(12, 2)).alias("price");
    check([price().sum(), price().mean(), price().var(1), price().max()]);
    let clock = || col("time").cast(DataType::Time);
    check([clock().mean(), clock().min(), clock().first()]);
    check([0, 1].map(|ddof| col("took").std(ddof)));
}

#[test]
fn nested_and_untyped_columns_are_taken_apart() {
    let rows = rows(2, 40);
    let rows = collect(rows.lazy().select([
        col("k"),
        concat_list([col("i"), col("i8").cast(DataType::Int64)]).expect("lists").alias("list"),
        as_struct(vec![col("x"), col("s")]).alias("struct"),
        lit(NULL).alias("untyped"),
    ]));
    let keys = [col("k")];
    let keys: [&[Expr]; 2] = [&[], &keys];
    for keys in keys {
        for name in ["list", "struct", "untyped"] {
            let x = || col(name);
            let all = [
                x().first(),
                x().last(),
                x().implode(true),
                x().count(),
                x().null_count(),
                x().last_non_null(),
            ];
            for agg in all.iter().chain(&[x().sum(), x().mean(), x().std(1)]) {
                let Some(decomposed) = decompose(std::slice::from_ref(agg), keys, rows.schema())
                else {
                    assert!(!all.contains(agg), "{agg}");
                    continue;
                };
                let names: Vec<PlSmallStr> = keys.iter().map(|_| "k".into()).collect();
                let found = sorted(in_pieces(&decomposed, &rows, keys, &names), &names);
                let wanted =
                    collect(per_group(rows.clone().lazy(), keys, std::slice::from_ref(agg)));
                let wanted = sorted(wanted, &names);
                assert!(
                    found.equals_missing(&wanted) && found.schema() == wanted.schema(),
                    "{agg}: {found} for {wanted}"
                );
            }
        }
    }
}
