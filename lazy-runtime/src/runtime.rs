//! [`Runtime`]: where tasks run.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

use crate::collection::{Collection, Compute, Results, outputs};
use crate::delayed::Delayed;
use crate::error::{Error, Result};
use crate::execute::{self, Order};
use crate::graph::{Finished, NodeRef, Snapshot};
use crate::handle::{Handle, Job};
use crate::options::ComputeOptions;
use crate::schedule::Stop;

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
}

/// Settings of a [`Runtime`].
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct RuntimeBuilder {
    num_threads: usize,
    scheduler: Scheduler,
}

impl RuntimeBuilder {
    /// How many tasks run at once. Default, and meaning of 0: as many as there are cores.
    ///
    /// [`Scheduler::Synchronous`] has no threads and ignores it.
    pub fn num_threads(mut self, num_threads: usize) -> Self {
        self.num_threads = num_threads;
        self
    }

    /// How tasks run. Default: [`Scheduler::Threads`].
    pub fn scheduler(mut self, scheduler: Scheduler) -> Self {
        self.scheduler = scheduler;
        self
    }

    /// Starts the threads.
    ///
    /// # Errors
    /// [`Error::Threads`] if the system gives no more threads.
    pub fn build(self) -> Result<Runtime> {
        if self.scheduler == Scheduler::Synchronous {
            return Ok(Runtime { inner: Arc::new(Inner { pool: None }) });
        }
        let cell = Arc::new(OnceLock::new());
        let of_thread = Arc::clone(&cell);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.num_threads)
            .thread_name(|i| format!("lazy-{i}"))
            .start_handler(move |_| THREAD_OF.set(Some(Arc::clone(&of_thread))))
            .build()
            .map_err(|error| Error::Threads(std::io::Error::other(error)))?;
        let inner = Arc::new(Inner { pool: Some(pool) });
        let first = cell.set(Arc::downgrade(&inner));
        debug_assert!(first.is_ok(), "the cell is this pool's own");
        Ok(Runtime { inner })
    }
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
                    Runtime { inner: Arc::new(Inner { pool: None }) }
                })
            })
            .clone()
    }

    /// Makes this the runtime of everything that `work` computes. Installations nest; `work` runs on the calling thread.
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
    /// On [`Scheduler::Synchronous`] it gets a thread of its own.
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
        let job = Job::new(Stop::after(options.timeout));
        let outputs = outputs(collection);
        let collection = collection.clone();
        self.start(&job, outputs, options.collect_errors);
        Handle::new(job, Box::new(move |finished| collection.take(&mut Results::new(finished))))
    }

    /// Runs `outputs` in the background and completes the job with the results.
    fn start(&self, job: &Arc<Job>, outputs: Vec<NodeRef>, collect_errors: bool) {
        let (runtime, job) = (self.clone(), Arc::clone(job));
        let work = move || {
            let order = Order { stop: &job.stop, collect_errors };
            job.complete(runtime.execute(outputs, &order));
        };
        match &self.inner.pool {
            Some(pool) => pool.spawn(work),
            None => drop(std::thread::spawn(work)),
        }
    }

    fn results<C: Collection + ?Sized>(
        &self,
        collection: &C,
        options: ComputeOptions,
    ) -> Result<Results> {
        let outputs = outputs(collection);
        let on_a_worker = rayon::current_thread_index().is_some();
        if options.timeout.is_some() && self.inner.pool.is_some() && !on_a_worker {
            // In the background, so that this thread can give up waiting when the time is over.
            let job = Job::new(Stop::after(options.timeout));
            self.start(&job, outputs, options.collect_errors);
            return job.wait().map(Results::new);
        }
        let stop = Stop::after(options.timeout);
        let order = Order { stop: &stop, collect_errors: options.collect_errors };
        match &self.inner.pool {
            Some(pool) => pool.install(|| self.execute(outputs, &order)),
            None => self.execute(outputs, &order),
        }
        .map(Results::new)
    }

    /// Runs on this thread, which is one of the pool if there is a pool.
    fn execute(&self, outputs: Vec<NodeRef>, order: &Order<'_>) -> Result<Finished> {
        let _installed = Installed::new(self.clone());
        let snapshot = Snapshot::new(outputs);
        match self.num_threads() {
            1 => execute::synchronous(snapshot, order),
            threads => execute::threaded(snapshot, order, threads),
        }
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
