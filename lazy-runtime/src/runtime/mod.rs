//! [`Runtime`]: where tasks run.

mod builder;
mod plan;

pub use builder::RuntimeBuilder;

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

use crate::cache::Cache;
use crate::collection::{Collection, Compute, Results, outputs};
use crate::delayed::Delayed;
use crate::diagnostics::{Dispatcher, Recorder, RunOutcome, note_computation};
use crate::error::Result;
use crate::execute::{self, Order};
use crate::graph::{self, Finished};
use crate::handle::Handle;
use crate::job::Job;
use crate::options::ComputeOptions;
use crate::schedule::Stop;
use crate::stand_in::{stand_in, stands_in};
use crate::store::{Memory, SpillFolder};
use plan::{Patience, Work};

/// How a runtime runs tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Scheduler {
    /// On the threads of the runtime, as many tasks at once as there are threads.
    #[default]
    Threads,
    /// One after the other on the calling thread, in static order: for debugging, and to hold results against.
    Synchronous,
}

/// Where tasks run: a pool of threads, and a way to use them.
///
/// A program needs none of its own: a default runtime, with a thread for each core, is made on first use. Cloning
/// one copies a reference. Its threads end when the last one is dropped and their work is done.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
/// use lazy_runtime::{Runtime, Scheduler};
///
/// let z = delayed(20) + 1;
///
/// let two = Runtime::builder().num_threads(2).build()?;
/// assert_eq!(two.compute(&z)?, 21);
///
/// let here = Runtime::builder().scheduler(Scheduler::Synchronous).build()?;
/// assert_eq!(here.install(|| (&z * 2).compute())?, 42);
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct Runtime {
    inner: Arc<Inner>,
}

struct Inner {
    /// `None`: tasks run on the calling thread.
    pool: Option<rayon::ThreadPool>,
    /// `None`: nobody observes.
    dispatcher: Option<Dispatcher>,
    kept: Kept,
}

/// Where results are kept.
struct Kept {
    caches: Cache,
    /// The limit, if there is one.
    memory: Option<Arc<Memory>>,
    /// Where results go that memory has no room for, and files of tasks.
    folder: Arc<SpillFolder>,
}

/// Tells the threads of a pool whose they are; filled as soon as the runtime exists.
type Owner = Arc<OnceLock<Weak<Inner>>>;

thread_local! {
    /// Runtimes installed on this thread, the innermost last.
    static INSTALLED: RefCell<Vec<Runtime>> = const { RefCell::new(Vec::new()) };
    static THREAD_OF: std::cell::Cell<Option<Owner>> = const { std::cell::Cell::new(None) };
}

/// Uninstalls a runtime when dropped.
struct Installed;

impl Installed {
    fn new(runtime: Runtime) -> Self {
        INSTALLED.with_borrow_mut(|installed| installed.push(runtime));
        Installed
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        // Dropped after the borrow: it may be the runtime's last reference.
        let _last = INSTALLED.with_borrow_mut(Vec::pop);
    }
}

impl Runtime {
    /// Settings to start from.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    /// The runtime that [`Collection::compute`] uses here: the innermost [installed](Runtime::install) one, else the one
    /// whose thread this is, else the default one.
    pub fn current() -> Runtime {
        INSTALLED
            .with_borrow(|installed| installed.last().cloned())
            .or_else(Self::of_thread)
            .unwrap_or_else(Self::default_runtime)
    }

    fn of_thread() -> Option<Runtime> {
        let owner = THREAD_OF.take()?;
        let inner = owner.get().and_then(Weak::upgrade);
        THREAD_OF.set(Some(owner));
        inner.map(|inner| Runtime { inner })
    }

    fn default_runtime() -> Runtime {
        static DEFAULT: OnceLock<Runtime> = OnceLock::new();
        DEFAULT
            .get_or_init(|| {
                Self::builder().build().unwrap_or_else(|error| {
                    // Without threads there is still this one.
                    eprintln!("lazy-runtime: {error}; tasks run on the calling thread");
                    Self::builder().build_here()
                })
            })
            .clone()
    }

