//! What can go wrong with a frame, told with the step and the columns there are.

use std::error::Error as StdError;
use std::fmt;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;

use polars::prelude::{PlSmallStr, PolarsError, Schema};

/// The result of something that may fail with a [`lazy_frame::Error`](enum@Error).
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a frame could not be built, read, written or computed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// A step does not fit what it is applied to; no task has run.
    Step(StepError),
    /// A file or a folder is not what it should be.
    File(FileError),
    /// An option of a builder has a value that makes no sense.
    Option(String),
    /// A computation failed.
    Compute(Arc<lazy_runtime::Error>),
    /// Polars refused to do something.
    Polars(PolarsError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Step(e) => e.fmt(f),
            Error::File(e) => e.fmt(f),
            Error::Option(e) => f.write_str(e),
            Error::Compute(e) => e.fmt(f),
            Error::Polars(e) => f.write_str(&reason(e)),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Error::Compute(e) => e.source(),
            Error::File(e) => e.source(),
            Error::Polars(e) => e.source(),
            Error::Step(_) | Error::Option(_) => None,
        }
    }
}

impl From<StepError> for Error {
    fn from(error: StepError) -> Self {
        Error::Step(error)
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Error::File(error)
    }
}

impl From<lazy_runtime::Error> for Error {
    fn from(error: lazy_runtime::Error) -> Self {
        Error::Compute(Arc::new(error))
    }
}

impl From<PolarsError> for Error {
    fn from(error: PolarsError) -> Self {
        Error::Polars(error)
    }
}

/// A step that does not fit the frame that it is applied to.
///
/// It prints the step, what is wrong with it, the columns that there are, and the line that asked for it.
#[derive(Clone, Debug)]
pub struct StepError(Arc<Misfit>);

#[derive(Debug)]
struct Misfit {
    step: String,
    reason: String,
    columns: Vec<String>,
    at: &'static Location<'static>,
}

impl StepError {
    pub(crate) fn new(
        step: impl Into<String>,
        reason: impl Into<String>,
        schema: &Schema,
        at: &'static Location<'static>,
    ) -> Self {
        let columns = schema.iter().map(|(name, dtype)| format!("{name}: {dtype}")).collect();
        StepError(Arc::new(Misfit { step: step.into(), reason: reason.into(), columns, at }))
    }

    /// The step, by the name of its method.
    pub fn step(&self) -> &str {
        &self.0.step
    }

    /// What is wrong with it.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The columns that the step could use, with their types.
    pub fn columns(&self) -> &[String] {
        &self.0.columns
    }

    /// The line that asked for the step.
    pub fn location(&self) -> &'static Location<'static> {
        self.0.at
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Misfit { step, reason, columns, at } = &*self.0;
        write!(f, "{step}: {reason}")?;
        if !columns.is_empty() {
            write!(f, "; the columns are {}", columns.join(", "))?;
        }
        write!(f, "\n  at {at}")
    }
}

impl StdError for StepError {}

/// A file or a folder that is not what it should be.
#[derive(Clone, Debug)]
pub struct FileError {
    path: PathBuf,
    line: Option<u64>,
    column: Option<String>,
    reason: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl FileError {
    pub(crate) fn new(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        FileError {
            path: path.into(),
            line: None,
            column: None,
            reason: reason.into(),
            source: None,
        }
    }

    /// What the operating system or Polars says of it.
    pub(crate) fn of(
        path: impl Into<PathBuf>,
        doing: &str,
        error: impl StdError + Send + Sync + 'static,
    ) -> Self {
        let reason = format!("cannot {doing}: {error}");
        FileError { source: Some(Arc::new(error)), ..Self::new(path, reason) }
    }

    /// Counted from 1.
    pub(crate) fn line(self, line: u64) -> Self {
        FileError { line: Some(line), ..self }
    }

    pub(crate) fn column(self, column: impl Into<String>) -> Self {
        FileError { column: Some(column.into()), ..self }
    }

    /// The file or folder.
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// The line, counted from 1, where it is known.
    pub fn line_number(&self) -> Option<u64> {
        self.line
    }

    /// The column, where it is known.
    pub fn column_name(&self) -> Option<&str> {
        self.column.as_deref()
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl StdError for FileError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}

/// What Polars says, without the plan that it prints beside it.
pub(crate) fn reason(error: &PolarsError) -> String {
    match error {
        PolarsError::Context { error, .. } | PolarsError::ExprContext { error, .. } => {
            reason(error)
        }
        PolarsError::ColumnNotFound(name) | PolarsError::SchemaFieldNotFound(name) => {
            missing(first_word(name))
        }
        PolarsError::Duplicate(text) => match text.split(['"', '\'']).nth(1) {
            // A join names columns by itself.
            Some(name) if text.contains("suffix") => {
                format!("two columns would be named `{name}`: rename one, or give another `suffix`")
            }
            Some(name) => {
                format!("two columns would be named `{name}`: name one otherwise, with `alias`")
            }
            None => text.to_string(),
        },
        other => told(&other.to_string()).to_owned(),
    }
}

/// What is said before the plan, and before the advice for those who write Python.
fn told(text: &str) -> &str {
    let beside = ["\n\nResolved plan until failure", "\n\nYou might want to try"];
    let end = beside.iter().filter_map(|begin| text.find(begin)).min();
    text[..end.unwrap_or(text.len())].trim()
}

/// The error of a computation, as it is told here.
pub(crate) fn without_advice(error: PolarsError) -> PolarsError {
    match error {
        PolarsError::IO { .. } => error,
        _ => error.wrap_msg(|text| told(text).to_owned()),
    }
}

/// What is wrong with a number that should be a quantile.
pub(crate) fn no_quantile(q: f64) -> Option<String> {
    (!(0.0..=1.0).contains(&q)).then(|| format!("a quantile is from 0 to 1, not {q}"))
}

pub(crate) fn missing(column: &str) -> String {
    format!("there is no column `{column}`")
}

/// Polars writes `name` or `unable to find column "name"; valid columns: ...`.
fn first_word(text: &str) -> &str {
    match text.split('"').nth(1) {
        Some(name) => name,
        None => text.lines().next().unwrap_or(text),
    }
}

/// The columns of `wanted` that a schema lacks.
pub(crate) fn lacking<'a>(
    wanted: impl IntoIterator<Item = &'a PlSmallStr>,
    schema: &Schema,
) -> Option<String> {
    wanted.into_iter().find(|name| !schema.contains(name)).map(|name| missing(name))
}

/// How a schema differs from the one that was expected, by the first column that does.
pub(crate) fn difference(found: &Schema, expected: &Schema) -> Option<String> {
    for (place, (name, dtype)) in expected.iter().enumerate() {
        match found.get_full(name) {
            None => {
                return Some(format!(
                    "there is no column `{name}`, expected {dtype}{}",
                    among(found)
                ));
            }
            Some((_, _, other)) if other != dtype => {
                return Some(format!("column `{name}` is {other}, expected {dtype}: cast it"));
            }
            Some((other, ..)) if other != place => {
                return Some(format!(
                    "column `{name}` is at place {other}, expected at {place}: select in order"
                ));
            }
            Some(_) => {}
        }
    }
    let more = found.iter_names().find(|name| !expected.contains(name))?;
    Some(format!("there is a column `{more}`, which was not expected{}", among(expected)))
}

fn among(schema: &Schema) -> String {
    let columns: Vec<_> = schema.iter().map(|(name, dtype)| format!("{name}: {dtype}")).collect();
    format!(" (columns: {})", columns.join(", "))
}
