//! [`Texts`]: files of lines, read as one frame.

use std::fmt;
use std::path::{Path, PathBuf};

use polars::prelude::{
    DataType, LazyFrame, PlSmallStr, PolarsError, PolarsResult, Schema, SchemaRef, col, lit,
};

use super::lines::LineRules;
use super::text::{self, Part, first_bad};
use super::{ReadCsv, ReadNdjson};
use crate::engine;
use crate::error::{Error, FileError, Result};
use crate::plan::{Source, Wanted};

/// What may be said of all files of lines.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) ignore_errors: bool,
    pub(crate) partition_bytes: u64,
    /// The name of a column with the path of the file.
    pub(crate) file_paths: Option<PlSmallStr>,
}

impl Default for Options {
    fn default() -> Self {
        Options { ignore_errors: false, partition_bytes: 64 << 20, file_paths: None }
    }
}

macro_rules! readers {
    ($($reader:ident)*) => {$(
        impl $reader {
            /// Whether values that do not fit their column are null instead of an error; no, unless told.
            pub fn ignore_errors(mut self, ignore: bool) -> Self {
                self.texts.ignore_errors = ignore;
                self
            }

            /// How many bytes of a file make a partition, about: 64 MiB, unless told. A file that has more is cut into
            /// partitions of the same size, at line ends. A compressed file is one partition, whatever its size.
            ///
            /// A task holds these bytes and the rows that are made of them, a few times as much in all.
            pub fn partition_bytes(mut self, bytes: usize) -> Self {
                self.texts.partition_bytes = bytes as u64;
                self
            }

            /// Adds a column of this name that says which file a row is from.
            pub fn include_file_paths(mut self, name: impl Into<PlSmallStr>) -> Self {
                self.texts.file_paths = Some(name.into());
                self
            }
        }
    )*};
}

readers!(ReadCsv ReadNdjson);

/// What is particular to a kind of text.
pub(crate) trait Kind: fmt::Debug + Send + Sync + 'static {
    /// The name of the step, such as `read-csv`.
    const NAME: &'static str;

    fn rules(&self) -> &LineRules;

    /// The columns that the lines have.
    fn columns(&self) -> &Schema;

    /// What is put before the lines of a part.
    fn header(&self) -> Vec<u8> {
        Vec::new()
    }

    /// That a file does not end within a line. `lines` are those of its last part.
    fn check_end(&self, part: &Part, lines: &[u8]) -> Result<(), FileError> {
        let _ = (part, lines);
        Ok(())
    }

    /// Polars' plan for lines behind a header.
    fn rows(&self, text: Vec<u8>) -> PolarsResult<LazyFrame>;

    /// What is wrong with a line, and in which column. `unfit` finds the first column that cannot be read.
    fn why(
        &self,
        line: &[u8],
        unfit: &dyn Fn() -> Option<PlSmallStr>,
        error: &PolarsError,
    ) -> (Option<PlSmallStr>, String);
}

/// Files of lines, each cut into parts, as a source.
#[derive(Debug)]
pub(crate) struct Texts<K> {
    kind: K,
    pattern: PathBuf,
    parts: Vec<Part>,
    /// The columns of the frame.
    schema: SchemaRef,
    file_paths: Option<PlSmallStr>,
}

impl<K: Kind> Texts<K> {
    /// `columns` are some of those of the lines, or of the paths.
    pub(crate) fn new(
        kind: K,
        pattern: &Path,
        parts: Vec<Part>,
        columns: Option<&[PlSmallStr]>,
        options: &Options,
    ) -> Result<Self> {
        let schema = schema(kind.columns(), columns, options.file_paths.as_ref())
            .map_err(|reason| Error::Option(format!("{}: {reason}", K::NAME.replace('-', "_"))))?;
        let (pattern, file_paths) = (pattern.to_owned(), options.file_paths.clone());
        Ok(Texts { kind, pattern, parts, schema: schema.into(), file_paths })
    }

