//! A background computation, as those who run it and those who wait for it share it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::execute;
use crate::graph::Finished;
use crate::schedule::{Reason, Stop};
use crate::sync::{Condvar, Mutex, MutexGuard};

/// What a background computation and those who wait for it share.
pub(crate) struct Job<R = Finished> {
    state: Mutex<State<R>>,
    changed: Condvar,
    /// The computation, until somebody runs it.
    work: Mutex<Option<Work<R>>>,
    pub(crate) stop: Stop,
}

type Work<R> = Box<dyn FnOnce(&Stop) -> Result<R> + Send>;

/// How a computation ended; `Err` is the panic of a value's drop, outside of any task.
type Ended<R> = std::thread::Result<Result<R>>;

enum State<R> {
    Running(Option<Waker>),
    Done(Box<Ended<R>>),
    Taken,
}

/// Of a computation that ended: its panic goes on where its result was wanted.
fn result_of<R>(ended: Ended<R>) -> Result<R> {
    ended.unwrap_or_else(|panic| resume_unwind(panic))
}

impl<R> Job<R> {
    pub(crate) fn new(
        stop: Stop,
        work: impl FnOnce(&Stop) -> Result<R> + Send + 'static,
    ) -> Arc<Self> {
        Arc::new(Job {
            state: Mutex::new(State::Running(None)),
            changed: Condvar::new(),
            work: Mutex::new(Some(Box::new(work))),
            stop,
        })
    }

