//! Files with a JSON object in each line: [`ReadNdjson`].

mod source;

use std::panic::Location;
use std::path::{Path, PathBuf};

use polars::prelude::{DataType, PlSmallStr, Schema, SchemaRef};

use super::texts;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::plan::At;

/// How files of JSON lines are read: made by [`Frame::read_ndjson`], ended by [`ReadNdjson::build`].
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `.build()`"]
pub struct ReadNdjson {
    pattern: PathBuf,
    at: At,
    options: Options,
    pub(super) texts: texts::Options,
}

#[derive(Clone, Debug)]
struct Options {
    infer_schema_length: Option<usize>,
    schema: Option<SchemaRef>,
    dtypes: Schema,
}

impl Frame {
    /// Reads files with a JSON object in each line: one, those of a folder that end in `.ndjson`, `.jsonl` or `.json`, or
    /// those that a pattern names, in the order of their names. Files that are compressed with gzip, zlib or zstd are
    /// read, too.
    ///
    /// The keys of the objects are the columns; what an object lacks is null, and keys that are not in the schema are
    /// left out. A file larger than [`partition_bytes`](ReadNdjson::partition_bytes) is cut at line ends.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::prelude::*;
    ///
    /// # let path = std::env::temp_dir().join(format!("read-ndjson-{}.ndjson", std::process::id()));
    /// std::fs::write(&path, "{\"name\": \"Ann\", \"x\": 1}\n{\"x\": 2}\n")?;
    /// let frame = Frame::read_ndjson(&path).build()?;
    /// assert_eq!(frame.compute()?.shape(), (2, 2));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn read_ndjson(glob: impl AsRef<Path>) -> ReadNdjson {
        let options =
            Options { infer_schema_length: Some(100), schema: None, dtypes: Schema::default() };
        let texts = texts::Options::default();
        ReadNdjson { pattern: glob.as_ref().to_owned(), at: Location::caller(), options, texts }
    }
}

impl ReadNdjson {
    fn set(mut self, set: impl FnOnce(&mut Options)) -> Self {
        set(&mut self.options);
        self
    }

    /// How many objects, from the first file on, are looked at to find the columns and their types: 100, unless told;
    /// `None`: all of all files.
    pub fn infer_schema_length(self, rows: Option<usize>) -> Self {
        self.set(|o| o.infer_schema_length = rows)
    }

    /// The columns with their types. Nothing is inferred then, and no other key is read.
    pub fn schema(self, schema: impl Into<SchemaRef>) -> Self {
        let schema = schema.into();
        self.set(|o| o.schema = Some(schema))
    }

    /// The types of some columns, in place of what is inferred; columns that were not seen are added.
    pub fn dtypes<S: Into<PlSmallStr>>(
        self,
        dtypes: impl IntoIterator<Item = (S, DataType)>,
    ) -> Self {
        let dtypes = dtypes.into_iter().map(|(name, dtype)| (name.into(), dtype)).collect();
        self.set(|o| o.dtypes = dtypes)
    }

    /// The frame.
    ///
    /// # Errors
    /// If there is no such file, a file is empty, or one of the lines that are looked at is no JSON object.
    pub fn build(self) -> Result<Frame> {
        if self.texts.partition_bytes == 0 {
            let reason = "read_ndjson: partition_bytes is 0, expected at least 1";
            return Err(Error::Option(reason.into()));
        }
        Ok(Frame::from_source(source::open(&self.pattern, self.options, &self.texts)?, self.at))
    }
}
