//! [`Observer`]: who is told what a run does.

use std::sync::Arc;
use std::time::Duration;

use super::event::{
    CacheEvent, RunFinish, RunStart, SpillEvent, TaskFinished, TaskReady, TaskStarted,
};

/// Told what the runs of a runtime do. Every method does nothing unless it is written.
///
/// Observers are called on a thread of their own, some milliseconds late, one event after the other in order of time: workers only take
/// notes. A run returns when its observers have been told all of it; whoever waits for one that is cancelled or out of time does not wait for them. An observer may compute; while it does, other
/// runs do not wait for it, and what it computes on the same runtime it is told of as well.
///
/// Of each run, [`start`](Observer::start) comes first and [`finish`](Observer::finish) last. In between, each task is ready, then
/// started, then finished; tasks that never begin because the run is stopped may be ready, and no more. Where one worker goes
/// through a run in order, a task is told to be ready when it starts.
///
/// An observer that panics is dropped, with a warning on standard error; the others go on.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// use lazy_runtime::Runtime;
/// use lazy_runtime::diagnostics::{Observer, TaskFinished};
/// use lazy_runtime::prelude::*;
///
/// #[derive(Default)]
/// struct Count(AtomicUsize);
///
/// impl Observer for Count {
///     fn finished(&self, _: &TaskFinished) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
/// }
///
/// let count = Arc::new(Count::default());
/// let runtime = Runtime::builder().observer(Arc::clone(&count)).build()?;
/// runtime.compute(&(delayed(20) + 1 + 2))?;
/// assert_eq!(count.0.load(Ordering::Relaxed), 2);
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[expect(unused_variables, reason = "the names of the parameters are for the documentation")]
pub trait Observer: Send + Sync + 'static {
    /// A run begins.
    fn start(&self, event: &RunStart) {}

    /// All that a task depends on is there.
    fn ready(&self, event: &TaskReady) {}

    /// A task begins.
    fn started(&self, event: &TaskStarted) {}

    /// A task has ended, well or not.
    fn finished(&self, event: &TaskFinished) {}

    /// A cache was asked for a value, or given one.
    fn cache(&self, event: &CacheEvent) {}

    /// A value went to disk to make room, or came back.
    fn spill(&self, event: &SpillEvent) {}

    /// A run has ended.
    fn finish(&self, event: &RunFinish) {}

    /// Nothing in particular: called some ten times a second while there are runs, with the time that it is.
    fn tick(&self, now: Duration) {}
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn start(&self, event: &RunStart) {
        (**self).start(event);
    }

    fn ready(&self, event: &TaskReady) {
        (**self).ready(event);
    }

    fn started(&self, event: &TaskStarted) {
        (**self).started(event);
    }

    fn finished(&self, event: &TaskFinished) {
        (**self).finished(event);
    }

    fn cache(&self, event: &CacheEvent) {
        (**self).cache(event);
    }

    fn spill(&self, event: &SpillEvent) {
        (**self).spill(event);
    }

    fn finish(&self, event: &RunFinish) {
        (**self).finish(event);
    }

    fn tick(&self, now: Duration) {
        (**self).tick(now);
    }
}
