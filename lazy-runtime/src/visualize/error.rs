//! Why a picture could not be written.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::tint::Color;

/// A picture could not be written; nothing is left behind at its path.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
///
/// let error = delayed(1).visualize().save("z.bmp").unwrap_err();
/// assert!(error.to_string().contains(".svg"));
/// ```
#[non_exhaustive]
pub enum Error {
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
    /// Graphviz is needed for this format and was not found.
    MissingProgram {
        /// The path as given.
        path: PathBuf,
        /// What starting the program said.
        source: io::Error,
    },
    /// Graphviz did not accept the graph, or failed.
    Program {
        /// The path as given.
        path: PathBuf,
        /// How the program ended.
        status: std::process::ExitStatus,
        /// What it printed.
        message: String,
    },
    /// Graphviz was still busy after a long time and was stopped.
    TimedOut {
        /// The path as given.
        path: PathBuf,
        /// How long it was given.
        after: Duration,
    },
    /// Nodes should be coloured by what was measured, and there is no profile.
    MissingProfile {
        /// The path as given.
        path: PathBuf,
        /// What the colours should tell.
        color: Color,
    },
    /// What should be drawn is not in order, says its [`check`](crate::Collection::check).
    Invalid {
        /// The path as given.
        path: PathBuf,
        /// What is wrong.
        source: Arc<crate::Error>,
    },
    /// The file could not be written.
    Io {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> Error + '_ {
        |source| Error::Io { path: path.to_owned(), source }
    }

    fn path(&self) -> &Path {
        match self {
            Error::UnknownFormat { path }
            | Error::MissingDirectory { path, .. }
            | Error::MissingProgram { path, .. }
            | Error::Program { path, .. }
            | Error::TimedOut { path, .. }
            | Error::MissingProfile { path, .. }
            | Error::Invalid { path, .. }
            | Error::Io { path, .. } => path,
        }
    }
}

/// As [`fmt::Display`], for programs whose `main` returns it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write `{}`: ", self.path().display())?;
        match self {
            Error::UnknownFormat { path } => {
                match path.extension() {
                    Some(found) => write!(f, "`.{}` is no known format", found.display())?,
                    None => f.write_str("the name says no format")?,
                }
                f.write_str("; end it in `.svg`, `.dot`, `.gv`, `.png` or `.pdf`")
            }
            Error::MissingDirectory { directory, .. } => write!(
                f,
                "there is no directory `{}`; create it first, or save elsewhere",
                directory.display()
            ),
            Error::MissingProgram { .. } => f.write_str(
                "the program `dot` of Graphviz was not found; install Graphviz (Debian: \
                 apt-get install graphviz), or save as `.svg` or `.dot`, which need no program",
            ),
            Error::Program { status, message, .. } => {
                write!(f, "the program `dot` of Graphviz failed ({status})")?;
                match message.trim() {
                    "" => Ok(()),
                    message => write!(f, " and said: {message}"),
                }
            }
            Error::TimedOut { after, .. } => write!(
                f,
                "the program `dot` of Graphviz was not done after {} s and was stopped; draw a \
                 summary with `.summary(Summary::Always)`, or save as `.svg`",
                after.as_secs()
            ),
            Error::MissingProfile { color, .. } => write!(
                f,
                "colours by {} need what a profiler measured; give it with `.profile(&profiler)`, or colour by \
                 `Color::Order`",
                color.name()
            ),
            Error::Invalid { source, .. } => write!(f, "{source}"),
            Error::Io { source, .. } => write!(f, "{source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::MissingProgram { source, .. } | Error::Io { source, .. } => Some(source),
            Error::Invalid { source, .. } => Some(&**source),
            _ => None,
        }
    }
}
