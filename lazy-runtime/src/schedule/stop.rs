//! When a run should start no further task.

use std::time::{Duration, Instant};

use crate::sync::{AtomicU8, Ordering};

/// Why a run was stopped early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Reason {
    Failed = 1,
    Cancelled = 2,
    Timeout = 3,
}

/// Asked before each task. Tasks that are running are never interrupted.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    reason: AtomicU8,
    deadline: Option<Instant>,
    limit: Duration,
}

impl Stop {
    pub(crate) fn after(limit: Option<Duration>) -> Self {
        // A limit too far away for the clock is no limit.
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        Stop { reason: AtomicU8::new(0), deadline, limit: limit.unwrap_or_default() }
    }

    /// Of what is a part of the other run: with the same time limit, and not stopped yet.
    pub(crate) fn as_of(other: &Stop) -> Self {
        Stop { reason: AtomicU8::new(0), ..*other }
    }

    /// Stops the run, unless it is stopped already.
    pub(crate) fn stop(&self, reason: Reason) {
        // A second reason changes nothing: the first is the one to report.
        let reason = reason as u8;
        let _ = self.reason.compare_exchange(0, reason, Ordering::Relaxed, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn goes_on(&self) -> bool {
        // Relaxed: seeing it one task later does no harm, and results are handed over by other means.
        self.reason.load(Ordering::Relaxed) == 0 && self.deadline.is_none_or(|at| self.in_time(at))
    }

    fn in_time(&self, deadline: Instant) -> bool {
        let in_time = Instant::now() < deadline;
        if !in_time {
            self.stop(Reason::Timeout);
        }
        in_time
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Time left until the deadline; `None` without one.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// The time limit that was given; zero without one.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    pub(crate) fn reason(&self) -> Option<Reason> {
        match self.reason.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Reason::Failed),
            2 => Some(Reason::Cancelled),
            _ => Some(Reason::Timeout),
        }
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    #[test]
    fn the_first_reason_wins_and_stays() {
        loom::model(|| {
            let stop = Arc::new(Stop::after(None));
            let others = [Reason::Failed, Reason::Cancelled].map(|reason| {
                let stop = Arc::clone(&stop);
                thread::spawn(move || {
                    stop.stop(reason);
                    assert!(!stop.goes_on(), "whoever stops a run sees it stopped");
                    stop.reason()
                })
            });
            let early = stop.reason();
            let seen = others.map(|other| other.join().unwrap());
            let reason = stop.reason();
            assert!(matches!(reason, Some(Reason::Failed | Reason::Cancelled)));
            assert!(early.is_none() || early == reason);
            assert_eq!(seen, [reason; 2]);
        });
    }

    #[test]
    fn a_deadline_that_has_passed_does_not_change_an_earlier_reason() {
        loom::model(|| {
            let stop = Arc::new(Stop::after(Some(Duration::ZERO)));
            let other = thread::spawn({
                let stop = Arc::clone(&stop);
                move || stop.stop(Reason::Cancelled)
            });
            assert!(!stop.goes_on());
            let seen = stop.reason();
            other.join().unwrap();
            assert!(matches!(seen, Some(Reason::Cancelled | Reason::Timeout)));
            assert_eq!(seen, stop.reason());
        });
    }
}
