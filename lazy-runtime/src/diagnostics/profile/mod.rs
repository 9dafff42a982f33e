//! [`Profiler`]: keeps what was measured of each task.
//!
//! Each file here makes one thing of it: `report.rs` a table, `page.rs` a page, `timeline.rs` a picture for documents, `trace.rs` a file for trace
//! viewers.

mod data;
mod error;
mod json;
mod lanes;
mod page;
mod palette;
mod report;
mod timeline;
mod trace;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data::Data;
pub use error::SaveError;
pub use report::{Report, ReportRow};

use super::event::{CacheEvent, RunFinish, RunStart, SpillEvent, TaskFinished};
use super::observer::Observer;
use crate::files;
use crate::key::Key;

/// An [`Observer`] that keeps what each task took: for a table, a page to look at, a file for a trace viewer, or to
/// [colour](crate::Visualize::profile) a picture of the graph.
///
/// Clones share what is kept: give one to a runtime and keep one. It takes some 150 bytes a task, until it is
/// [cleared](Profiler::clear).
///
/// # Examples
/// ```
/// use lazy_runtime::Runtime;
/// use lazy_runtime::diagnostics::Profiler;
/// use lazy_runtime::prelude::*;
///
/// #[delayed]
/// fn load(n: u64) -> Vec<u64> {
///     (0..n).collect()
/// }
/// #[delayed]
/// fn total(xs: &[u64]) -> u64 {
///     xs.iter().sum()
/// }
///
/// let profiler = Profiler::new();
/// let runtime = Runtime::builder().observer(profiler.clone()).build()?;
/// let totals: Vec<_> = (0..4).map(|n| total(load(n))).collect();
/// runtime.compute(&totals)?;
///
/// let report = profiler.report();
/// assert_eq!(report.n_tasks, 8);
/// assert_eq!(report.row("load").unwrap().count, 4);
/// println!("{report}");
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Profiler {
    data: Arc<Mutex<Data>>,
}

/// What is known of one task of a graph.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    /// Nanoseconds that it took when it ran last.
    pub(crate) time: Option<u64>,
    pub(crate) bytes: Option<u64>,
    pub(crate) is_hit: bool,
    pub(crate) is_kept: bool,
}

impl Profiler {
    /// A profiler that has seen nothing.
    pub fn new() -> Profiler {
        Profiler::default()
    }

    fn lock(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was measured so far, by task name.
    pub fn report(&self) -> Report {
        Report::of(&self.lock())
    }

    /// Writes what was measured so far, in the format that `path` ends in:
    ///
    /// - `.html`: a page that needs nothing else, to zoom and search in: tasks of each worker over time, bytes, totals by name.
    /// - `.svg`: the tasks of each worker over time, for documents.
    /// - `.json`: the trace-event format, which Perfetto opens.
    ///
    /// The file appears whole or not at all; an older one is replaced.
    ///
    /// # Errors
    /// When the format is unknown, or the directory is missing or cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        let path = path.as_ref();
        let print = format_of(path)?;
        let directory = files::directory_of(path);
        if !directory.is_dir() {
            return Err(SaveError::MissingDirectory { path: path.to_owned(), directory });
        }
        // A copy: runs go on being observed while it is printed.
        let data = self.lock().clone();
        let text = print(&data);
        files::replace(path, text.as_bytes())
            .map_err(|source| SaveError::Io { path: path.to_owned(), source })
    }

    /// Forgets all that was measured. Of runs that go on, nothing further is kept.
    pub fn clear(&self) {
        *self.lock() = Data::default();
    }

    /// What is known of each task, by key.
    pub(crate) fn measured(&self) -> HashMap<Key, Measured> {
        let data = self.lock();
        let mut measured: HashMap<Key, Measured> = HashMap::with_capacity(data.tasks.len());
        for task in data.tasks.iter().filter(|task| task.was_called()) {
            let of_task = measured.entry(task.key).or_default();
            of_task.time = Some(task.duration());
            of_task.bytes = task.bytes;
        }
        // What was kept by one run is a hit in the next: the last says what it is.
        for event in data.cache.iter().filter(|of| of.outcome.is_hit() || of.outcome.is_kept()) {
            let of_task = measured.entry(event.key).or_default();
            of_task.is_hit = event.outcome.is_hit();
            of_task.is_kept = event.outcome.is_kept();
        }
        measured
    }
}

fn format_of(path: &Path) -> Result<fn(&Data) -> String, SaveError> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("html" | "htm") => Ok(page::print),
        Some("svg") => Ok(timeline::print),
        Some("json") => Ok(trace::print),
        _ => Err(SaveError::UnknownFormat { path: path.to_owned() }),
    }
}

impl Observer for Profiler {
    fn start(&self, event: &RunStart) {
        self.lock().start(event);
    }

    fn finished(&self, event: &TaskFinished) {
        self.lock().finished(event);
    }

    fn cache(&self, event: &CacheEvent) {
        self.lock().cache.push(event.clone());
    }

    fn spill(&self, event: &SpillEvent) {
        self.lock().spills.push(event.clone());
    }

    fn finish(&self, event: &RunFinish) {
        self.lock().finish(event);
    }
}

impl fmt::Debug for Profiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = self.lock();
        f.debug_struct("Profiler")
            .field("runs", &data.runs.len())
            .field("tasks", &data.tasks.len())
            .finish()
    }
}
