//! [`Handle`]: a computation that runs in the background.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::execute;
use crate::graph::Finished;
use crate::schedule::{Reason, Stop};

/// A computation that runs in the background: see [`Runtime::spawn`](crate::Runtime::spawn).
///
/// It can be cancelled, waited for, or awaited: it is a [`Future`], for any async runtime. Dropping it lets the
/// computation go on. Inside a task use [`Handle::join`], which helps; blocking on the future there could take the last thread. A
/// time limit ends a join at once; a future is woken when the tasks that run at the time have finished.
#[must_use = "dropping the handle loses the result; the computation goes on"]
pub struct Handle<T> {
    job: Arc<Job>,
    /// Makes the value of the results, on the thread that asks for it: it may clone, and what panics then is the user's.
    take: Option<Box<dyn FnOnce(Finished) -> T + Send>>,
}

/// What a background computation and those who wait for it share.
pub(crate) struct Job {
    state: Mutex<State>,
    changed: Condvar,
    /// The computation, until somebody runs it.
    work: Mutex<Option<Work>>,
    pub(crate) stop: Stop,
}

type Work = Box<dyn FnOnce(&Stop) -> Result<Finished> + Send>;

/// How a computation ended; `Err` is the panic of a value's drop, outside of any task.
type Ended = std::thread::Result<Result<Finished>>;

enum State {
    Running(Option<Waker>),
    Done(Box<Ended>),
    Taken,
}

impl Job {
    pub(crate) fn new(
        stop: Stop,
        work: impl FnOnce(&Stop) -> Result<Finished> + Send + 'static,
    ) -> Arc<Self> {
        Arc::new(Job {
            state: Mutex::new(State::Running(None)),
            changed: Condvar::new(),
            work: Mutex::new(Some(Box::new(work))),
            stop,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn claim(&self) -> Option<Work> {
        self.work.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take()
    }

    /// Runs the computation on this thread, unless somebody else has begun it. Never panics.
    pub(crate) fn run(self: Arc<Self>) {
        if let Some(work) = self.claim() {
            let ended = catch_unwind(AssertUnwindSafe(|| work(&self.stop)));
            // The waker and the results that nobody wants are foreign code as well.
            let _ = catch_unwind(AssertUnwindSafe(move || {
                self.complete(ended);
                drop(self);
            }));
        }
    }

    /// Sets the result, unless there is one: a computation that was cancelled stays cancelled.
    fn complete(&self, ended: Ended) {
        let mut state = self.lock();
        if let State::Running(waker) = &mut *state {
            let waker = waker.take();
            *state = State::Done(Box::new(ended));
            drop(state);
            self.changed.notify_all();
            // After the lock is free: a waker is foreign code.
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Waits for the result, or for the time limit of the computation.
    ///
    /// A thread of a pool runs the computation itself if nobody has begun it, for it may be the only thread that could; while
    /// others run it, it passes the time with jobs of its pool.
    pub(crate) fn wait(self: &Arc<Self>) -> Result<Finished> {
        let on_a_pool = execute::is_own_thread();
        if on_a_pool {
            Arc::clone(self).run();
        }
        let mut state = self.lock();
        while matches!(*state, State::Running(_)) {
            let left = self.stop.remaining();
            if left.is_some_and(|left| left.is_zero()) {
                drop(state);
                self.stop.stop(Reason::Timeout);
                self.complete(Ok(Err(Error::Timeout(self.stop.limit()))));
                state = self.lock();
            } else if on_a_pool {
                drop(state);
                let helped = rayon::yield_now() == Some(rayon::Yield::Executed);
                state = self.lock();
                if !helped {
                    state = self.sleep(state, Some(left.unwrap_or(NAP).min(NAP)));
                }
            } else {
                state = self.sleep(state, left);
            }
        }
        take(&mut state)
    }

    /// Sleeps until something has changed, or some time has passed.
    fn sleep<'a>(
        &self,
        state: MutexGuard<'a, State>,
        limit: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        if !matches!(*state, State::Running(_)) {
            return state;
        }
        match limit {
            None => self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner()),
            Some(limit) => {
                let waited = self.changed.wait_timeout(state, limit);
                waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0
            }
        }
    }

    /// Whether somebody runs the computation, or has run it.
    pub(crate) fn is_begun(&self) -> bool {
        self.work.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).is_none()
    }

    fn is_done(&self) -> bool {
        !matches!(*self.lock(), State::Running(_))
    }

    /// The result, or the waker to be called when there is one. The waker that was there before is given back, to be dropped
    /// when the lock is free: wakers are foreign code.
    fn poll(&self, waker: Waker) -> (Option<Result<Finished>>, Option<Waker>) {
        let mut state = self.lock();
        match &mut *state {
            State::Running(before) => (None, before.replace(waker)),
            State::Done(_) | State::Taken => (Some(take(&mut state)), Some(waker)),
        }
    }
}

/// How long a thread of a pool sleeps before it looks for jobs again.
const NAP: Duration = Duration::from_micros(200);

fn take(state: &mut State) -> Result<Finished> {
    match std::mem::replace(state, State::Taken) {
        State::Done(ended) => ended.unwrap_or_else(|panic| resume_unwind(panic)),
        State::Running(_) | State::Taken => {
            panic!("a Handle was polled after it had given its result")
        }
    }
}

impl<T> Handle<T> {
    pub(crate) fn new(job: Arc<Job>, take: Box<dyn FnOnce(Finished) -> T + Send>) -> Self {
        Handle { job, take: Some(take) }
    }

    fn value(&mut self, finished: Finished) -> T {
        let take = self.take.take().expect("a job gives its results once");
        take(finished)
    }

    /// Stops the computation: no further task starts, and [`Handle::join`] returns
    /// [`Error::Cancelled`] at once. Tasks that are running finish in the background, and what they return is dropped.
    ///
    /// Does nothing if the computation has finished.
    pub fn cancel(&self) {
        self.job.stop.stop(Reason::Cancelled);
        // What has not begun never will.
        drop(self.job.claim());
        self.job.complete(Ok(Err(Error::Cancelled)));
    }

    /// Whether [`Handle::join`] would return at once.
    pub fn is_finished(&self) -> bool {
        self.job.is_done()
    }

    /// Waits for the value.
    ///
    /// # Errors
    /// As [`Collection::compute`](crate::Collection::compute), and [`Error::Cancelled`] after [`Handle::cancel`].
    ///
    /// # Panics
    /// If it was polled as a future before and has given its result; or if, outside of any task, the drop of a value
    /// panicked.
    pub fn join(mut self) -> Result<T> {
        let finished = self.job.wait()?;
        Ok(self.value(finished))
    }
}

impl<T> Future for Handle<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let (result, _waker) = self.job.poll(context.waker().clone());
        let Some(result) = result else { return Poll::Pending };
        Poll::Ready(result.map(|finished| self.value(finished)))
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("is_finished", &self.is_finished()).finish()
    }
}
