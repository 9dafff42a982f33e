//! [`Overlapped`]: partitions that see the rows around them.
//!
//! ```text
//! partition 0 ---------------------+--> result 0
//!      | border: its last rows     |
//!      v                           | rows before
//! partition 1 ---------------------+--> result 1
//!      | border: the last rows of both, should partition 1 be short
//!      v
//! ```
//! Borders are small. Each is made of the one before and of a partition, so that partitions may have fewer rows than
//! are needed, or none; where the number of rows is known beforehand, or the divisions are, the chain is cut at
//! whatever is long enough. Rows that follow come the same way from the other end.

use lazy_runtime::{Delayed, delayed};
use polars::prelude::{DataFrame, IntoLazy, PolarsResult, SchemaRef};

use super::border::{Extent, Side};
use super::map_partitions::{BoxError, Function, as_announced};
use super::reach::Reach;
use super::row_wise;
use super::time_windows::TimeWindows;
use crate::engine;
use crate::error::StepError;
use crate::plan::lower::Fused;
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan, Step};

/// A step whose rows depend on their neighbours.
#[derive(Clone, Debug)]
pub(crate) struct Overlapped {
    before: Extent,
    after: Extent,
    work: Work,
    inputs: [Plan; 1],
}

/// What is done with a partition and the rows around it. The result has as many rows.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// Expressions that need some rows before or after.
    Step(Step),
    /// A function of the user's, and what it gives.
    Function(Function, SchemaRef),
    /// Aggregations over windows of time.
    Rolling(TimeWindows),
}

impl Overlapped {
    /// Expressions that look so far. That none looks further, and that there are no selectors, is for the caller to see
    /// to.
    pub(crate) fn plan(step: Step, reach: Reach, input: Plan, at: At) -> Result<Plan, StepError> {
        let (before, after) = (Extent::Rows(reach.before), Extent::Rows(reach.after));
        Overlapped { before, after, work: Work::Step(step), inputs: [input] }.planned(at)
    }

    pub(crate) fn with(
        work: Work,
        before: Extent,
        after: Extent,
        input: Plan,
        at: At,
    ) -> Result<Plan, StepError> {
        Overlapped { before, after, work, inputs: [input] }.planned(at)
    }

    fn planned(self, at: At) -> Result<Plan, StepError> {
        let input = self.input();
        let schema = match &self.work {
            Work::Step(step) => step.schema(input.schema()),
            Work::Function(_, schema) => Ok(schema.clone()),
            Work::Rolling(rolling) => rolling.schema(input.schema()),
        };
        let schema = schema.map_err(|reason| input.misfit(self.work.name(), reason, at))?;
        let divisions = match &self.work {
            Work::Step(step) => row_wise::divisions_after(step, input.divisions()),
            Work::Rolling(_) => input.divisions().filter(|d| schema.contains(d.column())).cloned(),
            Work::Function(..) => None,
        };
        let npartitions = input.npartitions();
        Ok(Plan::new(self, schema, npartitions, divisions, at))
    }

    fn input(&self) -> &Plan {
        &self.inputs[0]
    }

    /// Whether no row of a neighbour is asked for.
    fn is_nothing(&self, extent: &Extent) -> bool {
        extent.is_nothing() || extent.is_within_divisions(self.input().divisions())
    }

    /// For each partition what precedes or follows it.
    fn borders(&self, side: Side, own: &[Piece]) -> Vec<Option<Delayed<DataFrame>>> {
        let extent = match side {
            Side::Before => &self.before,
            Side::After => &self.after,
        };
        let mut borders = vec![None; own.len()];
        if self.is_nothing(extent) {
            return borders;
        }
        let spanned = extent.spanned(side, self.input().divisions(), self.input().schema());
        let mut last: Option<Delayed<DataFrame>> = None;
        for step in 0..own.len() {
            let i = match side {
                Side::Before => step,
                Side::After => own.len() - 1 - step,
            };
            borders[i] = last.take();
            if step + 1 == own.len() {
                break;
            }
            let enough = self.input().rows(i).is_some_and(|rows| extent.is_within(rows))
                || spanned.get(i) == Some(&true);
            let further = borders[i].clone().filter(|_| !enough);
            last = Some(border(side, extent.clone(), further, own[i].clone().task()));
        }
        borders
    }
}

