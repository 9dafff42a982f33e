//! When two results are the same.

use lazy_frame::polars::prelude::*;

/// Why two tables differ, if they do. Floats may differ in what the order of a sum changes; without an order, the rows may
/// stand in any.
pub(crate) fn difference(
    ours: &DataFrame,
    theirs: &DataFrame,
    is_ordered: bool,
) -> Result<(), String> {
    if ours.schema() != theirs.schema() {
        return Err(format!("columns {:?} for {:?}", ours.schema(), theirs.schema()));
    }
    if ours.height() != theirs.height() {
        return Err(format!(
            "{} rows for {}\n{ours}\nfor\n{theirs}",
            ours.height(),
            theirs.height()
        ));
    }
    if is_ordered && ours.equals_missing(theirs) {
        return Ok(());
    }
    let rows = |table: &DataFrame| {
        let mut rows = rows(table);
        if !is_ordered {
            rows.sort_by_cached_key(|row| row.iter().map(key).collect::<Vec<_>>());
        }
        rows
    };
    for (i, (a, b)) in rows(ours).iter().zip(&rows(theirs)).enumerate() {
        if let Some(j) = (0..a.len()).find(|j| !is_close(&a[*j], &b[*j])) {
            let name = &theirs.columns()[j].name();
            return Err(format!(
                "row {i}, column {name}: {:?} for {:?}\n{ours}\nfor\n{theirs}",
                a[j], b[j]
            ));
        }
    }
    Ok(())
}

fn rows(table: &DataFrame) -> Vec<Vec<AnyValue<'static>>> {
    let value =
        |column: &Column, i: usize| column.get(i).expect("a row that is there").into_static();
    (0..table.height())
        .map(|i| table.columns().iter().map(|column| value(column, i)).collect())
        .collect()
}

/// Equal for values that are close, nearly always.
fn key(value: &AnyValue) -> String {
    match value {
        AnyValue::Float32(x) => number(f64::from(*x)),
        AnyValue::Float64(x) => number(*x),
        AnyValue::List(items) => items.iter().map(|item| key(&item) + ",").collect(),
        other => format!("{other:?}"),
    }
}

fn number(x: f64) -> String {
    if x == 0.0 { "0".into() } else { format!("{x:.4e}") }
}

pub(crate) fn is_close(a: &AnyValue, b: &AnyValue) -> bool {
    let near = |a: f64, b: f64, relative: f64| {
        a == b
            || a.is_nan() && b.is_nan()
            || (a - b).abs() <= relative * a.abs().max(b.abs()).max(1.0)
    };
    match (a, b) {
        (AnyValue::Float32(a), AnyValue::Float32(b)) => near(f64::from(*a), f64::from(*b), 1e-4),
        (AnyValue::Float64(a), AnyValue::Float64(b)) => near(*a, *b, 1e-9),
        (AnyValue::List(a), AnyValue::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| is_close(&a, &b))
        }
        (a, b) => a == b || a.is_null() && b.is_null(),
    }
}
