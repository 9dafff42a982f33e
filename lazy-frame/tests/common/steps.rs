//! Random steps of a [`Chain`].

use lazy_frame::polars::prelude::*;
use lazy_frame::prelude::Frame;
use lazy_runtime::Collection;

use super::chain::Chain;
use super::dice::Dice;
use super::exprs::{aggregation, columns, is_plain, of_order, over_groups, predicate, row_wise};

/// A step upon the last of some chains; others of them are what it is joined with.
pub(crate) fn step(chains: &[Chain], seed: u64) -> Chain {
    let (chain, mut dice) = (chains.last().expect("a chain to begin with"), Dice::new(seed));
    let dice = &mut dice;
    if chain.theirs.width() == 0 {
        return chain.clone();
    }
    match dice.below(30) {
        0..=3 => filter(chain, dice),
        4 | 5 => select(chain, dice),
        6 | 7 => with_columns(chain, dice),
        8 => names(chain, dice),
        9 => missing(chain, dice),
        10 | 11 => sort(chain, dice),
        12 => unique(chain, dice),
        13..=15 => group_by(chain, dice),
        16..=18 => join(chain, &dice.pick(chains), dice),
        19 => concat(chain, &dice.pick(chains), dice),
        20 => ends(chain, dice),
        21 | 22 => cut(chain, dice),
        23 => reshape(chain, dice),
        24 => totals(chain, dice),
        25..=27 => divide(chain, dice),
        _ => around(chain, dice),
    }
}

fn some_names(
    chain: &Chain,
    dice: &mut Dice,
    is: fn(&DataType) -> bool,
    most: usize,
) -> Option<Vec<PlSmallStr>> {
    let names = columns(&chain.schema(), is);
    (!names.is_empty()).then(|| dice.some(&names, most))
}

/// Rows in an order that both sides have; the chain as it is where there is no such order.
fn in_order(chain: &Chain) -> Option<Chain> {
    if chain.is_ordered {
        return Some(chain.clone());
    }
    let schema = chain.schema();
    if schema.iter().any(|(_, dtype)| !is_plain(dtype)) {
        return None;
    }
    let names: Vec<PlSmallStr> = schema.iter_names().cloned().collect();
    let stable = SortMultipleOptions::new().with_maintain_order(true);
    let sorted = chain.step(
        "sort by all columns",
        true,
        |ours| ours.sort(&names, stable.clone()),
        |theirs| theirs.sort(names.clone(), stable.clone()),
    );
    sorted.is_ordered.then_some(sorted)
}

fn filter(chain: &Chain, dice: &mut Dice) -> Chain {
    let predicate = predicate(dice, &chain.schema());
    chain.step(
        format!("filter {predicate}"),
        chain.is_ordered,
        |ours| ours.filter(predicate.clone()),
        |theirs| theirs.filter(predicate.clone()),
    )
}

/// Columns, some of them computed or under new names.
fn select(chain: &Chain, dice: &mut Dice) -> Chain {
    let schema = chain.schema();
    let all = columns(&schema, |_| true);
    let kept = dice.some(&all, all.len());
    let mut exprs: Vec<Expr> = kept.into_iter().map(col).collect();
    for name in ["c", "e"] {
        match dice.below(4) {
            0 => exprs.push(row_wise(dice, &schema).alias(name)),
            1 => exprs.push(col(dice.pick(&all)).alias(name)),
            _ => {}
        }
    }
    both(chain, exprs, |frame, exprs| frame.select(exprs), |rows, exprs| rows.select(exprs))
}

fn with_columns(chain: &Chain, dice: &mut Dice) -> Chain {
    let schema = chain.schema();
    let mut names = columns(&schema, |_| true);
    names.extend(["c".into(), "v".into()]);
    let names = dice.some(&names, 3);
    let exprs = names.into_iter().map(|name| row_wise(dice, &schema).alias(name)).collect();
    both(
        chain,
        exprs,
        |frame, exprs| frame.with_columns(exprs),
        |rows, exprs| rows.with_columns(exprs),
    )
}

#[track_caller]
fn both(
    chain: &Chain,
    exprs: Vec<Expr>,
    ours: impl Fn(&Frame, &[Expr]) -> Frame,
    theirs: impl Fn(LazyFrame, &[Expr]) -> LazyFrame,
) -> Chain {
    let said = exprs.iter().map(Expr::to_string).collect::<Vec<_>>().join(", ");
    chain.step(said, chain.is_ordered, |frame| ours(frame, &exprs), |rows| theirs(rows, &exprs))
}

