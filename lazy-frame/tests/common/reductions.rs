//! Rows made one value, or one row.

use lazy_frame::polars::prelude::*;
use lazy_runtime::Delayed;

use super::case::Case;
use super::compare::is_close;
use super::dice::Dice;
use super::exprs::{aggregation, columns, is_plain, moment};

/// Aggregations, some that merge and some that need all rows, together and apart.
pub(crate) fn aggregations(case: &Case, dice: &mut Dice) {
    let schema = case.schema();
    let name = dice.pick(&columns(&schema, is_plain));
    for n in [1, 1, 4] {
        let one = |i| match dice.one_in(3) {
            true => moment(dice, &schema).alias(format!("m{i}")),
            false => aggregation(dice, &schema, true).alias(format!("a{i}")),
        };
        case.same_select(&(0..n).map(one).collect::<Vec<_>>());
    }
    let x = || col(name.clone());
    let lists = [x().top_k(lit(3)), x().bottom_k(lit(3)), x().mode(false), x().unique()];
    let lists: Vec<_> = lists
        .into_iter()
        .enumerate()
        .map(|(i, x)| x.implode(true).alias(format!("l{i}")))
        .collect();
    let sorted: Vec<_> =
        (0..4).map(|i| col(format!("l{i}")).list().sort(SortOptions::default())).collect();
    let theirs = case.table.clone().lazy().select(&lists).with_columns(&sorted).collect();
    case.same(
        &format!("{lists:?}"),
        &case.frame.select(&lists).with_columns(&sorted),
        theirs,
        true,
    );
}

/// The methods of a series that give one value.
pub(crate) fn series(case: &Case, dice: &mut Dice) {
    let name = dice.pick(&columns(&case.schema(), DataType::is_primitive_numeric));
    let (x, column) = (case.frame.column(&name), || col(name.clone()));
    let same = |said: &str, ours: AnyValue<'static>, agg: Expr| {
        let whole =
            case.table.clone().lazy().select([agg]).collect().expect("an aggregation of numbers");
        let theirs = whole.columns()[0].get(0).expect("one row");
        assert!(
            is_close(&ours, &theirs),
            "{said} of {name}: {ours:?} for {theirs:?} in {}",
            case.table
        );
    };
    let value = |said: &str, ours: Delayed<AnyValue<'static>>, agg: Expr| {
        same(said, case.value(&ours), agg)
    };
    value("sum", x.sum(), column().sum());
    value("min", x.min(), column().min());
    value("max", x.max(), column().max());
    value("first", x.first(), column().first());
    value("last", x.last(), column().last());
    let float = x.map(|x| x.cast(DataType::Float64));
    value("product", float.product(), column().cast(DataType::Float64).product());
    let number = |said: &str, ours: Delayed<Option<f64>>, agg: Expr| {
        let ours = case.value(&ours).map_or(AnyValue::Null, AnyValue::Float64);
        same(said, ours, agg.cast(DataType::Float64));
    };
    let (q, ddof) = (dice.below(5) as f64 / 4.0, dice.below(3) as u8);
    if case.table.column(&name).is_ok_and(|column| *column.dtype() != DataType::Float32) {
        number("mean", x.mean(), column().mean());
        number("std", x.std(ddof), column().std(ddof));
        number("var", x.var(ddof), column().var(ddof));
    }
    number("median", x.median(), column().median());
    number("quantile", x.quantile(q), column().quantile(lit(q), QuantileMethod::Linear));
    let count = |said: &str, ours: Delayed<usize>, agg: Expr| {
        same(said, AnyValue::UInt64(case.value(&ours) as u64), agg.cast(DataType::UInt64));
    };
    count("count", x.count(), column().count());
    count("n_unique", x.n_unique(), column().n_unique());
    count("len", x.len(), len());
}

