//! Random steps of a [`Chain`].

mod columns;
mod groups;
mod pairs;
mod partitions;
mod rows;

use lazy_frame::polars::prelude::*;

use super::chain::Chain;
use super::dice::Dice;
use super::exprs::is_plain;

/// A step upon the last of some chains; others of them are what it is joined with.
pub(crate) fn step(chains: &[Chain], seed: u64) -> Chain {
    let (chain, mut dice) = (chains.last().expect("a chain to begin with"), Dice::new(seed));
    let dice = &mut dice;
    if chain.theirs.width() == 0 {
        return chain.clone();
    }
    match dice.below(30) {
        0..=3 => rows::filter(chain, dice),
        4 | 5 => columns::select(chain, dice),
        6 | 7 => columns::with_columns(chain, dice),
        8 => columns::names(chain, dice),
        9 => columns::missing(chain, dice),
        10 | 11 => rows::sort(chain, dice),
        12 => rows::unique(chain, dice),
        13..=15 => groups::group_by(chain, dice),
        16..=18 => pairs::join(chain, &dice.pick(chains), dice),
        19 => pairs::concat(chain, &dice.pick(chains), dice),
        20 => rows::ends(chain, dice),
        21 | 22 => partitions::cut(chain, dice),
        23 => rows::reshape(chain, dice),
        24 => groups::totals(chain, dice),
        25..=27 => partitions::divide(chain, dice),
        _ => columns::around(chain, dice),
    }
}

fn some_names(
    chain: &Chain,
    dice: &mut Dice,
    is: fn(&DataType) -> bool,
    most: usize,
) -> Option<Vec<PlSmallStr>> {
    let names = super::exprs::columns(&chain.schema(), is);
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
