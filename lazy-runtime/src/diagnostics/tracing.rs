//! [`TracingObserver`]: runs and tasks as spans of the `tracing` crate.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::{Span, info, info_span, warn};

use super::event::{
    CacheEvent, CacheOutcome, RunFinish, RunId, RunStart, SpillEvent, SpillOutcome, TaskFinished,
    TaskOutcome, TaskStarted,
};
use super::observer::Observer;
use crate::key::Key;

/// An [`Observer`] that makes a span of each run, named `run`, and one of each task within it, named `task`; caches and spilling are events
/// in that of their run. Only with the feature `tracing`.
///
/// Spans are opened and closed on the thread that tells observers, some milliseconds after what they stand for: exact times are in
/// the fields `started_ns` and `duration_ns`, in nanoseconds.
///
/// # Examples
/// ```
/// use lazy_runtime::Runtime;
/// use lazy_runtime::diagnostics::TracingObserver;
/// use lazy_runtime::prelude::*;
///
/// let runtime = Runtime::builder().observer(TracingObserver::new()).build()?;
/// assert_eq!(runtime.compute(&(delayed(20) + 1))?, 21);
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct TracingObserver {
    runs: Mutex<HashMap<RunId, Run>>,
}

#[derive(Debug)]
struct Run {
    span: Span,
    tasks: HashMap<Key, Span>,
}

impl TracingObserver {
    /// Spans go to whichever subscriber is the default when they begin.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Run>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn span_of(&self, run: RunId) -> Option<Span> {
        self.lock().get(&run).map(|run| run.span.clone())
    }
}

impl Observer for TracingObserver {
    fn start(&self, event: &RunStart) {
        let span = info_span!(
            "run",
            number = event.run.number(),
            tasks = event.n_tasks,
            workers = event.n_workers,
            started_ns = event.at.as_nanos() as u64,
            duration_ns = tracing::field::Empty,
            outcome = tracing::field::Empty,
        );
        self.lock().insert(event.run, Run { span, tasks: HashMap::new() });
    }

    fn started(&self, event: &TaskStarted) {
        let mut runs = self.lock();
        let Some(run) = runs.get_mut(&event.run) else { return };
        let span = info_span!(
            parent: &run.span,
            "task",
            name = event.key.name(),
            key = %event.key,
            location = %event.location,
            worker = event.worker,
            started_ns = event.at.as_nanos() as u64,
            duration_ns = tracing::field::Empty,
            bytes = tracing::field::Empty,
            outcome = tracing::field::Empty,
        );
        run.tasks.insert(event.key, span);
    }

    fn finished(&self, event: &TaskFinished) {
        let span = self.lock().get_mut(&event.run).and_then(|run| run.tasks.remove(&event.key));
        let Some(span) = span else { return };
        span.record("duration_ns", event.duration().as_nanos() as u64);
        span.record("outcome", event.outcome.name());
        if let Some(bytes) = event.bytes {
            span.record("bytes", bytes);
        }
        if event.outcome != TaskOutcome::Made {
            warn!(parent: &span, outcome = event.outcome.name(), "a task has no result");
        }
    }

    fn cache(&self, event: &CacheEvent) {
        let Some(span) = self.span_of(event.run) else { return };
        let (key, outcome) = (event.key, event.outcome.name());
        match &event.outcome {
            CacheOutcome::NotWritten(why) => warn!(parent: &span, %key, outcome, why, "cache"),
            CacheOutcome::Damaged => warn!(parent: &span, %key, outcome, "cache"),
            _ => info!(parent: &span, %key, outcome, "cache"),
        }
    }

    fn spill(&self, event: &SpillEvent) {
        let Some(span) = self.span_of(event.run) else { return };
        let (key, outcome, bytes) = (event.key, event.outcome.name(), event.bytes);
        match event.outcome {
            SpillOutcome::LimitExceeded => warn!(parent: &span, %key, outcome, bytes, "spill"),
            _ => info!(parent: &span, %key, outcome, bytes, "spill"),
        }
    }

    fn finish(&self, event: &RunFinish) {
        if let Some(run) = self.lock().remove(&event.run) {
            run.span.record("duration_ns", event.duration().as_nanos() as u64);
            run.span.record("outcome", event.outcome.name());
        }
    }
}
