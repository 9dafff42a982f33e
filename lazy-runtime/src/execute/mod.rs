//! Running a snapshot to its end: in static order on one thread, or on a pool of threads.
//!
//! Both executors know ready tasks only. What became of the run is told by [`Outcome`].

mod aside;
mod notes;
#[cfg(test)]
mod simulated;
mod synchronous;
mod threaded;

use std::sync::Mutex;

use crate::diagnostics::Recorder;
use crate::error::{Error, Failure, Result};
use crate::graph::{Finished, Run, Snapshot};
use crate::schedule::{Reason, Stop};

impl Reason {
    /// The error of a run that was stopped for this reason, and not by a task.
    pub(crate) fn error(self, stop: &Stop) -> Error {
        match self {
            Reason::Timeout => Error::Timeout(stop.limit()),
            Reason::Cancelled | Reason::Failed => Error::Cancelled,
        }
    }
}

pub(crate) use aside::{Aside, is_own_thread, set_aside};
pub(crate) use synchronous::synchronous;
pub(crate) use threaded::{is_busy, threaded};

/// What an executor is told besides the graph.
pub(crate) struct Order<'a> {
    pub(crate) stop: &'a Stop,
    /// Go on after failures with whatever does not depend on them.
    pub(crate) collect_errors: bool,
    /// Who takes notes of the run, if anybody observes.
    pub(crate) recorder: Option<&'a Recorder>,
}

/// The failures of a run, while it runs.
struct Failures<'a> {
    order: &'a Order<'a>,
    found: Mutex<Vec<(u32, Failure)>>,
}

impl<'a> Failures<'a> {
    fn new(order: &'a Order<'a>) -> Self {
        Failures { order, found: Mutex::new(Vec::new()) }
    }

    #[cold]
    fn add(&self, task: u32, failure: Failure) {
        if !self.order.collect_errors {
            self.order.stop.stop(Reason::Failed);
        }
        self.found.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((task, failure));
    }

    /// The run's results, or why there are none.
    fn outcome(self, run: Run) -> Result<Finished> {
        let mut found = self.found.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !found.is_empty() {
            found.sort_by_key(|&(task, _)| task);
            let error = error_of(run.snapshot(), found, self.order.collect_errors);
            // Before the error is returned: the drop of a value that is left may panic, and an error on its way would be lost.
            drop(run);
            return Err(error);
        }
        match self.order.stop.reason() {
            None => run.finished().map_err(|unfinished| {
                let (output, failure, run) = *unfinished;
                error_of(run.snapshot(), vec![(output, failure)], self.order.collect_errors)
            }),
            Some(reason) => Err(reason.error(self.order.stop)),
        }
    }
}

fn error_of(snapshot: &Snapshot, found: Vec<(u32, Failure)>, collect: bool) -> Error {
    let paths = snapshot.paths();
    let errors = found.into_iter().map(|(task, failure)| {
        failure.at(snapshot.key(task), snapshot.location(task), paths.from(task))
    });
    let mut errors: Vec<_> = errors.collect();
    if collect { Error::Many(errors) } else { errors.swap_remove(0) }
}
