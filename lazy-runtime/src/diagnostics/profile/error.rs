//! Why a profile could not be written.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A profile could not be written; nothing is left behind at its path.
///
/// # Examples
/// ```
/// use lazy_runtime::diagnostics::Profiler;
///
/// let error = Profiler::new().save("profile.xls").unwrap_err();
/// assert!(error.to_string().contains(".html"));
/// ```
#[non_exhaustive]
pub enum SaveError {
    /// The name does not end in one of the known formats.
    UnknownFormat {
        /// The path as given.
        path: PathBuf,
    },
    /// The directory to write into does not exist.
    MissingDirectory {
        /// The path as given.
        path: PathBuf,
        /// The directory that was looked for.
        directory: PathBuf,
    },
    /// The file could not be written.
    Io {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// As [`fmt::Display`], for programs whose `main` returns it.
impl fmt::Debug for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (SaveError::UnknownFormat { path }
        | SaveError::MissingDirectory { path, .. }
        | SaveError::Io { path, .. }) = self;
        write!(f, "cannot write the profile to `{}`: ", path.display())?;
        match self {
            SaveError::UnknownFormat { path } => {
                match path.extension() {
                    Some(found) => write!(f, "`.{}` is no known format", found.display())?,
                    None => f.write_str("the name says no format")?,
                }
                f.write_str("; end it in `.html`, `.svg` or `.json`")
            }
            SaveError::MissingDirectory { directory, .. } => write!(
                f,
                "there is no directory `{}`; create it first, or save elsewhere",
                directory.display()
            ),
            SaveError::Io { source, .. } => write!(f, "{source}"),
        }
    }
}

impl std::error::Error for SaveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SaveError::Io { source, .. } => Some(source),
            SaveError::UnknownFormat { .. } | SaveError::MissingDirectory { .. } => None,
        }
    }
}
