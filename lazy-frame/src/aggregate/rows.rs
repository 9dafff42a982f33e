//! What an aggregation may be over, so that the rows of each partition can be looked at alone.

use polars::prelude::*;

use crate::engine;

/// Whether the values are those of the rows, or of some of the rows, each found from its row alone.
pub(super) fn are_rows(expr: &Expr, schema: &Schema) -> bool {
    names_a_column(expr) && (is_row_wise(expr, schema) || are_some_rows(expr, schema))
}

/// Whether there is a value for each row, found from that row alone.
pub(super) fn is_row_wise(expr: &Expr, schema: &Schema) -> bool {
    engine::is_row_wise(expr, schema).unwrap_or(false)
}

/// A literal is not one value a row: its sum is the same in a partition and in all of them.
fn names_a_column(expr: &Expr) -> bool {
    expr.into_iter().any(|part| matches!(part, Expr::Column(_)))
}

/// Whether rows are chosen, the same for all columns, and what is done to them then needs each alone.
fn are_some_rows(expr: &Expr, schema: &Schema) -> bool {
    let mut choices = Vec::new();
    let all_chosen = below_choices(expr, &mut choices);
    let Some(first) = choices.first() else { return false };
    all_chosen
        && choices.iter().all(|choice| choose_alike(choice, first))
        && choices.iter().all(|choice| chooses_by_row(choice, schema))
        && is_row_wise(&expr.clone().map_expr(without_choice), schema)
}

/// Whether all columns are below expressions that choose some of the rows, which are put in a list.
fn below_choices<'a>(expr: &'a Expr, choices: &mut Vec<&'a Expr>) -> bool {
    if chosen_from(expr).is_some() {
        choices.push(expr);
        return true;
    }
    let mut parts = Default::default();
    expr.nodes(&mut parts);
    !matches!(expr, Expr::Column(_)) && parts.into_iter().all(|part| below_choices(part, choices))
}

/// What the rows are chosen from.
fn chosen_from(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Filter { input, .. } => Some(input),
        Expr::Function { input, function: FunctionExpr::DropNulls | FunctionExpr::DropNans } => {
            input.first()
        }
        _ => None,
    }
}

fn choose_alike(a: &Expr, b: &Expr) -> bool {
    match (a, b) {
        (Expr::Filter { by: a, .. }, Expr::Filter { by: b, .. }) => a == b,
        (a, b) => a == b,
    }
}

fn chooses_by_row(choice: &Expr, schema: &Schema) -> bool {
    match choice {
        Expr::Filter { input, by } => is_row_wise(input, schema) && is_row_wise(by, schema),
        other => chosen_from(other).is_some_and(|from| are_rows(from, schema)),
    }
}

fn without_choice(expr: Expr) -> Expr {
    match chosen_from(&expr) {
        Some(from) => from.clone(),
        None => expr,
    }
}
