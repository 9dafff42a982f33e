//! How partitions become files: all under temporary names first, then all under their own.
//!
//! A run that fails or is cancelled drops its [`Pending`] files, which removes them. What is written is not forced to the disk: after a
//! power cut, as opposed to a failed program, a file may lack its rows.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::*;

use super::folders::gather;
use crate::error::FileError;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The files, in the order of the partitions.
    pub files: Vec<PathBuf>,
    /// How many rows they have together.
    pub rows: usize,
    /// How many bytes they have together.
    pub bytes: u64,
}

/// How rows are written into a file.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    Parquet(ParquetWriteOptions),
    Csv(CsvWriterOptions),
    Ipc(IpcWriterOptions),
}

impl Format {
    pub(crate) fn extension(&self) -> &'static str {
        match self {
            Format::Parquet(_) => "parquet",
            Format::Csv(_) => "csv",
            Format::Ipc(_) => "arrow",
        }
    }

    fn write(&self, file: &File, table: &mut DataFrame) -> PolarsResult<()> {
        match self {
            Format::Parquet(options) => {
                options.to_writer(file).set_parallel(false).finish(table).map(|_bytes| ())
            }
            Format::Csv(options) => {
                let style = &options.serialize_options;
                CsvWriter::new(file)
                    .n_threads(1)
                    .include_header(options.include_header)
                    .with_separator(style.separator)
                    .with_quote_char(style.quote_char)
                    .with_quote_style(style.quote_style)
                    .with_null_value(style.null.clone())
                    .with_line_terminator(style.line_terminator.clone())
                    .with_date_format(style.date_format.clone())
                    .with_time_format(style.time_format.clone())
                    .with_datetime_format(style.datetime_format.clone())
                    .with_float_precision(style.float_precision)
                    .finish(table)
            }
            Format::Ipc(options) => options.to_writer(file).with_parallel(false).finish(table),
        }
    }
}

/// A folder to write into.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) folder: Arc<Path>,
    pub(crate) overwrite: bool,
    pub(crate) format: Format,
    /// Columns that become folders `key=value`.
    pub(crate) keys: Arc<[PlSmallStr]>,
}

impl Target {
    /// Whether there is nothing in the way. Hidden files are not.
    pub(crate) fn check(&self) -> Result<(), FileError> {
        let folder = &*self.folder;
        if !folder.exists() {
            return Ok(());
        }
        let unreadable = |e| FileError::of(folder, "list the folder", e);
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            if !self.overwrite && !name.to_string_lossy().starts_with('.') {
                let reason = "the folder is not empty: write into another one, or replace the files in it with \
                              `overwrite(true)`";
                return Err(FileError::new(folder, reason));
            }
        }
        Ok(())
    }

    /// Writes a partition under temporary names. `stem` is the name that its file will have.
    pub(crate) fn write(&self, stem: &str, table: DataFrame) -> PolarsResult<Pending> {
        std::fs::create_dir_all(&self.folder)
            .map_err(|e| compute(FileError::of(&*self.folder, "make the folder", e)))?;
        let file_name = format!("{stem}.{}", self.format.extension());
        let mut files = Vec::new();
        if self.keys.is_empty() {
            files.push(self.write_file(stem, file_name.into(), table)?);
        } else {
            for group in table.partition_by_stable(self.keys.iter().cloned(), true)? {
                let name = folders_of(&group, &self.keys)?.join(&file_name);
                let rest = group.drop_many(self.keys.iter().cloned());
                files.push(self.write_file(stem, name, rest)?);
            }
        }
        Ok(Pending(Arc::new(Mutex::new(files))))
    }

    fn write_file(
        &self,
        stem: &str,
        name: PathBuf,
        mut table: DataFrame,
    ) -> PolarsResult<Temporary> {
        let rows = table.height();
        let failed =
            |doing: &str, e: PolarsError| compute(FileError::of(self.folder.join(&name), doing, e));
        let (file, path) =
            create(&self.folder, stem).map_err(|e| failed("make the file", e.into()))?;
        let mut temporary = Temporary { path, name: name.clone(), rows, bytes: 0 };
        self.format.write(&file, &mut table).map_err(|e| failed("write the file", e))?;
        temporary.bytes = file.metadata().map_err(|e| failed("write the file", e.into()))?.len();
        Ok(temporary)
    }

    /// Gives all files their names, and puts aside those that are to be replaced: either all of this is done or nothing.
    pub(crate) fn commit(&self, parts: Vec<Pending>) -> Result<Written, FileError> {
        self.check()?;
        let files: Vec<_> = parts.iter().flat_map(Pending::take).collect();
        let mut old = Vec::new();
        if self.overwrite && self.folder.is_dir() {
            gather(&self.folder, &[self.format.extension()], true, &mut old)?;
        }
        let old: Vec<_> = old.into_iter().map(|path| (aside(&self.folder), path)).collect();
        let mut renaming = Renaming::default();
        for (aside, path) in &old {
            renaming.rename(path, aside)?;
        }
        let mut written = Written::default();
        for file in &files {
            let path = self.folder.join(&file.name);
            renaming.rename(&file.path, &path)?;
            written.rows += file.rows;
            written.bytes += file.bytes;
            written.files.push(path);
        }
        renaming.done.clear();
        for (aside, _) in &old {
            std::fs::remove_file(aside).map_err(|e| FileError::of(aside, "remove the file", e))?;
        }
        Ok(written)
    }
}

