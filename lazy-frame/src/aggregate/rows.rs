//! What an aggregation may be over, so that the rows of each partition can be looked at alone.

use polars::prelude::*;

use crate::engine;

/// Whether the values are those of the rows, or of some of the rows, each found from its row alone.
pub(super) fn are_rows(expr: &Expr, schema: &Schema) -> bool {
    names_a_column(expr) && (is_row_wise(expr, schema) || is_some_rows(expr, schema))
}

/// Whether there is a value for each row, found from that row alone.
pub(super) fn is_row_wise(expr: &Expr, schema: &Schema) -> bool {
    engine::is_row_wise(expr, schema).unwrap_or(false)
}

/// A literal is not one value a row: its sum is the same in a partition and in all of them.
fn names_a_column(expr: &Expr) -> bool {
    expr.into_iter().any(|part| matches!(part, Expr::Column(_)))
}

fn is_some_rows(expr: &Expr, schema: &Schema) -> bool {
    match expr {
        Expr::Filter { input, by } => is_row_wise(input, schema) && is_row_wise(by, schema),
        Expr::Function { input, function: FunctionExpr::DropNulls | FunctionExpr::DropNans } => {
            matches!(&input[..], [input] if are_rows(input, schema))
        }
        Expr::Alias(input, _) | Expr::KeepName(input) => is_some_rows(input, schema),
        Expr::RenameAlias { expr, .. } | Expr::Cast { expr, .. } => is_some_rows(expr, schema),
        _ => false,
    }
}
