//! [`NdjsonSource`]: parts of files of JSON lines, each read into memory and given to Polars' lazy reader.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::{
    DataType, LazyFileListReader, LazyFrame, LazyJsonLineReader, PlSmallStr, PolarsError,
    PolarsResult, ScanSources, Schema, SchemaRef, col, lit,
};
use polars_core::utils::try_get_supertype;
use polars_io::ndjson::infer_schema;

use super::Options;
use crate::engine;
use crate::error::{Error, FileError, Result, reason};
use crate::io::lines::{LineRules, Lines};
use crate::io::paths;
use crate::io::text::{self, Part, TextFile, first_bad};
use crate::plan::{Source, Wanted};

#[derive(Debug)]
pub(super) struct NdjsonSource {
    pattern: PathBuf,
    options: Options,
    parts: Vec<Part>,
    /// What is read of the files.
    all: SchemaRef,
    /// The columns of the frame.
    schema: SchemaRef,
}

/// A JSON string has no line ends, so that quotes do not matter.
const RULES: LineRules = LineRules { end: b'\n', quote: None, comment: None, blank_is_row: false };

const EXTENSIONS: [&str; 9] = [
    "ndjson",
    "jsonl",
    "json",
    "ndjson.gz",
    "jsonl.gz",
    "json.gz",
    "ndjson.zst",
    "jsonl.zst",
    "json.zst",
];

impl NdjsonSource {
    pub(super) fn open(pattern: &Path, options: Options) -> Result<Self> {
        let mut files = Vec::new();
        for path in paths::files(pattern, &EXTENSIONS, false)? {
            files.push(Arc::new(TextFile::find(&path)?));
        }
        let mut all = match &options.schema {
            Some(schema) => (**schema).clone(),
            None => inferred(&files, options.infer_schema_length)?,
        };
        all.merge(options.dtypes.clone());
        let mut schema = all.clone();
        if let Some(name) = &options.file_paths
            && schema.insert(name.clone(), DataType::String).is_some()
        {
            return Err(Error::Option(format!(
                "read_ndjson: include_file_paths: the files have a column `{name}`, choose another name"
            )));
        }
        let mut parts = Vec::new();
        for file in &files {
            let mut lines = Lines::new(file.open(0)?, 0, &RULES);
            let start = lines.next().map_err(|e| file.unreadable(e))?.map_or(0, |line| line.at);
            parts.extend(file.parts(start, None, options.partition_bytes, &RULES)?);
        }
        let (all, schema) = (Arc::new(all), Arc::new(schema));
        Ok(NdjsonSource { pattern: pattern.to_owned(), options, parts, all, schema })
    }

    /// Polars' plan for a text.
    fn rows(&self, text: Vec<u8>) -> PolarsResult<LazyFrame> {
        let sources = ScanSources::Buffers(Arc::from([text.into()]));
        LazyJsonLineReader::new_with_sources(sources)
            .with_schema(Some(self.all.clone()))
            .with_ignore_errors(self.options.ignore_errors)
            .finish()
    }

    /// The error of reading some columns of some lines.
    fn error(&self, lines: &[u8], columns: Option<&[PlSmallStr]>) -> Option<PolarsError> {
        let rows = self.rows(lines.to_vec()).and_then(|rows| {
            let known = |columns: &[PlSmallStr]| {
                let all = columns.iter().filter(|name| self.all.contains(name));
                all.cloned().map(col).collect::<Vec<_>>()
            };
            engine::collect(match columns {
                Some(columns) => rows.select(known(columns)),
                None => rows,
            })
        });
        rows.err()
    }
}

/// Objects that are looked at together.
const BATCH: usize = 10_000;

/// The columns of the first `n` objects, each with a type for all its values.
fn inferred(files: &[Arc<TextFile>], n: Option<usize>) -> Result<Schema, FileError> {
    let mut schema = Schema::default();
    let mut left = n.unwrap_or(usize::MAX);
    for file in files {
        let mut lines = Lines::new(file.open(0)?, 0, &RULES);
        let mut number = 1;
        while left > 0 {
            let (mut batch, mut rows, first) = (Vec::new(), 0, number);
            while rows < left.min(BATCH)
                && let Some(line) = lines.next().map_err(|e| file.unreadable(e))?
            {
                rows += usize::from(RULES.is_row(line.text));
                number += 1;
                batch.extend_from_slice(line.text);
            }
            if rows == 0 {
                break;
            }
            let seen = columns(&batch).map_err(|e| not_objects(file, &batch, first, e))?;
            add(&mut schema, seen);
            left -= rows;
        }
    }
    match schema.is_empty() && n != Some(0) {
        true => Err(FileError::new(&files[0].path, "the file has no line with a JSON object")),
        false => Ok(schema),
    }
}

