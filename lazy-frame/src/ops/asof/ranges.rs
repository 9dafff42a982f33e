//! Which partitions of the right side each partition of the left one needs.

use std::ops::Range;

use polars::prelude::AnyValue;

use super::Rule;
use crate::divisions::Divisions;
use crate::ops::join::Side;
use crate::plan::Plan;

/// For each partition of the left side those of the right one that may hold keys of its range. Of those before and
/// after them, the row that comes nearest is enough.
pub(super) type Ranges = Vec<Range<usize>>;

/// Known where both sides are divided by the key; not worth knowing of a single partition.
pub(super) fn ranges(rule: &Rule, left: &Plan, right: &Plan) -> Option<Ranges> {
    let (a, b) = (left.divisions()?, right.divisions()?);
    let by_key = rule.keys.column(Side::Left) == Some(a.column())
        && rule.keys.counterpart(Side::Left, a.column()) == Some(b.column());
    let comparable = rule.keys.single_type().is_some_and(|key| a.are_of(key) && b.are_of(key));
    if !by_key || !comparable || b.npartitions() == 1 {
        return None;
    }
    a.bounds().windows(2).map(|bounds| meeting(&bounds[0], &bounds[1], b)).collect()
}

/// The partitions that may hold values from `low` to `high`, both included; `None` if bounds cannot be compared.
fn meeting(low: &AnyValue<'_>, high: &AnyValue<'_>, side: &Divisions) -> Option<Range<usize>> {
    let bounds = side.bounds();
    let (mut before, mut until) = (0, 0);
    for bound in &bounds[1..] {
        before += usize::from(bound.partial_cmp(low)?.is_lt());
    }
    for bound in &bounds[..side.npartitions()] {
        until += usize::from(bound.partial_cmp(high)?.is_le());
    }
    Some(before..until.max(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_met_if_it_may_hold_a_value_of_the_range() {
        let side = Divisions::new("t", [0, 10, 20, 30].map(AnyValue::Int32).to_vec());
        let met = |low, high| meeting(&AnyValue::Int32(low), &AnyValue::Int32(high), &side);
        assert_eq!(met(11, 19), Some(1..2));
        assert_eq!(met(10, 20), Some(0..3));
        assert_eq!(met(-5, -1), Some(0..0));
        assert_eq!(met(31, 40), Some(3..3));
    }
}
