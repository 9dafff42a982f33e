//! [`QuantileApprox`]: a quantile of each group, nearly, in little memory.

use std::mem::take;
use std::sync::Arc;

use lazy_runtime::{HeapSize, delayed};
use polars::prelude::*;

use super::aggregate::aggregate;
use super::tree::tree;
use crate::aggregate::Sketch;
use crate::engine;
use crate::error::{StepError, no_quantile, reason};
use crate::plan::{At, Columns, Fused, Lowering, Operator, Piece, Plan, list};

/// Each partition sums up its groups, and the summaries are merged: no row moves.
#[derive(Debug)]
pub(crate) struct QuantileApprox {
    of: Of,
    q: f64,
    inputs: [Plan; 1],
}

/// A column by keys.
#[derive(Clone, Debug)]
struct Of {
    keys: Arc<[Expr]>,
    column: PlSmallStr,
}

impl QuantileApprox {
    /// Keys are row-wise.
    pub(crate) fn plan(
        keys: &[Expr],
        column: PlSmallStr,
        q: f64,
        input: Plan,
        at: At,
    ) -> Result<Plan, StepError> {
        let step = "quantile_approx";
        let misfit = |e: PolarsError| input.misfit(step, reason(&e), at);
        if let Some(reason) = no_quantile(q) {
            return Err(input.misfit(step, reason, at));
        }
        let keys = engine::expand(keys, input.schema()).map_err(misfit)?.0.into();
        let of = Of { keys, column };
        let mut lists = of.lists(crate::plan::empty(input.schema()).lazy());
        let mut schema = lists.collect_schema().map_err(misfit)?.as_ref().clone();
        if let Some(DataType::List(values)) = schema.insert(of.column.clone(), DataType::Float64) {
            Sketch::check(&of.column, &values).map_err(misfit)?;
        }
        Ok(Plan::new(QuantileApprox { of, q, inputs: [input] }, schema, 1, None, at))
    }
}

impl Of {
    /// The values of each group.
    fn lists(&self, rows: LazyFrame) -> LazyFrame {
        aggregate(rows, &self.keys, &[col(self.column.clone())])
    }
}

impl Operator for QuantileApprox {
    fn name(&self) -> &'static str {
        "quantile-approx"
    }

    fn describe(&self) -> String {
        format!("[{}] {} of {}", list(&*self.of.keys), self.q, self.of.column)
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        let Of { keys, column } = &self.of;
        QuantileApprox::plan(keys, column.clone(), self.q, inputs.remove(0), at)
    }

    fn needs(&self, _: &Columns) -> Vec<Columns> {
        vec![Columns::of(&*self.of.keys).and(Columns::names([self.of.column.clone()]))]
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let pieces = lowering.pieces(&self.inputs[0]).into_iter();
        let sketches = pieces.map(|piece| sketch(piece.input, piece.fused, self.of.clone()));
        let merged = tree(sketches.collect(), merge);
        vec![Piece::made(finish(merged, self.of.column.clone(), self.q))]
    }
}

/// The keys of groups, and what each group is summed up as.
#[derive(Clone, HeapSize)]
struct Sketches {
    keys: DataFrame,
    sketches: Vec<Sketch>,
}

#[delayed(name = "quantile-sketch", fallible)]
fn sketch(input: Option<DataFrame>, fused: Fused, of: Of) -> PolarsResult<Sketches> {
    let mut keys = fused.collect(input, |rows| of.lists(rows))?;
    engine::alone(move || {
        let values = keys.drop_in_place(&of.column)?;
        let lists = values.list()?.no_null_series_iter();
        let sketches = lists.map(|values| Sketch::of(&values)).collect::<PolarsResult<_>>()?;
        Ok(Sketches { keys, sketches })
    })
}

