//! What can go wrong in a computation, told with names and places of the user's code.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::diagnostics;
use crate::key::Key;
use crate::visualize;

/// The result of a computation; `E` may be another error, so that importing this type hides nothing.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a computation gave no value.
///
/// It prints the task that failed, the line of the user's code that made the task, what needed it, and the cause. `Debug`
/// prints the same, for programs whose `main` returns it; `{:#?}` prints the fields. As the cause is part of the text, a report that
/// also walks the chain of [sources](std::error::Error::source) says it twice.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
/// use lazy_runtime::Error;
///
/// #[delayed]
/// fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// match parse("twelve").compute() {
///     Err(Error::Task(e)) => {
///         assert_eq!(e.task_name(), "parse");
///         assert!(e.location().file().ends_with(".rs"));
///         assert_eq!(e.source().unwrap().to_string(), "invalid digit found in string");
///     }
///     other => panic!("expected the task to fail, got {other:?}"),
/// }
/// ```
#[non_exhaustive]
pub enum Error {
    /// A task returned `Err`.
    Task(TaskError),
    /// A task panicked. The panic was caught; the runtime is as good as new.
    Panic(PanicError),
    /// One task or several failed, in static order; only with [`collect_errors`](crate::ComputeOptions::collect_errors).
    Many(Vec<Error>),
    /// A collection is not in order, says its [`check`](crate::Collection::check): nothing was run.
    Invalid(InvalidError),
    /// The computation was cancelled through its [`Handle`](crate::Handle).
    Cancelled,
    /// The computation took longer than its [`timeout`](crate::ComputeOptions::timeout).
    Timeout(Duration),
    /// A picture could not be drawn or saved.
    Visualize(visualize::Error),
    /// A profile could not be saved.
    Profile(diagnostics::SaveError),
    /// A runtime could not start its threads.
    Threads(io::Error),
}

impl Error {
    /// A collection is not in order, for this reason: for [`Collection::check`](crate::Collection::check).
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::Error;
    ///
    /// let error = Error::invalid("two columns are called `price`; rename one of them");
    /// assert_eq!(error.to_string(), "two columns are called `price`; rename one of them");
    /// ```
    pub fn invalid(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        Error::Invalid(InvalidError { source: source.into().into() })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Task(e) => fmt::Display::fmt(e, f),
            Error::Panic(e) => fmt::Display::fmt(e, f),
            Error::Many(errors) => {
                let tasks = if errors.len() == 1 { "task" } else { "tasks" };
                write!(f, "{} {tasks} failed", errors.len())?;
                errors.iter().try_for_each(|error| write!(f, "\n- {error}"))
            }
            Error::Invalid(e) => fmt::Display::fmt(e, f),
            Error::Cancelled => f.write_str("the computation was cancelled"),
            Error::Timeout(limit) => {
                write!(f, "the computation took longer than its limit of {limit:?}")
            }
            Error::Visualize(e) => fmt::Display::fmt(e, f),
            Error::Profile(e) => fmt::Display::fmt(e, f),
            Error::Threads(e) => write!(f, "the threads of a runtime could not be started: {e}"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return fmt::Display::fmt(self, f);
        }
        match self {
            Error::Task(e) => f.debug_tuple("Task").field(e).finish(),
            Error::Panic(e) => f.debug_tuple("Panic").field(e).finish(),
            Error::Many(errors) => f.debug_tuple("Many").field(errors).finish(),
            Error::Invalid(e) => f.debug_tuple("Invalid").field(e).finish(),
            Error::Cancelled => f.write_str("Cancelled"),
            Error::Timeout(limit) => f.debug_tuple("Timeout").field(limit).finish(),
            Error::Visualize(e) => f.debug_tuple("Visualize").field(e).finish(),
            Error::Profile(e) => f.debug_tuple("Profile").field(e).finish(),
            Error::Threads(e) => f.debug_tuple("Threads").field(e).finish(),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Error::Task(e) => e.source(),
            Error::Invalid(e) => e.source(),
            Error::Visualize(e) => e.source(),
            Error::Profile(e) => e.source(),
            Error::Threads(e) => Some(e),
            Error::Panic(_) | Error::Many(_) | Error::Cancelled | Error::Timeout(_) => None,
        }
    }
}