    /// Makes this the runtime of everything that `work` computes on the calling thread, where it runs. Installations nest.
    pub fn install<R>(&self, work: impl FnOnce() -> R) -> R {
        let _installed = Installed::new(self.clone());
        work()
    }

    /// How many tasks run at once.
    pub fn num_threads(&self) -> usize {
        self.inner.pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads)
    }

    /// [`Collection::compute`] on this runtime.
    ///
    /// # Errors
    /// As [`Collection::compute`].
    pub fn compute<C: Compute + ?Sized>(&self, collection: &C) -> Result<C::Output> {
        self.compute_with(collection, ComputeOptions::new())
    }

    /// [`Collection::compute_with`] on this runtime.
    ///
    /// # Errors
    /// As [`Collection::compute_with`].
    pub fn compute_with<C: Compute + ?Sized>(
        &self,
        collection: &C,
        options: ComputeOptions,
    ) -> Result<C::Output> {
        Ok(collection.take(&mut self.results(collection, options)?))
    }

    /// [`Delayed::compute_shared`] on this runtime.
    ///
    /// # Errors
    /// As [`Collection::compute`].
    pub fn compute_shared<T: Send + Sync + 'static>(&self, value: &Delayed<T>) -> Result<Arc<T>> {
        Ok(value.take_shared(&mut self.results(value, ComputeOptions::new())?))
    }

    /// [`Collection::persist`] on this runtime.
    ///
    /// # Errors
    /// As [`Collection::compute`].
    pub fn persist<C: Collection + ?Sized>(&self, collection: &C) -> Result<C::Persisted> {
        self.persist_with(collection, ComputeOptions::new())
    }

    /// [`Runtime::persist`] with options.
    ///
    /// # Errors
    /// As [`Collection::compute_with`].
    pub fn persist_with<C: Collection + ?Sized>(
        &self,
        collection: &C,
        options: ComputeOptions,
    ) -> Result<C::Persisted> {
        Ok(collection.persisted(&mut self.results(collection, options)?))
    }

    /// Starts a computation in the background.
    ///
    /// On [`Scheduler::Synchronous`] it gets a thread of its own. A collection that is not in [order](Collection::check) starts
    /// nothing: the handle tells.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    /// use lazy_runtime::Runtime;
    ///
    /// let handle = Runtime::current().spawn(&(delayed(20) + 1));
    /// // ... something else ...
    /// assert_eq!(handle.join()?, 21);
    /// # Ok::<(), lazy_runtime::Error>(())
    /// ```
    pub fn spawn<C>(&self, collection: &C) -> Handle<C::Output>
    where
        C: Compute + Clone + Send + 'static,
    {
        self.spawn_with(collection, ComputeOptions::new())
    }

    /// [`Runtime::spawn`] with options.
    pub fn spawn_with<C>(&self, collection: &C, options: ComputeOptions) -> Handle<C::Output>
    where
        C: Compute + Clone + Send + 'static,
    {
        note_computation();
        let stop = Stop::after(options.timeout);
        let job = match collection.check() {
            Ok(()) => self.start(Work::Outputs(outputs(collection)), stop, options.collect_errors),
            Err(mistake) => Job::failed(stop, mistake),
        };
        let collection = collection.clone();
        Handle::new(job, Box::new(move |finished| collection.take(&mut Results::new(finished))))
    }

    /// Runs in the background.
    fn start(&self, work: Work, stop: Stop, collect_errors: bool) -> Arc<Job> {
        let runtime = self.clone();
        let job = Job::new(stop, move |stop| {
            runtime.in_pool(work, &Order { stop, collect_errors, recorder: None })
        });
        match &self.inner.pool {
            Some(pool) if !stands_in() => start_on_idle_thread(pool, Arc::clone(&job)),
            of => {
                let (job, stands_in) = (Arc::clone(&job), of.is_some());
                let run = move || if stands_in { stand_in(|| job.run()) } else { job.run() };
                drop(std::thread::spawn(run));
            }
        }
        job
    }

    fn results<C: Collection + ?Sized>(
        &self,
        collection: &C,
        options: ComputeOptions,
    ) -> Result<Results> {
        note_computation();
        collection.check()?;
        let mut work = Work::Outputs(outputs(collection));
        let stop = Stop::after(options.timeout);
        if graph::may_have_cached() && holds_up_nobody() {
            work = self.plan(work.into_outputs(), Patience::Waits(&stop))?.into();
        }
        let is_for_pool = !work.is_done() && !execute::is_own_thread() && !stands_in();
        if self.inner.pool.is_some() && is_for_pool {
            // In the background: this thread can give up waiting when the time is over, and no task that waits for something is held up
            // by a run that was put on top of it.
            return self.start(work, stop, options.collect_errors).wait().map(Results::new);
        }
        let order = Order { stop: &stop, collect_errors: options.collect_errors, recorder: None };
        match work.is_done() {
            true => self.execute(work, &order).map(Results::new),
            false => self.in_pool(work, &order).map(Results::new),
        }
    }

    /// Runs on a thread of the pool: this one if it is or [stands in](stand_in) for one, else another, which this one waits for.
    fn in_pool(&self, work: Work, order: &Order<'_>) -> Result<Finished> {
        match &self.inner.pool {
            Some(pool) if !stands_in() => pool.install(|| self.execute(work, order)),
            _ => self.execute(work, order),
        }
    }

    /// Runs on this thread, which is one of the pool, or stands in for one, if there is a pool and anything to run.
    fn execute(&self, work: Work, order: &Order<'_>) -> Result<Finished> {
        let _installed = Installed::new(self.clone());
        if let Some(reason) = order.stop.reason() {
            return Err(reason.error(order.stop));
        }
        let planned = match work {
            Work::Outputs(outputs) => self.plan(outputs, Patience::None)?,
            Work::Planned(planned) => *planned,
        };
        let is_alone = planned.snapshot.n_tasks() == 0 || stands_in();
        let threads = if is_alone { 1 } else { self.num_threads() };
        let recording = self.inner.dispatcher.as_ref();
        let recording = recording.and_then(|of| Recorder::begin(of, &planned.snapshot, threads));
        let order = Order { recorder: recording.as_deref(), ..*order };
        let (snapshot, keeping) = self.keep(planned, recording.as_ref(), order.stop);
        let result = match threads {
            1 => execute::synchronous(snapshot, keeping, &order),
            threads => execute::threaded(snapshot, keeping, &order, threads),
        };
        if let Some(recording) = recording {
            recording.end(RunOutcome::of(&result));
        }
        result
    }

    /// The memory limit, if there is one, and where that goes which it leaves no room for.
    pub(crate) fn room(&self) -> (Option<&Arc<Memory>>, &Arc<SpillFolder>) {
        (self.inner.kept.memory.as_ref(), &self.inner.kept.folder)
    }

    /// The caches of results between runs: what they hold, and how to clear them.
    pub fn cache(&self) -> Cache {
        self.inner.kept.caches.clone()
    }
}

/// Whether this thread may wait for what others compute: it is in no task, and in no pool, ours or another, whose jobs a task might
/// wait for.
fn holds_up_nobody() -> bool {
    !execute::is_busy() && !stands_in() && rayon::current_thread_index().is_none()
}

/// Has a thread of the pool run the job that is not in the middle of a task: a task that waits for something in rayon would
/// otherwise wait for the whole of the job as well.
fn start_on_idle_thread(pool: &rayon::ThreadPool, job: Arc<Job>) {
    pool.spawn(move || run_when_idle(job));
}

fn run_when_idle(job: Arc<Job>) {
    if execute::is_busy() && !job.is_begun() {
        execute::set_aside(move || run_when_idle(job));
    } else {
        job.run();
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheduler =
            if self.inner.pool.is_some() { Scheduler::Threads } else { Scheduler::Synchronous };
        f.debug_struct("Runtime")
            .field("scheduler", &scheduler)
            .field("num_threads", &self.num_threads())
            .finish()
    }
}