    /// One that has ended before it began.
    pub(crate) fn failed(stop: Stop, error: Error) -> Arc<Self> {
        Arc::new(Job {
            state: Mutex::new(State::Done(Box::new(Ok(Err(error))))),
            changed: Condvar::new(),
            work: Mutex::new(None),
            stop,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn claim(&self) -> Option<Work<R>> {
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
    fn complete(&self, ended: Ended<R>) {
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

    /// Stops the computation: what has not begun never will, and whoever waits hears of it at once. Does nothing if it has finished.
    pub(crate) fn cancel(&self) {
        self.stop.stop(Reason::Cancelled);
        let work = self.claim();
        self.complete(Ok(Err(Error::Cancelled)));
        // At last: what the computation holds is the user's, and its drop may panic.
        drop(work);
    }

    /// Waits for the result, or for the time limit of the computation.
    ///
    /// A thread of a pool runs the computation itself if nobody has begun it, for it may be the only thread that could; while
    /// others run it, it passes the time with jobs of its pool.
    pub(crate) fn wait(self: &Arc<Self>) -> Result<R> {
        self.wait_on(execute::is_own_thread())
    }

    fn wait_on(self: &Arc<Self>, on_a_pool: bool) -> Result<R> {
        if on_a_pool {
            Arc::clone(self).run();
        }
        let mut state = self.lock();
        while matches!(*state, State::Running(_)) {
            let left = self.stop.remaining();
            if left.is_some_and(|left| left.is_zero()) {
                drop(state);
                self.stop.stop(Reason::Timeout);
                // What has not begun never will, and what it holds others may wait for.
                let work = self.claim();
                self.complete(Ok(Err(Error::Timeout(self.stop.limit()))));
                drop(work);
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
        let ended = take(&mut state);
        drop(state);
        result_of(ended)
    }

    /// Sleeps until something has changed, or some time has passed.
    fn sleep<'a>(
        &self,
        state: MutexGuard<'a, State<R>>,
        limit: Option<Duration>,
    ) -> MutexGuard<'a, State<R>> {
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

    pub(crate) fn is_done(&self) -> bool {
        !matches!(*self.lock(), State::Running(_))
    }

    /// The result, or the waker to be called when there is one. The waker that was there before is given back, to be dropped
    /// when the lock is free: wakers are foreign code.
    pub(crate) fn poll(&self, waker: Waker) -> (Option<Result<R>>, Option<Waker>) {
        let mut state = self.lock();
        match &mut *state {
            State::Running(before) => (None, before.replace(waker)),
            State::Done(_) | State::Taken => {
                let ended = take(&mut state);
                drop(state);
                (Some(result_of(ended)), Some(waker))
            }
        }
    }
}

/// How long a thread of a pool sleeps before it looks for jobs again.
const NAP: Duration = Duration::from_micros(200);

fn take<R>(state: &mut State<R>) -> Ended<R> {
    match std::mem::replace(state, State::Taken) {
        State::Done(ended) => *ended,
        State::Running(_) | State::Taken => {
            panic!("a Handle was polled after it had given its result")
        }
    }
}

#[cfg(all(test, loom))]
mod models {
    use std::task::Wake;

    use loom::thread;

    use super::*;
    use crate::sync::{AtomicU32, Ordering};

    /// How often the work of a job was begun, and how many of its results and of what it holds there are.
    #[derive(Default)]
    struct Counts {
        begun: AtomicU32,
        held: AtomicU32,
    }

    impl Counts {
        fn begun(&self) -> u32 {
            self.begun.load(Ordering::Relaxed)
        }

        fn held(&self) -> u32 {
            self.held.load(Ordering::Relaxed)
        }
    }

    /// What work holds, and its result.
    struct Value(Arc<Counts>);

    impl Value {
        fn new(counts: &Arc<Counts>) -> Self {
            counts.held.fetch_add(1, Ordering::Relaxed);
            Value(Arc::clone(counts))
        }
    }

    impl Drop for Value {
        fn drop(&mut self) {
            self.0.held.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// A job that does as an executor does: it asks whether to go on, then makes its value.
    fn job(stop: Stop) -> (Arc<Job<Value>>, Arc<Counts>) {
        let counts = Arc::new(Counts::default());
        let value = Value::new(&counts);
        let work = move |stop: &Stop| {
            value.0.begun.fetch_add(1, Ordering::Relaxed);
            match stop.goes_on() {
                true => Ok(value),
                false => Err(Error::Cancelled),
            }
        };
        (Job::new(stop, work), counts)
    }

    /// A job whose work panics.
    fn failing_job() -> Arc<Job<Value>> {
        // Not `panic!`: it would be printed each time.
        Job::new(Stop::after(None), |_| resume_unwind(Box::new("the job's own panic")))
    }

    fn spawn<T: 'static>(
        job: &Arc<Job<Value>>,
        run: impl FnOnce(Arc<Job<Value>>) -> T + 'static,
    ) -> thread::JoinHandle<T> {
        let job = Arc::clone(job);
        thread::spawn(move || run(job))
    }

    /// Everybody has gone: nothing is left, and nothing ended twice.
    fn assert_over(job: Arc<Job<Value>>, counts: &Counts) {
        drop(job);
        assert_eq!(counts.held(), 0);
    }

    #[test]
    fn whoever_waits_wakes_and_gets_the_result() {
        loom::model(|| {
            let (job, counts) = job(Stop::after(None));
            let worker = spawn(&job, Job::run);
            assert!(job.wait_on(false).is_ok());
            worker.join().unwrap();
            assert_eq!(counts.begun(), 1);
            assert_over(job, &counts);
        });
    }

    #[test]
    fn a_job_is_finished_or_cancelled_and_never_both() {
        loom::model(|| {
            let (job, counts) = job(Stop::after(None));
            let worker = spawn(&job, Job::run);
            let canceller = spawn(&job, |job| {
                job.cancel();
                assert!(job.is_done(), "cancelling takes effect at once");
            });
            let result = job.wait_on(false);
            canceller.join().unwrap();
            worker.join().unwrap();
            assert!(counts.begun() <= 1);
            match result {
                Ok(value) => drop(value),
                Err(error) => assert!(matches!(error, Error::Cancelled)),
            }
            // The result was given once; nothing that ends later takes its place.
            assert!(matches!(*job.lock(), State::Taken));
            assert_over(job, &counts);
        });
    }

    #[test]
    fn a_job_that_is_cancelled_before_it_is_waited_for_gives_one_answer() {
        loom::model(|| {
            let (job, counts) = job(Stop::after(None));
            let worker = spawn(&job, Job::run);
            job.cancel();
            let was_begun = job.is_begun();
            let result = job.wait_on(false);
            worker.join().unwrap();
            assert!(was_begun, "what was not begun never will be");
            assert!(result.is_err() || counts.begun() == 1);
            drop(result);
            assert_over(job, &counts);
        });
    }

    #[test]
    fn a_time_limit_ends_a_join_and_leaves_nothing_behind() {
        loom::model(|| {
            let (job, counts) = job(Stop::after(Some(Duration::ZERO)));
            let worker = spawn(&job, Job::run);
            let result = job.wait_on(false);
            assert!(matches!(result, Err(Error::Timeout(_) | Error::Cancelled)));
            worker.join().unwrap();
            assert_over(job, &counts);
        });
    }

    #[test]
    fn a_panic_wakes_whoever_waits_and_goes_to_them_once() {
        loom::model(|| {
            let job = failing_job();
            let worker = spawn(&job, Job::run);
            let waited = catch_unwind(AssertUnwindSafe(|| job.wait_on(false)));
            let panic = waited.err().expect("the job panics");
            assert_eq!(panic.downcast_ref(), Some(&"the job's own panic"));
            worker.join().expect("the panic goes to whoever waits, not to the worker");
            assert!(matches!(*job.lock(), State::Taken));
        });
    }

    #[test]
    fn a_panic_against_a_cancellation_gives_one_of_them() {
        loom::model(|| {
            let job = failing_job();
            let worker = spawn(&job, Job::run);
            let canceller = spawn(&job, |job| job.cancel());
            match catch_unwind(AssertUnwindSafe(|| job.wait_on(false))) {
                Ok(result) => assert!(matches!(result, Err(Error::Cancelled))),
                Err(panic) => assert!(panic.is::<&str>()),
            }
            canceller.join().unwrap();
            worker.join().unwrap();
            assert!(matches!(*job.lock(), State::Taken));
        });
    }

    #[test]
    fn a_thread_of_a_pool_runs_what_nobody_has_begun() {
        loom::model(|| {
            let (job, counts) = job(Stop::after(None));
            let worker = spawn(&job, Job::run);
            assert!(job.wait_on(true).is_ok());
            worker.join().unwrap();
            assert_eq!(counts.begun(), 1);
            assert_over(job, &counts);
        });
    }

    #[test]
    fn a_thread_of_a_pool_does_not_wait_for_another_to_come() {
        loom::model(|| {
            let (job, counts) = job(Stop::after(None));
            assert!(job.wait_on(true).is_ok());
            assert_over(job, &counts);
        });
    }

    #[test]
    fn a_handle_that_is_dropped_leaves_nothing_behind() {
        loom::model(|| {
            let (job, counts) = job(Stop::after(None));
            let worker = spawn(&job, Job::run);
            drop(job);
            worker.join().unwrap();
            assert_eq!((counts.begun(), counts.held()), (1, 0));
        });
    }

    /// A waker that wakes a thread.
    struct Alarm {
        rang: Mutex<bool>,
        ringing: Condvar,
    }

    impl Wake for Alarm {
        fn wake(self: Arc<Self>) {
            *self.rang.lock().unwrap() = true;
            self.ringing.notify_all();
        }
    }

    impl Alarm {
        fn new() -> Arc<Self> {
            Arc::new(Alarm { rang: Mutex::new(false), ringing: Condvar::new() })
        }

        fn sleep(&self) {
            let mut rang = self.rang.lock().unwrap();
            while !*rang {
                rang = self.ringing.wait(rang).unwrap();
            }
        }
    }

    /// Polls with one waker, then with another, as a future does that moves to another executor.
    fn poll_until_done(job: &Job<Value>) -> Result<Value> {
        let (first, second) = (Alarm::new(), Alarm::new());
        if let (Some(result), _) = job.poll(Waker::from(first)) {
            return result;
        }
        if let (Some(result), _) = job.poll(Waker::from(Arc::clone(&second))) {
            return result;
        }
        second.sleep();
        job.poll(Waker::noop().clone()).0.expect("a waker is called when there is a result")
    }

    #[test]
    fn the_last_waker_is_called_when_the_job_ends() {
        loom::model(|| {
            let (job, counts) = job(Stop::after(None));
            let worker = spawn(&job, Job::run);
            assert!(poll_until_done(&job).is_ok());
            worker.join().unwrap();
            assert_over(job, &counts);
        });
    }

    #[test]
    fn a_future_wakes_when_its_job_is_cancelled_or_ends() {
        loom::model(|| {
            let (job, counts) = job(Stop::after(None));
            let worker = spawn(&job, Job::run);
            let canceller = spawn(&job, |job| job.cancel());
            drop(poll_until_done(&job));
            canceller.join().unwrap();
            worker.join().unwrap();
            assert_over(job, &counts);
        });
    }
}
