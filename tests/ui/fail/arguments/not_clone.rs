use lazy_runtime::prelude::*;

struct Table {
    rows: Vec<f64>,
}

#[delayed]
fn load() -> Table {
    Table { rows: vec![1.0] }
}

#[delayed]
fn total(table: Table) -> f64 {
    table.rows.iter().sum()
}

fn main() {
    let table = load();
    let _ = total(&table);
    let _ = total(table);
    let _ = total(Table { rows: vec![1.0] });
}