#[delayed(name = "quantile-merge", fallible)]
fn merge(all: Vec<Sketches>) -> PolarsResult<Sketches> {
    let (keys, sketches): (_, Vec<_>) = all.into_iter().map(|s| (s.keys, s.sketches)).unzip();
    let keys: DataFrame = engine::concat(keys)?;
    let mut parts: Vec<Sketch> = sketches.into_iter().flatten().collect();
    let names = keys.get_column_names_owned();
    let place: PlSmallStr = format!("place {}", names.concat()).into();
    let places = keys.lazy().with_row_index(place.clone(), None);
    let by: Vec<Expr> = names.into_iter().map(col).collect();
    let mut keys = engine::collect(places.group_by(by).agg([col(place.clone())]))?;
    let places = keys.drop_in_place(&place)?;
    let mut sketches = Vec::with_capacity(keys.height());
    for of_group in places.list()?.no_null_series_iter() {
        let of_group = of_group.idx()?.no_null_iter();
        sketches.push(Sketch::merge(of_group.map(|i| take(&mut parts[i as usize])).collect()));
    }
    Ok(Sketches { keys, sketches })
}

#[delayed(name = "quantile-approx", fallible)]
fn finish(groups: Sketches, column: PlSmallStr, q: f64) -> PolarsResult<DataFrame> {
    let values: Float64Chunked = groups.sketches.iter().map(|sketch| sketch.quantile(q)).collect();
    groups.keys.hstack(&[values.with_name(column).into_column()])
}

#[cfg(test)]
mod tests {
    use lazy_runtime::Collection;

    use super::*;
    use crate::Frame;

    /// 26 groups of a third of the rows' numbers, over partitions of which some are empty.
    fn frame(rows: i64) -> Frame {
        let table = df![
            "k" => (0..rows).map(|i| (i % 26 != 0).then_some(i % 26)).collect::<Vec<_>>(),
            "x" => (0..rows).map(|i| (i % 3 != 0).then_some((i * 7919 % rows) as f64)).collect::<Vec<_>>()
        ];
        let whole = Frame::from_polars(table.unwrap(), 5);
        whole.concat(&whole.filter(col("x").lt(lit(0.0))))
    }

    fn sorted(groups: &Frame) -> DataFrame {
        groups.sort(["k"], Default::default()).compute().unwrap()
    }

    #[test]
    fn quantiles_of_small_groups_are_those_of_polars() {
        for q in [0.0, 0.5, 1.0] {
            let of = || frame(9_000).group_by("k").column("x");
            assert_eq!(sorted(of().quantile_approx(q).frame()), sorted(of().quantile(q).frame()));
        }
    }

    #[test]
    fn ranks_in_large_groups_are_nearly_right() {
        let near = frame(200_000)
            .group_by((col("k") % lit(2)).alias("k"))
            .column("x")
            .quantile_approx(0.25);
        let found = sorted(near.frame());
        assert_eq!(found.height(), 3);
        for value in found.column("x").unwrap().f64().unwrap().iter() {
            assert!((value.unwrap() / 200_000.0 - 0.25).abs() < 0.02, "{value:?}");
        }
    }

    #[test]
    fn the_result_is_in_as_many_partitions_as_are_asked_for() {
        let groups = frame(900).group_by("k").npartitions(3).column("x").quantile_approx(0.5);
        assert_eq!(groups.npartitions(), 3);
        assert_eq!(groups.compute().unwrap().len(), 26);
    }

    #[test]
    fn a_mistake_is_told_before_anything_runs() {
        let message = |column: &str, q: f64| {
            let frame = Frame::from_polars(df!["k" => [1], "w" => ["a"]].unwrap(), 1);
            frame.group_by("k").column(column).quantile_approx(q).schema().unwrap_err().to_string()
        };
        assert!(message("w", 0.5).starts_with(
            "quantile_approx: a quantile needs numbers, dates or times, but column `w` is str"
        ));
        assert!(message("k", 1.5).contains("a quantile is from 0 to 1, not 1.5"));
        assert!(message("z", 0.5).starts_with("quantile_approx: there is no column `z`"));
    }
}
