//! Rows chosen, sorted, multiplied.

use lazy_frame::polars::prelude::*;

use super::super::chain::Chain;
use super::super::dice::Dice;
use super::super::exprs::{columns, is_plain, predicate};
use super::{in_order, some_names};

pub(super) fn filter(chain: &Chain, dice: &mut Dice) -> Chain {
    let predicate = predicate(dice, &chain.schema());
    chain.step(
        format!("filter {predicate}"),
        chain.is_ordered,
        |ours| ours.filter(predicate.clone()),
        |theirs| theirs.filter(predicate.clone()),
    )
}

pub(super) fn sort(chain: &Chain, dice: &mut Dice) -> Chain {
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
pub(super) fn unique(chain: &Chain, dice: &mut Dice) -> Chain {
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

pub(super) fn ends(chain: &Chain, dice: &mut Dice) -> Chain {
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

/// Lists to rows, columns to rows.
pub(super) fn reshape(chain: &Chain, dice: &mut Dice) -> Chain {
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
