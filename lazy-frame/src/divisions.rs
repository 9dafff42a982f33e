//! [`Divisions`]: which range of values each partition holds.

use std::fmt;

use polars::prelude::*;

/// The sorted bounds of partitions in one column: one more than there are partitions.
///
/// Partition `i` holds the rows from bound `i`, included, to bound `i + 1`, excluded; the last one includes its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Divisions {
    column: PlSmallStr,
    bounds: Vec<AnyValue<'static>>,
}

impl Divisions {
    /// `bounds` are sorted, and at least two.
    pub(crate) fn new(column: impl Into<PlSmallStr>, bounds: Vec<AnyValue<'static>>) -> Self {
        Divisions { column: column.into(), bounds }
    }

    /// The column whose values are bounded.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// The bounds, sorted.
    pub fn bounds(&self) -> &[AnyValue<'static>] {
        &self.bounds
    }

    /// The bounds of some of the partitions: known where these follow each other.
    pub(crate) fn select(&self, partitions: &[usize]) -> Option<Divisions> {
        let (first, last) = (*partitions.first()?, *partitions.last()?);
        let follow = partitions.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        follow.then(|| Divisions::new(self.column.clone(), self.bounds[first..=last + 1].to_vec()))
    }

    /// Whether the bounds are values of this type, none of them null, that can be told apart by size. Not known of
    /// categories, which do not tell their type.
    pub(crate) fn are_of(&self, dtype: &DataType) -> bool {
        let is_told = !dtype.is_nested() && !dtype.is_categorical() && !dtype.is_enum();
        is_told && self.bounds.iter().all(|bound| bound.dtype() == *dtype)
    }

    /// How many partitions they bound.
    pub fn npartitions(&self) -> usize {
        self.bounds.len().saturating_sub(1)
    }
}

impl fmt::Display for Divisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bounds: Vec<_> = self.bounds.iter().map(ToString::to_string).collect();
        write!(f, "{}: {}", self.column, bounds.join(", "))
    }
}

/// Nobody wants more partitions: a span of time was mistyped.
const MANY: usize = 1_000_000;

/// The same span in partitions of `duration` each.
pub(crate) fn every(old: &Divisions, duration: &str) -> PolarsResult<Divisions> {
    let every = Duration::try_parse(duration)?;
    let ends = [&old.bounds[0], &old.bounds[old.npartitions()]];
    let (first, last, unit) = match ends {
        [AnyValue::Datetime(first, unit, None), AnyValue::Datetime(last, ..)] => {
            (*first, *last, *unit)
        }
        [AnyValue::DatetimeOwned(first, unit, None), AnyValue::DatetimeOwned(last, ..)] => {
            (*first, *last, *unit)
        }
        [other, _] => {
            polars_bail!(InvalidOperation: "the divisions begin with {other}, which is no time without a time zone")
        }
    };
    polars_ensure!(
        !every.is_zero() && !every.negative(),
        InvalidOperation: "`{duration}` is no span of time that goes forward"
    );
    let next = |time: i64| match unit {
        TimeUnit::Nanoseconds => every.add_ns(time, None),
        TimeUnit::Microseconds => every.add_us(time, None),
        TimeUnit::Milliseconds => every.add_ms(time, None),
    };
    let mut times = vec![first];
    while times[times.len() - 1] < last {
        polars_ensure!(
            times.len() <= MANY,
            InvalidOperation: "`{duration}` makes more than {MANY} partitions of this span of time: give a longer one"
        );
        times.push(next(times[times.len() - 1])?);
    }
    if times.len() == 1 {
        times.push(last);
    }
    let bounds = times.into_iter().map(|time| AnyValue::Datetime(time, unit, None)).collect();
    Ok(Divisions::new(old.column.clone(), bounds))
}
