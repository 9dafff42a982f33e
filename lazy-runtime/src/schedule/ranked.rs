//! Ready tasks in static order, for all workers together.
//!
//! Where results hold memory, workers that each go into the depth of their own part of the graph hold as much as several runs. From here
//! each takes whatever comes first in static order, so that they work at the same part, and hold little more than one worker would.
//! That costs a lock for each task that is not followed at once; tasks that make such results are seldom so short that it shows.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::Ready;
use crate::sync::{AtomicU32, Mutex, MutexGuard, Ordering};

/// In place of the rank of the first task: there is none.
const NONE: u32 = u32::MAX;

pub(super) struct Ranked {
    tasks: Mutex<Tasks>,
    /// The rank of the first task. Written under the lock; a look at it without the lock is a hint.
    first: AtomicU32,
    /// That of the first task that is no root.
    first_other: AtomicU32,
}

#[derive(Default)]
struct Tasks {
    /// In reverse order, the first last.
    roots: Vec<Ready>,
    others: BinaryHeap<Reverse<Ready>>,
}

impl Default for Ranked {
    fn default() -> Self {
        Ranked {
            tasks: Mutex::default(),
            first: AtomicU32::new(NONE),
            first_other: AtomicU32::new(NONE),
        }
    }
}

impl Ranked {
    /// Puts down the roots, in reverse static order.
    pub(super) fn begin(&self, roots: Vec<Ready>) {
        let mut tasks = self.lock();
        tasks.roots = roots;
        self.note(&tasks);
    }

    /// Whether there is nothing to take, roots left out of account if they are not to be taken.
    pub(super) fn is_empty(&self, with_roots: bool) -> bool {
        let first = if with_roots { &self.first } else { &self.first_other };
        first.load(Ordering::Acquire) == NONE
    }

    /// Writes down what comes first, under the lock.
    fn note(&self, tasks: &Tasks) {
        let (root, other) = tasks.firsts();
        self.first.store(root.min(other), Ordering::Release);
        self.first_other.store(other, Ordering::Release);
    }

    /// Whether a task stands here that comes before this one.
    #[inline]
    pub(super) fn has_before(&self, task: &Ready) -> bool {
        self.first.load(Ordering::Relaxed) < task.rank()
    }

    /// True when there was nothing before, roots left out of account: they may stand behind the gate, where nobody sees them.
    pub(super) fn put(&self, new: &mut Vec<Ready>) -> bool {
        let mut tasks = self.lock();
        let was_empty = self.is_empty(false);
        tasks.others.extend(new.drain(..).map(Reverse));
        self.note(&tasks);
        was_empty
    }

    pub(super) fn take(&self, with_roots: bool) -> Option<Ready> {
        if self.is_empty(with_roots) {
            return None;
        }
        let mut tasks = self.lock();
        let task = tasks.take(with_roots);
        self.note(&tasks);
        task
    }

    fn lock(&self) -> MutexGuard<'_, Tasks> {
        // No user code runs under the lock, so a poisoned one is still in order.
        self.tasks.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Tasks {
    fn firsts(&self) -> (u32, u32) {
        let other = self.others.peek().map(|task| task.0.rank());
        (self.roots.last().map_or(NONE, Ready::rank), other.unwrap_or(NONE))
    }

    fn take(&mut self, with_roots: bool) -> Option<Ready> {
        let (root, other) = self.firsts();
        if with_roots && root < other {
            self.roots.pop()
        } else {
            self.others.pop().map(|task| task.0)
        }
    }
}
