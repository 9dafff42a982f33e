//! Why a result was not kept on disk, or not believed.

use std::fmt;
use std::io;
use std::io::ErrorKind::{
    AlreadyExists, NotADirectory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
};
use std::path::{Path, PathBuf};

use crate::codec::CodecError;

/// Why a result was not kept on disk, or one that lies there was not believed. The task runs all the same.
#[derive(Debug)]
pub(crate) enum Reason {
    /// The file is not as it was written.
    Damaged { path: PathBuf, is_removed: bool },
    /// There is a file of an entry's name that is no entry.
    Foreign { path: PathBuf },
    /// The entry is larger than all entries together may be.
    TooLarge { limit: u64 },
    /// The value cannot become bytes, or the bytes no value.
    Codec(CodecError),
    /// The system refused.
    Io { doing: &'static str, path: PathBuf, source: io::Error },
}

impl Reason {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Reason {
        let path = path.to_owned();
        move |source| Reason::Io { doing, path, source }
    }

    /// Whether something that lay there was not believed.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Reason::Damaged { .. } | Reason::Foreign { .. })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Damaged { path, is_removed } => {
                write!(f, "the cached result `{}` is damaged", path.display())?;
                f.write_str(match is_removed {
                    true => " and was removed",
                    false => " and cannot be removed; remove it, or make its folder writable",
                })
            }
            Reason::Foreign { path } => write!(
                f,
                "`{}` has the name of a cached result and is none; move it elsewhere, or use another \
                 folder for the cache",
                path.display()
            ),
            Reason::TooLarge { limit } => {
                write!(
                    f,
                    "the result takes more than the {limit} bytes that the disk cache may take"
                )
            }
            Reason::Codec(error) => fmt::Display::fmt(error, f),
            Reason::Io { doing, path, source } => {
                write!(f, "cannot {doing} `{}`: {source}", path.display())?;
                f.write_str(match source.kind() {
                    StorageFull | QuotaExceeded => {
                        "; make room there, or keep the cache elsewhere with `cache_dir(\"...\")`"
                    }
                    ReadOnlyFilesystem | PermissionDenied | NotADirectory | AlreadyExists => {
                        "; keep the cache in a folder that can be written, with `cache_dir(\"...\")`"
                    }
                    _ => "",
                })
            }
        }
    }
}

impl std::error::Error for Reason {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Reason::Codec(error) => error.source(),
            Reason::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
