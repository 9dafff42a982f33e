//! Tables, printed row by row as they are measured.

/// A table whose heading is printed.
pub(crate) struct Table {
    widths: Vec<usize>,
}

/// The narrowest column.
const NARROW: usize = 7;

impl Table {
    /// Prints the title and the heading: the name of each column, and its unit below. The first column says what a row is
    /// about, and is so wide.
    pub(crate) fn new(title: &str, first: usize, columns: &[(&str, &str)]) -> Self {
        let width = |(name, unit): &(&str, &str)| name.len().max(unit.len()).max(NARROW);
        let mut widths: Vec<_> = columns.iter().map(width).collect();
        widths[0] = first;
        let table = Table { widths };
        println!("\n{title}\n");
        table.row(columns.iter().map(|column| column.0));
        table.row(columns.iter().map(|column| column.1));
        table
    }

    /// Prints a row: the first cell to the left, the others to the right.
    pub(crate) fn row<S: AsRef<str>>(&self, cells: impl IntoIterator<Item = S>) {
        let mut line = String::new();
        for (at, (cell, width)) in cells.into_iter().zip(&self.widths).enumerate() {
            let cell = cell.as_ref();
            line += &match at {
                0 => format!("{cell:<width$}"),
                _ => format!("  {cell:>width$}"),
            };
        }
        println!("{}", line.trim_end());
    }
}

/// A figure as a cell, with as many digits as it is worth; what was not measured is a dash.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        size if size.is_nan() => "-".to_owned(),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
