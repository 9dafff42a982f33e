//! CSV files: [`ReadCsv`].

mod explain;
mod head;
mod infer;
mod source;
#[cfg(test)]
mod tests;

use std::panic::Location;
use std::path::{Path, PathBuf};

use polars::prelude::{
    CommentPrefix, CsvEncoding, CsvParseOptions, DataType, NullValues, PlSmallStr, Schema,
    SchemaRef,
};

use super::lines::LineRules;
use super::texts;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::plan::At;

/// How CSV files are read: made by [`Frame::read_csv`], ended by [`ReadCsv::build`].
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `.build()`"]
pub struct ReadCsv {
    pattern: PathBuf,
    at: At,
    options: Options,
    pub(super) texts: texts::Options,
}

#[derive(Clone, Debug)]
struct Options {
    parse: CsvParseOptions,
    has_header: bool,
    skip_rows: usize,
    n_rows: Option<usize>,
    infer_schema_length: Option<usize>,
    schema: Option<SchemaRef>,
    dtypes: Schema,
    columns: Option<Vec<PlSmallStr>>,
}

impl Frame {
    /// Reads CSV files: one, those of a folder that end in `.csv` or `.tsv`, or those that a pattern such as
    /// `data/2024-*.csv` names, in the order of their names. Files that are compressed with gzip, zlib or zstd are
    /// read, too.
    ///
    /// A file larger than [`partition_bytes`](ReadCsv::partition_bytes) is cut at line ends. Building looks at the
    /// first line of each file, at rows for the types of the columns, and at where lines end in large files; the rows
    /// are read when the frame is computed.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::prelude::*;
    ///
    /// # let folder = std::env::temp_dir().join(format!("read-csv-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// std::fs::write(folder.join("a.csv"), "name,x\nAnn,1\nBob,2\n")?;
    /// std::fs::write(folder.join("b.csv"), "name,x\nCid,3\n")?;
    /// let frame = Frame::read_csv(folder.join("*.csv")).build()?;
    /// assert_eq!(frame.npartitions(), 2);
    /// assert_eq!(frame.compute()?.height(), 3);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn read_csv(glob: impl AsRef<Path>) -> ReadCsv {
        let options = Options {
            parse: CsvParseOptions::default(),
            has_header: true,
            skip_rows: 0,
            n_rows: None,
            infer_schema_length: Some(100),
            schema: None,
            dtypes: Schema::default(),
            columns: None,
        };
        let texts = texts::Options::default();
        ReadCsv { pattern: glob.as_ref().to_owned(), at: Location::caller(), options, texts }
    }
}

impl ReadCsv {
    fn set(mut self, set: impl FnOnce(&mut Options)) -> Self {
        set(&mut self.options);
        self
    }

    /// Whether the first line has the names of the columns: yes, unless told. Without one the names are `column_1`,
    /// `column_2`, ...
    pub fn has_header(self, has_header: bool) -> Self {
        self.set(|o| o.has_header = has_header)
    }

    /// What stands between fields: a comma, unless told.
    pub fn separator(self, separator: u8) -> Self {
        self.set(|o| o.parse.separator = separator)
    }

    /// What stands around fields that hold separators or line ends: `"`, unless told; `None`: no quotes.
    pub fn quote_char(self, quote: Option<u8>) -> Self {
        self.set(|o| o.parse.quote_char = quote)
    }

    /// Lines that begin so are no rows.
    pub fn comment_prefix(self, prefix: impl Into<PlSmallStr>) -> Self {
        let prefix = prefix.into();
        self.set(|o| {
            o.parse.comment_prefix = Some(match prefix.as_bytes() {
                [byte] => CommentPrefix::Single(*byte),
                _ => CommentPrefix::Multi(prefix),
            });
        })
    }

    /// What ends a line: `\n`, unless told; a `\r` before it is dropped.
    pub fn eol_char(self, end: u8) -> Self {
        self.set(|o| o.parse.eol_char = end)
    }

    /// Fields with one of these values are null, in all columns.
    pub fn null_values<S: Into<PlSmallStr>>(self, values: impl IntoIterator<Item = S>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.set(|o| o.parse.null_values = Some(NullValues::AllColumns(values)))
    }

    /// Fields with this value are null, for each of some columns.
    pub fn null_values_of<C: Into<PlSmallStr>, S: Into<PlSmallStr>>(
        self,
        values: impl IntoIterator<Item = (C, S)>,
    ) -> Self {
        let values = values.into_iter().map(|(c, value)| (c.into(), value.into())).collect();
        self.set(|o| o.parse.null_values = Some(NullValues::Named(values)))
    }

