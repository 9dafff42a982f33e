//! The reference: a plain loop in static order on the calling thread.

use super::threaded::Place;
use super::{Failures, Order, end_of};
use crate::diagnostics::Recorder;
use crate::error::{Failure, Result};
use crate::graph::{Finished, Keeping, Run, Snapshot};

/// Runs every task of the snapshot on this thread, in static order.
pub(crate) fn synchronous(
    snapshot: Snapshot,
    keeping: Option<Box<Keeping>>,
    order: &Order<'_>,
) -> Result<Finished> {
    // A pool of one thread comes here, too.
    let place = Place::working();
    let mut run = Run::exclusive(snapshot, keeping, order.collect_errors);
    let failures = Failures::new(order);
    let go_on = |_| order.stop.goes_on();
    let failed = |task, failure| failures.add(task, failure);
    match order.recorder {
        // Two loops: the one without notes is to cost nothing more than its tasks.
        None => run.run_in_order(go_on, |_, _, _| (), failed),
        Some(recorder) => {
            let go_on = |task| go_on(task) && start(recorder, task);
            run.run_in_order(go_on, |run, task, failure| end(recorder, run, task, failure), failed);
        }
    }
    drop(place);
    failures.outcome(run)
}

/// True, for the task goes on.
fn start(recorder: &Recorder, task: u32) -> bool {
    recorder.started_in_order(task);
    true
}

fn end(recorder: &Recorder, run: &Run, task: u32, failure: Option<&Failure>) {
    drop(recorder.finished(task, end_of(run, task, failure)));
}