impl Operator for Overlapped {
    fn name(&self) -> &'static str {
        self.work.name()
    }

    fn describe(&self) -> String {
        let what = match &self.work {
            Work::Step(step) => step.describe(),
            Work::Function(..) => "a function".to_owned(),
            Work::Rolling(rolling) => rolling.describe(),
        };
        format!("{what}; {} before, {} after", told(&self.before), told(&self.after))
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        let [input] = <[Plan; 1]>::try_from(inputs).expect("one plan for the one that there was");
        let work = match &self.work {
            Work::Step(step @ Step::WithColumns(_)) => {
                match row_wise::narrowed(step, input.schema()) {
                    Step::WithColumns(exprs) if exprs.is_empty() => return Ok(input),
                    step => Work::Step(step),
                }
            }
            other => other.clone(),
        };
        Overlapped { work, inputs: [input], ..self.clone() }.planned(at)
    }

    /// Few rows go to neighbours, and each partition is used by up to three tasks: a task that takes columns of it would not pay.
    fn moves_rows(&self) -> bool {
        false
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        let needed = match &self.work {
            Work::Step(step @ Step::WithColumns(_)) => row_wise::needed(step, wanted),
            Work::Step(Step::Select(exprs)) => Columns::of(exprs.iter()),
            Work::Rolling(rolling) => rolling.needs(),
            Work::Step(_) | Work::Function(..) => Columns::All,
        };
        vec![needed]
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        self.input().rows(partition)
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let mut own = lowering.pieces(self.input());
        let n = own.len();
        for (i, piece) in own.iter_mut().enumerate() {
            let is_before = !self.is_nothing(&self.before) && i + 1 < n;
            if is_before || !self.is_nothing(&self.after) && i > 0 {
                *piece = Piece::made(piece.clone().task());
            }
        }
        let before = self.borders(Side::Before, &own);
        let after = self.borders(Side::After, &own);
        let pieces = own.into_iter().zip(before).zip(after).map(|((own, before), after)| {
            let around = Around { before: self.before.clone(), after: self.after.clone() };
            make(self.work.clone(), around, before, own, after)
        });
        pieces.map(Piece::made).collect()
    }
}

fn told(extent: &Extent) -> String {
    match extent {
        Extent::Rows(n) => n.to_string(),
        Extent::Within { durations, .. } => durations.join(" and "),
    }
}

/// How far a task looks.
#[derive(Clone, Debug)]
struct Around {
    before: Extent,
    after: Extent,
}

impl Work {
    /// Also the name of its tasks.
    fn name(&self) -> &'static str {
        match self {
            Work::Step(step) => step.name(),
            Work::Function(..) => "map-overlap",
            Work::Rolling(_) => "rolling",
        }
    }

    fn run(&self, rows: DataFrame) -> Result<DataFrame, BoxError> {
        match self {
            Work::Step(step) => Ok(engine::collect(step.apply(rows.lazy()))?),
            Work::Function(function, schema) => as_announced(function.call(rows)?, schema),
            Work::Rolling(rolling) => rolling.run(rows),
        }
    }

    /// The result for a partition.
    fn within(
        &self,
        around: &Around,
        before: Option<DataFrame>,
        own: DataFrame,
        after: Option<DataFrame>,
    ) -> Result<DataFrame, BoxError> {
        let near = |side, extent: &Extent, border: Option<DataFrame>| -> PolarsResult<_> {
            border.map(|border| extent.near(side, border, &own)).transpose()
        };
        let before = near(Side::Before, &around.before, before)?;
        let after = near(Side::After, &around.after, after)?;
        let (first, n) = (before.as_ref().map_or(0, DataFrame::height), own.height());
        let all = engine::concat(before.into_iter().chain([own]).chain(after).collect())?;
        around.before.check(&all)?;
        around.after.check(&all)?;
        let height = all.height();
        let result = self.run(all)?;
        if result.height() != height {
            let after = height - first - n;
            let found = result.height();
            return Err(format!(
                "the function gave {found} rows for {height} ({first} before, {n} of the partition, {after} after); \
                 as many were expected"
            )
            .into());
        }
        Ok(result.slice(first as i64, n))
    }
}