/// The operators of series, and series as frames.
pub(crate) fn operators(case: &Case, dice: &mut Dice) {
    let numbers = columns(&case.schema(), DataType::is_primitive_numeric);
    let (a, b) = (dice.pick(&numbers), dice.pick(&numbers));
    let (x, y) = (case.frame.column(&a), case.frame.column(&b));
    let (p, q) = (|| col(a.clone()), || col(b.clone()));
    let cases = [
        ("+", &x + &y, p() + q()),
        ("-", &x - 2, p() - lit(2)),
        ("*", &x * 0.5, p() * lit(0.5)),
        ("/", &x / 4.0, p() / lit(4.0)),
        ("alias", x.alias("z"), p().alias("z")),
        ("eq", x.eq(&y), p().eq(q())),
        ("neq", x.neq(&y), p().neq(q())),
        ("lt", x.lt(3), p().lt(lit(3))),
        ("lt_eq", x.lt_eq(3.5), p().lt_eq(lit(3.5))),
        ("gt", x.gt(&y), p().gt(q())),
        ("gt_eq", x.gt_eq(col(b.clone())), p().gt_eq(q())),
        ("and", x.gt(1).and(y.gt(1)), p().gt(lit(1)).and(q().gt(lit(1)))),
        ("or", x.gt(1).or(y.gt(1)), p().gt(lit(1)).or(q().gt(lit(1)))),
        ("map", x.map(|x| x.fill_null(lit(1))), p().fill_null(lit(1))),
    ];
    let (said, series, expr) = dice.pick(&cases);
    let theirs = case.table.clone().lazy().select([expr.clone()]).collect();
    case.same(said, &series.to_frame(), theirs, true);
    let theirs = case.table.clone().lazy().select([expr]).limit(5).collect();
    case.same(said, &series.head(5).to_frame(), theirs, true);
    let theirs = case.table.clone().lazy().filter(p().gt(lit(0))).collect();
    case.same("filter", &case.frame.filter(x.gt(0).expr()), theirs, true);
}

/// The methods of a frame that give few rows of many.
pub(crate) fn summaries(case: &Case, dice: &mut Dice) {
    let (schema, rows) = (case.schema(), || case.table.clone().lazy());
    assert_eq!(case.value(&case.frame.len()), case.table.height());
    let q = dice.below(5) as f64 / 4.0;
    let numbers = columns(&schema, DataType::is_primitive_numeric);
    let quantiles = |q: f64| -> Vec<Expr> {
        numbers
            .iter()
            .map(|name| col(name.clone()).quantile(lit(q), QuantileMethod::Linear))
            .collect()
    };
    case.same("quantile", &case.frame.quantile(q), rows().select(quantiles(q)).collect(), true);
    let plain: Vec<Expr> = columns(&schema, is_plain).into_iter().map(col).collect();
    let unique: Vec<Expr> = plain.iter().cloned().map(Expr::n_unique).collect();
    case.same(
        "n_unique",
        &case.frame.select(&plain).n_unique(),
        rows().select(unique).collect(),
        true,
    );
    let statistics = [
        numbers.iter().map(|name| col(name.clone()).count()).collect(),
        numbers.iter().map(|name| col(name.clone()).null_count()).collect(),
        numbers.iter().map(|name| col(name.clone()).mean()).collect(),
        numbers.iter().map(|name| col(name.clone()).std(1)).collect(),
        numbers.iter().map(|name| col(name.clone()).min()).collect(),
        quantiles(0.25),
        quantiles(0.5),
        quantiles(0.75),
        numbers.iter().map(|name| col(name.clone()).max()).collect(),
    ];
    let float = |exprs: Vec<Expr>| {
        // As 32 bits have them, which the comparison is not strict about.
        let exprs: Vec<_> =
            exprs.into_iter().map(|e| e.cast(DataType::Float64).cast(DataType::Float32)).collect();
        rows().select(exprs)
    };
    let theirs = polars::prelude::concat(statistics.map(float), UnionArgs::default())
        .and_then(LazyFrame::collect);
    let ours = case.frame.describe();
    let narrow: Vec<_> =
        numbers.iter().map(|name| col(name.clone()).cast(DataType::Float32)).collect();
    case.same("describe", &ours.select(narrow), theirs, true);
}
