//! How partitions become files: all under temporary names first, then all under their own.
//!
//! A run that fails or is cancelled drops its [`Pending`] files, which removes them. What is written is not forced to
//! the disk: after a power cut, as opposed to a failed program, a file may lack its rows.

mod format;
mod keys;
mod pending;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::*;

pub(crate) use format::Format;
pub(crate) use keys::is_key;
pub(crate) use pending::Pending;

use self::keys::by_folder;
use self::pending::{Renaming, Temporary, aside, create};
use super::paths::gather;
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
        if folder.is_file() {
            return Err(FileError::new(folder, "this is a file: a folder was expected"));
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
            for (folder, rows) in by_folder(table, &self.keys)? {
                files.push(self.write_file(stem, folder.join(&file_name), rows)?);
            }
        }
        Ok(Pending::new(files))
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

    /// Gives all files their names, and puts aside those that are to be replaced: either all of this is done or
    /// nothing.
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
        renaming.keep();
        for (aside, path) in &old {
            std::fs::remove_file(aside).map_err(|e| FileError::of(aside, "remove the file", e))?;
            for folder in path.ancestors().skip(1).take_while(|folder| **folder != *self.folder) {
                // One that is not empty stays.
                let _ = std::fs::remove_dir(folder);
            }
        }
        Ok(written)
    }
}

fn compute(error: FileError) -> PolarsError {
    PolarsError::ComputeError(error.to_string().into())
}
