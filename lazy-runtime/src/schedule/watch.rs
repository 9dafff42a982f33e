//! Watching a worker that goes in static order, to see whether its tasks are worth sharing.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// From that much time a task on, several workers are worth what they cost: some 100 ns a task, counters and queues included.
const WORTH: Duration = Duration::from_nanos(250);

/// The shortest time that says anything: the first tasks of a run are slow, for nothing is in the caches yet.
const SHORTEST_LOOK: Duration = Duration::from_micros(10);

/// How long to look at first, and at most, before the next look.
const FIRST_LOOK: Duration = Duration::from_micros(20);
const LONGEST_LOOK: Duration = Duration::from_millis(1);

/// The pace of the worker that goes in order.
pub(crate) struct Watch {
    begun: Instant,
    has_ended: Mutex<bool>,
    ended: Condvar,
}

impl Watch {
    /// The worker begins.
    pub(crate) fn begin() -> Self {
        Watch { begun: Instant::now(), has_ended: Mutex::new(false), ended: Condvar::new() }
    }

    /// Nothing is left to be watched.
    pub(crate) fn end(&self) {
        *self.lock() = true;
        self.ended.notify_all();
    }

    /// Watches until the tasks are worth sharing: true; or there is nothing left to share: false. `n_passed` says how many tasks have been
    /// passed so far.
    pub(crate) fn is_worth_sharing(&self, n_passed: impl Fn() -> u32) -> bool {
        let (mut since, mut before) = (self.begun, 0);
        let mut look = FIRST_LOOK;
        while self.begun.elapsed() < SHORTEST_LOOK {
            if *self.lock() {
                return false;
            }
            std::hint::spin_loop();
        }
        loop {
            let (now, passed) = (Instant::now(), n_passed());
            // A task that was begun has not been passed: one long one is enough.
            if now - since >= WORTH * (passed - before).max(1) {
                return !*self.lock();
            }
            let timeout = self.ended.wait_timeout_while(self.lock(), look, |ended| !*ended);
            if *timeout.unwrap_or_else(PoisonError::into_inner).0 {
                return false;
            }
            // The time before the first look is forgotten: the tasks may have become longer.
            (since, before) = (now, passed);
            look = (look * 2).min(LONGEST_LOOK);
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.has_ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
