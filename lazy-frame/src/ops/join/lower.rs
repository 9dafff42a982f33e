//! The tasks of a join.

use std::sync::Arc;

use lazy_runtime::delayed as value;
use polars::prelude::Schema;

use super::align::Part;
use super::strategy::Strategy;
use super::{Join, Rule, Side};
use crate::plan::{Lowering, Piece, Plan, Step, empty};
use crate::shuffle;

/// A piece for each partition of the result: one task, which takes the row-wise steps of both sides along.
pub(super) fn pieces(join: &Join, lowering: &mut Lowering) -> Vec<Piece> {
    let [left, right] = [Side::Left, Side::Right].map(|side| match &join.strategy {
        Strategy::Whole(whole) if *whole == side => {
            let times = join.input(side.other()).npartitions();
            vec![together(join.input(side), times, lowering); times]
        }
        Strategy::Whole(_) => lowering.pieces(join.input(side)),
        Strategy::Aligned(ranges) => {
            let parts = ranges.iter().map(|range| range.of(side));
            ranges_of(join.input(side), parts.collect(), lowering)
        }
        Strategy::Shuffle(n) => shuffled(join, side, *n, lowering),
    });
    let rule = Arc::new(join.rule.clone());
    let pairs = left.into_iter().zip(right);
    pairs.map(|(left, right)| Piece::made(meet(left, right, rule.clone()))).collect()
}

fn meet(left: Piece, right: Piece, rule: Arc<Rule>) -> Partition {
    tasks::join(left.input, left.fused, right.input, right.fused, rule)
}

type Partition = lazy_runtime::Delayed<polars::prelude::DataFrame>;

/// All partitions in one, which is used some `times`.
pub(crate) fn together(plan: &Plan, times: usize, lowering: &mut Lowering) -> Piece {
    if plan.npartitions() > 1 {
        return Piece::made(tasks::concat(lowering.partitions(plan)));
    }
    let piece = lowering.pieces(plan).remove(0);
    if times == 1 { piece } else { piece.once() }
}

/// The rows of each range. A partition that several ranges share is made once.
fn ranges_of(plan: &Plan, parts: Vec<Option<&Part>>, lowering: &mut Lowering) -> Vec<Piece> {
    let mut uses = vec![0; plan.npartitions()];
    parts.iter().flatten().for_each(|part| uses[part.partition] += 1);
    let pieces = lowering.pieces(plan).into_iter().zip(uses);
    let pieces: Vec<_> =
        pieces.map(|(piece, uses)| if uses > 1 { piece.once() } else { piece }).collect();
    let range = |part: Option<&Part>| match part {
        None => nothing(plan.schema()),
        Some(part) => {
            let piece = pieces[part.partition].clone();
            part.within.iter().cloned().map(Step::Filter).fold(piece, Piece::step)
        }
    };
    parts.into_iter().map(range).collect()
}

/// A partition without rows.
pub(crate) fn nothing(schema: &Schema) -> Piece {
    Piece::made(value(empty(schema)))
}

/// The rows of a side in `n` partitions, by the hash of their keys in the type in which they are compared. A side that
/// is so stays.
fn shuffled(join: &Join, side: Side, n: usize, lowering: &mut Lowering) -> Vec<Piece> {
    let (plan, keys) = (join.input(side), &join.rule.keys);
    let pieces = lowering.pieces(plan);
    if keys.are_hashed(side, plan) && plan.npartitions() == n {
        return pieces;
    }
    let buckets = shuffle::by_hash(pieces, &keys.comparable(side), n, plan.schema());
    buckets.into_iter().map(Piece::made).collect()
}

mod tasks {
    use std::sync::Arc;

    use lazy_runtime::delayed;
    use polars::prelude::*;

    use super::Rule;
    use crate::engine;
    use crate::plan::Fused;

    #[delayed(name = "join", fallible)]
    pub(super) fn join(
        left: Option<DataFrame>,
        left_steps: Fused,
        right: Option<DataFrame>,
        right_steps: Fused,
        rule: Arc<Rule>,
    ) -> PolarsResult<DataFrame> {
        engine::collect(rule.apply(left_steps.rows(left)?, right_steps.rows(right)?))
    }

    #[delayed(name = "concat", fallible)]
    pub(super) fn concat(partitions: Vec<DataFrame>) -> PolarsResult<DataFrame> {
        engine::concat(partitions)
    }
}