#[delayed(name = "border", fallible)]
fn border(
    side: Side,
    extent: Extent,
    further: Option<DataFrame>,
    own: DataFrame,
) -> PolarsResult<DataFrame> {
    engine::alone(move || {
        let rows = match (further, side) {
            (Some(further), _) if extent.is_within(own.height()) => {
                drop(further);
                own
            }
            (Some(further), Side::Before) => engine::concat(vec![further, own])?,
            (Some(further), Side::After) => engine::concat(vec![own, further])?,
            (None, _) => own,
        };
        match rows.height() {
            0 => Ok(rows),
            _ => extent.border(side, rows),
        }
    })
}

/// The task of a partition, under the name of its work.
fn make(
    work: Work,
    around: Around,
    before: Option<Delayed<DataFrame>>,
    own: Piece,
    after: Option<Delayed<DataFrame>>,
) -> Delayed<DataFrame> {
    let Piece { input, fused } = own;
    match work.name() {
        "select" => tasks::select(work, around, before, input, fused, after),
        "with-columns" => tasks::with_columns(work, around, before, input, fused, after),
        "rolling" => tasks::rolling(work, around, before, input, fused, after),
        _ => tasks::map_overlap(work, around, before, input, fused, after),
    }
}

/// A function for each name that a task can have.
mod tasks {
    use super::*;

    macro_rules! named {
        ($($name:literal $function:ident),*) => {
            $(#[delayed(name = $name, fallible)]
            pub(super) fn $function(
                work: Work,
                around: Around,
                before: Option<DataFrame>,
                input: Option<DataFrame>,
                fused: Fused,
                after: Option<DataFrame>,
            ) -> Result<DataFrame, BoxError> {
                let own = fused.collect(input, |rows| rows)?;
                engine::alone(move || work.within(&around, before, own, after))
            })*
        };
    }

    named! { "select" select, "with-columns" with_columns, "map-overlap" map_overlap, "rolling" rolling }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;
    use polars::prelude::*;
    use polars::series::ops::NullBehavior;

    use crate::ops::testing::{CUTS, agrees, cut, table};
    use crate::{Frame, Overlap};

    fn window(window_size: usize, center: bool) -> RollingOptionsFixedWindow {
        RollingOptionsFixedWindow { window_size, min_periods: 1, center, ..Default::default() }
    }

    #[test]
    fn expressions_that_look_around_give_what_polars_gives() {
        let exprs = || {
            vec![
                col("x").shift(lit(1)),
                col("s").shift(lit(-2)).alias("later"),
                col("i").shift_and_fill(lit(9), lit(77)).alias("far"),
                col("f").diff(lit(2), NullBehavior::Ignore),
                col("b").rolling_sum(window(4, false)).alias("sum"),
                col("i").rolling_max(window(5, true)).alias("max"),
                (col("b").shift(lit(1)).rolling_mean(window(2, false)) * lit(2)).alias("nested"),
                col("s").fill_null_with_strategy(FillNullStrategy::Forward(Some(2))),
                col("x").fill_null_with_strategy(FillNullStrategy::Backward(Some(1))).alias("back"),
            ]
        };
        agrees(&table(), |f| f.with_columns(exprs()), |f| f.with_columns(exprs()));
    }

    #[test]
    fn windows_longer_than_all_partitions_are_whole() {
        let exprs = || {
            [
                col("b").rolling_min(RollingOptionsFixedWindow {
                    window_size: 12,
                    min_periods: 11,
                    ..Default::default()
                }),
                col("f").shift(lit(20)),
            ]
        };
        agrees(&table(), |f| f.select(exprs()), |f| f.select(exprs()));
    }

    #[test]
    fn a_filter_before_makes_the_lengths_unknown_and_still_all_agree() {
        let odd = || (col("b") % lit(3)).neq(lit(1));
        let expr = || col("b").diff(lit(1), NullBehavior::Ignore);
        agrees(
            &table(),
            |f| f.filter(odd()).with_columns([expr()]).filter(col("b").gt(lit(1))),
            |f| f.filter(odd()).with_columns([expr()]).filter(col("b").gt(lit(1))),
        );
    }

