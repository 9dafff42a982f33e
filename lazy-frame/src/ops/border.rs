//! [`Extent`]: how many rows of its neighbours a partition is given, and how they are cut off.

use polars::prelude::*;

use crate::divisions::Divisions;
use crate::engine;

/// How much a partition is given of what precedes or follows it: a number of rows, or all rows within a time.
///
/// ```
/// use lazy_frame::Overlap;
///
/// assert_eq!(Overlap::from(3), Overlap::rows(3));
/// let two_hours = Overlap::within("timestamp", "2h");
/// assert_ne!(two_hours, Overlap::within("timestamp", "1d"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap(Extent);

impl Overlap {
    /// This many rows, or as many as there are.
    pub fn rows(n: usize) -> Self {
        Overlap(Extent::Rows(n))
    }

    /// The rows whose value in a sorted column is at most so far from the first (or last) one of the partition:
    /// `"90s"`, `"2h"`, `"1mo"` of dates and times, `"10i"` of integers, both ends included.
    ///
    /// That the column is sorted, and without nulls, is checked by the tasks.
    pub fn within(column: impl Into<PlSmallStr>, duration: impl Into<String>) -> Self {
        Overlap(Extent::Within { column: column.into(), durations: vec![duration.into()] })
    }
}

impl From<usize> for Overlap {
    fn from(n: usize) -> Self {
        Overlap::rows(n)
    }
}

/// [`Overlap`], as the tasks know it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Extent {
    Rows(usize),
    /// One duration after the other: a day and a month later is not a month and a day later.
    Within {
        column: PlSmallStr,
        durations: Vec<String>,
    },
}

/// Which neighbours are meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side {
    Before,
    After,
}

impl Extent {
    /// What an overlap asks for, if a frame of that schema has it.
    pub(crate) fn of(overlap: Overlap, schema: &Schema) -> Result<Self, String> {
        if let Extent::Within { column, durations } = &overlap.0 {
            let dtype = schema.get(column).ok_or_else(|| crate::error::missing(column))?;
            durations.iter().try_for_each(|text| fits(column, dtype, &parsed(text)?))?;
        }
        Ok(overlap.0)
    }

    pub(crate) fn is_nothing(&self) -> bool {
        *self == Extent::Rows(0)
    }

    /// Whether a partition of that many rows is all that its neighbour needs to look at.
    pub(crate) fn is_within(&self, rows: usize) -> bool {
        matches!(self, Extent::Rows(n) if *n <= rows)
    }

