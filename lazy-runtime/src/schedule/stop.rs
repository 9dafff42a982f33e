//! When a run should start no further task.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

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
