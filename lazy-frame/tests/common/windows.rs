//! Rows seen from the rows around them.

use lazy_frame::polars::prelude::*;
use lazy_frame::polars::series::ops::NullBehavior;

use super::case::Case;
use super::dice::Dice;
use super::exprs::{columns, of_order, predicate};

/// Shifts, differences, cumulative and rolling expressions, alone and within others.
pub(crate) fn expressions(case: &Case, dice: &mut Dice) {
    let schema = case.schema();
    let rows = || case.table.clone().lazy();
    let exprs: Vec<_> = (0..3).map(|i| of_order(dice, &schema).alias(format!("o{i}"))).collect();
    case.same_select(&exprs);
    let theirs = rows().with_columns(&exprs).collect();
    case.same(&format!("with_columns {exprs:?}"), &case.frame.with_columns(&exprs), theirs, true);
    case.same_select(&[more(dice).alias("m"), col("n")]);
    let nested =
        (of_order(dice, &schema).is_null().cast(DataType::Int64) + col("n")).alias("nested");
    case.same_select(&[nested.clone(), nested.cum_sum(false).shift(lit(1)).alias("twice")]);
    let condition = more(dice).gt(lit(0));
    case.same(
        &format!("filter {condition}"),
        &case.frame.filter(condition.clone()),
        rows().filter(condition).collect(),
        true,
    );
    // Upon rows of which some are gone.
    let (few, expr) = (predicate(dice, &schema), of_order(dice, &schema).alias("o"));
    case.same(
        &format!("filter {few}, {expr}"),
        &case.frame.filter(few.clone()).with_columns([expr.clone()]).with_row_index("row", 7),
        rows().filter(few).with_columns([expr]).with_row_index("row", Some(7)).collect(),
        true,
    );
}

fn more(dice: &mut Dice) -> Expr {
    let x = col(dice.pick(&["x", "y", "k", "n"]));
    let window = RollingOptionsFixedWindow {
        window_size: 2 + dice.below(4),
        min_periods: 1 + dice.below(2),
        center: dice.one_in(3),
        ..RollingOptionsFixedWindow::default()
    };
    match dice.below(8) {
        0 => x.rolling_mean(window),
        1 => x.rolling_min(window),
        2 => x.rolling_median(window),
        3 => x.cast(DataType::Float64).cum_prod(dice.one_in(2)),
        4 => x.shift_and_fill(lit(dice.between(-4, 4)), lit(1)),
        5 => x.fill_null_with_strategy(FillNullStrategy::Backward(Some(2))),
        6 => x.fill_null_with_strategy(FillNullStrategy::Backward(None)),
        _ => x.diff(lit(dice.between(-2, 3)), NullBehavior::Ignore),
    }
}

/// A function of each partition and of the rows around it.
pub(crate) fn overlap(case: &Case, dice: &mut Dice) {
    let (before, after) = (dice.below(4), dice.below(4));
    let names = columns(&case.schema(), |dtype| !dtype.is_nested());
    let name = dice.pick(&names);
    let exprs = vec![
        col("n"),
        col(name.clone()).shift(lit(before as i64)).alias("before"),
        col(name).shift(lit(-(after as i64))).alias("after"),
    ];
    let theirs = case.table.clone().lazy().select(&exprs).collect();
    let ours =
        case.frame.map_overlap(before, after, move |rows| rows.lazy().select(&exprs).collect());
    case.same(&format!("map_overlap {before} {after}"), &ours, theirs, true);
}

/// Windows of time.
pub(crate) fn rolling(case: &Case, dice: &mut Dice) {
    let (index, period) = dice.pick(&[("t", "20s"), ("t", "1s"), ("d", "3d"), ("n", "4i")]);
    let keys: Vec<&str> = if dice.one_in(2) { vec!["k"] } else { Vec::new() };
    let stable = SortMultipleOptions::new().with_maintain_order(true);
    let sorted =
        case.table.clone().lazy().filter(col(index).is_not_null()).sort([index], stable.clone());
    let closed = dice.pick(&[
        ClosedWindow::Right,
        ClosedWindow::Left,
        ClosedWindow::Both,
        ClosedWindow::None,
    ]);
    let aggs = [
        col("x").sum().alias("sum"),
        col("i").max().alias("max"),
        len().alias("len"),
        col("u").mean().alias("mean"),
        col("n").first().alias("first"),
    ];
    let now = if index == "n" { "0i" } else { "0s" };
    let offset = dice.pick(&[format!("-{period}"), now.to_owned(), period.to_owned()]);
    let duration = |text: &str| Duration::try_parse(text).expect("a span of time");
    let options = RollingGroupOptions {
        index_column: index.into(),
        period: duration(period),
        offset: duration(&offset),
        closed_window: closed,
    };
    let exprs: Vec<Expr> = keys.iter().map(|key| col(*key)).collect();
    let theirs = sorted.rolling(col(index), exprs, options).agg(&aggs).collect();
    let ours = case.frame.filter(col(index).is_not_null()).sort([index], stable);
    let windows = ours.rolling(index, period).offset(offset.clone()).closed(closed);
    let ours = windows.group_by(keys.clone()).agg(&aggs);
    case.same(
        &format!("rolling {index} {period} from {offset} {closed:?} by {keys:?}"),
        &ours,
        theirs,
        keys.is_empty(),
    );
}
