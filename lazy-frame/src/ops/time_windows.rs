//! [`TimeWindows`]: aggregations over a window of time for each row.

use std::sync::Arc;

use polars::prelude::*;

use super::border::{Extent, fits, sorted};
use super::map_partitions::BoxError;
use crate::engine;
use crate::error::reason;
use crate::plan::{Columns, empty};

/// For each row the aggregations of those rows whose index is in a window beside its own.
#[derive(Clone, Debug)]
pub(crate) struct TimeWindows {
    pub(crate) index: PlSmallStr,
    /// Only rows with the same values here are taken together.
    pub(crate) keys: Arc<[PlSmallStr]>,
    pub(crate) period: String,
    /// Where the window begins, seen from the row.
    pub(crate) offset: String,
    pub(crate) closed: ClosedWindow,
    pub(crate) aggs: Arc<[Expr]>,
}

impl TimeWindows {
    /// How far it looks to both sides.
    pub(crate) fn extents(&self, schema: &Schema) -> Result<(Extent, Extent), String> {
        let dtype = schema.get(&self.index).ok_or_else(|| crate::error::missing(&self.index))?;
        let parse = |text: &str| Duration::try_parse(text).map_err(|e| reason(&e));
        let (period, offset) = (parse(&self.period)?, parse(&self.offset)?);
        if period.negative() || period.is_zero() {
            return Err(format!("the period is `{}`; more than 0 was expected", self.period));
        }
        fits(&self.index, dtype, &period)?;
        fits(&self.index, dtype, &offset)?;
        let within = |durations: &[&str]| Extent::Within {
            column: self.index.clone(),
            durations: durations.iter().map(ToString::to_string).collect(),
        };
        // Rows with the value of the first, or last, one are in its window, too.
        Ok(match self.offset.strip_prefix('-') {
            Some(back) if back == self.period => (within(&[back]), within(&["0s"])),
            Some(back) => (within(&[back]), within(&[&self.period])),
            None => (within(&["0s"]), within(&[&self.offset, &self.period])),
        })
    }

    pub(crate) fn describe(&self) -> String {
        let aggs = crate::plan::step::list(self.aggs.iter());
        match self.keys.is_empty() {
            true => format!("{aggs} over {} of {}", self.period, self.index),
            false => format!(
                "{aggs} over {} of {}, by {}",
                self.period,
                self.index,
                self.keys.join(", ")
            ),
        }
    }

    pub(crate) fn needs(&self) -> Columns {
        let beside = self.keys.iter().cloned().chain([self.index.clone()]);
        Columns::of(self.aggs.iter()).and(Columns::names(beside))
    }

    pub(crate) fn schema(&self, input: &Schema) -> Result<SchemaRef, String> {
        self.apply(empty(input).lazy(), &self.keys).collect_schema().map_err(|e| reason(&e))
    }

    fn apply(&self, rows: LazyFrame, keys: &[PlSmallStr]) -> LazyFrame {
        let options = RollingGroupOptions {
            index_column: self.index.clone(),
            period: Duration::parse(&self.period),
            offset: Duration::parse(&self.offset),
            closed_window: self.closed,
        };
        let keys: Vec<_> = keys.iter().cloned().map(col).collect();
        rows.rolling(col(self.index.clone()), keys, options).agg(&self.aggs)
    }

    /// One row for each, in the same order.
    pub(crate) fn run(&self, rows: DataFrame) -> Result<DataFrame, BoxError> {
        sorted(&self.index, &rows)?;
        match self.keys.is_empty() {
            true => Ok(engine::collect(self.apply(rows.lazy(), &[]))?),
            false => Ok(self.by_group(rows)?),
        }
    }

    /// Polars gives the rows of each group together, in their order, and says nothing of the order of the groups.
    fn by_group(&self, mut rows: DataFrame) -> PolarsResult<DataFrame> {
        let members = self.members(&rows)?;
        let mut groups: Vec<IdxSize> = vec![0; rows.height()];
        for (group, rows) in members.iter().enumerate() {
            rows.iter().for_each(|row| groups[*row as usize] = group as IdxSize);
        }
        rows.with_column(IdxCa::from_vec(GROUP.into(), groups).into_column())?;
        let result = engine::collect(self.apply(rows.clone().lazy(), &[GROUP.into()]))?;
        let mut members: Vec<_> = members.into_iter().map(Vec::into_iter).collect();
        let mut places: Vec<IdxSize> = vec![0; rows.height()];
        for (place, group) in result.column(GROUP)?.idx()?.into_no_null_iter().enumerate() {
            let row = members[group as usize].next().expect("a window for each row of a group");
            places[row as usize] = place as IdxSize;
        }
        let places = IdxCa::from_vec(PlSmallStr::EMPTY, places);
        let windows = engine::alone(move || result.drop(GROUP)?.take(&places))?;
        rows.select(self.keys.iter().cloned())?.hstack(windows.columns())
    }

