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
        let within = |duration: String| Extent::Within { column: self.index.clone(), duration };
        Ok(match self.offset.strip_prefix('-') {
            // Rows with the value of the last one are in its window, too.
            Some(back) if back == self.period => (within(back.to_owned()), within("0s".to_owned())),
            Some(back) => (within(back.to_owned()), within(self.period.clone())),
            None => (Extent::Rows(0), within(format!("{}{}", self.offset, self.period))),
        })
    }

    pub(crate) fn describe(&self) -> String {
        let aggs = crate::plan::step::list(self.aggs.iter());
        format!("{aggs} over {} of {}", self.period, self.index)
    }

    pub(crate) fn needs(&self) -> Columns {
        let beside = self.keys.iter().cloned().chain([self.index.clone()]);
        Columns::of(self.aggs.iter()).and(Columns::names(beside))
    }

    pub(crate) fn schema(&self, input: &Schema) -> Result<SchemaRef, String> {
        self.apply(empty(input).lazy()).collect_schema().map_err(|e| reason(&e))
    }

    fn apply(&self, rows: LazyFrame) -> LazyFrame {
        let options = RollingGroupOptions {
            index_column: self.index.clone(),
            period: Duration::parse(&self.period),
            offset: Duration::parse(&self.offset),
            closed_window: self.closed,
        };
        let keys: Vec<_> = self.keys.iter().cloned().map(col).collect();
        rows.rolling(col(self.index.clone()), keys, options).agg(self.aggs.to_vec())
    }

    /// One row for each, in the same order.
    pub(crate) fn run(&self, rows: DataFrame) -> Result<DataFrame, BoxError> {
        sorted(&self.index, &rows)?;
        let result = engine::collect(self.apply(rows.clone().lazy()))?;
        match self.keys.is_empty() {
            true => Ok(result),
            false => Ok(self.in_order_of(&rows, result)?),
        }
    }

    /// Polars gives the rows of each group together, and the groups in the order of their first rows.
    fn in_order_of(&self, rows: &DataFrame, result: DataFrame) -> PolarsResult<DataFrame> {
        let keys: Vec<_> = self.keys.iter().cloned().map(col).collect();
        let numbers =
            col(NUMBER).explode(ExplodeOptions { empty_as_null: false, keep_nulls: true });
        let numbered = rows.select(self.keys.iter().cloned())?.lazy().with_row_index(NUMBER, None);
        let order = numbered.group_by_stable(keys).agg([col(NUMBER)]).select([numbers]);
        let order = engine::collect(order)?;
        let mut places: Vec<IdxSize> = vec![0; rows.height()];
        for (place, number) in order.column(NUMBER)?.idx()?.into_no_null_iter().enumerate() {
            places[number as usize] = place as IdxSize;
        }
        result.take(&IdxCa::from_vec(PlSmallStr::EMPTY, places))
    }
}

/// A column of our own beside the keys.
const NUMBER: &str = "__number of the row";

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
