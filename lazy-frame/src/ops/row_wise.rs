//! [`RowWise`]: a step that needs each row alone.

use polars::prelude::{Expr, PlSmallStr, Schema};

use crate::divisions::Divisions;
use crate::error::StepError;
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan, Step};

/// A step that is done within each partition.
#[derive(Debug)]
pub(crate) struct RowWise {
    step: Step,
    inputs: [Plan; 1],
}

impl RowWise {
    /// The step over a plan. That its expressions are row-wise, and without selectors, is for the caller to see to.
    pub(crate) fn plan(step: Step, input: Plan, at: At) -> Result<Plan, StepError> {
        let schema = step.schema(input.schema());
        let schema =
            schema.map_err(|reason| input.misfit(&step.name().replace('-', "_"), reason, at))?;
        let divisions = divisions_after(&step, input.divisions());
        let npartitions = input.npartitions();
        Ok(Plan::new(RowWise { step, inputs: [input] }, schema, npartitions, divisions, at))
    }

    fn input(&self) -> &Plan {
        &self.inputs[0]
    }
}

/// The divisions stay as long as their column does.
pub(crate) fn divisions_after(step: &Step, before: Option<&Divisions>) -> Option<Divisions> {
    let before = before?;
    keeps_column(step, before.column()).then(|| before.clone())
}

/// The columns whose hash tells the partition stay as long as all of them do.
pub(crate) fn hashed_after<'a>(step: &Step, input: &'a Plan) -> Option<&'a [PlSmallStr]> {
    let by = input.hashed_by()?;
    by.iter().all(|column| keeps_column(step, column)).then_some(by)
}

/// Whether each row that comes of another one has the same value in a column.
fn keeps_column(step: &Step, column: &str) -> bool {
    match step {
        Step::Select(exprs) => exprs.iter().any(|e| is_column(e, column)),
        Step::WithColumns(exprs) => exprs
            .iter()
            .all(|e| output_name(e).is_none_or(|name| name != column) || is_column(e, column)),
        Step::Filter(_) => true,
        Step::Explode(columns) => columns.iter().all(|name| name != column),
        Step::Unpivot(_) => false,
    }
}

/// Whether an expression is a column of the input, by its own name.
pub(crate) fn is_column(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Column(column) if column == name)
}

pub(crate) fn output_name(expr: &Expr) -> Option<PlSmallStr> {
    expr.clone().meta().output_name().ok()
}

impl Operator for RowWise {
    fn name(&self) -> &'static str {
        self.step.name()
    }

    fn describe(&self) -> String {
        self.step.describe()
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        let input = inputs.remove(0);
        RowWise::plan(narrowed(&self.step, input.schema()), input, at)
    }

    fn moves_rows(&self) -> bool {
        false
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        vec![needed(&self.step, wanted)]
    }

    fn row_wise(&self) -> Option<&Step> {
        Some(&self.step)
    }

    fn filter_inputs(&self, predicate: &Expr) -> Vec<Option<Expr>> {
        vec![crate::plan::optimize::filter_pushdown::before_step(&self.step, predicate)]
    }

    fn hashed_by(&self) -> Option<&[PlSmallStr]> {
        hashed_after(&self.step, self.input())
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let pieces = lowering.pieces(self.input());
        pieces.into_iter().map(|piece| piece.step(self.step.clone())).collect()
    }
}

/// The columns that a step needs when `wanted` are those of its result that are.
pub(crate) fn needed(step: &Step, wanted: &Columns) -> Columns {
    match step {
        Step::Select(exprs) => {
            let used = Columns::of(exprs.iter().filter(|e| is_wanted(e, wanted)));
            // Values alone are one row: it takes a column to tell how many there are.
            let of_rows = exprs.iter().map(|e| Columns::of([e])).find(|used| !used.is_none());
            match used.is_none() {
                true => of_rows.unwrap_or(used),
                false => used,
            }
        }
        Step::WithColumns(exprs) => {
            let made: Vec<_> = exprs.iter().filter_map(output_name).collect();
            let used = Columns::of(exprs.iter().filter(|e| is_wanted(e, wanted)));
            wanted.clone().without(&made).and(used)
        }
        Step::Filter(predicate) => wanted.clone().and(Columns::of([predicate])),
        Step::Explode(columns) => wanted.clone().and(Columns::names(columns.iter().cloned())),
        Step::Unpivot(_) => Columns::All,
    }
}

fn is_wanted(expr: &Expr, wanted: &Columns) -> bool {
    output_name(expr).is_none_or(|name| wanted.contains(&name))
}

/// Whether there is each column that an expression mentions.
pub(crate) fn is_known(expr: &Expr, input: &Schema) -> bool {
    expr.clone().meta().root_names().iter().all(|name| input.contains(name))
}

/// The step without the expressions whose columns the input no longer has: nobody needs what they give.
pub(crate) fn narrowed(step: &Step, input: &Schema) -> Step {
    let known = |e: &&Expr| is_known(e, input);
    let keep = |exprs: &[Expr]| exprs.iter().filter(known).cloned().collect::<Vec<_>>().into();
    match step {
        Step::Select(exprs) => Step::Select(keep(exprs)),
        Step::WithColumns(exprs) => Step::WithColumns(keep(exprs)),
        other => other.clone(),
    }
}

/// These columns of a plan alone.
pub(crate) fn columns(names: &[PlSmallStr], input: Plan, at: At) -> Result<Plan, StepError> {
    let exprs: Vec<_> = names.iter().cloned().map(polars::prelude::col).collect();
    RowWise::plan(Step::Select(exprs.into()), input, at)
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;
    use polars::prelude::*;

    use crate::Frame;

    #[test]
    fn rows_are_counted_where_no_column_is_wanted() {
        let folder = tempfile::TempDir::new().unwrap();
        let frame = Frame::from_polars(df!["x" => [1, 2, 3], "y" => [4, 5, 6]].unwrap(), 2);
        frame.write_csv(folder.path()).compute().unwrap();
        let read = Frame::read_csv(folder.path()).build().unwrap();
        for frame in [frame.concat(&frame), read.concat(&read)] {
            let y = frame.select([lit(1).alias("one"), col("y")]);
            assert_eq!(y.len().compute().unwrap(), 6);
            assert_eq!(y.select([len()]).compute().unwrap(), df!["len" => [6_u32]].unwrap());
            assert_eq!(y.select([col("one")]).compute().unwrap(), df!["one" => [1; 6]].unwrap());
        }
    }
}
