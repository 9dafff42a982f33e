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
                random.random_range(-4..4) as f64 * 0.75 + if seed % 2 == 0 { 1e3 } else { 0.0 },
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
    for (seed, height) in [(0, 0), (1, 1), (2, 60), (3, 60)] {
        let rows = rows(seed, height);
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
        col("no such").sum(),
    ] {
        assert!(decompose(&[agg.clone()], &[col("k")], &schema).is_none(), "{agg}");
    }
}
