//! [`Head`]: what a file begins with, before its rows.

use std::collections::HashMap;

use polars::prelude::{CsvParseOptions, PlIndexSet, PlSmallStr, Schema};

use super::Options;
use crate::error::FileError;
use crate::io::lines::{LineRules, Lines};
use crate::io::text::TextFile;

/// Where the rows of a file begin, and the names of its columns.
pub(super) struct Head {
    /// How many bytes are before the rows.
    pub(super) rows_at: u64,
    pub(super) header: Option<Header>,
}

pub(super) struct Header {
    pub(super) names: Vec<PlSmallStr>,
    line: u64,
}

impl Head {
    /// Blank lines, rows to be skipped, and comments stand before the header.
    pub(super) fn read(
        file: &TextFile,
        options: &Options,
        rules: &LineRules,
    ) -> Result<Self, FileError> {
        let mut lines = Lines::new(file.open(0)?, 0, rules);
        let mut is_blank = options.has_header;
        let mut left = options.skip_rows;
        while let Some(line) = lines.next().map_err(|e| file.unreadable(e))? {
            let text = without_end(line.text, &options.parse);
            is_blank &= text.is_empty();
            if is_blank || rules.is_comment(text) {
                continue;
            }
            if left > 0 {
                left -= 1;
                continue;
            }
            if !options.has_header {
                return Ok(Head { rows_at: line.at, header: None });
            }
            let wrong = |reason: String| FileError::new(&file.path, reason).line(line.number);
            if has_stray_quote(text, &options.parse) {
                return Err(wrong(STRAY_QUOTE.into()));
            }
            if rules.opens_quote(line.text) {
                return Err(wrong(OPEN_QUOTE.into()));
            }
            let names = names(text, &options.parse).map_err(wrong)?;
            let header = Some(Header { names, line: line.number });
            return Ok(Head { rows_at: line.at + line.text.len() as u64, header });
        }
        let reason = match options.skip_rows {
            0 => "the file has no line that is a row or a header".to_owned(),
            n => format!("the file has no more than the {n} rows that are skipped"),
        };
        Err(FileError::new(&file.path, reason))
    }
}

impl Header {
    /// That the names are those of the first file, or of the schema that was given.
    pub(super) fn check(&self, file: &TextFile, expected: &Schema) -> Result<(), FileError> {
        if self.names.iter().eq(expected.iter_names()) {
            return Ok(());
        }
        let wrong = |column: &PlSmallStr, what: &str| {
            let names: Vec<_> = expected.iter_names().map(PlSmallStr::as_str).collect();
            let reason = format!("the header {what}, expected {}", names.join(", "));
            Err(FileError::new(&file.path, reason).line(self.line).column(column.as_str()))
        };
        if let Some(name) = expected.iter_names().find(|name| !self.names.contains(name)) {
            return wrong(name, "lacks this column");
        }
        if let Some(name) = self.names.iter().find(|name| !expected.contains(name)) {
            return wrong(name, "has one more column");
        }
        match self.names.iter().zip(expected.iter_names()).find(|(name, other)| name != other) {
            None => Ok(()),
            Some((name, _)) => wrong(name, "has another order"),
        }
    }
}

/// A line without its end.
pub(super) fn without_end<'a>(line: &'a [u8], parse: &CsvParseOptions) -> &'a [u8] {
    let line = line.strip_suffix(&[parse.eol_char]).unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The fields of a line without its end, as they are written: with quotes.
pub(super) fn fields<'a>(line: &'a [u8], parse: &CsvParseOptions) -> Vec<&'a [u8]> {
    let (mut fields, mut rest) = (Vec::new(), Some(line));
    while let Some(text) = rest {
        let mut quoted = false;
        let is_quoted = parse.quote_char.is_some_and(|quote| text.first() == Some(&quote));
        let end = text.iter().position(|byte| {
            quoted ^= is_quoted && Some(*byte) == parse.quote_char;
            *byte == parse.separator && !quoted
        });
        fields.push(&text[..end.unwrap_or(text.len())]);
        rest = end.map(|end| &text[end + 1..]);
    }
    fields
}

/// Whether a line may be several, of which one has a quote that is meant as any other sign.
pub(super) fn has_stray_quote(line: &[u8], parse: &CsvParseOptions) -> bool {
    let is_stray = |quote: u8| {
        let stray = |field: &&[u8]| field.first() != Some(&quote) && field.contains(&quote);
        line.contains(&parse.eol_char) && fields(line, parse).iter().any(stray)
    };
    parse.quote_char.is_some_and(is_stray)
}

pub(super) const STRAY_QUOTE: &str = "a quote stands within a field that is not quoted, so that it is not known where the \
                                      line ends; `.quote_char(None)` reads quotes as any other sign";

pub(super) const OPEN_QUOTE: &str =
    "a quote is opened in this line and not closed before the file ends";

/// A field without the quotes around it.
pub(super) fn unquoted<'a>(field: &'a [u8], parse: &CsvParseOptions) -> &'a [u8] {
    match parse.quote_char {
        Some(quote) if field.len() >= 2 && field[0] == quote => &field[1..field.len() - 1],
        _ => field,
    }
}

/// The names of a header. Those that occur again are `name_duplicated_0`, `name_duplicated_1`, ...
fn names(header: &[u8], parse: &CsvParseOptions) -> Result<Vec<PlSmallStr>, String> {
    let mut seen: HashMap<PlSmallStr, usize> = HashMap::new();
    let mut names = PlIndexSet::default();
    for field in fields(header, parse) {
        let name = PlSmallStr::from_str(&String::from_utf8_lossy(unquoted(field, parse)));
        let count = seen.entry(name.clone()).or_default();
        let unique = match *count {
            0 => name,
            n => PlSmallStr::from_string(format!("{name}_duplicated_{}", n - 1)),
        };
        *count += 1;
        if !names.insert(unique.clone()) {
            return Err(format!("the header has the column `{unique}` twice"));
        }
    }
    Ok(names.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_hold_separators_within_quotes() {
        let parse = CsvParseOptions::default();
        let split = |line: &'static str| fields(line.as_bytes(), &parse);
        assert_eq!(split("a,\"b,\"\"c\"\"\",,"), [&b"a"[..], b"\"b,\"\"c\"\"\"", b"", b""]);
        assert_eq!(split(""), [b""]);
        assert_eq!(split("5\" disk,b"), [&b"5\" disk"[..], b"b"]);
    }

    #[test]
    fn names_that_occur_again_are_numbered() {
        let parse = CsvParseOptions::default();
        assert_eq!(
            names(b"a,a,\"b\",a", &parse).unwrap(),
            ["a", "a_duplicated_0", "b", "a_duplicated_1"]
        );
        assert!(names(b"a_duplicated_0,a,a", &parse).unwrap_err().contains("a_duplicated_0"));
    }
}