fn columns(lines: &[u8]) -> PolarsResult<Schema> {
    infer_schema(&mut &lines[..], None)
}

/// Values of types that have none in common become strings.
fn add(schema: &mut Schema, seen: Schema) {
    for (name, dtype) in seen {
        let both = match schema.get(&name) {
            Some(before) => try_get_supertype(before, &dtype).unwrap_or(DataType::String),
            None => dtype,
        };
        schema.with_column(name, both);
    }
}

/// The error of lines that begin at a number, some of which are no objects.
fn not_objects(file: &TextFile, lines: &[u8], first: u64, error: PolarsError) -> FileError {
    let bad = first_bad(&RULES.ranges(lines), |part| columns(&lines[part]).is_err());
    let wrong = FileError::new(&file.path, not_an_object(&error));
    match bad {
        Some(bad) => {
            let before = &lines[..bad.start];
            let ends = before.iter().filter(|byte| **byte == RULES.end).count();
            wrong.line(first + ends as u64)
        }
        None => wrong,
    }
}

fn not_an_object(error: &PolarsError) -> String {
    format!("expected a JSON object in each line: {}", reason(error))
}

impl Source for NdjsonSource {
    fn name(&self) -> &'static str {
        "read-ndjson"
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
        let mut text = Vec::new();
        match wanted.rows {
            Some(n) => part.read_rows(n, &RULES, &mut text)?,
            None => part.read(&mut text)?,
        }
        let rows = self.rows(text)?;
        Ok(match &self.options.file_paths {
            Some(name) => {
                let path = part.file.path.to_string_lossy().into_owned();
                rows.with_columns([lit(path).alias(name.clone())])
            }
            None => rows,
        })
    }

    fn explain(&self, partition: usize, wanted: &Wanted, error: PolarsError) -> PolarsError {
        let part = &self.parts[partition];
        let mut text = Vec::new();
        if let Err(e) = part.read(&mut text) {
            return e.into();
        }
        let columns = wanted.columns.as_deref();
        let fails = |lines| self.error(&text[lines], columns).is_some();
        let Some(bad) = first_bad(&RULES.ranges(&text), fails) else {
            return error;
        };
        let mut wrong = self.why(part, &text[bad.clone()], columns, &error);
        if let Ok(number) = part.line_number(bad.start, RULES.end) {
            wrong = wrong.line(number);
        }
        wrong.into()
    }
}

