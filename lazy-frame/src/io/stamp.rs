//! [`Stamp`]: whether a file is still the one that was looked at.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::error::FileError;

/// How long a file was, and when it was changed last, at the time when a frame was built of it. What was found out then
/// (where lines end, how many rows there are with which values) is true of no other file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> Result<Stamp, FileError> {
        let found = fs::metadata(path).map_err(|e| FileError::of(path, "read the file", e))?;
        Ok(Stamp { bytes: found.len(), modified: found.modified().ok() })
    }

    /// That the file is the same.
    pub(crate) fn check(&self, path: &Path) -> Result<(), FileError> {
        match Stamp::of(path)? == *self {
            true => Ok(()),
            false => Err(changed(path)),
        }
    }
}

pub(crate) fn changed(path: &Path) -> FileError {
    FileError::new(path, "the file has changed since the frame was built: build it again")
}