    /// The rows of each group.
    fn members(&self, rows: &DataFrame) -> PolarsResult<Vec<Vec<IdxSize>>> {
        let keys: Vec<_> = self.keys.iter().cloned().map(col).collect();
        let keyed = rows.select(self.keys.iter().cloned())?.lazy();
        let numbered = keyed.with_row_index(GROUP, None).group_by_stable(keys).agg([col(GROUP)]);
        let groups = engine::collect(numbered)?;
        let lists = groups.column(GROUP)?.list()?;
        let each = (0..lists.len()).filter_map(|group| lists.get_as_series(group));
        each.map(|rows| Ok(rows.idx()?.into_no_null_iter().collect())).collect()
    }
}

/// A column of our own beside those of the frame.
const GROUP: &str = "\u{1f}group of the row";

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;

    use super::*;
    use crate::Frame;
    use crate::ops::testing::{CUTS, agrees, cut, table};

    fn polars(
        rows: LazyFrame,
        period: &str,
        offset: &str,
        closed_window: ClosedWindow,
    ) -> LazyFrame {
        let options = RollingGroupOptions {
            index_column: "t".into(),
            period: Duration::parse(period),
            offset: Duration::parse(offset),
            closed_window,
        };
        rows.rolling(col("t"), [], options).agg(aggs())
    }

    fn aggs() -> Vec<Expr> {
        vec![col("b").sum(), col("x").max(), col("i").count().alias("n")]
    }

    #[test]
    fn windows_before_each_row_give_what_polars_gives() {
        agrees(
            &table(),
            |f| f.rolling("t", "6m").agg(aggs()),
            |f| polars(f, "6m", "-6m", ClosedWindow::Right),
        );
        agrees(
            &table(),
            |f| f.rolling("t", "1d").closed(ClosedWindow::Both).agg(aggs()),
            |f| polars(f, "1d", "-1d", ClosedWindow::Both),
        );
    }

    #[test]
    fn windows_around_and_after_each_row_give_what_polars_gives() {
        agrees(
            &table(),
            |f| f.rolling("t", "9m").offset("-3m").closed(ClosedWindow::Left).agg(aggs()),
            |f| polars(f, "9m", "-3m", ClosedWindow::Left),
        );
        agrees(
            &table(),
            |f| f.rolling("t", "5m").offset("2m").closed(ClosedWindow::Both).agg(aggs()),
            |f| polars(f, "5m", "2m", ClosedWindow::Both),
        );
    }

    #[test]
    fn windows_that_begin_at_the_row_hold_its_equals_before_it() {
        let closed = ClosedWindow::Left;
        agrees(
            &table(),
            |f| f.rolling("t", "2m").offset("0m").closed(closed).agg(aggs()),
            |f| polars(f, "2m", "0m", closed),
        );
    }

    #[test]
    fn a_day_and_a_month_later_is_later_than_a_month_and_a_day() {
        // A month after the first of March are 31 days; a month after the last of February, 28.
        let days = Series::new("t".into(), (47..102).collect::<Vec<i32>>());
        let days = days.cast(&DataType::Date).unwrap();
        let table = DataFrame::new(55, vec![days.into_column()]).unwrap();
        let options = RollingGroupOptions {
            index_column: "t".into(),
            period: Duration::parse("1mo"),
            offset: Duration::parse("1d"),
            closed_window: ClosedWindow::Right,
        };
        let expected = table.clone().lazy().rolling(col("t"), [], options).agg([len()]);
        let found = cut(&table, &[1; 55], false).rolling("t", "1mo").offset("1d").agg([len()]);
        assert_eq!(found.compute().unwrap(), expected.collect().unwrap());
    }

    #[test]
    fn all_columns_are_those_beside_the_index_and_the_keys() {
        let few = || table().select(["t", "g", "b", "i"]).unwrap();
        let windows = || cut(&few(), CUTS[2], false).rolling("t", "6m");
        let max = || [all().as_expr().max()];
        let names = |frame: Frame| {
            frame.schema().unwrap().iter_names().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(names(windows().agg(max())), ["t", "g", "b", "i"]);
        let of_groups = windows().group_by("g").agg(max());
        assert_eq!(names(of_groups.clone()), ["g", "t", "b", "i"]);
        assert_eq!(of_groups.compute().unwrap().shape(), (13, 4));
    }

    #[test]
    fn divisions_tell_which_neighbours_are_out_of_reach() {
        use crate::divisions::Divisions;
        use crate::ops::held::Held;
        use lazy_runtime::delayed;
        // Minutes 3 to 9, 14 to 15, 21, 40 to 44.
        let (table, minute) = (table(), 60_000_000);
        let pieces = [(0, 5), (5, 4), (9, 1), (10, 3)].map(|(i, n)| delayed(table.slice(i, n)));
        let bounds = [3, 14, 20, 40, 44]
            .map(|t| AnyValue::Datetime(t * minute, TimeUnit::Microseconds, None));
        let divisions = Some(Divisions::new("t", bounds.map(AnyValue::into_static).to_vec()));
        let at = std::panic::Location::caller();
        let schema = table.schema().clone();
        let frame =
            Frame::new(Ok(Held::plan("held", pieces.to_vec(), None, schema, divisions, at)));
        let rolling = |period: &str| frame.rolling("t", period).agg(aggs());
        for period in ["6m", "25m"] {
            let expected =
                polars(table.clone().lazy(), period, &format!("-{period}"), ClosedWindow::Right);
            assert!(
                rolling(period).compute().unwrap().equals_missing(&expected.collect().unwrap())
            );
        }
        // A border and the result; within 25 minutes, the borders of all before.
        assert_eq!(rolling("6m").partition(3).graph().n_tasks(), 2);
        assert_eq!(rolling("25m").partition(3).graph().n_tasks(), 4);
        assert_eq!(rolling("25m").partition(0).graph().n_tasks(), 1);
    }

    #[test]
    fn windows_within_groups_stay_in_the_order_of_the_rows() {
        // For each row the sum over rows of its group, up to itself or its equals, less than 9 minutes before.
        let table = table();
        let (t, g) = (
            table.column("t").unwrap().cast(&DataType::Int64).unwrap(),
            table.column("g").unwrap(),
        );
        let (t, g, b) =
            (t.i64().unwrap(), g.str().unwrap(), table.column("b").unwrap().i32().unwrap());
        let sum = |i: usize| {
            let here = |j: &usize| {
                let back = (t.get(i).unwrap() - t.get(*j).unwrap()) / 60_000_000;
                g.get(i) == g.get(*j) && (0..9).contains(&back)
            };
            (0..13).filter(here).map(|j| b.get(j).unwrap()).sum::<i32>()
        };
        let expected: Vec<i32> = (0..13).map(sum).collect();
        for rows in CUTS {
            let found =
                cut(&table, rows, false).rolling("t", "9m").group_by("g").agg([col("b").sum()]);
            let found = found.compute().unwrap();
            assert!(found.column("g").unwrap().equals(table.column("g").unwrap()), "{rows:?}");
            let sums: Vec<_> = found.column("b").unwrap().i32().unwrap().iter().flatten().collect();
            assert_eq!(sums, expected, "{rows:?}");
        }
    }

    #[test]
    fn mistakes_are_told_before_any_task_runs() {
        let told = |frame: Frame| frame.schema().unwrap_err().to_string();
        let frame = cut(&table(), CUTS[1], true);
        assert!(
            told(frame.rolling("q", "2h").agg([col("x").sum()])).contains("there is no column `q`")
        );
        assert!(
            told(frame.rolling("t", "0s").agg([col("x").sum()]))
                .contains("more than 0 was expected")
        );
        assert!(
            told(frame.rolling("t", "2h").agg([col("z").sum()])).contains("there is no column `z`")
        );
        let grouped = frame.rolling("t", "2h").group_by("z").agg([col("x").sum()]);
        assert!(told(grouped).contains("there is no column `z`"));
    }

    #[test]
    fn an_index_that_is_not_sorted_fails_its_task() {
        let windows = cut(&table(), CUTS[1], true).rolling("i", "2i").agg([col("x").sum()]);
        let error = windows.compute().unwrap_err().to_string();
        assert!(error.contains("column `i` is not sorted"), "{error}");
    }
}