/// Columns dropped, renamed, cast.
fn names(chain: &Chain, dice: &mut Dice) -> Chain {
    let all = columns(&chain.schema(), |_| true);
    let some = dice.some(&all, 2);
    let (said, is_ordered) = (format!("{some:?}"), chain.is_ordered);
    match dice.below(3) {
        0 if some.len() < all.len() => chain.step(
            format!("drop {said}"),
            is_ordered,
            |ours| ours.drop(&some),
            |theirs| theirs.drop(by_name(some.clone(), true, false)),
        ),
        1 => {
            let new: Vec<PlSmallStr> = (0..some.len()).map(|i| format!("r{i}").into()).collect();
            chain.step(
                format!("rename {said}"),
                is_ordered,
                |ours| ours.rename(&some, &new),
                |theirs| theirs.rename(&some, &new, true),
            )
        }
        _ => {
            let Some(numbers) = some_names(chain, dice, DataType::is_primitive_numeric, 2) else {
                return chain.clone();
            };
            let exprs: Vec<_> = numbers
                .iter()
                .map(|name| col(name.clone()).strict_cast(DataType::Float64))
                .collect();
            chain.step(
                format!("cast {numbers:?}"),
                is_ordered,
                |ours| ours.cast(numbers.iter().map(|name| (name.clone(), DataType::Float64))),
                |theirs| theirs.with_columns(exprs.clone()),
            )
        }
    }
}

/// Nulls and NaNs dropped or filled.
fn missing(chain: &Chain, dice: &mut Dice) -> Chain {
    let all = columns(&chain.schema(), |_| true);
    let subset = (!dice.one_in(4)).then(|| dice.some(&all, 2));
    if dice.one_in(3) && !columns(&chain.schema(), DataType::is_float).is_empty() {
        let value = dice.between(0, 9) as f32;
        return chain.step(
            format!("fill_nan {value}"),
            chain.is_ordered,
            |ours| ours.fill_nan(lit(value)),
            |theirs| theirs.fill_nan(lit(value)),
        );
    }
    let names: Option<Vec<&str>> =
        subset.as_ref().map(|names| names.iter().map(PlSmallStr::as_str).collect());
    chain.step(
        format!("drop_nulls {subset:?}"),
        chain.is_ordered,
        |ours| ours.drop_nulls(names.as_deref()),
        |theirs| theirs.drop_nulls(subset.clone().map(|names| by_name(names, true, false))),
    )
}

fn sort(chain: &Chain, dice: &mut Dice) -> Chain {
    let Some(chain) = in_order(chain) else { return chain.clone() };
    let Some(by) = some_names(&chain, dice, is_plain, 2) else { return chain };
    let flags = |dice: &mut Dice| by.iter().map(|_| dice.one_in(2)).collect::<Vec<_>>();
    let options = SortMultipleOptions::new().with_maintain_order(true);
    let options =
        options.with_order_descending_multi(flags(dice)).with_nulls_last_multi(flags(dice));
    let (k, exprs) = (dice.below(20), by.iter().cloned().map(col).collect::<Vec<_>>());
    let said = format!("{by:?} {:?} {:?}", options.descending, options.nulls_last);
    match dice.below(4) {
        0 => chain.step(
            format!("top_k {k} {said}"),
            true,
            |ours| ours.top_k(k, &by, options.clone()),
            |theirs| theirs.top_k(k as u32, &exprs, options.clone()),
        ),
        1 => chain.step(
            format!("bottom_k {k} {said}"),
            true,
            |ours| ours.bottom_k(k, &by, options.clone()),
            |theirs| theirs.bottom_k(k as u32, &exprs, options.clone()),
        ),
        _ => chain.step(
            format!("sort {said}"),
            true,
            |ours| ours.sort(&by, options.clone()),
            |theirs| theirs.sort(by.clone(), options.clone()),
        ),
    }
}

/// Which of equal rows stays is told by their order, unless they are equal in all columns.
fn unique(chain: &Chain, dice: &mut Dice) -> Chain {
    let schema = chain.schema();
    if schema.iter().any(|(_, dtype)| !is_plain(dtype)) || dice.one_in(2) {
        let keep = dice.pick(&[
            UniqueKeepStrategy::First,
            UniqueKeepStrategy::Last,
            UniqueKeepStrategy::None,
        ]);
        let (Some(chain), Some(subset)) = (in_order(chain), some_names(chain, dice, is_plain, 3))
        else {
            return chain.clone();
        };
        let names: Vec<&str> = subset.iter().map(PlSmallStr::as_str).collect();
        return chain.step(
            format!("unique {subset:?} {keep:?}"),
            keep != UniqueKeepStrategy::None,
            |ours| ours.unique(Some(&names), keep),
            |theirs| theirs.unique_stable(Some(by_name(subset.clone(), true, false)), keep),
        );
    }
    let keep = dice.pick(&[UniqueKeepStrategy::Any, UniqueKeepStrategy::None]);
    chain.step(
        format!("unique {keep:?}"),
        false,
        |ours| ours.unique(None, keep),
        |theirs| theirs.unique_stable(None, keep),
    )
}