impl From<visualize::Error> for Error {
    fn from(error: visualize::Error) -> Self {
        Error::Visualize(error)
    }
}

impl From<diagnostics::SaveError> for Error {
    fn from(error: diagnostics::SaveError) -> Self {
        Error::Profile(error)
    }
}

/// Which task failed, where it was made, and what needed it.
#[derive(Debug)]
struct Origin {
    key: Key,
    location: &'static Location<'static>,
    path: Vec<String>,
}

impl Origin {
    /// How many of the names in a path are printed.
    const SHOWN: usize = 4;

    fn write_path(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.path.iter().take(Self::SHOWN).enumerate() {
            write!(f, "{}`{name}`", if i == 0 { ", needed by " } else { " <- " })?;
        }
        match self.path.len().saturating_sub(Self::SHOWN) {
            0 => Ok(()),
            more => write!(f, " <- and {more} more"),
        }
    }
}

/// A task returned `Err`: see [`Error::Task`].
#[derive(Debug)]
pub struct TaskError {
    origin: Box<Origin>,
    source: Box<dyn StdError + Send + Sync>,
}

/// A task panicked: see [`Error::Panic`].
#[derive(Debug)]
pub struct PanicError {
    origin: Box<Origin>,
    message: String,
}

macro_rules! origin_methods {
    ($error:ty) => {
        impl $error {
            /// The name of the task that failed.
            pub fn task_name(&self) -> &str {
                self.origin.key.name()
            }

            /// The key of the task that failed.
            pub fn key(&self) -> Key {
                self.origin.key
            }

            /// The call in the user's code that made the task.
            pub fn location(&self) -> &Location<'static> {
                self.origin.location
            }

            /// The names of the tasks that needed this one, from its own dependent to an output; at most 100.
            pub fn path(&self) -> &[String] {
                &self.origin.path
            }
        }
    };
}

origin_methods!(TaskError);
origin_methods!(PanicError);

impl TaskError {
    /// The error that the task returned; `downcast_ref` gives it back as its own type. Always there; an [`Option`] as in
    /// [`std::error::Error::source`], which this type implements too.
    pub fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }

    /// Gives the error that the task returned.
    pub fn into_source(self) -> Box<dyn StdError + Send + Sync> {
        self.source
    }
}

impl PanicError {
    /// What the panic said; a fixed text if it did not say it with a string.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task `{}` (made at {}) failed", self.task_name(), self.location())?;
        self.origin.write_path(f)?;
        write!(f, ": {}", self.source)
    }
}

impl fmt::Display for PanicError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task `{}` (made at {}) panicked", self.task_name(), self.location())?;
        self.origin.write_path(f)?;
        write!(f, ": {}", self.message)
    }
}

impl StdError for TaskError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

impl StdError for PanicError {}

/// A collection is not in order: see [`Error::Invalid`]. It prints what the reason prints.
#[derive(Clone, Debug)]
pub struct InvalidError {
    source: Arc<dyn StdError + Send + Sync>,
}

impl InvalidError {
    /// The reason; `downcast_ref` gives it back as its own type. Always there; an [`Option`] as in [`std::error::Error::source`], which
    /// this type implements too.
    pub fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

impl fmt::Display for InvalidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.source, f)
    }
}

impl StdError for InvalidError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// Why one task has no result, before it is known which.
pub(crate) enum Failure {
    Returned(Box<dyn StdError + Send + Sync>),
    Panicked(Box<dyn Any + Send>),
}

impl Failure {
    /// The error of the task with this key, made there, needed by these.
    pub(crate) fn at(
        self,
        key: Key,
        location: &'static Location<'static>,
        path: Vec<String>,
    ) -> Error {
        let origin = Box::new(Origin { key, location, path });
        match self {
            Failure::Returned(source) => Error::Task(TaskError { origin, source }),
            Failure::Panicked(payload) => {
                let message = message(&*payload);
                // A payload is the user's value: its drop may panic as well, and that is nobody's concern any more.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(payload)));
                Error::Panic(PanicError { origin, message })
            }
        }
    }
}

/// What a panic said.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a value that is no text").to_owned()
}
