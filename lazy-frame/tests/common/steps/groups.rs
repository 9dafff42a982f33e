//! Rows aggregated: by group, and all of them.

use lazy_frame::polars::prelude::*;

use super::super::chain::Chain;
use super::super::dice::Dice;
use super::super::exprs::{aggregation, is_plain, over_groups};
use super::some_names;

pub(super) fn group_by(chain: &Chain, dice: &mut Dice) -> Chain {
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

/// One row of aggregations, or each row beside it.
pub(super) fn totals(chain: &Chain, dice: &mut Dice) -> Chain {
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