    /// Whether Polars cannot read these columns of some lines.
    fn fails(&self, lines: &[u8], columns: &[PlSmallStr]) -> bool {
        let text = [self.kind.header().as_slice(), lines].concat();
        let known = columns.iter().filter(|name| self.kind.columns().contains(name));
        let known: Vec<_> = known.cloned().map(col).collect();
        self.kind.rows(text).and_then(|rows| engine::collect(rows.select(known))).is_err()
    }

    /// Puts the wanted lines of a part after what is in `text`.
    fn read(&self, part: &Part, wanted: &Wanted, text: &mut Vec<u8>) -> Result<(), FileError> {
        match wanted.rows {
            Some(n) => part.read_rows(n, self.kind.rules(), text),
            None => part.read(text),
        }
    }
}

/// The columns of a frame: some, or all, and the paths.
fn schema(
    lines: &Schema,
    columns: Option<&[PlSmallStr]>,
    file_paths: Option<&PlSmallStr>,
) -> Result<Schema, String> {
    let mut all = lines.clone();
    if let Some(name) = file_paths
        && all.insert(name.clone(), DataType::String).is_some()
    {
        return Err(format!(
            "include_file_paths: the files have a column `{name}`, choose another name"
        ));
    }
    let Some(columns) = columns else { return Ok(all) };
    let mut schema = Schema::with_capacity(columns.len() + 1);
    for name in columns {
        let dtype = known(&all, name, "columns")?;
        if schema.insert(name.clone(), dtype.clone()).is_some() {
            return Err(format!("columns: `{name}` is there twice"));
        }
    }
    if let Some(name) = file_paths {
        schema.with_column(name.clone(), DataType::String);
    }
    Ok(schema)
}

/// The type of a column that an option names.
pub(crate) fn known<'a>(
    all: &'a Schema,
    name: &PlSmallStr,
    option: &str,
) -> Result<&'a DataType, String> {
    all.get(name).ok_or_else(|| {
        let names: Vec<_> = all.iter_names().map(PlSmallStr::as_str).collect();
        let (reason, names) = (crate::error::missing(name), names.join(", "));
        format!("{option}: {reason}; the columns are {names}")
    })
}

impl<K: Kind> Source for Texts<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn describe(&self) -> String {
        text::describe(&self.pattern, &self.parts)
    }

    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn npartitions(&self) -> usize {
        self.parts.len()
    }

    fn scan(&self, partition: usize, wanted: &Wanted) -> PolarsResult<LazyFrame> {
        let part = &self.parts[partition];
        let mut text = self.kind.header();
        let header = text.len();
        self.read(part, wanted, &mut text)?;
        if part.is_last && wanted.rows.is_none() {
            self.kind.check_end(part, &text[header..])?;
        }
        let mut rows = self.kind.rows(text)?;
        if let Some(name) = &self.file_paths {
            let path = part.file.path.to_string_lossy().into_owned();
            rows = rows.with_columns([lit(path).alias(name.clone())]);
        }
        Ok(rows.select(self.schema.iter_names_cloned().map(col).collect::<Vec<_>>()))
    }

    /// The error with line and column. One that does not come from reading stays as it is.
    fn explain(&self, partition: usize, wanted: &Wanted, error: PolarsError) -> PolarsError {
        let part = &self.parts[partition];
        let mut text = Vec::new();
        if let Err(e) = self.read(part, wanted, &mut text) {
            return e.into();
        }
        let all: Vec<_> = self.schema.iter_names_cloned().collect();
        let columns = wanted.columns.as_deref().unwrap_or(&all);
        let rules = self.kind.rules();
        let Some(bad) = first_bad(&rules.ranges(&text), |lines| self.fails(&text[lines], columns))
        else {
            return error;
        };
        let line = &text[bad.clone()];
        let unfit = || {
            let mut columns =
                self.kind.columns().iter_names().filter(|name| columns.contains(name));
            columns.find(|name| self.fails(line, std::slice::from_ref(*name))).cloned()
        };
        let (column, why) = self.kind.why(line, &unfit, &error);
        let mut wrong = FileError::new(&part.file.path, why);
        if let Ok(number) = part.line_number(bad.start, rules.end) {
            wrong = wrong.line(number);
        }
        match column {
            Some(column) => wrong.column(column.as_str()).into(),
            None => wrong.into(),
        }
    }
}
