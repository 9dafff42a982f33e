//! [`CsvSource`]: parts of CSV files, each read into memory and given to Polars' lazy reader.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::{
    LazyCsvReader, LazyFileListReader, LazyFrame, PlSmallStr, PolarsError, PolarsResult,
    ScanSources, Schema, SchemaRef, cols, lit,
};

use super::head::{Head, fields};
use super::{Options, explain, infer};
use crate::error::{Error, FileError, Result, missing};
use crate::io::lines::LineRules;
use crate::io::paths;
use crate::io::text::{self, Part, TextFile};
use crate::plan::{Source, Wanted};

#[derive(Debug)]
pub(super) struct CsvSource {
    pattern: PathBuf,
    pub(super) options: Options,
    pub(super) rules: LineRules,
    parts: Vec<Part>,
    /// All columns of the files.
    pub(super) all: SchemaRef,
    /// The columns of the frame.
    schema: SchemaRef,
}

const EXTENSIONS: [&str; 8] =
    ["csv", "tsv", "csv.gz", "tsv.gz", "csv.zst", "tsv.zst", "csv.zstd", "tsv.zstd"];

impl CsvSource {
    pub(super) fn open(pattern: &Path, options: Options) -> Result<Self> {
        let rules = options.line_rules();
        let mut files = Vec::new();
        for path in paths::files(pattern, &EXTENSIONS, false)? {
            let file = TextFile::find(&path)?;
            let head = Head::read(&file, &options, &rules)?;
            files.push((Arc::new(file), head));
        }
        let all = all_columns(&files, &options, &rules)?;
        for (file, head) in &files {
            head.header.as_ref().map_or(Ok(()), |header| header.check(file, &all))?;
        }
        let schema = columns_of_frame(&all, &options)?;
        let parts = parts(&files, &options, &rules)?;
        let (all, schema) = (Arc::new(all), Arc::new(schema));
        Ok(CsvSource { pattern: pattern.to_owned(), options, rules, parts, all, schema })
    }

    /// The text of a part, behind a header.
    fn text(&self, part: &Part, wanted: &Wanted) -> Result<Vec<u8>, FileError> {
        let mut text = self.header();
        match wanted.rows {
            Some(n) => part.read_rows(n, &self.rules, &mut text)?,
            None => part.read(&mut text)?,
        }
        if part.is_last && wanted.rows.is_none() {
            self.check_end(part, &text[self.header().len()..])?;
        }
        Ok(text)
    }

    /// A line with as many fields as there are columns. With it Polars reads all parts in the same way, and has the
    /// number of columns where the first line lacks some; the names come from the schema.
    pub(super) fn header(&self) -> Vec<u8> {
        let parse = &self.options.parse;
        let comment = self.rules.comment.as_deref().unwrap_or_default();
        let is_free = |byte: &u8| {
            let signs = [Some(parse.separator), Some(parse.eol_char), parse.quote_char];
            !signs.contains(&Some(*byte)) && !comment.as_bytes().starts_with(&[*byte])
        };
        let name = (b'a'..=b'z').find(is_free).expect("four signs are not all letters");
        let mut header = [name, parse.separator].repeat(self.all.len());
        header.pop();
        header.push(parse.eol_char);
        header
    }

    /// A file that was cut off ends in a line that lacks fields, or within quotes.
    fn check_end(&self, part: &Part, text: &[u8]) -> Result<(), FileError> {
        let (options, end) = (&self.options, self.options.parse.eol_char);
        if options.ignore_errors || options.parse.truncate_ragged_lines {
            return Ok(());
        }
        let line_number = |line: &[u8]| part.line_number(text.len() - line.len(), end);
        if self.rules.comment.is_none() && self.rules.opens_quote(text) {
            let lines = self.rules.ranges(text);
            let last = lines.last().map_or(0, |line| line.start);
            let reason = "a quote is opened in this line and not closed before the file ends";
            return Err(FileError::new(&part.file.path, reason).line(line_number(&text[last..])?));
        }
        let line = self.rules.last_line(text);
        let (n, expected) = (fields(line, &options.parse).len(), self.all.len());
        if line.is_empty() || line.ends_with(&[end]) || self.rules.is_comment(line) || n >= expected
        {
            return Ok(());
        }
        let reason = format!(
            "the last line has {n} of {expected} fields and no line end, as if the file was cut off; \
             with `.truncate_ragged_lines(true)` the other fields are null"
        );
        Err(FileError::new(&part.file.path, reason).line(line_number(line)?))
    }

