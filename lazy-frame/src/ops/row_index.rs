//! [`RowIndex`]: the number of each row, as a column.

use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use crate::error::StepError;
use crate::plan::lower::Fused;
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan};

/// A first column that counts the rows from an offset on.
#[derive(Clone, Debug)]
pub(crate) struct RowIndex {
    column: PlSmallStr,
    offset: IdxSize,
    inputs: [Plan; 1],
}

impl RowIndex {
    pub(crate) fn plan(
        column: PlSmallStr,
        offset: IdxSize,
        input: Plan,
        at: At,
    ) -> Result<Plan, StepError> {
        let mut schema = (**input.schema()).clone();
        if schema.contains(&column) {
            let reason = format!("there is a column `{column}` already");
            return Err(input.misfit("with_row_index", reason, at));
        }
        schema
            .insert_at_index(0, column.clone(), IDX_DTYPE)
            .map_err(|e| input.misfit("with_row_index", crate::error::reason(&e), at))?;
        let (npartitions, divisions) = (input.npartitions(), input.divisions().cloned());
        Ok(Plan::new(
            RowIndex { column, offset, inputs: [input] },
            schema,
            npartitions,
            divisions,
            at,
        ))
    }
}

impl Operator for RowIndex {
    fn name(&self) -> &'static str {
        "with-row-index"
    }

    fn describe(&self) -> String {
        format!("{} from {}", self.column, self.offset)
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        RowIndex::plan(self.column.clone(), self.offset, inputs.remove(0), at)
    }

    fn moves_rows(&self) -> bool {
        false
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        vec![wanted.clone().without([&self.column])]
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        self.inputs[0].rows(partition)
    }

    /// The lengths that are known are added up here and now, the others by tasks.
    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let own = lowering.pieces(&self.inputs[0]);
        let (mut first, last) = (First::Known(u64::from(self.offset)), own.len() - 1);
        let pieces = own.into_iter().enumerate().map(|(i, mut piece)| {
            let rows = self.inputs[0].rows(i).map(|rows| rows as u64);
            if i < last && rows.is_none() {
                piece = Piece::made(piece.task());
            }
            let next = match (&first, rows) {
                _ if i == last => None,
                (First::Known(first), Some(rows)) => Some(First::Known(first + rows)),
                (First::Known(first), None) => {
                    Some(First::Found(beyond(*first, piece.clone().task())))
                }
                (First::Found(first), Some(rows)) => Some(First::Found(further(first, rows))),
                (First::Found(first), None) => {
                    Some(First::Found(beyond(first, piece.clone().task())))
                }
            };
            let Piece { input, fused } = piece;
            let numbered = match &first {
                First::Known(first) => with_row_index(*first, self.column.clone(), input, fused),
                First::Found(first) => with_row_index(first, self.column.clone(), input, fused),
            };
            if let Some(next) = next {
                first = next;
            }
            Piece::made(numbered)
        });
        pieces.collect()
    }
}

/// The number of the first row of a partition.
enum First {
    Known(u64),
    Found(Delayed<u64>),
}

#[delayed(name = "row-offset")]
fn beyond(first: u64, rows: DataFrame) -> u64 {
    first + rows.height() as u64
}

#[delayed(name = "row-offset")]
fn further(first: u64, rows: u64) -> u64 {
    first + rows
}

#[delayed(name = "with-row-index", fallible)]
fn with_row_index(
    first: u64,
    column: PlSmallStr,
    input: Option<DataFrame>,
    fused: Fused,
) -> PolarsResult<DataFrame> {
    let rows = fused.collect(input, |rows| rows)?;
    let end = first + rows.height() as u64;
    if end > u64::from(IdxSize::MAX) {
        polars_bail!(ComputeError: "there are {end} rows and more; Polars counts up to {}", IdxSize::MAX);
    }
    rows.with_row_index(column, Some(first as IdxSize))
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;

    use super::*;
    use crate::ops::testing::{CUTS, agrees, cut, table};

    #[test]
    fn rows_are_numbered_across_partitions() {
        let big = || col("i").gt(lit(0));
        agrees(&table(), |f| f.with_row_index("n", 7), |f| f.with_row_index("n", Some(7)));
        agrees(
            &table(),
            |f| f.filter(big()).with_row_index("n", 0).select([col("n"), col("s")]),
            |f| f.filter(big()).with_row_index("n", None).select([col("n"), col("s")]),
        );
    }

    #[test]
    fn lengths_that_are_known_need_no_tasks() {
        let known = cut(&table(), CUTS[1], true).with_row_index("n", 0);
        assert_eq!(known.graph().n_tasks(), 2);
        let unknown = cut(&table(), CUTS[1], false).with_row_index("n", 0);
        assert_eq!(unknown.graph().n_tasks(), 3);
    }

    #[test]
    fn lengths_that_are_known_and_others_add_up() {
        let (few, rest) = (table().head(Some(5)), table().slice(5, 8));
        let known = || cut(&few, &[2, 3], true);
        let unknown = || cut(&rest, &[1, 0, 7], false);
        for (both, n) in [
            (known().concat(&unknown()).concat(&known()), 18_u32),
            (unknown().concat(&known()).concat(&unknown()), 21),
        ] {
            let numbered = both.with_row_index("n", 0).compute().unwrap();
            let numbers = numbered.column("n").unwrap().u32().unwrap().clone();
            assert!(numbers.into_no_null_iter().eq(0..n));
        }
    }

    #[test]
    fn a_column_that_is_there_is_not_replaced() {
        let error = cut(&table(), CUTS[0], true).with_row_index("x", 0).schema().unwrap_err();
        assert!(
            error.to_string().starts_with("with_row_index: there is a column `x` already"),
            "{error}"
        );
    }

    #[test]
    fn more_rows_than_polars_counts_fail_their_task() {
        let many = cut(&table(), CUTS[1], true).with_row_index("n", IdxSize::MAX - 8);
        let error = many.compute().unwrap_err().to_string();
        assert!(error.contains("Polars counts up to"), "{error}");
    }
}
