//! What workers note of a run, for whoever observes it.
//!
//! Workers are compiled twice: a run that nobody observes does not even ask.

use crate::diagnostics::{Finishing, Recorder, TaskEnd, TaskOutcome};
use crate::error::Failure;
use crate::graph::Run;

/// Takes notes of what a worker does, before anybody else hears of it.
pub(super) trait Notes: Copy + Sync {
    /// The notes of a task that has ended, open for what becomes ready by that.
    type Open;

    /// A task that was noted as ready starts on this thread.
    fn started(self, task: u32);
    /// A task that was noted as ready follows on this thread the one that has just ended.
    fn started_next(self, task: u32);
    /// A task that follows in static order is ready and starts on this thread.
    fn started_in_order(self, task: u32);
    /// A task has ended on this thread.
    fn ended(self, run: &Run, task: u32, failure: Option<&Failure>) -> Self::Open;
    /// A task became ready by the one that has ended.
    fn ready_by(open: &mut Self::Open, task: u32);
    /// These tasks are ready.
    fn ready(self, tasks: impl IntoIterator<Item = u32>);
}

/// Nobody observes the run.
#[derive(Clone, Copy)]
pub(super) struct Unobserved;

impl Notes for Unobserved {
    type Open = ();

    #[inline]
    fn started(self, _: u32) {}

    #[inline]
    fn started_next(self, _: u32) {}

    #[inline]
    fn started_in_order(self, _: u32) {}

    #[inline]
    fn ended(self, _: &Run, _: u32, _: Option<&Failure>) {}

    #[inline]
    fn ready_by((): &mut (), _: u32) {}

    #[inline]
    fn ready(self, _: impl IntoIterator<Item = u32>) {}
}

impl<'a> Notes for &'a Recorder {
    type Open = Finishing<'a>;

    #[inline]
    fn started(self, task: u32) {
        Recorder::started(self, task);
    }

    #[inline]
    fn started_next(self, task: u32) {
        Recorder::started_next(self, task);
    }

    #[inline]
    fn started_in_order(self, task: u32) {
        Recorder::started_in_order(self, task);
    }

    #[inline]
    fn ended(self, run: &Run, task: u32, failure: Option<&Failure>) -> Finishing<'a> {
        self.finished(task, end_of(run, task, failure))
    }

    #[inline]
    fn ready_by(open: &mut Finishing<'a>, task: u32) {
        open.ready(task);
    }

    fn ready(self, tasks: impl IntoIterator<Item = u32>) {
        Recorder::ready(self, tasks);
    }
}

/// How a task ended that was executed just now.
#[inline]
fn end_of(run: &Run, task: u32, failure: Option<&Failure>) -> TaskEnd {
    let outcome = match failure {
        Some(Failure::Returned(_)) => TaskOutcome::Failed,
        Some(Failure::Panicked(_)) => TaskOutcome::Panicked,
        None if run.has_failed(task) => TaskOutcome::Skipped,
        None => TaskOutcome::Made,
    };
    let bytes = if outcome == TaskOutcome::Made { run.bytes_of(task) } else { None };
    TaskEnd { outcome, bytes, held: run.bytes_held() }
}