impl NdjsonSource {
    /// What is wrong with a line.
    fn why(
        &self,
        part: &Part,
        line: &[u8],
        wanted: Option<&[PlSmallStr]>,
        error: &PolarsError,
    ) -> FileError {
        let path = &part.file.path;
        let found = match columns(line) {
            Ok(found) => found,
            Err(e) => return FileError::new(path, not_an_object(&e)),
        };
        let is_wanted = |name: &PlSmallStr| wanted.is_none_or(|wanted| wanted.contains(name));
        let unfit = self
            .all
            .iter()
            .filter(|(name, _)| is_wanted(name))
            .find(|(name, _)| self.error(line, Some(std::slice::from_ref(*name))).is_some());
        let Some((name, dtype)) = unfit else { return FileError::new(path, reason(error)) };
        let found = found.get(name).map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let why = format!(
            "expected {dtype}, found {found}; `.infer_schema_length(None)` looks at all rows for the type, \
             `.dtypes([(\"{name}\", ...)])` gives it"
        );
        FileError::new(path, why).column(name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use lazy_runtime::Collection;
    use polars::prelude::df;

    use super::*;
    use crate::frame::Frame;
    use crate::io::ReadNdjson;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn error(text: &str, options: impl Fn(ReadNdjson) -> ReadNdjson) -> String {
        let folder = folder(&[("a.jsonl", text)]);
        let read = options(Frame::read_ndjson(folder.path().join("a.jsonl")));
        let error = match read.build() {
            Ok(frame) => frame.compute().unwrap_err().to_string(),
            Err(e) => e.to_string(),
        };
        error.replace(&format!("{}/", folder.path().display()), "")
    }

    #[test]
    fn every_size_of_a_partition_gives_the_same_rows() {
        let texts = [
            "\u{feff}{\"a\": 1, \"b\": \"x\\ny\"}\n{\"a\": 2}\n\n{\"b\": null, \"a\": 2.5}\n",
            "{\"a\": [1, 2], \"b\": {\"c\": \"\\\"{\"}}\r\n{\"a\": [], \"b\": {\"c\": \"d\"}}",
        ];
        for text in texts {
            let folder = folder(&[("a.ndjson", text)]);
            let path = folder.path().join("a.ndjson");
            let text = text.trim_start_matches('\u{feff}');
            let whole = ScanSources::Buffers(Arc::from([text.as_bytes().to_vec().into()]));
            let whole = LazyJsonLineReader::new_with_sources(whole);
            let expected = whole.finish().unwrap().collect().unwrap();
            for bytes in 1..=text.len() {
                let frame = Frame::read_ndjson(&path).partition_bytes(bytes).build().unwrap();
                assert_eq!(frame.npartitions() > 1, bytes < text.len(), "{bytes}");
                let found = frame.compute().unwrap();
                assert_eq!(found.schema(), expected.schema());
                assert!(found.equals_missing(&expected), "{bytes}:\n{found}\n{expected}");
            }
        }
    }

    #[test]
    fn a_blank_line_is_not_one_of_the_first_rows() {
        let folder = folder(&[("a.jsonl", "\n{\"a\": 1}\n \n{\"a\": 2}\n")]);
        let frame = Frame::read_ndjson(folder.path()).build().unwrap();
        let source = &frame.plan().unwrap().operator().scan().unwrap().source;
        let wanted = Wanted { rows: Some(2), columns: None };
        let rows = source.scan(0, &wanted).unwrap().collect().unwrap();
        assert!(rows.equals(&df!["a" => [1_i64, 2]].unwrap()), "{rows}");
    }

    #[test]
    fn columns_of_later_files_are_seen_on_request() {
        let folder = folder(&[
            ("a.ndjson", "{\"a\": 1}\n"),
            ("b.ndjson", "{\"a\": 1.5, \"b\": true}\n"),
            ("c.txt", ""),
        ]);
        let frame = Frame::read_ndjson(folder.path()).include_file_paths("file").build().unwrap();
        let found = frame.compute().unwrap().drop("file").unwrap();
        let expected = df!["a" => [1.0, 1.5], "b" => [None, Some(true)]].unwrap();
        assert!(found.equals_missing(&expected), "{found}");
        let read = || Frame::read_ndjson(folder.path()).infer_schema_length(Some(1));
        let found = read().ignore_errors(true).build().unwrap().compute().unwrap();
        assert!(found.equals_missing(&df!["a" => [Some(1_i64), None]].unwrap()), "{found}");
        let found = read().dtypes([("a", DataType::Float64)]).build().unwrap().compute().unwrap();
        assert!(found.equals(&df!["a" => [1.0, 1.5]].unwrap()), "{found}");
    }

    #[test]
    fn a_value_that_does_not_fit_is_told_with_line_and_column() {
        let text = "{\"a\": 1, \"b\": 1}\n\n{\"a\": 2, \"b\": 2}\n{\"a\": 3, \"b\": \"x\"}\n";
        for bytes in [1, 20, 100] {
            let found =
                error(text, |read| read.infer_schema_length(Some(2)).partition_bytes(bytes));
            let expected = "a.jsonl, line 4, column `b`: expected i64, found str";
            assert!(found.contains(expected), "{found}");
        }
    }

    #[test]
    fn a_line_that_is_no_object_is_told() {
        let text = "{\"a\": 1}\n{\"a\": 2}\n{\"a\": \n";
        let at_build = error(text, |read| read);
        let expected = "a.jsonl, line 3: expected a JSON object in each line";
        assert!(at_build.starts_with(expected), "{at_build}");
        let in_task = error(text, |read| read.infer_schema_length(Some(1)));
        assert!(in_task.contains(expected), "{in_task}");
        assert!(error("\n\n", |read| read).contains("no line with a JSON object"));
        assert!(error("", |read| read).contains("the file is empty"));
        assert!(error("{}", |read| read.partition_bytes(0)).contains("partition_bytes is 0"));
    }
}
