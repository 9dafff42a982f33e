//! A run on many threads: one worker in static order to begin with, all of them once another has taken over.
//!
//! A worker that goes by static order needs no counters and no lists of dependents: it claims one index after the other. To take over is
//! to claim all that are left at once; what the lists and counters have to say is then only of these. So a graph whose tasks are
//! too short to be worth sharing costs what it costs on one thread.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::claims::Claims;
use super::countdown::Countdown;
use super::keeping::Keeping;
use super::pages::room;
use super::run::{Done, Ready, Run};
use super::snapshot::{DATA, INDEX, Snapshot};
use crate::order::Dependents;

/// The right to claim tasks in order. There is one for a run, and it is claimed with the last task executed: so whoever has a task has
/// executed those before.
pub(crate) struct InOrder {
    claimed: Option<u32>,
}

/// What the worker that goes in order does next.
pub(crate) enum Step {
    /// Executes this task.
    Execute(Ready),
    /// Finishes this one, whose dependents others may wait for, and goes on as one of many.
    TakenOver(Option<Done>),
    /// Nothing: all tasks have been executed.
    Ended,
}

/// What a run knows of the order of its tasks.
pub(super) struct Progress {
    claims: Claims,
    /// The tasks before this index have made their results.
    made: AtomicU32,
    /// What is left, once it is for all.
    left: OnceLock<Left>,
}

struct Left {
    dependents: Dependents,
    /// How many dependencies of each task have not finished, or that it is made.
    waiting: Vec<Countdown>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Progress { claims: Claims::new(), made: AtomicU32::new(0), left: OnceLock::new() }
    }

    /// Notes that a task has made its result.
    #[inline]
    pub(super) fn note_made(&self, task: u32) {
        if let Some(left) = self.left.get() {
            left.waiting[task as usize].set_made();
        }
    }

    /// Whether a task has put its result into its slot. By `&mut`: the run is over.
    pub(super) fn is_made(&mut self, task: u32) -> bool {
        let made_by_one_of_many = |left: &mut Left| left.waiting[task as usize].is_made();
        task < *self.made.get_mut() || self.left.get_mut().is_some_and(made_by_one_of_many)
    }
}

impl Run {
    /// A run for many threads. Tasks are claimed in order until another worker takes over.
    pub(crate) fn shared(
        snapshot: Snapshot,
        keeping: Option<Box<Keeping>>,
        collect_errors: bool,
    ) -> (Run, InOrder) {
        (Self::new(snapshot, keeping, collect_errors, false), InOrder { claimed: None })
    }

    /// The next step in order, for the worker that has executed `last`, the task of the step before; `all_made` says that no task has
    /// failed so far.
    #[inline]
    pub(crate) fn advance(
        &self,
        order: &mut InOrder,
        mut last: Option<Done>,
        all_made: bool,
    ) -> Step {
        let executed = last.as_ref().map(Done::index);
        assert!(
            executed == order.claimed.take(),
            "a task in order is executed before the next is claimed"
        );
        if let Some(done) = &last
            && all_made
        {
            self.progress.made.store(done.index() + 1, Ordering::Relaxed);
        }
        loop {
            // Whoever takes over counts the last claimed index as not finished, and the lists that name its dependents are then
            // those of `finish`.
            let Some(index) = self.progress.claims.claim() else {
                return Step::TakenOver(last);
            };
            if index >= self.snapshot.len() as u32 {
                return Step::Ended;
            }
            if self.snapshot.is_task(index) {
                order.claimed = Some(index);
                return Step::Execute(Ready::new(index));
            }
            last = None;
        }
    }

    /// How many tasks and data have been passed in order.
    pub(crate) fn n_passed(&self) -> u32 {
        self.progress.claims.count()
    }

    /// Whether nothing is left to be claimed in order: the run is over, or for all.
    pub(crate) fn is_passed(&self) -> bool {
        self.n_passed() >= self.snapshot.len() as u32
    }

    /// Whether the run is for all workers.
    pub(crate) fn is_taken_over(&self) -> bool {
        self.progress.left.get().is_some()
    }

    /// Takes over from the worker that goes in order: the tasks that are ready, in static order, are for all. `None` when nothing is
    /// left to take.
    pub(crate) fn take_over(&self) -> Option<Vec<Ready>> {
        // The other worker goes on while this, the longest part, is done.
        let dependents = Dependents::of(&self.snapshot.shape());
        let count = self.snapshot.len() as u32;
        let first = self.progress.claims.take_over(count)?;
        // The task before `first` may still run; the worker that runs it finishes it as one of many.
        let pending = first.saturating_sub(1);
        let mut waiting = room(count as usize);
        waiting.resize_with(first as usize, || Countdown::new(0));
        let mut ready = Vec::new();
        for index in first..count {
            let edges = self.snapshot.edges_of(index).iter();
            let open =
                edges.filter(|&edge| edge & DATA == 0 && edge & INDEX >= pending).count() as u32;
            if open == 0 && self.snapshot.is_task(index) {
                ready.push(Ready::new(index));
            }
            waiting.push(Countdown::new(open));
        }
        let is_first = self.progress.left.set(Left { dependents, waiting }).is_ok();
        assert!(is_first, "what is left is taken once");
        Some(ready)
    }

    /// Tells the dependents of an executed task; those that waited for it alone are ready now, in static order.
    #[inline]
    pub(crate) fn finish(&self, task: Done, mut ready: impl FnMut(Ready)) {
        // Who takes over may not be done with the lists yet, and is never long.
        let left = self.progress.left.get().unwrap_or_else(|| self.progress.left.wait());
        for &dependent in left.dependents.of_node(task.index()) {
            if left.waiting[dependent as usize].count_down() {
                ready(Ready::new(dependent));
            }
        }
    }
}
