//! Random expressions over the columns that there are.

use lazy_frame::polars::prelude::*;
use lazy_frame::polars::series::ops::NullBehavior;

use super::dice::Dice;

/// The columns of some types.
pub(crate) fn columns(schema: &Schema, is: impl Fn(&DataType) -> bool) -> Vec<PlSmallStr> {
    schema.iter().filter(|(_, dtype)| is(dtype)).map(|(name, _)| name.clone()).collect()
}

pub(crate) fn is_plain(dtype: &DataType) -> bool {
    !dtype.is_nested() && !dtype.is_null()
}

fn is_number(dtype: &DataType) -> bool {
    dtype.is_primitive_numeric()
}

fn some_column(dice: &mut Dice, schema: &Schema, is: impl Fn(&DataType) -> bool) -> Option<Expr> {
    let names = columns(schema, is);
    (!names.is_empty()).then(|| col(dice.pick(&names)))
}

/// A value to compare a column with, of its type or of one that it is compared with as well.
fn value(dice: &mut Dice, dtype: &DataType) -> Expr {
    let n = dice.between(-5, 12);
    match dtype {
        _ if dice.one_in(25) => lit(NULL).cast(dtype.clone()),
        dtype if dtype.is_float() => match dice.below(8) {
            0 => lit(f64::NAN),
            1 => lit(0.0),
            2 => lit(n as i32),
            _ => lit(n as f64 / 4.0),
        },
        dtype if dtype.is_integer() => match dice.below(4) {
            0 => lit(n as f64 + 0.5),
            1 => lit(n),
            2 => lit(n as i32),
            _ => lit(n.unsigned_abs()).cast(dtype.clone()),
        },
        DataType::String => lit(dice.pick(&["", "a", "b", "ab", "c"])),
        DataType::Boolean => lit(dice.one_in(2)),
        DataType::Date => lit(dice.between(0, 50) as i32).cast(DataType::Date),
        DataType::Datetime(..) => lit(dice.between(0, 100_000)).cast(dtype.clone()),
        other => lit(dice.between(-9_000, 9_000)).cast(other.clone()),
    }
}

/// A condition on a row, sometimes of totals.
pub(crate) fn predicate(dice: &mut Dice, schema: &Schema) -> Expr {
    match dice.below(8) {
        0 => predicate(dice, schema).and(condition(dice, schema)),
        1 => predicate(dice, schema).or(condition(dice, schema)),
        2 => condition(dice, schema).not(),
        3 => match some_column(dice, schema, is_number) {
            Some(x) if dice.one_in(2) => x.clone().gt(x.mean()),
            Some(x) => x.clone().lt_eq(x.max() - lit(1)),
            None => condition(dice, schema),
        },
        _ => condition(dice, schema),
    }
}

/// A condition on one or two columns.
fn condition(dice: &mut Dice, schema: &Schema) -> Expr {
    let (name, dtype) =
        schema.get_at_index(dice.below(schema.len())).expect("a column that there is");
    let x = || col(name.clone());
    if !is_plain(dtype) || dice.one_in(6) {
        return if dice.one_in(2) { x().is_null() } else { x().is_not_null() };
    }
    if dice.one_in(6) {
        let same = columns(schema, |other| other == dtype);
        let y = col(dice.pick(&same));
        return if dice.one_in(2) { x().eq(y) } else { x().eq_missing(y) };
    }
    if dtype.is_float() && dice.one_in(4) {
        return dice.pick(&[x().is_nan(), x().is_not_nan(), x().is_finite()]);
    }
    if *dtype == DataType::Boolean {
        return if dice.one_in(2) { x() } else { x().not() };
    }
    if *dtype == DataType::String && dice.one_in(3) {
        return x().str().starts_with(lit("a"));
    }
    let v = value(dice, dtype);
    match dice.below(9) {
        0 | 1 => x().eq(v),
        2 => x().neq(v),
        3 => x().lt(v),
        4 => x().lt_eq(v),
        5 => x().gt(v),
        6 => x().gt_eq(v),
        7 => v.lt(x()),
        _ => x().is_between(v, value(dice, dtype), ClosedInterval::Both),
    }
}

/// An expression of a row alone, or one literal.
pub(crate) fn row_wise(dice: &mut Dice, schema: &Schema) -> Expr {
    let any = col(dice.pick(&columns(schema, |_| true)));
    let exact = some_column(dice, schema, |dtype| is_plain(dtype) && !dtype.is_float());
    let exact = exact.unwrap_or_else(|| lit(1));
    let number = some_column(dice, schema, is_number).unwrap_or_else(|| lit(2));
    let other = some_column(dice, schema, is_number).unwrap_or_else(|| lit(3));
    let text = some_column(dice, schema, DataType::is_string);
    match dice.below(14) {
        0 => number + other,
        1 => number * lit(2),
        2 => number - lit(dice.between(0, 9)),
        3 => number / lit(4.0),
        4 => when(condition(dice, schema)).then(number).otherwise(other),
        // The sign of a zero, which would show in a text, is not told.
        5 => exact.cast(DataType::String),
        6 => number.cast(DataType::Float64),
        7 => any.is_null(),
        8 => lit(dice.between(0, 9)),
        9 => number.clone().fill_null(lit(dice.between(0, 9)).cast(DataType::UInt8)),
        10 => coalesce(&[number, other]),
        11 => text.map_or(lit("none"), |text| text.str().to_uppercase()),
        12 => number.clone() - number.min(),
        _ => condition(dice, schema),
    }
}

