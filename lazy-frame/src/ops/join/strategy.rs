//! [`Strategy`]: which partitions meet.

use std::fmt;

use polars::prelude::{JoinType, JoinValidation, MaintainOrderJoin};

use super::align::{Range, align};
use super::{Rule, Side};
use crate::plan::Plan;

/// How rows with equal keys come together. The first that is possible is taken.
#[derive(Debug)]
pub(crate) enum Strategy {
    /// This side is put together, and joined with each partition of the other, which stays as it is.
    Whole(Side),
    /// Partitions that hold the same range of keys are joined.
    Aligned(Vec<Range>),
    /// Rows of both sides are moved into as many partitions by the hash of their keys.
    Shuffle(usize),
}

impl Strategy {
    pub(super) fn choose(rule: &Rule, left: &Plan, right: &Plan) -> Result<Strategy, String> {
        let sides = Sizes { left: left.npartitions(), right: right.npartitions() };
        let strategy = match sides.whole(rule, |side| sides.of(side) == 1) {
            Some(side) => Strategy::Whole(side),
            None => match align(&rule.keys, rule, left, right) {
                Some(ranges) => Strategy::Aligned(ranges),
                None => match sides.whole(rule, |side| sides.is_small(side)) {
                    Some(side) => Strategy::Whole(side),
                    None if rule.args.how.is_cross() => Strategy::Whole(sides.smaller()),
                    None => Strategy::Shuffle(buckets(rule, left, right)),
                },
            },
        };
        match strategy.keeps(rule.args.maintain_order) {
            true => Ok(strategy),
            false => Err(format!(
                "the order of rows cannot be kept, as {strategy}: sort the result, or repartition the other side into 1"
            )),
        }
    }

    /// Whether the rows come in the order that is asked for.
    fn keeps(&self, order: MaintainOrderJoin) -> bool {
        use MaintainOrderJoin::*;
        match (order, self) {
            (None, _) => true,
            (Left | LeftRight, Strategy::Whole(side)) => *side == Side::Right,
            (Right | RightLeft, Strategy::Whole(side)) => *side == Side::Left,
            (_, Strategy::Aligned(_) | Strategy::Shuffle(_)) => false,
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Strategy::Whole(side) => {
                write!(f, "each partition of the {} side meets the whole {side} side", side.other())
            }
            Strategy::Aligned(ranges) => {
                write!(f, "{} ranges of known divisions meet", ranges.len())
            }
            Strategy::Shuffle(n) => {
                write!(f, "both sides are shuffled by key into {n} partitions")
            }
        }
    }
}

/// As many as the larger side has, unless a side is shuffled already.
fn buckets(rule: &Rule, left: &Plan, right: &Plan) -> usize {
    let sides = [(Side::Left, left), (Side::Right, right)];
    let hashed = sides.iter().find(|(side, plan)| rule.keys.are_hashed(*side, plan));
    match hashed {
        Some((_, plan)) => plan.npartitions(),
        None => left.npartitions().max(right.npartitions()),
    }
}

/// How many partitions the sides have.
struct Sizes {
    left: usize,
    right: usize,
}

impl Sizes {
    fn of(&self, side: Side) -> usize {
        match side {
            Side::Left => self.left,
            Side::Right => self.right,
        }
    }

    fn smaller(&self) -> Side {
        if self.left < self.right { Side::Left } else { Side::Right }
    }

    /// The side that may be whole, and for which something is true.
    fn whole(&self, rule: &Rule, fits: impl Fn(Side) -> bool) -> Option<Side> {
        let alone = self.left == 1 && self.right == 1;
        let preferred = match rule.args.maintain_order {
            MaintainOrderJoin::Right | MaintainOrderJoin::RightLeft => [Side::Left, Side::Right],
            _ => [Side::Right, Side::Left],
        };
        preferred.into_iter().find(|side| fits(*side) && (alone || may_be_whole(rule, *side)))
    }

    /// Few enough partitions that to repeat the side in each task costs less than to move both: fewer than half the
    /// binary logarithm of the other's.
    fn is_small(&self, side: Side) -> bool {
        (self.of(side) as f64) < 0.5 * (self.of(side.other()) as f64).log2()
    }
}

/// A side may be met whole by each partition of the other if what becomes of its rows does not depend on the other
/// partitions.
fn may_be_whole(rule: &Rule, side: Side) -> bool {
    let by_validation = match rule.args.validation {
        JoinValidation::ManyToMany => true,
        JoinValidation::ManyToOne => side == Side::Right,
        JoinValidation::OneToMany => side == Side::Left,
        JoinValidation::OneToOne => false,
    };
    is_looked_up(&rule.args.how, side) && by_validation
}

/// Whether each row of the result has one of the other side: those of this side that match nothing give none.
pub(super) fn is_looked_up(how: &JoinType, side: Side) -> bool {
    match how {
        JoinType::Inner | JoinType::Cross => true,
        JoinType::Right => side == Side::Left,
        JoinType::Full => false,
        _ => side == Side::Right,
    }
}
