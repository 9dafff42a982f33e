//! Aggregations in pieces, compared with Polars on the whole.

mod lists;
mod moments;
mod shapes;
mod states;
mod totals;

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