/// An expression that needs rows around its own, or all before it.
pub(crate) fn of_order(dice: &mut Dice, schema: &Schema) -> Expr {
    let any = col(dice.pick(&columns(schema, |_| true)));
    let plain = some_column(dice, schema, is_plain).unwrap_or_else(|| any.clone());
    let number = some_column(dice, schema, is_number)
        .unwrap_or_else(|| lit(1).alias("one") + any.clone().is_null());
    let is_wide = |dtype: &DataType| matches!(dtype, DataType::Int64 | DataType::Float64);
    let wide = some_column(dice, schema, is_wide).unwrap_or_else(|| number.clone());
    let reverse = dice.one_in(3);
    let window = RollingOptionsFixedWindow {
        window_size: 1 + dice.below(4),
        min_periods: dice.below(2),
        center: reverse,
        ..RollingOptionsFixedWindow::default()
    };
    match dice.below(11) {
        0 => any.shift(lit(dice.between(-3, 3))),
        1 => wide.diff(lit(dice.between(1, 2)), NullBehavior::Ignore),
        2 => number.cum_sum(reverse),
        3 => plain.cum_count(reverse),
        4 => number.cum_max(reverse),
        5 => number.cum_min(reverse),
        6 => number.rolling_sum(window),
        7 => number.rolling_max(window),
        8 => plain.fill_null_with_strategy(FillNullStrategy::Forward(None)),
        9 => number.clone() - number.shift(lit(1)),
        _ => plain.shift(lit(1)).is_null().cum_sum(reverse),
    }
}

/// An aggregation whose result does not depend on how it is computed. Those of an order are for rows in one.
pub(crate) fn aggregation(dice: &mut Dice, schema: &Schema, is_ordered: bool) -> Expr {
    let any = col(dice.pick(&columns(schema, |_| true)));
    let plain = some_column(dice, schema, is_plain).unwrap_or_else(|| any.clone());
    let number = some_column(dice, schema, is_number)
        .unwrap_or_else(|| plain.clone().is_null().cast(DataType::Int64));
    match dice.below(if is_ordered { 18 } else { 15 }) {
        0 | 1 => number.sum(),
        2 => plain.min(),
        3 => plain.max(),
        4 => number.mean(),
        5 => any.count(),
        6 => any.null_count(),
        7 => plain.n_unique(),
        8 => number.median(),
        9 => number.quantile(lit(0.25), QuantileMethod::Linear),
        10 => len(),
        11 => number.clone().max() - number.min(),
        12 => number.filter(condition(dice, schema)).sum(),
        13 => condition(dice, schema).any(dice.one_in(2)),
        14 => (number.cast(DataType::Float64) * lit(2)).sum(),
        15 => any.first(),
        16 => any.last(),
        _ => plain.implode(true),
    }
}

/// Windows over groups, for a row each.
pub(crate) fn over_groups(dice: &mut Dice, schema: &Schema, is_ordered: bool) -> Option<Vec<Expr>> {
    let keys: Vec<Expr> = dice.some(&columns(schema, is_plain), 2).into_iter().map(col).collect();
    let window = |i| {
        let of = match dice.one_in(3) && is_ordered {
            true => of_order(dice, schema),
            false => aggregation(dice, schema, is_ordered),
        };
        Some(of.over(&keys).ok()?.alias(format!("w{i}")))
    };
    (0..2).map(window).collect()
}

/// Aggregations whose results are close, not equal, when they are computed otherwise.
pub(crate) fn moment(dice: &mut Dice, schema: &Schema) -> Expr {
    let number = some_column(dice, schema, is_number).unwrap_or_else(|| lit(1));
    let other = some_column(dice, schema, is_number).unwrap_or_else(|| lit(1));
    let ddof = dice.below(3) as u8;
    match dice.below(8) {
        0 | 1 => number.std(ddof),
        2 => number.var(ddof),
        3 => number.skew(dice.one_in(2)),
        4 => number.kurtosis(dice.one_in(2), true),
        5 => cov(number.cast(DataType::Float64), other.cast(DataType::Float64), ddof),
        6 => pearson_corr(number.cast(DataType::Float64), other.cast(DataType::Float64)),
        _ => number.cast(DataType::Float64).product(),
    }
}
