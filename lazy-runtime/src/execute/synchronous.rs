//! The reference: a plain loop in static order on the calling thread.

use super::threaded::Place;
use super::{Failures, Order, end_of};
use crate::error::Result;
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
    let go_on = |task| {
        let goes_on = order.stop.goes_on();
        if let Some(recorder) = order.recorder.filter(|_| goes_on) {
            recorder.started_in_order(task);
        }
        goes_on
    };
    run.run_in_order(go_on, |run, task, failure| {
        if let Some(recorder) = order.recorder {
            recorder.finished(task, end_of(run, task, failure.as_ref()));
        }
        if let Some(failure) = failure {
            failures.add(task, failure);
        }
    });
    drop(place);
    failures.outcome(run)
}
