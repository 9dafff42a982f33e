//! The reference: a plain loop in static order on the calling thread.

use super::threaded::Place;
use super::{Failures, Order};
use crate::error::Result;
use crate::graph::{Finished, Run, Snapshot};

/// Runs every task of the snapshot on this thread, in static order.
pub(crate) fn synchronous(snapshot: Snapshot, order: &Order<'_>) -> Result<Finished> {
    // A pool of one thread comes here, too.
    let place = Place::working();
    let mut run = Run::exclusive(snapshot, order.collect_errors);
    let failures = Failures::new(order);
    run.run_in_order(|| order.stop.goes_on(), |task, failure| failures.add(task, failure));
    drop(place);
    failures.outcome(run)
}
