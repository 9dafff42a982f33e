//! What an [`Observer`](super::Observer) is told.
//!
//! Times are counted from one beginning for all runs of a process, so that those of several runtimes lie beside each other.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use crate::error::Error;
use crate::key::Key;
pub use crate::witness::{CacheOutcome, SpillOutcome};

/// Which run of this process: no two have the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RunId(pub(super) u64);

impl RunId {
    /// The runs are counted from 1 in the order in which they begin.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {}", self.0)
    }
}

/// A run begins: it knows what it will do, and has done nothing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunStart {
    /// Which run.
    pub run: RunId,
    /// When.
    pub at: Duration,
    /// How many tasks it has.
    pub n_tasks: usize,
    /// How many of them may run at once.
    pub n_workers: usize,
}

/// All that a task depends on is there.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskReady {
    /// Of which run.
    pub run: RunId,
    /// The task.
    pub key: Key,
    /// The call in the user's code that made the task.
    pub location: &'static Location<'static>,
    /// When.
    pub at: Duration,
}

/// A task begins.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskStarted {
    /// Of which run.
    pub run: RunId,
    /// The task.
    pub key: Key,
    /// The call in the user's code that made the task.
    pub location: &'static Location<'static>,
    /// Which worker of the runtime it runs on, counted from 0.
    pub worker: usize,
    /// When.
    pub at: Duration,
}

/// A task has ended, well or not.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskFinished {
    /// Of which run.
    pub run: RunId,
    /// The task.
    pub key: Key,
    /// The call in the user's code that made the task.
    pub location: &'static Location<'static>,
    /// Which worker of the runtime it ran on, counted from 0.
    pub worker: usize,
    /// When all it depends on was there.
    pub ready: Duration,
    /// When it began.
    pub started: Duration,
    /// When it ended.
    pub at: Duration,
    /// How large its result is, where that is known.
    pub bytes: Option<u64>,
    /// The most bytes of results that the runtime held at once since the task before this ended, its own included; only with a
    /// [memory limit](crate::RuntimeBuilder::memory_limit), which counts them.
    pub held: Option<u64>,
    /// What became of it.
    pub outcome: TaskOutcome,
}

impl TaskFinished {
    /// How long it took. A task that computes, and waits for it, counts all of that as its own.
    pub fn duration(&self) -> Duration {
        self.at.saturating_sub(self.started)
    }

    /// How long it waited for a worker after all it depends on was there.
    pub fn waited(&self) -> Duration {
        self.started.saturating_sub(self.ready)
    }
}

/// What became of a task.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum TaskOutcome {
    /// It made its result.
    Made,
    /// It returned `Err`.
    Failed,
    /// It panicked.
    Panicked,
    /// It was not called, because a task it depends on has no result.
    Skipped,
}

impl TaskOutcome {
    /// One word for it, as it is printed.
    pub fn name(self) -> &'static str {
        match self {
            TaskOutcome::Made => "made",
            TaskOutcome::Failed => "failed",
            TaskOutcome::Panicked => "panicked",
            TaskOutcome::Skipped => "skipped",
        }
    }
}

/// A cache was asked for a value, or given one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CacheEvent {
    /// For which run.
    pub run: RunId,
    /// The key of the value.
    pub key: Key,
    /// When.
    pub at: Duration,
    /// What became of it.
    pub outcome: CacheOutcome,
}

/// A value went to disk to make room, or came back.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SpillEvent {
    /// For which run.
    pub run: RunId,
    /// The key of the value.
    pub key: Key,
    /// When it was done.
    pub at: Duration,
    /// What was done.
    pub outcome: SpillOutcome,
    /// How many bytes of memory it is about.
    pub bytes: u64,
    /// How long it took.
    pub duration: Duration,
}

/// A run has ended, and all its tasks that had begun.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunFinish {
    /// Which run.
    pub run: RunId,
    /// When it began.
    pub started: Duration,
    /// When it ended.
    pub at: Duration,
    /// What became of it.
    pub outcome: RunOutcome,
    /// How many tasks it had.
    pub n_tasks: usize,
    /// How many of them made a result.
    pub made: usize,
    /// How many returned `Err`.
    pub failed: usize,
    /// How many panicked.
    pub panicked: usize,
    /// How many were skipped. Tasks that are in none of these counts never began.
    pub skipped: usize,
}

impl RunFinish {
    /// How long it took.
    pub fn duration(&self) -> Duration {
        self.at.saturating_sub(self.started)
    }
}

/// What became of a run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum RunOutcome {
    /// All results are there.
    Made,
    /// A task returned `Err` or panicked.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It took longer than its time limit.
    TimedOut,
}

impl RunOutcome {
    pub(crate) fn of<T>(result: &Result<T, Error>) -> Self {
        match result {
            Ok(_) => RunOutcome::Made,
            Err(Error::Cancelled) => RunOutcome::Cancelled,
            Err(Error::Timeout(_)) => RunOutcome::TimedOut,
            Err(_) => RunOutcome::Failed,
        }
    }

    /// A few words for it, as they are printed.
    pub fn name(self) -> &'static str {
        match self {
            RunOutcome::Made => "made",
            RunOutcome::Failed => "failed",
            RunOutcome::Cancelled => "cancelled",
            RunOutcome::TimedOut => "timed out",
        }
    }
}
