//! Where each column of a join comes from.

use polars::prelude::{JoinType, PlSmallStr, Schema};

use super::{Rule, Side};
use crate::plan::Columns;

/// A column of the result, and the column that it is of each side. A key that a full join makes of both sides has two.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Origin {
    pub(super) name: PlSmallStr,
    left: Option<PlSmallStr>,
    right: Option<PlSmallStr>,
}

impl Origin {
    pub(super) fn of(&self, side: Side) -> Option<&PlSmallStr> {
        match side {
            Side::Left => self.left.as_ref(),
            Side::Right => self.right.as_ref(),
        }
    }

    pub(super) fn is(&self, side: Side, column: &str) -> bool {
        self.of(side).is_some_and(|name| name == column)
    }
}

/// The columns of the result in its order, named as Polars names them.
pub(super) fn origins(rule: &Rule, left: &Schema, right: &Schema) -> Vec<Origin> {
    let mut origins: Vec<_> = left
        .iter_names()
        .filter(|name| !(is_merged(rule, Side::Left, name)))
        .map(|name| Origin {
            name: name.clone(),
            left: Some(name.clone()),
            right: coalesced(rule, name),
        })
        .collect();
    if matches!(rule.args.how, JoinType::Semi | JoinType::Anti) {
        return origins;
    }
    for name in right.iter_names().filter(|name| !is_merged(rule, Side::Right, name)) {
        let taken = left.contains(name) && !is_merged(rule, Side::Left, name);
        let new = match taken {
            true => format!("{name}{}", rule.args.suffix()).into(),
            false => name.clone(),
        };
        origins.push(Origin { name: new, left: None, right: Some(name.clone()) });
    }
    origins
}

/// Whether a key is left out of the result because that of the other side stands for it.
fn is_merged(rule: &Rule, side: Side, name: &str) -> bool {
    let kept = match rule.args.how {
        JoinType::Right => Side::Right,
        _ => Side::Left,
    };
    side != kept && coalesces(rule) && rule.keys.has_column(side, name)
}

fn coalesces(rule: &Rule) -> bool {
    rule.args.should_coalesce() && rule.keys.are_columns()
}

/// The right key that a full join fills a left key with.
fn coalesced(rule: &Rule, left: &str) -> Option<PlSmallStr> {
    let fills = matches!(rule.args.how, JoinType::Full) && coalesces(rule);
    let right = rule.keys.counterpart(Side::Left, left).filter(|_| fills)?;
    Some(right.into())
}

/// The columns of a side that are needed for some of the result. A column has a suffix because the left side has one of its name: then this one is
/// needed, too.
pub(super) fn needs(origins: &[Origin], wanted: &Columns, side: Side) -> Columns {
    let wanted = || origins.iter().filter(|origin| wanted.contains(&origin.name));
    let of_side = wanted().filter_map(|origin| origin.of(side));
    let namesakes =
        wanted().filter_map(|origin| origin.right.as_ref().filter(|right| **right != origin.name));
    match side {
        Side::Left => Columns::names(of_side.chain(namesakes).cloned()),
        Side::Right => Columns::names(of_side.cloned()),
    }
}
