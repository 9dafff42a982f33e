//! What expressions may look like: what is done before an aggregation, and after it.

use super::*;

#[test]
fn arithmetic_on_aggregations_is_done_at_the_end() {
    check([
        col("i").max() - col("i8").min(),
        (col("x") * lit(2)).sum() / len(),
        (col("i").max() + lit(1)).alias("more"),
        col("x").std(1).sqrt().round(2, RoundMode::HalfToEven),
        col("x").max().fill_null(lit(0)),
        when(col("i").sum().gt(lit(0))).then(col("i").max()).otherwise(lit(NULL)),
        col("i").sum().gt(col("u").sum()).is_null().not(),
        col("i").sum().cast(DataType::String).name().suffix("_sum"),
        col("i").filter(col("x").gt(lit(0))).sum(),
        col("i").filter(col("x").gt(lit(1e10))).first(),
        col("i").alias("other").sum().name().keep(),
    ]);
}

#[test]
fn functions_of_aggregations_keep_their_names() {
    check([
        as_struct(vec![col("x").max(), col("i").sum().alias("total"), len()]),
        concat_str([col("s").first(), col("c").last().cast(DataType::String)], "-", true),
        col("s").min().name().prefix("first_"),
        coalesce(&[col("none").max(), col("x").min()]),
        lit(5).alias("five"),
    ]);
}

#[test]
fn rows_may_be_chosen_within_an_aggregation() {
    let chosen = |name: &str| col(name).filter(col("i").gt(lit(0)));
    check([
        chosen("x").sum(),
        chosen("x").mean(),
        chosen("x").std(1),
        chosen("x").first(),
        chosen("s").last(),
        (chosen("i") * lit(2)).sum(),
        (chosen("x") - chosen("i")).max(),
        chosen("f").cast(DataType::String).min(),
        chosen("x").drop_nulls().first(),
        col("x").drop_nans().max(),
    ]);
}

#[test]
fn rows_chosen_differently_are_not_matched() {
    let schema = rows(0, 0).schema().clone();
    let chosen = |limit: i32| col("x").filter(col("i").gt(lit(limit)));
    for agg in [
        (chosen(0) + chosen(1)).sum(),
        (chosen(0) + col("x")).sum(),
        chosen(0).filter(col("x").gt(lit(0))).sum(),
        col("x").filter(col("x").gt(col("x").mean())).sum(),
        chosen(0).shift(lit(1)).sum(),
    ] {
        assert!(decompose(std::slice::from_ref(&agg), &[], &schema).is_none(), "{agg}");
    }
}

#[test]
fn what_needs_all_rows_of_a_group_is_not_taken_apart() {
    let schema = rows(0, 0).schema().clone();
    let x = || col("x");
    for agg in [
        x().median(),
        x().quantile(lit(0.5), QuantileMethod::Nearest),
        x().n_unique(),
        x().sum().cum_sum(false),
        (x() - x().mean()).sum(),
        x().sort(SortOptions::default()).first(),
        x().over([col("g")]).expect("a window").sum(),
        lit(1).sum(),
        x() + x().sum(),
        x().sum() + lit(Series::new("two".into(), [1.0, 2.0])),
        col("no such").sum(),
    ] {
        for keys in [&[][..], &[col("k")]] {
            let is_count = matches!(agg, Expr::Agg(AggExpr::NUnique(_))) && keys.is_empty();
            assert_eq!(
                decompose(std::slice::from_ref(&agg), keys, &schema).is_some(),
                is_count,
                "{agg}"
            );
        }
    }
}

#[test]
fn aggregations_are_told_from_columns() {
    let x = || col("x");
    for agg in [
        x().sum(),
        x().max() - x().min(),
        x().median(),
        len(),
        x().filter(x().gt(lit(0))).sum() + lit(1),
        lit(1),
        (x() - x().mean()).sum(),
        x().n_unique(),
        x().quantile(lit(0.5), QuantileMethod::Linear),
        x().skew(true),
        x().implode(true),
        x().sum().alias("other").name().suffix("s"),
        pearson_corr(x(), col("y")),
        x().null_count(),
        x().any(true),
        x().product(),
        x().struct_().field_by_name("a").sum(),
        x().str().to_uppercase().first(),
        x().list().sum().max(),
    ] {
        assert!(is_aggregation(&agg), "{agg}");
    }
    for other in [
        x(),
        x() + lit(1),
        x() + x().sum(),
        x().cum_sum(false),
        x().top_k(lit(3)),
        x().unique(),
        x().filter(x().gt(lit(0))),
        x().sum().over([col("k")]).expect("a window"),
        x().sort(SortOptions::default()),
    ] {
        assert!(!is_aggregation(&other), "{other}");
    }
}