fn group_by(chain: &Chain, dice: &mut Dice) -> Chain {
    let Some(keys) = some_names(chain, dice, is_plain, 2) else { return chain.clone() };
    if dice.one_in(8) {
        let exprs: Vec<_> = keys.iter().cloned().map(col).collect();
        return chain.step(
            format!("value_counts {keys:?}"),
            false,
            |ours| ours.value_counts(&keys),
            |theirs| theirs.group_by(&exprs).agg([len().alias("count")]),
        );
    }
    let schema = chain.schema();
    let aggs = |i| aggregation(dice, &schema, chain.is_ordered).alias(format!("a{i}"));
    let aggs: Vec<Expr> = (0..3).map(aggs).collect();
    let mut keys: Vec<Expr> = keys.into_iter().map(col).collect();
    if dice.one_in(4) {
        keys[0] = keys[0].clone().is_null().alias("key");
    }
    let n = if dice.one_in(3) { 3 } else { 1 };
    chain.step(
        format!("group_by {keys:?} {aggs:?}, into {n}"),
        false,
        |ours| ours.group_by(&keys).npartitions(n).agg(&aggs),
        |theirs| theirs.group_by(&keys).agg(&aggs),
    )
}

fn join(chain: &Chain, other: &Chain, dice: &mut Dice) -> Chain {
    let (left, right) = (chain.schema(), other.schema());
    let mut pairs: Vec<_> = left
        .iter()
        .filter(|(_, dtype)| is_plain(dtype))
        .flat_map(|(l, dtype)| {
            columns(&right, |other| other == dtype).into_iter().map(move |r| (l.clone(), r))
        })
        .collect();
    let how = dice.pick(&[
        JoinType::Inner,
        JoinType::Inner,
        JoinType::Left,
        JoinType::Right,
        JoinType::Full,
        JoinType::Semi,
        JoinType::Anti,
        JoinType::Cross,
    ]);
    let mut args = JoinArgs::new(how.clone());
    args.nulls_equal = dice.one_in(4);
    args.coalesce = dice.pick(&[
        JoinCoalesce::JoinSpecific,
        JoinCoalesce::JoinSpecific,
        JoinCoalesce::CoalesceColumns,
        JoinCoalesce::KeepColumns,
    ]);
    args.suffix = dice.one_in(2).then(|| "_2".into());
    let mut keys = match how {
        JoinType::Cross => Vec::new(),
        _ if pairs.is_empty() => return chain.clone(),
        // Keys of the same name more often.
        _ => {
            let same: Vec<_> = pairs.iter().filter(|(l, r)| l == r).cloned().collect();
            let divided = (chain.ours.divisions(), other.ours.divisions());
            if let (Some(l), Some(r)) = divided
                && !dice.one_in(3)
                && let Some(pair) =
                    pairs.iter().find(|pair| pair.0 == l.column() && pair.1 == r.column())
            {
                pairs = vec![pair.clone()];
            }
            let from =
                if pairs.len() == 1 || same.is_empty() || dice.one_in(3) { &pairs } else { &same };
            dice.some(from, 2)
        }
    };
    keys.dedup_by(|a, b| a.0 == b.0 || a.1 == b.1);
    let on = |side: fn(&(PlSmallStr, PlSmallStr)) -> PlSmallStr| {
        keys.iter().map(|pair| col(side(pair))).collect()
    };
    let (left_on, right_on): (Vec<Expr>, Vec<Expr>) =
        (on(|pair| pair.0.clone()), on(|pair| pair.1.clone()));
    let said = format!(
        "{how} join on {keys:?} nulls {} {:?} {:?} with {:#?}",
        args.nulls_equal, args.coalesce, args.suffix, other.log
    );
    let small = chain.theirs.height() * other.theirs.height() <= 3000;
    if how == JoinType::Cross && !small {
        return chain.clone();
    }
    chain.step(
        said,
        false,
        |ours| ours.join(&other.ours, left_on.clone(), right_on.clone(), args.clone()),
        |theirs| theirs.join(other.theirs.clone().lazy(), &left_on, &right_on, args.clone()),
    )
}

