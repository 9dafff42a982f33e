//! The ready tasks that belong to no worker: roots not yet admitted, and tasks offered to the idle.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::graph::Ready;

/// Roots are admitted in portions: at most that many, at least one, about sixteen portions a worker.
const MOST_ROOTS: usize = 256;

/// How often an idle worker looks again before it goes.
const LOOKS: usize = 64;

/// What is there for workers without work, and how many of them there are.
pub(crate) struct Offers {
    /// Roots in reverse static order: the next to admit is the last.
    roots: Mutex<Vec<Ready>>,
    portion: usize,
    offered: Mutex<Vec<Ready>>,
    /// Length of `offered`, readable without its lock.
    n_offered: AtomicUsize,
    n_roots: AtomicUsize,
    /// Workers that look for work right now.
    hungry: AtomicUsize,
    /// Workers in the run, those on their way included.
    workers: AtomicUsize,
    most_workers: usize,
}

/// What a worker with tasks to spare should do.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Demand {
    /// Nobody is idle.
    None,
    /// An idle worker is waiting for tasks.
    Tasks,
    /// There is room for one more worker, who was counted and is to be called.
    Worker,
}

impl Offers {
    /// `roots` in static order; the caller is the first worker.
    ///
    /// With `sparing`, roots are admitted one by one: a worker that had many would run ahead and hold their results.
    pub(crate) fn new(mut roots: Vec<Ready>, most_workers: usize, sparing: bool) -> Self {
        roots.reverse();
        let most_roots = if sparing { 1 } else { MOST_ROOTS };
        Offers {
            portion: (roots.len() / (most_workers * 16)).clamp(1, most_roots),
            n_roots: AtomicUsize::new(roots.len()),
            roots: Mutex::new(roots),
            offered: Mutex::new(Vec::new()),
            n_offered: AtomicUsize::new(0),
            hungry: AtomicUsize::new(0),
            workers: AtomicUsize::new(1),
            most_workers,
        }
    }

    /// Whether roots wait to be admitted.
    #[inline]
    pub(crate) fn has_roots(&self) -> bool {
        self.n_roots.load(Ordering::Relaxed) > 0
    }

    /// Asked by a worker that has tasks to spare; two loads unless somebody is idle.
    #[inline]
    pub(crate) fn demand(&self) -> Demand {
        let idle = self.hungry.load(Ordering::Relaxed) > 0
            || self.workers.load(Ordering::Relaxed) < self.most_workers;
        if !idle || self.n_offered.load(Ordering::Relaxed) > 0 {
            return Demand::None;
        }
        self.demand_when_idle()
    }

    #[cold]
    fn demand_when_idle(&self) -> Demand {
        if self.hungry.load(Ordering::Relaxed) > 0 {
            return Demand::Tasks;
        }
        let room = |workers: usize| (workers < self.most_workers).then_some(workers + 1);
        match self.workers.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room) {
            Ok(_) => Demand::Worker,
            Err(_) => Demand::None,
        }
    }

    /// Puts the older half of a worker's tasks, those furthest from what it works at, where others find them.
    ///
    /// Whoever offers looks here again before it goes, so nothing offered is left behind.
    pub(crate) fn offer(&self, tasks: &mut Vec<Ready>) {
        let half = tasks.len().div_ceil(2);
        let mut offered = lock(&self.offered);
        offered.extend(tasks.drain(..half));
        self.n_offered.store(offered.len(), Ordering::Release);
    }

    /// Tasks for a worker that has none: offered ones, else a portion of the roots. False when there are none.
    pub(crate) fn take(&self, tasks: &mut Vec<Ready>) -> bool {
        if self.n_offered.load(Ordering::Acquire) > 0 {
            let mut offered = lock(&self.offered);
            let half = offered.len().div_ceil(2);
            tasks.extend(offered.drain(..half));
            self.n_offered.store(offered.len(), Ordering::Release);
        }
        if tasks.is_empty() && self.n_roots.load(Ordering::Acquire) > 0 {
            let mut roots = lock(&self.roots);
            let rest = roots.len().saturating_sub(self.portion);
            tasks.extend(roots.drain(rest..));
            self.n_roots.store(rest, Ordering::Release);
        }
        !tasks.is_empty()
    }

    /// Looks for a short while longer, known to the others as hungry.
    pub(crate) fn wait_and_take(&self, tasks: &mut Vec<Ready>) -> bool {
        self.hungry.fetch_add(1, Ordering::Relaxed);
        let found = (0..LOOKS).any(|_| {
            std::hint::spin_loop();
            self.take(tasks)
        });
        self.hungry.fetch_sub(1, Ordering::Relaxed);
        found
    }

    /// A worker goes.
    pub(crate) fn leave(&self) {
        self.workers.fetch_sub(1, Ordering::Relaxed);
    }
}

fn lock(tasks: &Mutex<Vec<Ready>>) -> MutexGuard<'_, Vec<Ready>> {
    // No user code runs under these locks, so a poisoned one is still in order.
    tasks.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