    #[test]
    fn a_function_sees_what_is_around_and_gives_its_own_rows() {
        let both = |rows: DataFrame| {
            rows.lazy().select([col("b").shift(lit(2)) + col("b").shift(lit(-3))]).collect()
        };
        agrees(
            &table(),
            |f| f.map_overlap(2, 3, both),
            |f| f.select([col("b").shift(lit(2)) + col("b").shift(lit(-3))]),
        );
    }

    #[test]
    fn a_function_sees_all_rows_within_a_time_and_no_others() {
        let within = |rows: DataFrame| {
            let minutes = rows.column("t")?.cast(&DataType::Int64)?.i64()? / 60_000_000;
            let firsts = Int64Chunked::full(
                "first".into(),
                minutes.iter().next().flatten().unwrap_or(0),
                rows.height(),
            );
            let lasts = minutes.iter().next_back().flatten().unwrap_or(0);
            let lasts = Int64Chunked::full("last".into(), lasts, rows.height());
            DataFrame::new(rows.height(), vec![firsts.into_column(), lasts.into_column()])
        };
        let frame = cut(&table(), &[4, 1, 0, 4, 4], false);
        let around = (Overlap::within("t", "10m"), Overlap::within("t", "6m"));
        let found = frame.map_overlap(around.0, around.1, within).compute().unwrap();
        // Own minutes: 3 to 6; 9; none; 14 to 15 to 21; 40 to 44. Ten minutes before, six after, both included.
        let firsts: Vec<_> =
            found.column("first").unwrap().i64().unwrap().iter().flatten().collect();
        let lasts: Vec<_> = found.column("last").unwrap().i64().unwrap().iter().flatten().collect();
        assert_eq!(firsts, [3, 3, 3, 3, 3, 5, 5, 5, 5, 14, 14, 14, 14]);
        assert_eq!(lasts, [9, 9, 9, 9, 15, 21, 21, 21, 21, 44, 44, 44, 44]);
    }

    #[test]
    fn only_neighbours_that_are_needed_are_made() {
        let shifted =
            |known| cut(&table(), &[6, 0, 7], known).with_columns([col("b").shift(lit(1))]);
        assert_eq!(shifted(true).partition(0).graph().n_tasks(), 1);
        // Two borders and the result: nothing else is a task where partitions are there.
        assert_eq!(shifted(true).graph().n_tasks(), 5);
        assert_eq!(shifted(true).partition(2).compute().unwrap().height(), 7);
        let later = cut(&table(), &[6, 3, 4], true).with_columns([col("b").shift(lit(-1))]);
        assert_eq!(later.partition(0).graph().n_tasks(), 2);
    }

    #[test]
    fn another_number_of_rows_fails_with_what_was_given() {
        let short = |rows: DataFrame| -> PolarsResult<DataFrame> { Ok(rows.head(Some(1))) };
        let error = cut(&table(), CUTS[1], true).map_overlap(2, 0, short).compute().unwrap_err();
        let error = error.to_string();
        assert!(error.contains("the function gave 1 rows for"), "{error}");
    }

    #[test]
    fn mistakes_are_told_before_any_task_runs() {
        let same = |rows: DataFrame| -> PolarsResult<DataFrame> { Ok(rows) };
        let told = |overlap: Overlap| {
            let frame: Frame = cut(&table(), CUTS[1], true).map_overlap(overlap, 0, same);
            frame.schema().unwrap_err().to_string()
        };
        assert!(told(Overlap::within("q", "2h")).contains("there is no column `q`"));
        assert!(told(Overlap::within("t", "2 hours")).starts_with("map_overlap: "));
        assert!(told(Overlap::within("t", "-2h")).contains("`-2h` is negative"));
        assert!(
            told(Overlap::within("b", "2h")).contains("distances of integers are written as `10i`")
        );
        assert!(told(Overlap::within("s", "2h")).contains("column `s` is of type str"));
    }

    #[test]
    fn a_column_that_is_not_sorted_fails_its_task() {
        let same = |rows: DataFrame| -> PolarsResult<DataFrame> { Ok(rows) };
        let frame = cut(&table(), CUTS[1], true).map_overlap(Overlap::within("i", "2i"), 0, same);
        let error = frame.compute().unwrap_err().to_string();
        assert!(error.contains("column `i` is not sorted: sort by it before"), "{error}");
    }
}
