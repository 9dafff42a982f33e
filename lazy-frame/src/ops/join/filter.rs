//! Which rows of its sides a join need not look at, because a filter drops what becomes of them.

use std::collections::HashMap;

use polars::prelude::{Expr, JoinType, PlSmallStr, col};

use super::names::Origin;
use super::{Rule, Side};
use crate::plan::optimize::filter_pushdown::conditions;

/// The predicate in the columns of each side; `None` for both where a part of it says nothing of either side alone.
pub(super) fn inputs(rule: &Rule, origins: &[Origin], predicate: &Expr) -> Vec<Option<Expr>> {
    // Whether keys are unique is asked of all rows.
    if rule.args.validation.needs_checks() {
        return vec![None, None];
    }
    let parts = conditions(predicate).into_iter().map(|part| of_sides(rule, origins, part));
    let Some(parts) = parts.collect::<Option<Vec<_>>>() else {
        return vec![None, None];
    };
    let all = |side: Side| {
        let parts = parts.iter().filter_map(|part| part[side as usize].clone());
        parts.reduce(|before, part| before.and(part))
    };
    vec![all(Side::Left), all(Side::Right)]
}

/// The predicate in the columns of each side that may be filtered by it; `None` where that does not do all that is
/// asked.
///
/// A side is filtered for good where each row of the result has a row of that side. What is said of keys alone,
/// besides, is known of the rows of the other side that could match.
fn of_sides(rule: &Rule, origins: &[Origin], part: &Expr) -> Option<[Option<Expr>; 2]> {
    let says = |side, equal| express(rule, origins, part, side, equal);
    match rule.args.how {
        JoinType::Inner | JoinType::Cross => {
            let sides = [says(Side::Left, true), says(Side::Right, true)];
            sides.iter().any(Option::is_some).then_some(sides)
        }
        JoinType::Right => Some([says(Side::Left, true), Some(says(Side::Right, false)?)]),
        JoinType::Full => Some([Some(says(Side::Left, false)?), Some(says(Side::Right, false)?)]),
        _ => Some([Some(says(Side::Left, false)?), says(Side::Right, true)]),
    }
}

/// The predicate in the columns of a side; with `equal`, of keys that equal those of the other side, too.
fn express(
    rule: &Rule,
    origins: &[Origin],
    predicate: &Expr,
    side: Side,
    equal: bool,
) -> Option<Expr> {
    let column = |name: &PlSmallStr| {
        let origin = origins.iter().find(|origin| origin.name == *name)?;
        let counterpart = || {
            let theirs = origin.of(side.other()).filter(|_| equal)?;
            rule.keys.counterpart(side.other(), theirs).map(PlSmallStr::from)
        };
        origin.of(side).cloned().or_else(counterpart)
    };
    let names = predicate.clone().meta().root_names();
    let columns: HashMap<_, _> = names
        .into_iter()
        .map(|name| Some((name.clone(), column(&name)?)))
        .collect::<Option<_>>()?;
    Some(predicate.clone().map_expr(|e| match e {
        Expr::Column(name) => col(columns.get(&name).cloned().unwrap_or(name)),
        other => other,
    }))
}
