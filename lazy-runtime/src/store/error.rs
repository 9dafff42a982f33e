//! Why a value could not be put aside, or not be brought back.

use std::fmt;
use std::io;
use std::io::ErrorKind::{
    AlreadyExists, NotADirectory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
};
use std::path::{Path, PathBuf};

use crate::codec::CodecError;

/// A value could not be put aside, or not be brought back.
#[derive(Debug)]
pub(crate) enum SpillError {
    /// The system refused.
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    /// The value cannot become bytes, or the bytes no value.
    Codec(CodecError),
    /// The file is not as it was written.
    Damaged { path: PathBuf },
}

impl SpillError {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpillError {
        let path = path.to_owned();
        move |source| SpillError::Io { doing, path, source }
    }
}

impl fmt::Display for SpillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpillError::Io { doing, path, source } => {
                write!(f, "cannot {doing} `{}`: {source}", path.display())?;
                f.write_str(match source.kind() {
                    StorageFull | QuotaExceeded => {
                        "; make room there, or spill elsewhere with `spill_dir(\"...\")`"
                    }
                    ReadOnlyFilesystem | PermissionDenied | NotADirectory | AlreadyExists => {
                        "; spill to a folder that can be written, with `spill_dir(\"...\")`"
                    }
                    _ => "",
                })
            }
            SpillError::Codec(error) => fmt::Display::fmt(error, f),
            SpillError::Damaged { path } => write!(
                f,
                "the spilled value `{}` is not as it was written; the disk is at fault, or somebody \
                 changed the file",
                path.display()
            ),
        }
    }
}

impl std::error::Error for SpillError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SpillError::Io { source, .. } => Some(source),
            SpillError::Codec(error) => error.source(),
            SpillError::Damaged { .. } => None,
        }
    }
}
