//! [`Over`]: windows over groups: `col("x").sum().over(["key"])`.

use polars::prelude::*;

use super::projection::Projection;
use super::row_wise::hashed_after;
use super::shuffle::Shuffle;
use crate::engine;
use crate::error::StepError;
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan, Step};

/// A step over rows that have been brought together by key: a partition has all rows of its groups, so it is done within each.
#[derive(Debug)]
pub(crate) struct Over {
    step: Step,
    inputs: [Plan; 1],
}

/// The step, if its expressions look at other rows of the same group alone, and all of them mean the same groups.
pub(crate) fn plan(
    kind: Projection,
    exprs: &[Expr],
    input: &Plan,
    at: At,
) -> Result<Option<Plan>, StepError> {
    let Some(keys) = keys(exprs, input.schema()) else { return Ok(None) };
    let together = Shuffle::plan(keys.into(), None, input.clone(), at)?;
    Over::over_rows(kind.step(exprs.to_vec()), together, at).map(Some)
}

impl Over {
    fn over_rows(step: Step, input: Plan, at: At) -> Result<Plan, StepError> {
        let schema = step.schema(input.schema());
        let schema = schema.map_err(|reason| input.misfit(step.name(), reason, at))?;
        let npartitions = input.npartitions();
        Ok(Plan::new(Over { step, inputs: [input] }, schema, npartitions, None, at))
    }
}

/// The keys of the windows in expressions; `None` if there are several, or something else that is not row-wise.
fn keys(exprs: &[Expr], schema: &Schema) -> Option<Vec<PlSmallStr>> {
    let mut found: Option<Vec<PlSmallStr>> = None;
    for expr in exprs {
        for window in expr.into_iter().filter(|e| matches!(e, Expr::Over { .. })) {
            let Expr::Over { partition_by, .. } = window else { continue };
            let name = |key: &Expr| match key {
                Expr::Column(name) => Some(name.clone()),
                _ => None,
            };
            let keys: Vec<_> = partition_by.iter().map(name).collect::<Option<_>>()?;
            if keys.is_empty() || found.as_ref().is_some_and(|found| *found != keys) {
                return None;
            }
            found = Some(keys);
        }
        // What is left when a window is a column like any other.
        let dtype = |e: Expr| match e {
            Expr::Over { partition_by, .. } => partition_by[0].clone(),
            other => other,
        };
        let rest = expr.clone().map_expr(dtype);
        if !is_row_wise_shape(&rest, schema) {
            return None;
        }
    }
    found
}

/// Whether an expression is row-wise, whatever the types of its columns are.
fn is_row_wise_shape(expr: &Expr, schema: &Schema) -> bool {
    engine::is_row_wise(expr, schema).unwrap_or(false)
}

impl Operator for Over {
    fn name(&self) -> &'static str {
        self.step.name()
    }

    fn describe(&self) -> String {
        format!("{}, within each partition", self.step.describe())
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        Over::over_rows(self.step.clone(), inputs.remove(0), at)
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        let (Step::Select(exprs) | Step::WithColumns(exprs)) = &self.step else {
            return vec![Columns::All];
        };
        let used = Columns::of(exprs.iter());
        let kept = matches!(self.step, Step::WithColumns(_));
        vec![if kept { used.and(wanted.clone()) } else { used }]
    }

    fn hashed_by(&self) -> Option<&[PlSmallStr]> {
        hashed_after(&self.step, &self.inputs[0])
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let pieces = lowering.pieces(&self.inputs[0]).into_iter();
        pieces.map(|piece| piece.step(self.step.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::Collection;
    use polars::prelude::*;

    use crate::ops::testing::{CUTS, cut, table};

    fn by(keys: &[&str], of: Expr) -> Expr {
        of.over(keys.iter().map(|key| col(*key)).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn windows_within_groups_give_what_polars_gives_for_each_row() {
        let first_by = SortOptions::default().with_nulls_last(true);
        let ordered = col("b").first().over_with_options(
            Some([col("s")]),
            Some(([col("x")], first_by)),
            WindowMapping::default(),
        );
        let exprs = || {
            [
                // Rows without a key are a group.
                (col("b") - by(&["s"], col("b").min())).alias("from"),
                by(&["s"], col("x").cum_sum(false)).alias("so far"),
                by(&["s"], col("i").shift(lit(1))).alias("before"),
                by(&["s"], len()).alias("len"),
                ordered.clone().unwrap().alias("first"),
            ]
        };
        let sorted = |rows: DataFrame| rows.sort(["b"], SortMultipleOptions::default()).unwrap();
        let expected = sorted(table().lazy().with_columns(exprs()).collect().unwrap());
        for rows in CUTS {
            let found = cut(&table(), rows, false).with_columns(exprs()).compute().unwrap();
            assert!(sorted(found).equals_missing(&expected), "{rows:?}");
        }
    }

    #[test]
    fn windows_over_other_groups_are_refused() {
        let frame = cut(&table(), CUTS[1], true);
        let (sum, max) = (by(&["s"], col("b").sum()), by(&["g"], col("x").max()));
        let error = frame.with_columns([sum.clone(), max.clone()]).schema().unwrap_err();
        assert!(error.to_string().contains("needs rows of other partitions"), "{error}");
        let both = frame.with_columns([sum]).with_columns([max]);
        assert_eq!(both.compute().unwrap().height(), 13);
    }
}
