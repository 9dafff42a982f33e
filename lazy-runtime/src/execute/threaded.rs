//! Many workers: each follows one chain of tasks as far as it goes, keeps what else becomes ready on a stack of its
//! own, and gives the older half of it away when somebody is idle.
//!
//! Workers are rayon jobs, called when there is something to spare and gone when there is not, so that a task which uses
//! rayon itself finds the idle threads of the pool.

use std::cell::Cell;

use super::{Failures, Order};
use crate::error::Result;
use crate::graph::{Executed, Finished, Ready, Run, Snapshot};
use crate::schedule::{Demand, Offers};

/// Runs every task of the snapshot on this thread, which belongs to the pool, and on up to `threads - 1` others of the pool.
pub(crate) fn threaded(snapshot: Snapshot, order: &Order<'_>, threads: usize) -> Result<Finished> {
    let sparing = snapshot.holds_memory();
    let (run, roots) = Run::shared(snapshot, order.collect_errors);
    let failures = Failures::new(order);
    let crew =
        Crew { run: &run, offers: Offers::new(roots, threads, sparing), failures: &failures };
    let waiting = Place::enter(Here::Waiting(crew.id()));
    rayon::scope(|scope| crew.work(scope));
    drop(waiting);
    failures.outcome(run)
}

/// What the workers of one run share.
struct Crew<'a> {
    run: &'a Run,
    offers: Offers,
    failures: &'a Failures<'a>,
}

impl<'a> Crew<'a> {
    fn id(&self) -> usize {
        std::ptr::from_ref(self.run).addr()
    }

    /// A worker's life: work while there is any, then go.
    fn work<'s>(&'s self, scope: &rayon::Scope<'s>) {
        let _place = Place::enter(Here::Working);
        let mut tasks = Vec::new();
        while self.offers.take(&mut tasks) || self.offers.wait_and_take(&mut tasks) {
            while let Some(task) = tasks.pop() {
                // Before the task, which may be long: whatever else there is to do is for others.
                self.share(&mut tasks, scope);
                if !self.follow(task, &mut tasks, scope) {
                    self.offers.leave();
                    return;
                }
            }
        }
        self.offers.leave();
    }

    /// Runs a task, then its first dependent that is ready, and so on; other dependents wait on the stack, the one that
    /// comes first in static order on top. False when the run should stop.
    #[inline]
    fn follow<'s>(
        &'s self,
        first: Ready,
        tasks: &mut Vec<Ready>,
        scope: &rayon::Scope<'s>,
    ) -> bool {
        let mut next = Some(first);
        while let Some(task) = next.take() {
            if !self.failures.order.stop.goes_on() {
                return false;
            }
            let (done, executed) = self.run.execute(task);
            if let Executed::Failed(failure) = executed {
                self.failures.add(done.index(), failure);
                if !self.failures.order.collect_errors {
                    return false;
                }
            }
            let before = tasks.len();
            self.run.finish(done, |ready| match next {
                None => next = Some(ready),
                Some(_) => tasks.push(ready),
            });
            if next.is_some() && !tasks.is_empty() {
                tasks[before..].reverse();
                self.share(tasks, scope);
            }
        }
        true
    }

    /// Gives work away if there is any and somebody is idle.
    #[inline]
    fn share<'s>(&'s self, tasks: &mut Vec<Ready>, scope: &rayon::Scope<'s>) {
        if tasks.is_empty() && !self.offers.has_roots() {
            return;
        }
        match self.offers.demand() {
            Demand::None => {}
            Demand::Tasks => self.offers.offer(tasks),
            Demand::Worker => {
                self.offers.offer(tasks);
                scope.spawn(|scope| self.join(scope));
            }
        }
    }

    /// A worker that was called arrives. On a thread that is in the middle of another task (which waits for something in
    /// rayon and was given this job to pass the time) it goes again: that task would otherwise wait for our whole run.
    fn join<'s>(&'s self, scope: &rayon::Scope<'s>) {
        match Place::here() {
            Here::Idle => self.work(scope),
            Here::Waiting(run) if run == self.id() => self.work(scope),
            Here::Waiting(_) | Here::Working => self.offers.leave(),
        }
    }
}

/// What the current thread is in the middle of.
#[derive(Clone, Copy)]
enum Here {
    /// Nothing of ours.
    Idle,
    /// At the end of the run with this id, until its other workers are done.
    Waiting(usize),
    /// In a worker's loop, perhaps in a task.
    Working,
}

thread_local! {
    static HERE: Cell<Here> = const { Cell::new(Here::Idle) };
}

/// Marks what the thread is in the middle of, until dropped.
struct Place(Here);

impl Place {
    fn enter(here: Here) -> Self {
        Place(HERE.replace(here))
    }

    fn here() -> Here {
        HERE.get()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        HERE.set(self.0);
    }
}
