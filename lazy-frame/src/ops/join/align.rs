//! Partitions of two sides that hold the same ranges of a key.

use std::cmp::Ordering;

use polars::prelude::{AnyValue, DataType, Expr, JoinType, PlSmallStr, Scalar, col, lit};

use super::{Keys, Rule, Side};
use crate::divisions::Divisions;
use crate::plan::Plan;

/// The rows of both sides within a range of a key.
#[derive(Debug)]
pub(crate) struct Range {
    left: Option<Part>,
    right: Option<Part>,
}

impl Range {
    pub(super) fn of(&self, side: Side) -> Option<&Part> {
        match side {
            Side::Left => self.left.as_ref(),
            Side::Right => self.right.as_ref(),
        }
    }
}

/// Rows of a partition: those for which the condition is true, or all.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(super) partition: usize,
    pub(super) within: Option<Expr>,
}

/// The ranges, if both sides are divided by a key.
pub(super) fn align(keys: &Keys, rule: &Rule, left: &Plan, right: &Plan) -> Option<Vec<Range>> {
    let (a, b) = (left.divisions()?, right.divisions()?);
    // Nobody says in which partition nulls are; where they equal nothing, it does not matter.
    if rule.args.nulls_equal || keys.counterpart(Side::Left, a.column()) != Some(b.column()) {
        return None;
    }
    let dtype = left.schema().get(a.column())?;
    if !a.are_of(dtype) || !b.are_of(dtype) {
        return None;
    }
    let ranges = match a.bounds() == b.bounds() {
        true => (0..a.npartitions()).map(|i| Range { left: all(i), right: all(i) }).collect(),
        false => split(a, b, dtype)?,
    };
    let mut ranges: Vec<_> = ranges.into_iter().filter(|range| gives_rows(rule, range)).collect();
    if ranges.is_empty() {
        ranges.push(Range { left: None, right: None });
    }
    Some(ranges)
}

fn all(partition: usize) -> Option<Part> {
    Some(Part { partition, within: None })
}

/// Whether rows may come of a range, of which perhaps only one side has any.
fn gives_rows(rule: &Rule, range: &Range) -> bool {
    match rule.args.how {
        JoinType::Inner => range.left.is_some() && range.right.is_some(),
        JoinType::Right => range.right.is_some(),
        JoinType::Full => true,
        _ => range.left.is_some(),
    }
}

/// The ranges between the bounds of both.
fn split(a: &Divisions, b: &Divisions, dtype: &DataType) -> Option<Vec<Range>> {
    let cuts = merged(a.bounds(), b.bounds())?;
    let (left, right) = (parts(a, &cuts, dtype)?, parts(b, &cuts, dtype)?);
    Some(left.into_iter().zip(right).map(|(left, right)| Range { left, right }).collect())
}

/// All bounds in order, each once; `None` if one of the two has a bound twice.
fn merged(a: &[AnyValue<'static>], b: &[AnyValue<'static>]) -> Option<Vec<AnyValue<'static>>> {
    let (mut i, mut j) = (0, 0);
    let mut cuts: Vec<AnyValue<'static>> = Vec::with_capacity(a.len() + b.len());
    while i < a.len() || j < b.len() {
        let order = match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) => x.partial_cmp(y)?,
            (Some(_), None) => Ordering::Less,
            _ => Ordering::Greater,
        };
        let next = if order.is_gt() { &b[j] } else { &a[i] };
        if let Some(last) = cuts.last()
            && last.partial_cmp(next)? != Ordering::Less
        {
            return None;
        }
        cuts.push(next.clone());
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
    }
    Some(cuts)
}

/// For each range between two cuts the rows of a side that are in it. The rows of a partition are all in one of its
/// ranges, nulls in its first.
fn parts(
    side: &Divisions,
    cuts: &[AnyValue<'static>],
    dtype: &DataType,
) -> Option<Vec<Option<Part>>> {
    let bounds = side.bounds();
    let last = side.npartitions().checked_sub(1)?;
    let ranges = cuts.len() - 1;
    let mut parts = vec![None; ranges];
    for partition in 0..=last {
        let first = position(cuts, &bounds[partition])?;
        let end = position(cuts, &bounds[partition + 1])?;
        // The last partition includes its end, which begins a range where the other side goes on.
        let end = if partition == last { (end + 1).min(ranges) } else { end };
        let column = &PlSmallStr::from_str(side.column());
        for range in first..end {
            let from = (range > first).then(|| &cuts[range]);
            let to = (range + 1 < end).then(|| &cuts[range + 1]);
            parts[range] = Some(Part { partition, within: within(column, from, to, dtype) });
        }
    }
    Some(parts)
}

fn position(cuts: &[AnyValue<'static>], bound: &AnyValue<'static>) -> Option<usize> {
    cuts.iter().position(|cut| cut == bound)
}

fn within(
    column: &PlSmallStr,
    from: Option<&AnyValue<'static>>,
    to: Option<&AnyValue<'static>>,
    dtype: &DataType,
) -> Option<Expr> {
    let value = |bound: &AnyValue<'static>| lit(Scalar::new(dtype.clone(), bound.clone()));
    let from = from.map(|bound| col(column.clone()).gt_eq(value(bound)));
    let to = to.map(|bound| col(column.clone()).lt(value(bound)));
    match (from, to) {
        (Some(from), Some(to)) => Some(from.and(to)),
        (Some(from), None) => Some(from),
        (None, Some(to)) => Some(to.or(col(column.clone()).is_null())),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(values: &[i32]) -> Vec<AnyValue<'static>> {
        values.iter().map(|value| AnyValue::Int32(*value)).collect()
    }

    #[test]
    fn bounds_are_merged_unless_one_comes_twice() {
        let of = |a: &[i32], b: &[i32]| merged(&bounds(a), &bounds(b));
        assert_eq!(of(&[1, 5], &[0, 5, 7]), Some(bounds(&[0, 1, 5, 7])));
        assert_eq!(of(&[1, 1, 5], &[1, 5]), None);
    }

    #[test]
    fn the_last_partition_includes_its_end() {
        let side = Divisions::new("k", bounds(&[1, 5]));
        let parts = parts(&side, &bounds(&[0, 1, 5, 7]), &DataType::Int32).unwrap();
        let within: Vec<_> = parts.into_iter().map(|part| part.map(|p| p.within)).collect();
        let five = || lit(Scalar::new(DataType::Int32, AnyValue::Int32(5)));
        let (low, high) = (col("k").lt(five()).or(col("k").is_null()), col("k").gt_eq(five()));
        assert_eq!(within, [None, Some(Some(low)), Some(Some(high))]);
    }
}
