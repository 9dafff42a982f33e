//! [`Ndjson`]: how the parts of files of JSON lines are read, each put into memory and given to Polars' lazy reader.

use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    DataType, LazyFileListReader, LazyFrame, LazyJsonLineReader, PlSmallStr, PolarsError,
    PolarsResult, ScanSources, Schema, SchemaRef,
};
use polars_core::utils::try_get_supertype;
use polars_io::ndjson::infer_schema;

use super::Options;
use crate::error::{Error, FileError, Result, reason};
use crate::io::lines::{LineRules, Lines};
use crate::io::paths;
use crate::io::text::{TextFile, first_bad};
use crate::io::texts::{self, Kind, Texts};

/// What is particular to files of JSON lines.
#[derive(Debug)]
pub(super) struct Ndjson {
    ignore_errors: bool,
    /// What is read of the files.
    all: SchemaRef,
}

/// A JSON string has no line ends, so that quotes do not matter.
const RULES: LineRules = LineRules { end: b'\n', quote: None, comment: None, blank_is_row: false };

const EXTENSIONS: [&str; 12] = [
    "ndjson",
    "jsonl",
    "json",
    "ndjson.gz",
    "jsonl.gz",
    "json.gz",
    "ndjson.zst",
    "jsonl.zst",
    "json.zst",
    "ndjson.zstd",
    "jsonl.zstd",
    "json.zstd",
];

pub(super) fn open(
    pattern: &Path,
    options: Options,
    texts: &texts::Options,
) -> Result<Texts<Ndjson>> {
    let mut files = Vec::new();
    for path in paths::files(pattern, &EXTENSIONS, false)? {
        files.push(Arc::new(TextFile::find(&path)?));
    }
    let mut all = match &options.schema {
        Some(schema) => (**schema).clone(),
        None => inferred(&files, options.infer_schema_length)?,
    };
    all.merge(options.dtypes);
    if let Some((name, dtype)) = all.iter().find(|(_, dtype)| !is_read(dtype)) {
        return Err(Error::Option(format!(
            "read_ndjson: `{name}` cannot be read as {dtype}: read it as i64 or str, and `cast` the frame"
        )));
    }
    let mut parts = Vec::new();
    for file in &files {
        let mut lines = Lines::new(file.open(0)?, 0, &RULES);
        let start = lines.next().map_err(|e| file.unreadable(e))?.map_or(0, |line| line.at);
        parts.extend(file.parts(start, None, texts.partition_bytes, &RULES)?);
    }
    let ndjson = Ndjson { ignore_errors: texts.ignore_errors, all: Arc::new(all) };
    Texts::new(ndjson, pattern, parts, None, texts)
}

/// Whether Polars makes a column of this type of JSON. It panics with the others.
fn is_read(dtype: &DataType) -> bool {
    use DataType::*;
    !matches!(dtype, Int8 | Int16 | UInt8 | UInt16 | Time | Duration(_))
}

impl Kind for Ndjson {
    const NAME: &'static str = "read-ndjson";

    fn rules(&self) -> &LineRules {
        &RULES
    }

    fn columns(&self) -> &Schema {
        &self.all
    }

    fn rows(&self, text: Vec<u8>) -> PolarsResult<LazyFrame> {
        let sources = ScanSources::Buffers(Arc::from([text.into()]));
        LazyJsonLineReader::new_with_sources(sources)
            .with_schema(Some(self.all.clone()))
            .with_ignore_errors(self.ignore_errors)
            .finish()
    }

    fn why(
        &self,
        line: &[u8],
        unfit: &dyn Fn() -> Option<PlSmallStr>,
        error: &PolarsError,
    ) -> (Option<PlSmallStr>, String) {
        let found = match columns(line) {
            Ok(found) => found,
            Err(e) => return (None, not_an_object(&e)),
        };
        let Some(name) = unfit() else { return (None, reason(error)) };
        let dtype = self.all.get(&name).map(ToString::to_string).unwrap_or_default();
        let found = found.get(&name).map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let why = format!(
            "expected {dtype}, found {found}; `.infer_schema_length(None)` looks at all rows for the type, \
             `.dtypes([(\"{name}\", ...)])` gives it"
        );
        (Some(name), why)
    }
}

/// Objects that are looked at together.
const BATCH: usize = 10_000;

/// The columns of the first `n` objects, each with a type for all its values.
fn inferred(files: &[Arc<TextFile>], n: Option<usize>) -> Result<Schema, FileError> {
    let mut schema = Schema::default();
    let mut left = n.unwrap_or(usize::MAX);
    for file in files {
        if left == 0 {
            break;
        }
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
        true => {
            Err(FileError::new(&files[0].path, "the file has no line with a key in a JSON object"))
        }
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

#[cfg(test)]
mod tests {
    use std::fs;

    use lazy_runtime::Collection;
    use polars::prelude::df;

    use super::*;
    use crate::frame::Frame;
    use crate::io::ReadNdjson;
    use crate::plan::Wanted;

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
        assert!(error("\n\n", |read| read).contains("no line with a key in a JSON object"));
        assert!(error("", |read| read).contains("the file is empty"));
        assert!(error("{}", |read| read.partition_bytes(0)).contains("partition_bytes is 0"));
        let small = error("{\"a\": 1}", |read| read.dtypes([("a", DataType::Int8)]));
        assert!(small.contains("`a` cannot be read as i8: read it as i64"), "{small}");
        let taken = error("{\"a\": 1}", |read| read.include_file_paths("a"));
        assert!(taken.starts_with("read_ndjson: include_file_paths: the files have a column `a`"));
    }
}
