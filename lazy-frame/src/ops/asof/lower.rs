//! The tasks of a join by the nearest key.

use std::sync::Arc;

use lazy_runtime::Delayed;
use polars::prelude::{AsofStrategy, DataFrame};

use super::ranges::Ranges;
use super::{Asof, Rule};
use crate::ops::join::{Side, nothing, together};
use crate::plan::{Lowering, Piece, Plan};

/// A task for each partition of the left side, which takes its row-wise steps along.
pub(super) fn pieces(asof: &Asof, lowering: &mut Lowering) -> Vec<Piece> {
    let [left, right] = &asof.inputs;
    let met: Vec<Vec<_>> = match &asof.ranges {
        None => {
            vec![vec![together(right, left.npartitions(), lowering).task()]; left.npartitions()]
        }
        Some(ranges) => met(&asof.rule, ranges, right, lowering),
    };
    let rule = Arc::new(asof.rule.clone());
    let pieces = lowering.pieces(left).into_iter().zip(met);
    pieces
        .map(|(left, right)| tasks::join_asof(left.input, left.fused, right, rule.clone()))
        .map(Piece::made)
        .collect()
}

type Partition = Delayed<DataFrame>;

/// The partitions of each range between the nearest rows of those before, and of those after.
fn met(rule: &Rule, ranges: &Ranges, right: &Plan, lowering: &mut Lowering) -> Vec<Vec<Partition>> {
    let parts = lowering.partitions(right);
    let edges = Edges::of(rule, ranges, &parts);
    let range = |range: &std::ops::Range<usize>| {
        let before = edges.before.get(range.start).cloned().flatten();
        let after = edges.after.get(range.end).cloned().flatten();
        let met = before.into_iter().chain(parts[range.clone()].iter().cloned()).chain(after);
        let met: Vec<_> = met.collect();
        if met.is_empty() { vec![nothing(right.schema()).task()] } else { met }
    };
    ranges.iter().map(range).collect()
}

/// For each partition, the rows nearest to it of all before it, and of it and all after it: those that a range that
/// ends, or begins, there needs.
struct Edges {
    before: Vec<Option<Partition>>,
    after: Vec<Option<Partition>>,
}

impl Edges {
    fn of(rule: &Rule, ranges: &Ranges, parts: &[Partition]) -> Edges {
        let on = rule.keys.column(Side::Right).expect("divisions are those of a column");
        let edge = |parts: Vec<Partition>, last| {
            tasks::edge(parts, on.to_owned(), rule.by(Side::Right).to_vec(), last)
        };
        let strategy = rule.options.strategy;
        let mut before = vec![None];
        if strategy != AsofStrategy::Forward {
            let needed = ranges.iter().map(|range| range.start).max().unwrap_or(0);
            for part in &parts[..needed] {
                let nearer = before.last().cloned().flatten();
                let both = nearer.into_iter().chain([part.clone()]).collect();
                before.push(Some(edge(both, true)));
            }
        }
        let mut after = vec![None; parts.len() + 1];
        if strategy != AsofStrategy::Backward {
            let needed = ranges.iter().map(|range| range.end).min().unwrap_or(parts.len());
            for i in (needed..parts.len()).rev() {
                let both = [parts[i].clone()].into_iter().chain(after[i + 1].clone()).collect();
                after[i] = Some(edge(both, false));
            }
        }
        Edges { before, after }
    }
}

mod tasks {
    use std::sync::Arc;

    use lazy_runtime::delayed;
    use polars::prelude::*;

    use super::Rule;
    use crate::engine;
    use crate::plan::Fused;

    #[delayed(name = "join-asof", fallible)]
    pub(super) fn join_asof(
        left: Option<DataFrame>,
        steps: Fused,
        right: Vec<DataFrame>,
        rule: Arc<Rule>,
    ) -> PolarsResult<DataFrame> {
        let right = engine::concat(right)?.lazy();
        engine::collect(rule.apply(steps.rows(left)?, right))
    }

    /// The rows of the last, or first, key; of each group by itself.
    #[delayed(name = "join-asof-edge", fallible)]
    pub(super) fn edge(
        parts: Vec<DataFrame>,
        on: String,
        by: Vec<PlSmallStr>,
        last: bool,
    ) -> PolarsResult<DataFrame> {
        let rows = engine::concat(parts)?.lazy();
        let extreme = if last { col(on.as_str()).max() } else { col(on.as_str()).min() };
        let extreme = match by.is_empty() {
            true => extreme,
            false => extreme.over(by.into_iter().map(col).collect::<Vec<_>>())?,
        };
        engine::collect(rows.filter(col(on.as_str()).eq(extreme)))
    }
}
