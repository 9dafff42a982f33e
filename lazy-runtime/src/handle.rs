//! [`Handle`]: a computation that runs in the background.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use crate::error::{Error, Result};
use crate::graph::Finished;
use crate::schedule::{Reason, Stop};

/// A computation that runs in the background: see [`Runtime::spawn`](crate::Runtime::spawn).
///
/// It can be cancelled, waited for, or awaited: it is a [`Future`], for any async runtime. Dropping it lets the
/// computation go on.
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
    pub(crate) stop: Stop,
}

enum State {
    Running(Option<Waker>),
    Done(Box<Result<Finished>>),
    Taken,
}

impl Job {
    pub(crate) fn new(stop: Stop) -> Arc<Self> {
        Arc::new(Job { state: Mutex::new(State::Running(None)), changed: Condvar::new(), stop })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Sets the result, unless there is one: a computation that was cancelled stays cancelled.
    pub(crate) fn complete(&self, result: Result<Finished>) {
        let mut state = self.lock();
        if let State::Running(waker) = &mut *state {
            let waker = waker.take();
            *state = State::Done(Box::new(result));
            drop(state);
            self.changed.notify_all();
            // After the lock is free: a waker is foreign code.
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Waits for the result, or for the time limit of the computation.
    pub(crate) fn wait(&self) -> Result<Finished> {
        let mut state = self.lock();
        loop {
            if !matches!(*state, State::Running(_)) {
                return take(&mut state);
            }
            state = match self.stop.remaining() {
                None => self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner()),
                Some(left) if left.is_zero() => {
                    drop(state);
                    self.stop.stop(Reason::Timeout);
                    self.complete(Err(Error::Timeout(self.stop.limit())));
                    self.lock()
                }
                Some(left) => {
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0
                }
            };
        }
    }

    fn is_done(&self) -> bool {
        !matches!(*self.lock(), State::Running(_))
    }
}

fn take(state: &mut State) -> Result<Finished> {
    match std::mem::replace(state, State::Taken) {
        State::Done(result) => *result,
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
        self.job.complete(Err(Error::Cancelled));
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
    /// If it was polled as a future before and has given its result.
    pub fn join(mut self) -> Result<T> {
        let finished = self.job.wait()?;
        Ok(self.value(finished))
    }
}

impl<T> Future for Handle<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let result = {
            let mut state = self.job.lock();
            if let State::Running(waker) = &mut *state {
                *waker = Some(context.waker().clone());
                return Poll::Pending;
            }
            take(&mut state)
        };
        Poll::Ready(result.map(|finished| self.value(finished)))
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("is_finished", &self.is_finished()).finish()
    }
}
