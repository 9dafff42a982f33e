//! Aggregations in pieces, compared with Polars on the whole.

use polars::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;

/// Every 5th value null or so, floats with NaN and infinity in a few of the seeds.
fn rows(seed: u64, height: usize) -> DataFrame {
    let mut random = StdRng::seed_from_u64(seed);
    let odd = seed % 4 == 3;
    let floats: Vec<Option<f64>> = (0..height)
        .map(|_| match random.random_range(0..20) {
            0..3 => None,
            3 if odd => Some(f64::NAN),
            4 if odd => Some(f64::INFINITY),
            _ => Some(
                random.random_range(-4..4) as f64 * 0.75
                    + if seed.is_multiple_of(2) { 1e3 } else { 0.0 },
            ),
        })
        .collect();
    let mut ints = |low: i64, high: i64| -> Vec<Option<i64>> {
        (0..height).map(|_| Some(random.random_range(low..high)).filter(|x| x % 5 != 2)).collect()
    };
    let (k, g, i, t) = (ints(0, 4), ints(0, 3), ints(-50, 50), ints(0, 2_000_000));
    let text: Vec<Option<String>> = i.iter().map(|i| i.map(|i| format!("t{}", i % 7))).collect();
    let cast = |name: &str, values: &[Option<i64>], dtype: DataType| {
        Series::new(name.into(), values)
            .cast(&dtype)
            .expect("the type holds small numbers")
            .into_column()
    };
    let micros = |name, dtype| cast(name, &t, dtype);
    DataFrame::new(
        height,
        vec![
            cast("k", &k, DataType::Int32),
            cast("g", &g, DataType::Int64),
            Column::new("x".into(), &floats),
            Series::new("y".into(), &floats)
                .shift(1)
                .cast(&DataType::Float64)
                .expect("a float")
                .into_column(),
            Series::new(
                "f".into(),
                i.iter().map(|i| i.map(|i| i as f32 / 4.0)).collect::<Vec<_>>(),
            )
            .into_column(),
            cast("i", &i, DataType::Int64),
            cast("i8", &i, DataType::Int8),
            cast("u", &g, DataType::UInt32),
            Column::new("b".into(), i.iter().map(|i| i.map(|i| i % 3 == 0)).collect::<Vec<_>>()),
            Column::new("s".into(), &text),
            Column::new("c".into(), &text)
                .cast(&DataType::from_categories(Categories::global()))
                .expect("categories"),
            cast("date", &k, DataType::Date),
            micros("time", DataType::Datetime(TimeUnit::Milliseconds, None)),
            micros("took", DataType::Duration(TimeUnit::Microseconds)),
            Column::new_scalar("none".into(), Scalar::null(DataType::Float64), height),
        ],
    )
    .expect("columns of one height")
}

/// The pieces, some of them empty.
fn cut(rows: &DataFrame) -> Vec<DataFrame> {
    let height = rows.height();
    let bounds = [0, 0, height / 4, height / 4, height * 3 / 4, height];
    bounds.windows(2).map(|w| rows.slice(w[0] as i64, w[1] - w[0])).collect()
}

fn collect(plan: LazyFrame) -> DataFrame {
    engine::collect(plan).expect("the plan fits the rows")
}

fn in_pieces(
    decomposed: &Decomposed,
    rows: &DataFrame,
    keys: &[Expr],
    names: &[PlSmallStr],
) -> DataFrame {
    let partials: Vec<_> = cut(rows)
        .into_iter()
        .map(|piece| collect(decomposed.partial(piece.lazy(), keys)))
        .collect();
    let merge = |states: &[DataFrame]| {
        let states = engine::concat(states.to_vec()).expect("states of one schema");
        collect(decomposed.merge(states.lazy(), names))
    };
    let pairs: Vec<_> = partials.chunks(2).map(merge).collect();
    collect(decomposed.finish(merge(&pairs).lazy(), names))
}

/// Compares for 0, 1 and 2 keys: types and names of each aggregation alone, then the values of all together.
fn check<const N: usize>(aggs: [Expr; N]) {
    for count in 0..=2 {
        check_for(&keys()[..count], &aggs);
    }
}

fn keys() -> [Expr; 2] {
    [col("k"), (col("time").dt().second() % lit(3)).alias("second")]
}

fn check_for(keys: &[Expr], aggs: &[Expr]) {
    let schema = rows(0, 0).schema().clone();
    let names: Vec<PlSmallStr> = ["k".into(), "second".into()][..keys.len()].to_vec();
    let apart = |aggs: &[Expr]| {
        let found = decompose(aggs, keys, &schema);
        found.unwrap_or_else(|| panic!("{aggs:?} are taken apart for {} keys", keys.len()))
    };
    for agg in aggs {
        let agg = std::slice::from_ref(agg);
        let none = || DataFrame::empty_with_schema(&schema).lazy();
        let state = apart(agg).partial(none(), keys);
        let found = apart(agg).finish(state, &names).collect_schema();
        let wanted = per_group(none(), keys, agg).collect_schema();
        assert_eq!(
            found.expect("the states fit"),
            wanted.expect("the rows fit"),
            "{agg:?}, {} keys",
            keys.len()
        );
    }
    let named = |(i, agg): (usize, &Expr)| agg.clone().alias(format!("a{i}"));
    let named: Vec<Expr> = aggs.iter().enumerate().map(named).collect();
    let decomposed = apart(&named);
    let seeds = [(0, 0), (1, 1), (2, 60), (3, 60)];
    for (seed, height) in if keys.len() == 1 { &seeds[2..3] } else { &seeds[..] } {
        let rows = rows(*seed, *height);
        let found = in_pieces(&decomposed, &rows, keys, &names);
        let wanted = collect(per_group(rows.clone().lazy(), keys, &named));
        assert_eq!(found.schema(), wanted.schema());
        let (found, wanted) = (sorted(found, &names), sorted(wanted, &names));
        for i in 0..wanted.width() {
            let (found, wanted) = (&found.columns()[i], &wanted.columns()[i]);
            let agg = i.checked_sub(names.len()).map(|i| &aggs[i]);
            assert!(
                same(found, wanted),
                "{agg:?}, seed {seed}, {names:?}: {found:?} for {wanted:?}"
            );
        }
    }
}