    /// For each partition whether its neighbour on the other side need not look beyond it, as far as divisions tell:
    /// where the partition spans more than the overlap.
    pub(crate) fn spanned(
        &self,
        side: Side,
        divisions: Option<&Divisions>,
        schema: &Schema,
    ) -> Vec<bool> {
        let (Extent::Within { column, durations }, Some(divisions)) = (self, divisions) else {
            return Vec::new();
        };
        match schema.get(column) {
            Some(dtype) if divisions.column() == column.as_str() => {
                wide_enough(side, divisions, dtype, durations).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// Whether it asks for rows with the same value alone, which divisions keep together.
    pub(crate) fn is_within_divisions(&self, divisions: Option<&Divisions>) -> bool {
        let Extent::Within { column, durations } = self else {
            return false;
        };
        let is_zero = |text: &String| Duration::try_parse(text).is_ok_and(|it| it.is_zero());
        divisions.is_some_and(|divisions| divisions.column() == column.as_str())
            && durations.iter().all(is_zero)
    }

    /// The rows that a neighbour on the other side may need, whatever its own values are. They own their memory.
    pub(crate) fn border(&self, side: Side, rows: DataFrame) -> PolarsResult<DataFrame> {
        match (self, side) {
            (Extent::Rows(n), _) if rows.height() <= *n => Ok(rows),
            (Extent::Rows(n), Side::Before) => copied(&rows.tail(Some(*n))),
            (Extent::Rows(n), Side::After) => copied(&rows.head(Some(*n))),
            (Extent::Within { .. }, Side::Before) => {
                self.near(side, rows.clone(), &rows.tail(Some(1)))
            }
            (Extent::Within { .. }, Side::After) => {
                self.near(side, rows.clone(), &rows.head(Some(1)))
            }
        }
    }

    /// Those rows of a border that are within reach of a partition.
    pub(crate) fn near(
        &self,
        side: Side,
        border: DataFrame,
        own: &DataFrame,
    ) -> PolarsResult<DataFrame> {
        let Extent::Within { column, durations } = self else {
            return Ok(border);
        };
        if own.height() == 0 {
            return Ok(border.clear());
        }
        let values = own.column(column)?;
        let (row, sign) = match side {
            Side::Before => (0, -1),
            Side::After => (own.height() - 1, 1),
        };
        let edge = lit(Scalar::new(values.dtype().clone(), values.get(row)?.into_static()));
        let edge = moved(edge, values.dtype(), sign, durations)?;
        let within = match side {
            Side::Before => col(column.clone()).gt_eq(edge),
            Side::After => col(column.clone()).lt_eq(edge),
        };
        engine::collect(border.lazy().filter(within))
    }

    /// That what is cut by value is sorted by it.
    pub(crate) fn check(&self, rows: &DataFrame) -> Result<(), String> {
        let Extent::Within { column, .. } = self else {
            return Ok(());
        };
        sorted(column, rows)
    }
}

/// That a column is sorted upwards, and has no nulls.
pub(crate) fn sorted(column: &str, rows: &DataFrame) -> Result<(), String> {
    let values = rows.column(column).map_err(|e| crate::error::reason(&e))?;
    let values = values.as_materialized_series();
    if values.null_count() > 0 {
        return Err(format!(
            "column `{column}` has nulls, which have no place in an order: drop or fill them"
        ));
    }
    match values.is_sorted(SortOptions::default()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("column `{column}` is not sorted: sort by it before")),
        Err(e) => Err(crate::error::reason(&e)),
    }
}

/// What a user writes as a time or a number of steps; not negative.
pub(crate) fn parsed(duration: &str) -> Result<Duration, String> {
    let parsed = Duration::try_parse(duration).map_err(|e| crate::error::reason(&e))?;
    match parsed.negative() {
        true => Err(format!("`{duration}` is negative; a duration of 0 or more was expected")),
        false => Ok(parsed),
    }
}

/// That values of the type can be so far apart.
pub(crate) fn fits(column: &str, dtype: &DataType, duration: &Duration) -> Result<(), String> {
    let steps = is_steps(duration);
    match dtype {
        _ if dtype.is_integer() && (steps || duration.is_zero()) => Ok(()),
        _ if dtype.is_integer() => Err(format!(
            "column `{column}` is of type {dtype}: distances of integers are written as `10i`"
        )),
        DataType::Date | DataType::Datetime(..) if steps => Err(format!(
            "column `{column}` is of type {dtype}: distances of times are written as `90s`, `2h`, `1d`"
        )),
        DataType::Date | DataType::Datetime(..) => Ok(()),
        _ => Err(format!(
            "column `{column}` is of type {dtype}; a date, a time or an integer was expected"
        )),
    }
}

/// Whether it is a number of integers rather than a time.
fn is_steps(duration: &Duration) -> bool {
    let steps = duration.nanoseconds();
    [Duration::new(steps), Duration::new(-steps)].contains(duration)
}

/// A value, and so far upwards (1) or downwards (-1).
fn moved(value: Expr, dtype: &DataType, sign: i64, durations: &[String]) -> PolarsResult<Expr> {
    durations.iter().try_fold(value, |value, duration| {
        if dtype.is_integer() {
            let steps = Duration::try_parse(duration)?.nanoseconds();
            return Ok(value.cast(DataType::Int64) + lit(sign * steps));
        }
        let by = match sign {
            -1 => format!("-{duration}"),
            _ => duration.clone(),
        };
        Ok(value.dt().offset_by(lit(by)))
    })
}

/// Partition `i` holds values from bound `i` to bound `i + 1`, its end excluded: whoever comes next starts at
/// bound `i + 1`, and whoever comes before ends before bound `i`.
fn wide_enough(
    side: Side,
    divisions: &Divisions,
    dtype: &DataType,
    durations: &[String],
) -> PolarsResult<Vec<bool>> {
    let bounds =
        Series::from_any_values_and_dtype("bound".into(), divisions.bounds(), dtype, true)?;
    let n = divisions.npartitions();
    let (first, last) = (bounds.slice(0, n), bounds.slice(1, n).with_name("next".into()));
    let both = DataFrame::new(n, vec![first.into_column(), last.into_column()])?.lazy();
    let enough = match side {
        Side::Before => col("bound").lt_eq(moved(col("next"), dtype, -1, durations)?),
        Side::After => col("next").gt_eq(moved(col("bound"), dtype, 1, durations)?),
    };
    let enough = engine::collect(both.select([enough.alias("enough")]))?;
    Ok(enough.column("enough")?.bool()?.iter().map(|enough| enough == Some(true)).collect())
}

/// A slice keeps all of what it was cut from alive.
fn copied(rows: &DataFrame) -> PolarsResult<DataFrame> {
    let all = IdxCa::from_vec(PlSmallStr::EMPTY, (0..rows.height() as IdxSize).collect());
    let rows = rows.clone();
    engine::alone(move || rows.take(&all))
}
