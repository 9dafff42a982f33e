//! Rows by key.

use lazy_frame::polars::prelude::*;

use super::case::Case;
use super::dice::Dice;
use super::exprs::{aggregation, columns, is_plain, moment};

/// Aggregations of groups, some that merge and some that need all rows of a group.
pub(crate) fn aggregations(case: &Case, dice: &mut Dice) {
    let schema = case.schema();
    for n in [1, 1, 4] {
        let keys: Vec<Expr> =
            dice.some(&columns(&schema, is_plain), 2).into_iter().map(col).collect();
        let one = |i| match dice.one_in(3) {
            true => moment(dice, &schema).alias(format!("m{i}")),
            false => aggregation(dice, &schema, true).alias(format!("a{i}")),
        };
        let aggs: Vec<Expr> = (0..n).map(one).collect();
        same(case, dice, &keys, &aggs);
    }
    // In which order the largest and the most frequent stand is not told.
    let (name, keys) = (dice.pick(&columns(&schema, is_plain)), [col(dice.pick(&["k", "g", "b"]))]);
    let x = || col(name.clone());
    let aggs = [x().top_k(lit(2)).alias("t"), x().bottom_k(lit(2)).alias("m"), x().alias("all")];
    let mode = [x().mode(false).alias("t"), x().mode(false).alias("m")];
    let sorted = ["t", "m"].map(|name| col(name).list().sort(SortOptions::default()));
    for aggs in [&aggs[..], &mode] {
        let theirs =
            case.table.clone().lazy().group_by(&keys).agg(aggs).with_columns(&sorted).collect();
        let ours = case.frame.group_by(&keys).agg(aggs).with_columns(&sorted);
        case.same(&format!("{keys:?} {aggs:?}"), &ours, theirs, false);
    }
}

fn same(case: &Case, dice: &mut Dice, keys: &[Expr], aggs: &[Expr]) {
    let theirs = case.table.clone().lazy().group_by(keys).agg(aggs).collect();
    let n = if dice.one_in(3) { 3 } else { 1 };
    let ours = case.frame.group_by(keys).npartitions(n).agg(aggs);
    case.same(&format!("{keys:?} {aggs:?} into {n}"), &ours, theirs, false);
}

/// The methods of groups that aggregate all columns, or one.
pub(crate) fn methods(case: &Case, dice: &mut Dice) {
    let key = dice.pick(&["k", "g", "b", "i", "x", "d"]);
    let ddof = dice.below(3) as u8;
    let plain = case
        .table
        .clone()
        .lazy()
        .select(columns(&case.schema(), is_plain).into_iter().map(col).collect::<Vec<_>>());
    let plain = plain.collect().expect("columns that there are");
    let numbers = || {
        let names = columns(plain.schema(), DataType::is_primitive_numeric).into_iter();
        names.filter(|name| name != key).map(col).collect::<Vec<_>>()
    };
    let any = || {
        let names = columns(plain.schema(), |_| true).into_iter();
        names.filter(|name| name != key).map(col).collect::<Vec<_>>()
    };
    let names: Vec<_> = columns(plain.schema(), |_| true).into_iter().map(col).collect();
    let groups = case.frame.select(names).group_by([key]);
    let each = |exprs: Vec<Expr>, agg: &dyn Fn(Expr) -> Expr| {
        exprs.into_iter().map(agg).collect::<Vec<_>>()
    };
    let cases = [
        ("sum", groups.sum(), each(numbers(), &Expr::sum)),
        ("mean", groups.mean(), each(numbers(), &Expr::mean)),
        ("std", groups.std(ddof), each(numbers(), &|x| x.std(ddof))),
        ("var", groups.var(ddof), each(numbers(), &|x| x.var(ddof))),
        ("median", groups.median(), each(numbers(), &Expr::median)),
        ("min", groups.min(), each(any(), &Expr::min)),
        ("max", groups.max(), each(any(), &Expr::max)),
        ("count", groups.count(), each(any(), &Expr::count)),
        ("n_unique", groups.n_unique(), each(any(), &Expr::n_unique)),
        ("first", groups.first(), each(any(), &Expr::first)),
        ("last", groups.last(), each(any(), &Expr::last)),
        ("len", groups.len(), vec![len()]),
    ];
    for (said, ours, aggs) in dice.some(&cases, 3) {
        let theirs = plain.clone().lazy().group_by([col(key)]).agg(aggs).collect();
        case.same(&format!("{said} by {key}"), &ours, theirs, false);
    }
    let name = dice.pick(&columns(plain.schema(), |dtype| dtype.is_primitive_numeric()));
    if name == key {
        return;
    }
    let (groups, column) = (case.frame.group_by([key]).column(&name), || col(name.clone()));
    let cases = [
        ("sum", groups.sum(), column().sum()),
        ("std", groups.std(ddof), column().std(ddof)),
        ("quantile", groups.quantile(0.25), column().quantile(lit(0.25), QuantileMethod::Linear)),
        ("n_unique", groups.n_unique(), column().n_unique()),
        ("last", groups.last(), column().last()),
    ];
    let (said, ours, agg) = dice.pick(&cases);
    let theirs = || case.table.clone().lazy().group_by([col(key)]).agg([agg.clone()]);
    case.same(&format!("{said} of {name} by {key}"), ours.frame(), theirs().collect(), false);
    case.same(said, &ours.to_frame(), theirs().select([column()]).collect(), false);
}
