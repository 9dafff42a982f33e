//! Columns chosen, made, renamed, filled.

use lazy_frame::polars::prelude::*;
use lazy_frame::prelude::Frame;

use super::super::chain::Chain;
use super::super::dice::Dice;
use super::super::exprs::{columns, of_order, row_wise};
use super::{in_order, some_names};

/// Columns, some of them computed or under new names.
pub(super) fn select(chain: &Chain, dice: &mut Dice) -> Chain {
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

pub(super) fn with_columns(chain: &Chain, dice: &mut Dice) -> Chain {
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

/// What looks at the rows around each row.
pub(super) fn around(chain: &Chain, dice: &mut Dice) -> Chain {
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
pub(super) fn names(chain: &Chain, dice: &mut Dice) -> Chain {
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
pub(super) fn missing(chain: &Chain, dice: &mut Dice) -> Chain {
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
