//! Two chains made one.

use lazy_frame::polars::prelude::*;

use super::super::chain::Chain;
use super::super::dice::Dice;
use super::super::exprs::{columns, is_plain};
use super::rows::filter;

pub(super) fn join(chain: &Chain, other: &Chain, dice: &mut Dice) -> Chain {
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
pub(super) fn concat(chain: &Chain, other: &Chain, dice: &mut Dice) -> Chain {
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