/// Files that are written, but do not have their names yet; removed when the last clone is dropped before they get them.
#[derive(Clone, Debug)]
pub(crate) struct Pending(Arc<Mutex<Vec<Temporary>>>);

impl Pending {
    fn take(&self) -> Vec<Temporary> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A file under a temporary name, which is removed when this is dropped.
#[derive(Debug)]
struct Temporary {
    path: PathBuf,
    /// Below the folder.
    name: PathBuf,
    rows: usize,
    bytes: u64,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // A file that got its name is not there; nobody could do more about one that cannot be removed.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Files that were renamed; they get their names back unless this is cleared.
#[derive(Default)]
struct Renaming {
    done: Vec<(PathBuf, PathBuf)>,
}

impl Renaming {
    fn rename(&mut self, from: &Path, to: &Path) -> Result<(), FileError> {
        let failed = |e| FileError::of(to, "give the file its name", e);
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::rename(from, to).map_err(failed)?;
        self.done.push((from.to_owned(), to.to_owned()));
        Ok(())
    }
}

impl Drop for Renaming {
    fn drop(&mut self) {
        for (from, to) in self.done.iter().rev() {
            let _ = std::fs::rename(to, from);
        }
    }
}

/// A hidden name that this process uses once.
fn temporary_name(stem: &str) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let n = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!(".{stem}-{:x}-{n:x}.tmp", std::process::id())
}

fn aside(folder: &Path) -> PathBuf {
    folder.join(temporary_name("replaced"))
}

/// A new file. A name that is taken was left behind by a process that was killed.
fn create(folder: &Path, stem: &str) -> std::io::Result<(File, PathBuf)> {
    loop {
        let path = folder.join(temporary_name(stem));
        match File::create_new(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            created => return created.map(|file| (file, path)),
        }
    }
}

fn compute(error: FileError) -> PolarsError {
    PolarsError::ComputeError(error.to_string().into())
}

/// The folders `key=value` of rows that have the same values.
fn folders_of(group: &DataFrame, keys: &[PlSmallStr]) -> PolarsResult<PathBuf> {
    let mut folders = PathBuf::new();
    for key in keys {
        let value = group.column(key)?.head(Some(1)).cast(&DataType::String)?;
        let value = match value.str()?.get(0) {
            Some(value) => encoded(value),
            None => "__HIVE_DEFAULT_PARTITION__".to_owned(),
        };
        folders.push(format!("{}={value}", encoded(key)));
    }
    Ok(folders)
}

/// With `%` and two digits for each byte that could mean something else in a path.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b' ' => {
                encoded.push(byte.into())
            }
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}
