//! The types of the columns, from rows of the first files.

use polars::prelude::{
    CsvParseOptions, DataType, Field, NullValues, PlIndexSet, PlSmallStr, Schema,
};
use polars_io::csv::read::schema_inference::{finish_infer_field_schema, infer_field_schema};

use super::Options;
use super::head::{Head, fields, unquoted, without_end};
use crate::error::FileError;
use crate::io::lines::{LineRules, Lines};
use crate::io::text::TextFile;

/// What was seen of a column: each type that one of its values looks like.
struct Column {
    name: PlSmallStr,
    types: PlIndexSet<DataType>,
}

/// Goes through the rows until there are enough of them.
pub(super) fn schema<'a>(
    files: impl Iterator<Item = (&'a TextFile, &'a Head)>,
    options: &Options,
    rules: &LineRules,
) -> Result<Schema, FileError> {
    let mut columns = Vec::new();
    let n = options.infer_schema_length.unwrap_or(usize::MAX);
    // Without a header, it takes a row to know how many columns there are.
    let mut left = n.max(usize::from(!options.has_header));
    for (file, head) in files {
        if columns.is_empty()
            && let Some(header) = &head.header
        {
            columns = header.names.iter().cloned().map(Column::new).collect();
        }
        let mut lines = Lines::new(file.open(head.rows_at)?, head.rows_at, rules);
        while left > 0
            && let Some(line) = lines.next().map_err(|e| file.unreadable(e))?
        {
            if rules.is_row(line.text) {
                see(&mut columns, line.text, options);
                left -= 1;
            }
        }
        if left == 0 && !columns.is_empty() {
            break;
        }
    }
    if n == 0 {
        columns.iter_mut().for_each(|column| column.types.clear());
    }
    Ok(columns.into_iter().map(Column::field).collect())
}

fn see(columns: &mut Vec<Column>, line: &[u8], options: &Options) {
    let parse = &options.parse;
    for (i, field) in fields(without_end(line, parse), parse).into_iter().enumerate() {
        if i == columns.len() {
            if options.has_header {
                return;
            }
            columns.push(Column::new(PlSmallStr::from_string(format!("column_{}", i + 1))));
        }
        columns[i].see(field, parse);
    }
}

impl Column {
    fn new(name: PlSmallStr) -> Self {
        Column { name, types: PlIndexSet::default() }
    }

    fn see(&mut self, field: &[u8], parse: &CsvParseOptions) {
        // A string among the values makes a column of strings, whatever the others are.
        if field.is_empty() || self.types.contains(&DataType::String) {
            return;
        }
        let value = String::from_utf8_lossy(unquoted(field, parse));
        if !is_null(&value, &self.name, parse.null_values.as_ref()) {
            self.types.insert(infer_field_schema(
                &value,
                parse.try_parse_dates,
                parse.decimal_comma,
            ));
        }
    }

    fn field(self) -> Field {
        Field::new(self.name, finish_infer_field_schema(&self.types))
    }
}

fn is_null(value: &str, column: &PlSmallStr, null_values: Option<&NullValues>) -> bool {
    match null_values {
        None => false,
        Some(NullValues::AllColumnsSingle(null)) => value == null.as_str(),
        Some(NullValues::AllColumns(nulls)) => nulls.iter().any(|null| value == null.as_str()),
        Some(NullValues::Named(nulls)) => {
            let null = nulls.iter().find(|(name, _)| name == column);
            null.is_some_and(|(_, null)| value == null.as_str())
        }
    }
}
