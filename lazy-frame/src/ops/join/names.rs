//! Where each column of a join comes from.

use polars::prelude::{JoinType, PlSmallStr, Schema};

use super::{Rule, Side};
use crate::plan::Columns;

/// A column of the result, and the column that it is of each side. A key that a full join makes of both sides has two.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Origin {
    pub(crate) name: PlSmallStr,
    left: Option<PlSmallStr>,
    right: Option<PlSmallStr>,
}

impl Origin {
    pub(crate) fn of(&self, side: Side) -> Option<&PlSmallStr> {
        match side {
            Side::Left => self.left.as_ref(),
            Side::Right => self.right.as_ref(),
        }
    }

    pub(crate) fn is(&self, side: Side, column: &str) -> bool {
        self.of(side).is_some_and(|name| name == column)
    }
}

/// The columns of the result in its order, named as Polars names them.
pub(super) fn origins(rule: &Rule, left: &Schema, right: &Schema) -> Vec<Origin> {
    let kept = |schema: &Schema, side| {
        let names = schema.iter_names().filter(|name| !is_merged(rule, side, name));
        names.cloned().collect()
    };
    let right = match rule.args.how {
        JoinType::Semi | JoinType::Anti => Vec::new(),
        _ => kept(right, Side::Right),
    };
    let mut origins = beside(kept(left, Side::Left), right, rule.args.suffix());
    for origin in &mut origins {
        if let Some(left) = &origin.left {
            origin.right = coalesced(rule, left);
        }
    }
    origins
}

/// Columns of the left side, then columns of the right one, with a suffix where the name is taken.
pub(crate) fn beside(left: Vec<PlSmallStr>, right: Vec<PlSmallStr>, suffix: &str) -> Vec<Origin> {
    let new = |name: &PlSmallStr| match left.contains(name) {
        true => format!("{name}{suffix}").into(),
        false => name.clone(),
    };
    let of_right = right
        .iter()
        .map(|name| Origin { name: new(name), left: None, right: Some(name.clone()) })
        .collect::<Vec<_>>();
    let of_left =
        left.into_iter().map(|name| Origin { name: name.clone(), left: Some(name), right: None });
    of_left.chain(of_right).collect()
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

/// The right key that a full join fills a left key with, if it is one alone.
fn coalesced(rule: &Rule, left: &str) -> Option<PlSmallStr> {
    let alone = rule.keys.number_of(Side::Left, left) == 1;
    let fills = matches!(rule.args.how, JoinType::Full) && coalesces(rule) && alone;
    let right = rule.keys.counterpart(Side::Left, left).filter(|_| fills)?;
    Some(right.into())
}

/// The columns of a side that are needed for some of the result. A column has a suffix because the left side has one of
/// its name: then this one is needed, too.
pub(crate) fn needs(origins: &[Origin], wanted: &Columns, side: Side) -> Columns {
    let wanted = || origins.iter().filter(|origin| wanted.contains(&origin.name));
    let of_side = wanted().filter_map(|origin| origin.of(side));
    let namesakes =
        wanted().filter_map(|origin| origin.right.as_ref().filter(|right| **right != origin.name));
    match side {
        Side::Left => Columns::names(of_side.chain(namesakes).cloned()),
        Side::Right => Columns::names(of_side.cloned()),
    }
}
