//! The runtimes that the soak runs on: with caches, memory limits and observers of several kinds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lazy_runtime::diagnostics::{Observer, RunFinish, RunStart, TaskFinished, TaskStarted};
use lazy_runtime::{Runtime, Scheduler};
use tempfile::TempDir;

/// Counts what it is told. Clones share the counts.
#[derive(Clone, Default)]
struct Counts(Arc<Numbers>);

#[derive(Default)]
struct Numbers {
    runs: AtomicU64,
    ended_runs: AtomicU64,
    tasks: AtomicU64,
    ended_tasks: AtomicU64,
}

impl Observer for Counts {
    fn start(&self, _: &RunStart) {
        self.0.runs.fetch_add(1, Ordering::SeqCst);
    }

    fn started(&self, _: &TaskStarted) {
        self.0.tasks.fetch_add(1, Ordering::SeqCst);
    }

    fn finished(&self, _: &TaskFinished) {
        self.0.ended_tasks.fetch_add(1, Ordering::SeqCst);
    }

    fn finish(&self, _: &RunFinish) {
        self.0.ended_runs.fetch_add(1, Ordering::SeqCst);
    }
}

/// A runtime for a few computations, with no cache on disk: on this thread, or with so many of its own.
pub(crate) fn passing(threads: usize) -> Runtime {
    let scheduler = if threads == 0 { Scheduler::Synchronous } else { Scheduler::Threads };
    let runtime = Runtime::builder().scheduler(scheduler).num_threads(threads);
    // No folder can be made there.
    runtime.cache_dir("/dev/null").build().expect("the system gives a few threads")
}

/// Some runtimes, and the folder for what they write.
pub(crate) struct Runtimes {
    all: Vec<Runtime>,
    counts: Counts,
    dir: TempDir,
}

impl Runtimes {
    pub(crate) fn new() -> Runtimes {
        let dir = TempDir::new().expect("there is a place for temporary files");
        let counts = Counts::default();
        // All share the one cache on disk, as processes do.
        let builder = |threads| {
            let runtime = Runtime::builder().num_threads(threads);
            runtime.cache_dir(dir.path().join("cache")).spill_dir(dir.path().join("spill"))
        };
        let all = [
            builder(1).observer(counts.clone()),
            builder(2).memory_limit(10_000),
            builder(4).cache_bytes(5_000),
            builder(8).memory_limit(100_000).cache_bytes(30_000).observer(counts.clone()),
            builder(16),
        ];
        let all = all.map(|runtime| runtime.build().expect("the system gives a few threads"));
        Runtimes { all: all.into(), counts, dir }
    }

    pub(crate) fn all(&self) -> &[Runtime] {
        &self.all
    }

    /// Ends them. All that they have begun has come to an end.
    pub(crate) fn end(self) -> Ended {
        Ended { counts: self.counts, dir: self.dir }
    }
}

/// What is left of runtimes when their threads are gone.
pub(crate) struct Ended {
    counts: Counts,
    dir: TempDir,
}

impl Ended {
    /// Fails if something was begun and not ended, or left on disk.
    pub(crate) fn check(&self) {
        let Numbers { runs, ended_runs, tasks, ended_tasks } = &*self.counts.0;
        let [runs, ended_runs, tasks, ended_tasks] =
            [runs, ended_runs, tasks, ended_tasks].map(|count| count.load(Ordering::SeqCst));
        assert!(runs > 0 && tasks > 0);
        assert_eq!((ended_runs, ended_tasks), (runs, tasks), "of {runs} runs, {tasks} tasks");
        let left = std::fs::read_dir(self.dir.path().join("spill"));
        let left: Vec<_> = left.into_iter().flatten().flatten().collect();
        assert!(left.is_empty(), "{left:?} are left of what memory had no room for");
    }
}
