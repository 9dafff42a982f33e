//! [`Csv`]: how the parts of CSV files are read, each put into memory and given to Polars' lazy reader.

use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    LazyCsvReader, LazyFileListReader, LazyFrame, NullValues, PlSmallStr, PolarsError,
    PolarsResult, ScanSources, Schema, SchemaRef,
};

use super::head::{Head, OPEN_QUOTE, fields};
use super::{Options, infer};
use crate::error::{Error, FileError, Result};
use crate::io::lines::LineRules;
use crate::io::paths;
use crate::io::text::{Part, TextFile};
use crate::io::texts::{self, Kind, Texts, known};

/// What is particular to CSV files.
#[derive(Debug)]
pub(super) struct Csv {
    pub(super) options: Options,
    ignore_errors: bool,
    rules: LineRules,
    /// All columns of the files.
    pub(super) all: SchemaRef,
}

const EXTENSIONS: [&str; 8] =
    ["csv", "tsv", "csv.gz", "tsv.gz", "csv.zst", "tsv.zst", "csv.zstd", "tsv.zstd"];

pub(super) fn open(pattern: &Path, options: Options, texts: &texts::Options) -> Result<Texts<Csv>> {
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
    let parts = parts(&files, &options, texts.partition_bytes, &rules)?;
    let columns = options.columns.clone();
    let csv = Csv { options, ignore_errors: texts.ignore_errors, rules, all: Arc::new(all) };
    Texts::new(csv, pattern, parts, columns.as_deref(), texts)
}

impl Kind for Csv {
    const NAME: &'static str = "read-csv";

    fn rules(&self) -> &LineRules {
        &self.rules
    }

    fn columns(&self) -> &Schema {
        &self.all
    }

    /// A line with as many fields as there are columns. With it Polars reads all parts in the same way, and has the
    /// number of columns where the first line lacks some; the names come from the schema.
    fn header(&self) -> Vec<u8> {
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
        if self.ignore_errors || options.parse.truncate_ragged_lines {
            return Ok(());
        }
        let line_number = |line: &[u8]| part.line_number(text.len() - line.len(), end);
        if self.rules.comment.is_none() && self.rules.opens_quote(text) {
            let lines = self.rules.ranges(text);
            let last = lines.last().map_or(0, |line| line.start);
            return Err(
                FileError::new(&part.file.path, OPEN_QUOTE).line(line_number(&text[last..])?)
            );
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

    fn rows(&self, mut text: Vec<u8>) -> PolarsResult<LazyFrame> {
        // Polars takes a last line without an end for a comment if one begins at its second byte.
        if self.rules.comment.is_some() && !text.ends_with(&[self.rules.end]) {
            text.push(self.rules.end);
        }
        let sources = ScanSources::Buffers(Arc::from([text.into()]));
        LazyCsvReader::new_with_sources(sources)
            .map_parse_options(|_| self.options.parse.clone())
            .with_schema(Some(self.all.clone()))
            .with_ignore_errors(self.ignore_errors)
            .with_cache(false)
            .finish()
    }

    fn why(
        &self,
        line: &[u8],
        unfit: &dyn Fn() -> Option<PlSmallStr>,
        error: &PolarsError,
    ) -> (Option<PlSmallStr>, String) {
        self.fault(line, unfit).unwrap_or_else(|| (None, crate::error::reason(error)))
    }
}

type Files = [(Arc<TextFile>, Head)];

fn all_columns(files: &Files, options: &Options, rules: &LineRules) -> Result<Schema> {
    let mut all = match &options.schema {
        Some(schema) => (**schema).clone(),
        None => infer::schema(files.iter().map(|(file, head)| (&**file, head)), options, rules)?,
    };
    let wrong = |reason| Error::Option(format!("read_csv: {reason}"));
    for (name, dtype) in options.dtypes.iter() {
        known(&all, name, "dtypes").map_err(wrong)?;
        all.set_dtype(name, dtype.clone());
    }
    if let Some(NullValues::Named(nulls)) = &options.parse.null_values {
        for (i, (name, _)) in nulls.iter().enumerate() {
            known(&all, name, "null_values_of").map_err(wrong)?;
            if nulls[..i].iter().any(|(other, _)| other == name) {
                let reason = format!("null_values_of: `{name}` is there twice, and has one value");
                return Err(wrong(reason));
            }
        }
    }
    Ok(all)
}

fn parts(
    files: &Files,
    options: &Options,
    partition_bytes: u64,
    rules: &LineRules,
) -> Result<Vec<Part>> {
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
        parts.extend(file.parts(head.rows_at, end, partition_bytes, rules)?);
    }
    Ok(parts)
}
