//! The reference: a plain loop in static order on the calling thread.

use super::notes::{Notes, Unobserved};
use super::threaded::Place;
use super::{Failures, Order};
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
    match order.recorder {
        None => run_all(&mut run, &failures, Unobserved),
        Some(recorder) => run_all(&mut run, &failures, recorder),
    }
    drop(place);
    failures.outcome(run)
}

fn run_all(run: &mut Run, failures: &Failures<'_>, notes: impl Notes) {
    let go_on = |task| {
        let goes_on = failures.order.stop.goes_on();
        if goes_on {
            notes.started_in_order(task);
        }
        goes_on
    };
    run.run_in_order(go_on, |run, task, failure| {
        notes.ended(run, task, failure.as_ref());
        if let Some(failure) = failure {
            failures.add(task, failure);
        }
    });
}