/// With another frame of the same columns, or with some of its own rows.
fn concat(chain: &Chain, other: &Chain, dice: &mut Dice) -> Chain {
    let other = match other.schema() == chain.schema() {
        true => other.clone(),
        false => filter(chain, dice),
    };
    chain.step(
        format!("concat with {:#?}", other.log),
        chain.is_ordered && other.is_ordered,
        |ours| ours.concat(&other.ours),
        |theirs| {
            polars::prelude::concat([theirs, other.theirs.clone().lazy()], UnionArgs::default())
                .expect("frames of the same columns")
        },
    )
}

fn ends(chain: &Chain, dice: &mut Dice) -> Chain {
    let Some(chain) = in_order(chain) else { return chain.clone() };
    let n = dice.pick(&[0_usize, 1, 5, 20, 100]);
    match dice.below(3) {
        0 => chain.step(
            format!("tail {n}"),
            true,
            |ours| ours.tail(n),
            |theirs| theirs.tail(n as u32),
        ),
        _ => chain.step(
            format!("head {n}"),
            true,
            |ours| ours.head(n),
            |theirs| theirs.limit(n as u32),
        ),
    }
}

/// The same rows in other partitions.
fn cut(chain: &Chain, dice: &mut Dice) -> Chain {
    let n = dice.pick(&[1_usize, 2, 4, 9]);
    let same = |rows: LazyFrame| rows;
    if dice.one_in(3) {
        let single = |frame: &Frame| {
            (0..frame.npartitions()).map(|i| frame.partition(i)).collect::<Vec<_>>()
        };
        return chain.step(
            "partitions",
            chain.is_ordered,
            |ours| lazy_frame::concat(single(ours)),
            same,
        );
    }
    if dice.one_in(3) {
        let bytes = 1 + dice.below(900);
        let said = format!("repartition_bytes {bytes}");
        return chain.step(said, chain.is_ordered, |ours| ours.repartition_bytes(bytes), same);
    }
    if dice.one_in(4) {
        // Each computed by itself: both choose alike.
        let seed = dice.roll();
        let split = |frame: &Frame| lazy_frame::concat(frame.random_split(&[0.4, 0.6], seed));
        return chain.step("random_split", false, split, same);
    }
    if dice.one_in(4) {
        let kept = |frame: &Frame| {
            frame.persist().unwrap_or_else(|error| panic!("{:#?}: {error}", chain.log))
        };
        return chain.step("persist", chain.is_ordered, kept, same);
    }
    match some_names(chain, dice, is_plain, 2) {
        Some(keys) if dice.one_in(2) => {
            chain.step(format!("shuffle {keys:?} {n}"), false, |ours| ours.shuffle(&keys, n), same)
        }
        _ => chain.step(
            format!("repartition {n}"),
            chain.is_ordered,
            |ours| ours.repartition(n),
            same,
        ),
    }
}

/// Partitions that are ranges of a column, and are known to be.
fn divide(chain: &Chain, dice: &mut Dice) -> Chain {
    let known = chain.ours.divisions().map(|known| PlSmallStr::from(known.column()));
    if let (Some(column), true) = (&known, dice.one_in(2)) {
        let Some(values) = bounds(chain, column, dice) else { return chain.clone() };
        let ends = chain.ours.divisions().expect("they are known").bounds();
        let mut bounds: Vec<AnyValue<'static>> = values.iter().map(AnyValue::into_static).collect();
        (bounds[0], *bounds.last_mut().expect("two at least")) =
            (ends[0].clone(), ends[ends.len() - 1].clone());
        let dtype = values.dtype();
        let bounds = Series::from_any_values_and_dtype(column.clone(), &bounds, dtype, true)
            .expect("of one type");
        let bounds = bounds.unique_stable().expect("values that compare");
        return chain.step(
            format!("repartition_divisions {bounds:?}"),
            false,
            |ours| ours.repartition_divisions(bounds),
            |theirs| theirs,
        );
    }
    let divides = |dtype: &DataType| is_plain(dtype) && !dtype.is_float() && !dtype.is_bool();
    let Some(names) = some_names(chain, dice, divides, 1) else { return chain.clone() };
    let name =
        if chain.schema().contains("n") && dice.one_in(2) { "n".into() } else { names[0].clone() };
    let sorted = chain.ours.set_sorted(&name);
    if sorted.schema().is_ok() {
        return chain.step(
            format!("set_sorted {name}"),
            chain.is_ordered,
            |_| sorted,
            |theirs| theirs,
        );
    }
    let present = chain.step(
        format!("drop_nulls {name}"),
        chain.is_ordered,
        |ours| ours.drop_nulls(Some(&[&name])),
        |theirs| theirs.filter(col(name.clone()).is_not_null()),
    );
    let Some(bounds) = bounds(&present, &name, dice) else { return present };
    present.step(
        format!("set_divisions {name} {bounds:?}"),
        false,
        |ours| ours.set_divisions(&name, bounds),
        |theirs| theirs,
    )
}

