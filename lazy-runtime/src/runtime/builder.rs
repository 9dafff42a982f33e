//! [`RuntimeBuilder`]: settings of a runtime.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::{Inner, Kept, Runtime, Scheduler, THREAD_OF};
use crate::cache::{Cache, DiskCache, MemoryCache};
use crate::diagnostics::{Dispatcher, Observer};
use crate::error::{Error, Result};
use crate::execute;
use crate::store::{Memory, SpillFolder};

/// Settings of a [`Runtime`].
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct RuntimeBuilder {
    num_threads: usize,
    stack_size: Option<usize>,
    scheduler: Scheduler,
    observers: Vec<Arc<dyn Observer>>,
    cache_bytes: Option<usize>,
    cache_dir: Option<PathBuf>,
    cache_dir_bytes: Option<u64>,
    cache_dir_age: Option<Duration>,
    memory_limit: Option<usize>,
    spill_dir: Option<PathBuf>,
}

/// Bytes of a thread's stack, unless told otherwise: room for some thousand nested computations. Only what is used is taken.
const STACK: usize = 16 << 20;

const CACHE_BYTES: usize = 1 << 30;
const CACHE_DIR_BYTES: u64 = 10 << 30;
const CACHE_DIR_AGE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

fn default_cache_dir() -> PathBuf {
    match std::env::var_os("LAZY_CACHE_DIR") {
        Some(path) if !path.is_empty() => path.into(),
        _ => dirs::cache_dir().unwrap_or_else(std::env::temp_dir).join("lazy-cache"),
    }
}

impl RuntimeBuilder {
    /// How many tasks run at once. Default, and meaning of 0: as many as there are cores.
    ///
    /// [`Scheduler::Synchronous`] has no threads and ignores it.
    pub fn num_threads(mut self, num_threads: usize) -> Self {
        self.num_threads = num_threads;
        self
    }

    /// Bytes of each thread's stack. Default: 16 MiB.
    ///
    /// A task that computes needs some kilobytes of the stack for each level of nesting.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// How tasks run. Default: [`Scheduler::Threads`].
    pub fn scheduler(mut self, scheduler: Scheduler) -> Self {
        self.scheduler = scheduler;
        self
    }

    /// Adds one who is told what runs do: see [`diagnostics`](crate::diagnostics). Any number of them.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Bytes of results of `#[delayed(cache)]` functions that are kept in memory. Default: 1 GiB.
    ///
    /// What is worth least, by the time it takes to compute a byte of it again and by how long it has not been used, makes room. With 0
    /// nothing is kept.
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = Some(bytes);
        self
    }

    /// The folder for results of `#[delayed(cache = "disk")]` functions; it is made when there is something to put into it.
    ///
    /// Default: the one that the environment variable `LAZY_CACHE_DIR` names, else `lazy-cache` in the user's folder for caches
    /// (`~/.cache` on Linux), else in that for temporary files. Several processes may use one folder at once.
    pub fn cache_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(path.into());
        self
    }

    /// Bytes of files in the [cache folder](RuntimeBuilder::cache_dir); those not used for longest are removed. Default: 10 GiB.
    pub fn cache_dir_bytes(mut self, bytes: u64) -> Self {
        self.cache_dir_bytes = Some(bytes);
        self
    }

    /// How long a file stays in the [cache folder](RuntimeBuilder::cache_dir) after its last use. Default: 90 days.
    pub fn cache_dir_age(mut self, age: Duration) -> Self {
        self.cache_dir_age = Some(age);
        self
    }

    /// Bytes of results, of runs and of the memory cache together, beyond which some go to the
    /// [spill folder](RuntimeBuilder::spill_dir) and no task without dependencies starts. Default: none.
    ///
    /// What counts are results of types that are [`HeapSize`](crate::HeapSize) and own memory; what can go to disk are those that serde
    /// can write and read as well (`Serialize` and `DeserializeOwned`). A type counts if any task of the run tells: a `#[delayed]`
    /// function that returns it, written out and not as a type parameter. What is used at the moment stays, and results of less
    /// than 512 bytes. So does all else: a limit that
    /// cannot be kept is said once on standard error, and the run goes on. Arguments and data nodes are not counted;
    /// a cached result counts twice while a run holds it. What a task uses besides counts if it [says so](crate::Scratch).
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// The folder for results that the [memory limit](RuntimeBuilder::memory_limit) puts on disk. Default: that for temporary files,
    /// which on some systems is memory.
    ///
    /// Each runtime makes a folder of its own in it, and removes its files as soon as nobody needs them, at the latest when it
    /// ends; what a killed process left is removed by the next.
    pub fn spill_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.spill_dir = Some(path.into());
        self
    }

    fn kept(&self) -> Kept {
        let memory = MemoryCache::new(self.cache_bytes.unwrap_or(CACHE_BYTES));
        let disk = DiskCache::new(
            self.cache_dir.clone().unwrap_or_else(default_cache_dir),
            self.cache_dir_bytes.unwrap_or(CACHE_DIR_BYTES),
            self.cache_dir_age.unwrap_or(CACHE_DIR_AGE),
        );
        let caches = Cache::new(memory, Some(disk));
        let parent = self.spill_dir.clone().unwrap_or_else(std::env::temp_dir);
        let folder = Arc::new(SpillFolder::new(parent));
        let memory = self
            .memory_limit
            .map(|limit| Arc::new(Memory::new(limit, caches.clone(), Arc::clone(&folder))));
        Kept { caches, memory, folder }
    }

    /// Without threads.
    pub(super) fn build_here(self) -> Runtime {
        let kept = self.kept();
        let dispatcher = Dispatcher::new(self.observers);
        Runtime { inner: Arc::new(Inner { pool: None, dispatcher, kept }) }
    }

    /// Starts the threads.
    ///
    /// # Errors
    /// [`Error::Threads`] if the system gives no more threads.
    pub fn build(self) -> Result<Runtime> {
        if self.scheduler == Scheduler::Synchronous {
            return Ok(self.build_here());
        }
        let kept = self.kept();
        let dispatcher = Dispatcher::new(self.observers);
        let cell = Arc::new(OnceLock::new());
        let of_thread = Arc::clone(&cell);
        let aside = execute::Aside::default();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.num_threads)
            .stack_size(self.stack_size.unwrap_or(STACK))
            .thread_name(|i| format!("lazy-{i}"))
            .start_handler(move |_| {
                aside.own_this_thread();
                THREAD_OF.set(Some(Arc::clone(&of_thread)));
            })
            .build()
            .map_err(|error| Error::Threads(std::io::Error::other(error)))?;
        let inner = Arc::new(Inner { pool: Some(pool), dispatcher, kept });
        let first = cell.set(Arc::downgrade(&inner));
        debug_assert!(first.is_ok(), "the cell is this pool's own");
        Ok(Runtime { inner })
    }
}

impl fmt::Debug for RuntimeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeBuilder")
            .field("num_threads", &self.num_threads)
            .field("stack_size", &self.stack_size)
            .field("scheduler", &self.scheduler)
            .field("observers", &self.observers.len())
            .field("cache_bytes", &self.cache_bytes)
            .field("cache_dir", &self.cache_dir)
            .field("memory_limit", &self.memory_limit)
            .field("spill_dir", &self.spill_dir)
            .finish()
    }
}
