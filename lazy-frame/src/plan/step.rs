//! [`Step`]: what is done to each row alone.

use std::sync::Arc;

use polars::prelude::*;

use crate::error::reason;

/// A step that needs each row alone, so that it is done within a partition, as part of one plan of Polars.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// These columns and no others.
    Select(Arc<[Expr]>),
    /// These columns beside the others, or in their place.
    WithColumns(Arc<[Expr]>),
    /// The rows for which this is true.
    Filter(Expr),
    /// A row for each item of these list columns.
    Explode(Arc<[PlSmallStr]>),
    /// A row for each of some columns.
    Unpivot(Arc<UnpivotArgsDSL>),
}

impl Step {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Step::Select(_) => "select",
            Step::WithColumns(_) => "with-columns",
            Step::Filter(_) => "filter",
            Step::Explode(_) => "explode",
            Step::Unpivot(_) => "unpivot",
        }
    }

    pub(crate) fn describe(&self) -> String {
        match self {
            Step::Select(exprs) | Step::WithColumns(exprs) => list(exprs.iter()),
            Step::Filter(predicate) => predicate.to_string(),
            Step::Explode(columns) => columns.join(", "),
            Step::Unpivot(args) => format!("{args:?}"),
        }
    }

    pub(crate) fn apply(&self, rows: LazyFrame) -> LazyFrame {
        match self {
            Step::Select(exprs) => rows.select(exprs),
            Step::WithColumns(exprs) => rows.with_columns(exprs),
            Step::Filter(predicate) => rows.filter(predicate.clone()),
            Step::Explode(columns) => rows.explode(
                by_name(columns.iter().cloned(), true, false),
                ExplodeOptions { empty_as_null: true, keep_nulls: true },
            ),
            Step::Unpivot(args) => rows.unpivot((**args).clone()),
        }
    }

    /// Whether it takes columns as they are, which costs nothing.
    pub(crate) fn is_free(&self) -> bool {
        let Step::Select(exprs) = self else { return false };
        exprs.iter().all(|expr| matches!(expr, Expr::Column(_)))
    }

    /// The schema of the result, found by planning the step over no rows.
    pub(crate) fn schema(&self, input: &Schema) -> Result<SchemaRef, String> {
        let rows = super::empty(input).lazy();
        self.apply(rows).collect_schema().map_err(|e| reason(&e))
    }

    /// Whether the number of rows stays.
    pub(crate) fn keeps_rows(&self) -> bool {
        matches!(self, Step::Select(_) | Step::WithColumns(_))
    }
}

/// Expressions, in a line.
pub(crate) fn list<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> String {
    exprs.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// That all of these are true, if there are any. Of thousands of conditions, too, it is an expression that does not nest deeply.
pub(crate) fn all_of(mut conditions: Vec<Expr>) -> Option<Expr> {
    while conditions.len() > 1 {
        let both = |pair: &[Expr]| pair.iter().cloned().reduce(Expr::and);
        conditions = conditions.chunks(2).filter_map(both).collect();
    }
    conditions.pop()
}