    /// Whether a field without text is null (unless told), or an empty string where the column has strings.
    pub fn missing_is_null(self, is_null: bool) -> Self {
        self.set(|o| o.parse.missing_is_null = is_null)
    }

    /// How many rows, from the first file on, are looked at to find the types of the columns: 100, unless told; `None`:
    /// all rows of all files.
    pub fn infer_schema_length(self, rows: Option<usize>) -> Self {
        self.set(|o| o.infer_schema_length = rows)
    }

    /// All columns, in the order of the files, with their types. Nothing is inferred then.
    pub fn schema(self, schema: impl Into<SchemaRef>) -> Self {
        let schema = schema.into();
        self.set(|o| o.schema = Some(schema))
    }

    /// The types of some columns, in place of what is inferred.
    pub fn dtypes<S: Into<PlSmallStr>>(
        self,
        dtypes: impl IntoIterator<Item = (S, DataType)>,
    ) -> Self {
        let dtypes = dtypes.into_iter().map(|(name, dtype)| (name.into(), dtype)).collect();
        self.set(|o| o.dtypes = dtypes)
    }

    /// Only these columns, in this order.
    pub fn columns<S: Into<PlSmallStr>>(self, columns: impl IntoIterator<Item = S>) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        self.set(|o| o.columns = Some(columns))
    }

    /// Skips rows at the start of each file, before the header.
    pub fn skip_rows(self, rows: usize) -> Self {
        self.set(|o| o.skip_rows = rows)
    }

    /// The first rows of all files together, and no more. Building goes through these rows to find where they end.
    pub fn n_rows(self, rows: impl Into<Option<usize>>) -> Self {
        let rows = rows.into();
        self.set(|o| o.n_rows = rows)
    }

    /// UTF-8, where anything else is an error, unless told; `CsvEncoding::LossyUtf8` replaces what is not UTF-8.
    pub fn encoding(self, encoding: CsvEncoding) -> Self {
        self.set(|o| o.parse.encoding = encoding)
    }

    /// Whether columns of what looks like dates and times become such; no, unless told.
    pub fn try_parse_dates(self, parse: bool) -> Self {
        self.set(|o| o.parse.try_parse_dates = parse)
    }

    /// Whether decimals are written with a comma; no, unless told. The separator has to be another one then.
    pub fn decimal_comma(self, comma: bool) -> Self {
        self.set(|o| o.parse.decimal_comma = comma)
    }

    /// Whether lines may have more fields than there are columns, which are dropped, and whether a file may end within
    /// a line; no, unless told. Fields that other lines lack are null.
    pub fn truncate_ragged_lines(self, truncate: bool) -> Self {
        self.set(|o| o.parse.truncate_ragged_lines = truncate)
    }

    /// The frame.
    ///
    /// # Errors
    /// If there is no such file, a file is empty or has another header than the others, or an option makes no sense or
    /// names a column that there is not.
    pub fn build(self) -> Result<Frame> {
        self.options.check(&self.texts).map_err(Error::Option)?;
        Ok(Frame::from_source(source::open(&self.pattern, self.options, &self.texts)?, self.at))
    }
}

impl Options {
    fn check(&self, texts: &texts::Options) -> Result<(), String> {
        let parse = &self.parse;
        let signs = [Some(parse.separator), Some(parse.eol_char), parse.quote_char];
        let mut seen = Vec::new();
        for sign in signs.into_iter().flatten() {
            if seen.contains(&sign) {
                let sign = char::from(sign);
                return Err(format!(
                    "read_csv: separator, quote_char and eol_char have to differ, found {sign:?} twice"
                ));
            }
            seen.push(sign);
        }
        if parse.decimal_comma && parse.separator == b',' {
            return Err("read_csv: with decimal_comma(true) the separator cannot be a comma: \
                 say which it is, such as `.separator(b';')`"
                .into());
        }
        if self.line_rules().comment.is_some_and(|prefix| prefix.is_empty()) {
            return Err("read_csv: the comment_prefix is empty, expected such as `#`".into());
        }
        if texts.partition_bytes == 0 {
            return Err("read_csv: partition_bytes is 0, expected at least 1".into());
        }
        Ok(())
    }

    fn line_rules(&self) -> LineRules {
        let comment = self.parse.comment_prefix.as_ref().map(|prefix| match prefix {
            CommentPrefix::Single(byte) => PlSmallStr::from_str(&char::from(*byte).to_string()),
            CommentPrefix::Multi(prefix) => prefix.clone(),
        });
        LineRules {
            end: self.parse.eol_char,
            quote: self.parse.quote_char,
            comment,
            blank_is_row: true,
        }
    }
}
