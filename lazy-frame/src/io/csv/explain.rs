//! What is wrong with a line that Polars cannot read, and in which column.

use polars::prelude::{CsvEncoding, PlSmallStr};

use super::head::{STRAY_QUOTE, fields, has_stray_quote, unquoted, without_end};
use super::source::Csv;

impl Csv {
    /// What is wrong with a line, and in which column.
    pub(super) fn fault(
        &self,
        line: &[u8],
        unfit: &dyn Fn() -> Option<PlSmallStr>,
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
        if has_stray_quote(text, parse) {
            return Some((None, STRAY_QUOTE.into()));
        }
        if fields.len() > n_columns && !parse.truncate_ragged_lines {
            let why = format!(
                "{} fields where there are {n_columns} columns; with `.truncate_ragged_lines(true)` the others are \
                 dropped",
                fields.len()
            );
            return Some((None, why));
        }
        let name = unfit()?;
        let (i, _, dtype) = self.all.get_full(&name)?;
        let value =
            String::from_utf8_lossy(unquoted(fields.get(i).copied().unwrap_or_default(), parse));
        let why = format!("`{value}` is no {dtype}{}", self.origin(&name));
        Some((Some(name), why))
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