    /// Polars' plan for a text with a header.
    pub(super) fn rows(&self, text: Vec<u8>) -> PolarsResult<LazyFrame> {
        let sources = ScanSources::Buffers(Arc::from([text.into()]));
        LazyCsvReader::new_with_sources(sources)
            .map_parse_options(|_| self.options.parse.clone())
            .with_schema(Some(self.all.clone()))
            .with_ignore_errors(self.options.ignore_errors)
            .with_cache(false)
            .finish()
    }
}

type Files = [(Arc<TextFile>, Head)];

fn all_columns(files: &Files, options: &Options, rules: &LineRules) -> Result<Schema> {
    let mut all = match &options.schema {
        Some(schema) => (**schema).clone(),
        None => infer::schema(files.iter().map(|(file, head)| (&**file, head)), options, rules)?,
    };
    for (name, dtype) in options.dtypes.iter() {
        known(&all, name, "dtypes")?;
        all.set_dtype(name, dtype.clone());
    }
    if let Some(polars::prelude::NullValues::Named(nulls)) = &options.parse.null_values {
        nulls.iter().try_for_each(|(name, _)| known(&all, name, "null_values_of"))?;
    }
    Ok(all)
}

fn columns_of_frame(all: &Schema, options: &Options) -> Result<Schema> {
    let mut schema = match &options.columns {
        None => all.clone(),
        Some(names) => {
            names.iter().try_for_each(|name| known(all, name, "columns"))?;
            names.iter().filter_map(|name| Some((name.clone(), all.get(name)?.clone()))).collect()
        }
    };
    if let Some(name) = &options.file_paths {
        if all.contains(name) {
            return Err(Error::Option(format!(
                "read_csv: include_file_paths: the files have a column `{name}`, choose another name"
            )));
        }
        schema.insert(name.clone(), polars::prelude::DataType::String);
    }
    Ok(schema)
}

fn known(all: &Schema, name: &PlSmallStr, option: &str) -> Result<()> {
    match all.contains(name) {
        true => Ok(()),
        false => {
            let names: Vec<_> = all.iter_names().map(PlSmallStr::as_str).collect();
            let (reason, names) = (missing(name), names.join(", "));
            Err(Error::Option(format!("read_csv: {option}: {reason}; the columns are {names}")))
        }
    }
}

fn parts(files: &Files, options: &Options, rules: &LineRules) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut left = options.n_rows;
    for (file, head) in files {
        let mut end = None;
        if let Some(left) = &mut left {
            if *left == 0 && !parts.is_empty() {
                break;
            }
            let (rows_end, rows) = file.end_of_rows(head.rows_at, *left, rules)?;
            *left -= rows;
            end = Some(rows_end);
        }
        parts.extend(file.parts(head.rows_at, end, options.partition_bytes, rules)?);
    }
    Ok(parts)
}

impl Source for CsvSource {
    fn name(&self) -> &'static str {
        "read-csv"
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
        let mut rows = self.rows(self.text(part, wanted)?)?;
        if let Some(name) = &self.options.file_paths {
            let path = part.file.path.to_string_lossy().into_owned();
            rows = rows.with_columns([lit(path).alias(name.clone())]);
        }
        Ok(match self.options.columns {
            Some(_) => rows.select([cols(self.schema.iter_names_cloned()).as_expr()]),
            None => rows,
        })
    }

    fn explain(&self, partition: usize, wanted: &Wanted, error: PolarsError) -> PolarsError {
        let part = &self.parts[partition];
        let mut text = Vec::new();
        match part.read(&mut text) {
            Ok(()) => explain::explain(self, part, &text, wanted, error),
            Err(e) => e.into(),
        }
    }
}
