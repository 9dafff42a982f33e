//! [`Handle`]: a computation that runs in the background.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::error::Result;
use crate::graph::Finished;
use crate::job::Job;

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

impl<T> Handle<T> {
    pub(crate) fn new(job: Arc<Job>, take: Box<dyn FnOnce(Finished) -> T + Send>) -> Self {
        Handle { job, take: Some(take) }
    }

    fn value(&mut self, finished: Finished) -> T {
        let take = self.take.take().expect("a job gives its results once");
        take(finished)
    }

    /// Stops the computation: no further task starts, and [`Handle::join`] returns
    /// [`Error::Cancelled`](crate::Error::Cancelled) at once. Tasks that are running finish in the background, and what they return is dropped.
    ///
    /// Does nothing if the computation has finished.
    pub fn cancel(&self) {
        self.job.cancel();
    }

    /// Whether [`Handle::join`] would return at once.
    pub fn is_finished(&self) -> bool {
        self.job.is_done()
    }

    /// Waits for the value.
    ///
    /// # Errors
    /// As [`Collection::compute`](crate::Collection::compute), and [`Error::Cancelled`](crate::Error::Cancelled) after [`Handle::cancel`].
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