/// The least and the largest value, and some between.
fn bounds(chain: &Chain, column: &str, dice: &mut Dice) -> Option<Series> {
    let values =
        chain.theirs.column(column).ok()?.as_materialized_series().drop_nulls().unique().ok()?;
    let values = values.sort(SortOptions::default()).ok()?;
    let last = values.len().checked_sub(1).filter(|last| *last > 0)?;
    let mut places: Vec<IdxSize> =
        (0..dice.below(4)).map(|_| 1 + dice.below(last) as IdxSize).collect();
    places.extend([0, last as IdxSize]);
    places.sort_unstable();
    places.dedup();
    values.take(&IdxCa::from_vec("".into(), places)).ok()
}

/// Lists to rows, columns to rows.
fn reshape(chain: &Chain, dice: &mut Dice) -> Chain {
    let lists = columns(&chain.schema(), DataType::is_list);
    if !lists.is_empty() && dice.one_in(2) {
        let name = dice.pick(&lists);
        let options = ExplodeOptions { empty_as_null: true, keep_nulls: true };
        return chain.step(
            format!("explode {name}"),
            chain.is_ordered,
            |ours| ours.explode([name.clone()]),
            |theirs| theirs.explode(by_name([name.clone()], true, false), options),
        );
    }
    let Some(on) = some_names(chain, dice, DataType::is_primitive_numeric, 2) else {
        return chain.clone();
    };
    let mut index = dice.some(&columns(&chain.schema(), |_| true), 3);
    index.retain(|name| !on.contains(name));
    let args = UnpivotArgsDSL {
        on: Some(by_name(on.clone(), true, false)),
        index: by_name(index.clone(), true, false),
        variable_name: None,
        value_name: None,
    };
    chain.step(
        format!("unpivot {on:?} {index:?}"),
        false,
        |ours| ours.unpivot(&on, &index),
        |theirs| theirs.unpivot(args),
    )
}

/// One row of aggregations, or each row beside it.
fn totals(chain: &Chain, dice: &mut Dice) -> Chain {
    let schema = chain.schema();
    if dice.one_in(3)
        && let Some(exprs) = over_groups(dice, &schema, chain.is_ordered)
    {
        return chain.step(
            format!("over {exprs:?}"),
            false,
            |ours| ours.with_columns(&exprs),
            |theirs| theirs.with_columns(&exprs),
        );
    }
    let aggs: Vec<Expr> = (0..3)
        .map(|i| aggregation(dice, &schema, chain.is_ordered).alias(format!("a{i}")))
        .collect();
    match dice.one_in(3) {
        true => chain.step(
            format!("select {aggs:?}"),
            true,
            |ours| ours.select(&aggs),
            |theirs| theirs.select(&aggs),
        ),
        false => chain.step(
            format!("with_columns {aggs:?}"),
            chain.is_ordered,
            |ours| ours.with_columns(&aggs),
            |theirs| theirs.with_columns(&aggs),
        ),
    }
}

/// What looks at the rows around each row.
fn around(chain: &Chain, dice: &mut Dice) -> Chain {
    let Some(chain) = in_order(chain) else { return chain.clone() };
    if dice.one_in(5) && !chain.schema().contains("row") {
        return chain.step(
            "with_row_index",
            true,
            |ours| ours.with_row_index("row", 3),
            |theirs| theirs.with_row_index("row", Some(3)),
        );
    }
    let schema = chain.schema();
    let expr = of_order(dice, &schema).alias("o");
    match dice.below(3) {
        0 => {
            let kept = dice.pick(&columns(&schema, |_| true));
            let exprs = vec![col(kept).alias("kept"), expr];
            both(
                &chain,
                exprs,
                |frame, exprs| frame.select(exprs),
                |rows, exprs| rows.select(exprs),
            )
        }
        _ => both(
            &chain,
            vec![expr],
            |frame, exprs| frame.with_columns(exprs),
            |rows, exprs| rows.with_columns(exprs),
        ),
    }
}
