//! What is wrong with a text that Polars cannot read: which line, and which column.

use polars::prelude::{CsvEncoding, PlSmallStr, PolarsError, col};

use super::head::{fields, unquoted, without_end};
use super::source::CsvSource;
use crate::engine;
use crate::error::{FileError, reason};
use crate::io::text::{Part, first_bad};
use crate::plan::Wanted;

/// The error of a part, with line and column. An error that does not come from reading stays as it is.
pub(super) fn explain(
    source: &CsvSource,
    part: &Part,
    text: &[u8],
    wanted: &Wanted,
    error: PolarsError,
) -> PolarsError {
    let columns = wanted.columns.as_deref().or(source.options.columns.as_deref());
    let lines = source.rules.ranges(text);
    let Some(bad) = first_bad(&lines, |part| source.fails(&text[part], columns)) else {
        return error;
    };
    let line = &text[bad.clone()];
    let (column, why) = source.why(line, columns).unwrap_or_else(|| (None, reason(&error)));
    let mut wrong = FileError::new(&part.file.path, why);
    if let Ok(number) = part.line_number(bad.start, source.options.parse.eol_char) {
        wrong = wrong.line(number);
    }
    match column {
        Some(column) => wrong.column(column.as_str()).into(),
        None => wrong.into(),
    }
}

impl CsvSource {
    /// Whether Polars cannot read these columns of some lines.
    fn fails(&self, lines: &[u8], columns: Option<&[PlSmallStr]>) -> bool {
        let mut text = self.header();
        text.extend_from_slice(lines);
        let rows = self.rows(text).and_then(|rows| {
            let known = |columns: &[PlSmallStr]| {
                let all = columns.iter().filter(|name| self.all.contains(name));
                all.cloned().map(col).collect::<Vec<_>>()
            };
            engine::collect(match columns {
                Some(columns) => rows.select(known(columns)),
                None => rows,
            })
        });
        rows.is_err()
    }

    /// What is wrong with a line, and in which column.
    fn why(
        &self,
        line: &[u8],
        columns: Option<&[PlSmallStr]>,
    ) -> Option<(Option<PlSmallStr>, String)> {
        let parse = &self.options.parse;
        if matches!(parse.encoding, CsvEncoding::Utf8)
            && let Err(e) = str::from_utf8(line)
        {
            let byte = line[e.valid_up_to()];
            let why = format!(
                "invalid UTF-8: byte 0x{byte:02x}; `.encoding(CsvEncoding::LossyUtf8)` replaces what is not UTF-8"
            );
            return Some((None, why));
        }
        let text = without_end(line, parse);
        let fields = fields(text, parse);
        let n_columns = self.all.len();
        if let Some(quote) = parse.quote_char
            && text.contains(&parse.eol_char)
            && fields.iter().any(|field| field.first() != Some(&quote) && field.contains(&quote))
        {
            let why = "a quote stands within a field that is not quoted, so that it is not known where the line ends; \
                       `.quote_char(None)` reads quotes as any other sign";
            return Some((None, why.to_owned()));
        }
        if fields.len() > n_columns && !parse.truncate_ragged_lines {
            let why = format!(
                "{} fields where there are {n_columns} columns; with `.truncate_ragged_lines(true)` the others are \
                 dropped",
                fields.len()
            );
            return Some((None, why));
        }
        let is_wanted = |name: &PlSmallStr| columns.is_none_or(|columns| columns.contains(name));
        let unfit = |(name, _): &(&PlSmallStr, _)| {
            is_wanted(name) && self.fails(line, Some(std::slice::from_ref(*name)))
        };
        let (name, dtype) = self.all.iter().find(unfit)?;
        let field = fields.get(self.all.index_of(name)?).copied().unwrap_or_default();
        let value = String::from_utf8_lossy(unquoted(field, parse));
        Some((Some(name.clone()), format!("`{value}` is no {dtype}{}", self.origin(name))))
    }

    /// Where the type of a column comes from, and how to give it another.
    fn origin(&self, name: &PlSmallStr) -> String {
        let other = format!("`.dtypes([(\"{name}\", ...)])` gives the column another");
        match self.options.infer_schema_length {
            _ if self.options.schema.is_some() || self.options.dtypes.contains(name) => {
                "; the type is the one that was given".to_owned()
            }
            Some(n) => format!(
                "; the type is that of the first {n} rows: `.infer_schema_length(None)` looks at all rows, {other}"
            ),
            None => format!("; the type is that of all rows, {other}"),
        }
    }
}