fn sorted(frame: DataFrame, keys: &[PlSmallStr]) -> DataFrame {
    match keys {
        [] => frame,
        keys => {
            frame.sort(keys.to_vec(), SortMultipleOptions::default()).expect("keys have an order")
        }
    }
}

fn same(found: &Column, wanted: &Column) -> bool {
    let tolerance = match wanted.dtype() {
        DataType::Float64 => 1e-9,
        DataType::Float32 => 1e-5,
        _ => return found.equals_missing(wanted),
    };
    let floats = |column: &Column| column.cast(&DataType::Float64).expect("a float is a double");
    let (found, wanted) = (floats(found), floats(wanted));
    let (found, wanted) = (found.f64().expect("floats"), wanted.f64().expect("floats"));
    found.len() == wanted.len()
        && found.iter().zip(wanted.iter()).all(|(a, b)| close(a, b, tolerance))
}

fn close(a: Option<f64>, b: Option<f64>, tolerance: f64) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            a == b
                || (a.is_nan() && b.is_nan())
                || (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
        }
        (a, b) => a.is_none() && b.is_none(),
    }
}

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
fn variances_are_those_of_polars() {
    check(["x", "f", "i", "b", "none"].map(|name| col(name).var(1)));
    check([0, 1, 2].map(|ddof| col("x").std(ddof)));
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
fn any_all_and_product_are_those_of_polars() {
    check([true, false].map(|ignore_nulls| col("b").any(ignore_nulls)));
    check([true, false].map(|ignore_nulls| col("i").gt(lit(-45)).all(ignore_nulls)));
    check(["x", "f", "i8", "u", "none"].map(|name| (col(name) % lit(2) + lit(1)).product()));
}

#[test]
fn higher_moments_are_those_of_polars() {
    check([true, false].map(|bias| col("x").skew(bias)));
    check([true, false].map(|bias| col("i").skew(bias)));
    check([true, false].map(|bias| col("x").kurtosis(true, bias)));
    check([true, false].map(|bias| col("f").kurtosis(false, bias)));
}

#[test]
fn covariance_and_correlation_are_those_of_polars() {
    check([0, 1, 2].map(|ddof| cov(col("x"), col("y"), ddof)));
    check([cov(col("f"), col("f") * lit(2), 1), cov(col("x"), col("none"), 1)]);
    check(
        [("x", "y"), ("i", "x"), ("f", "f"), ("b", "y"), ("x", "none")]
            .map(|(x, y)| pearson_corr(col(x), col(y))),
    );
}

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
fn unique_values_are_counted_where_there_are_no_keys() {
    check_for(&[], &["x", "s", "c", "b", "none"].map(|name| col(name).n_unique()));
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
fn decimals_and_times_of_day_are_those_of_polars() {
    let price = || col("i").cast(DataType::Decimal(12, 2)).alias("price");
    check([price().sum(), price().mean(), price().var(1), price().max()]);
    let clock = || col("time").cast(DataType::Time);
    check([clock().mean(), clock().min(), clock().first()]);
    check([0, 1].map(|ddof| col("took").std(ddof)));
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

#[test]
fn a_large_mean_takes_no_digits_from_what_is_measured_from_it() {
    let small: Vec<f64> = (0..64).map(|i| f64::from(i * 37 % 64) / 64.0).collect();
    let large: Vec<f64> = small.iter().map(|x| x + 1e9).collect();
    let rows = df!("small" => &small, "large" => &large).expect("columns of one height");
    let of = |name: &str| {
        [
            col(name).var(1),
            col(name).std(0),
            col(name).kurtosis(true, true),
            cov(col(name), col("small"), 1),
        ]
    };
    let value = |agg: Expr| {
        let decomposed = decompose(&[agg], &[], rows.schema()).expect("moments merge");
        in_pieces(&decomposed, &rows, &[], &[]).columns()[0]
            .f64()
            .expect("a float")
            .get(0)
            .expect("many values")
    };
    for (small, large) in of("small").into_iter().zip(of("large")) {
        let name = large.to_string();
        let (small, large) = (value(small), value(large));
        assert!((small - large).abs() < 1e-7, "{name}: {large} for {small}");
    }
}

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

#[test]
fn more_rows_than_polars_counts_are_an_error() {
    let rows = rows(1, 1);
    let decomposed = decompose(&[len()], &[], rows.schema()).expect("lengths merge");
    let state = collect(decomposed.partial(rows.lazy(), &[]));
    let many = state.lazy().select([all().as_expr() * lit(5_000_000_000_u64)]);
    assert!(engine::collect(decomposed.finish(many, &[])).is_err());
}
