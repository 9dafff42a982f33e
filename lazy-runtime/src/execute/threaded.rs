//! Many workers. The first goes in static order, and calls a second one, who watches it. If its tasks are worth sharing the second takes
//! over, and both become two of many: each follows one chain of tasks as far as it goes, keeps what else becomes ready in a
//! queue of its own, from which others may take, and calls one more worker when there is something to spare and a thread to do it.
//!
//! Workers are rayon jobs, called when there is something to spare and gone when there is not, so that a task which uses
//! rayon itself finds the idle threads of the pool.

use std::cell::RefCell;
use std::sync::Arc;

use super::aside::look_aside;
use super::notes::{Notes, Unobserved};
use super::{Failures, Order};
use crate::error::Result;
use crate::graph::{Done, Finished, InOrder, Keeping, Ready, Run, Snapshot, Step};
use crate::location::Told;
use crate::schedule::{Limit, Seat, Spares, Watch};

/// How often a worker that was called on a busy thread calls another in its stead.
const CALLS: usize = 64;

/// Runs every task of the snapshot on this thread, which belongs to the pool, and on up to `threads - 1` others of the pool.
pub(crate) fn threaded(
    snapshot: Snapshot,
    keeping: Option<Box<Keeping>>,
    order: &Order<'_>,
    threads: usize,
) -> Result<Finished> {
    match order.recorder {
        None => noted(snapshot, keeping, order, threads, Unobserved),
        Some(recorder) => noted(snapshot, keeping, order, threads, recorder),
    }
}

fn noted(
    snapshot: Snapshot,
    keeping: Option<Box<Keeping>>,
    order: &Order<'_>,
    threads: usize,
    notes: impl Notes,
) -> Result<Finished> {
    let limit = keeping.as_ref().and_then(|keeping| keeping.limit());
    let limit = limit.map(|memory| memory as Arc<dyn Limit>);
    let spares = Spares::new(threads, snapshot.holds_memory(), limit);
    let (run, in_order) = Run::shared(snapshot, keeping, order.collect_errors);
    let failures = Failures::new(order);
    let lineage = Place::lineage_of(std::ptr::from_ref(&run).addr());
    let watch = Watch::begin();
    let crew = Crew { run: &run, spares, watch, failures: &failures, notes, lineage };
    let waiting = Place::enter(Here::Waiting(crew.id()));
    rayon::scope(|scope| crew.begin(in_order, scope));
    drop(waiting);
    drop(crew);
    failures.outcome(run)
}

/// Whether the current thread is in the middle of a task, or waits for a run of one.
pub(crate) fn is_busy() -> bool {
    !matches!(*HERE.with_borrow(Arc::clone), Here::Idle)
}

/// What the workers of one run share.
struct Crew<'a, N> {
    run: &'a Run,
    spares: Spares,
    watch: Watch,
    failures: &'a Failures<'a>,
    notes: N,
    /// The runs that this one is nested in, the outermost first, and itself.
    lineage: Arc<[usize]>,
}

impl<N: Notes> Crew<'_, N> {
    fn id(&self) -> usize {
        std::ptr::from_ref(self.run).addr()
    }

    /// The first worker's life: in order as far as it is let, then as one of many.
    fn begin<'s>(&'s self, in_order: InOrder, scope: &rayon::Scope<'s>) {
        let place = Place::enter(Here::Working(Arc::clone(&self.lineage)));
        let handed_over = self.go_in_order(in_order, scope);
        self.watch.end();
        drop(place);
        let Some(mut ready) = handed_over else { return self.spares.leave_at_once() };
        let seat = self.spares.sit();
        self.spares.settle(&seat, &mut None, &mut ready);
        self.spares.stand_up(seat);
        self.work(scope);
    }

    /// Executes tasks in order until another worker has taken over: what became ready with the last one. `None` when nothing is left to
    /// do, or the run is stopped.
    fn go_in_order<'s>(
        &'s self,
        mut order: InOrder,
        scope: &rayon::Scope<'s>,
    ) -> Option<Vec<Ready>> {
        let (mut last, mut all_made) = (None, true);
        loop {
            match self.run.advance(&mut order, last.take(), all_made) {
                Step::Execute(task) => {
                    // Before the task, which may be long.
                    if self.spares.is_alone() && !self.run.is_passed() && self.spares.claim() {
                        scope.spawn(|scope| self.join(scope, CALLS));
                    }
                    let (done, is_made, _) = self.execute(task, N::started_in_order)?;
                    all_made &= is_made;
                    last = Some(done);
                }
                Step::TakenOver(last) => {
                    let mut ready = Vec::new();
                    last.into_iter()
                        .for_each(|done| self.run.finish(done, |task| ready.push(task)));
                    self.note_ready(&ready);
                    return Some(ready);
                }
                Step::Ended => return None,
            }
        }
    }

    /// Executes a task, unless the run is stopped before it or by it: `None`. Whether it has made its result stands beside it, and where to
    /// note what becomes ready by it.
    #[inline]
    fn execute(
        &self,
        task: Ready,
        note_start: impl FnOnce(N, u32),
    ) -> Option<(Done, bool, N::Open)> {
        let order = self.failures.order;
        if !order.stop.goes_on() {
            return None;
        }
        note_start(self.notes, task.rank());
        let (done, failure) = self.run.execute(task);
        let open = self.notes.ended(self.run, done.index(), failure.as_ref());
        let is_made = failure.is_none();
        if let Some(failure) = failure {
            self.failures.add(done.index(), failure);
        }
        (is_made || order.collect_errors).then_some((done, is_made, open))
    }

    /// Notes that these are ready, before others can take them.
    fn note_ready(&self, tasks: &[Ready]) {
        self.notes.ready(tasks.iter().map(Ready::rank));
    }

    /// A worker that has arrived sees that the run is for all: false when there is nothing left to do.
    fn share(&self) -> bool {
        if self.run.is_taken_over() {
            return true;
        }
        if !self.watch.is_worth_sharing(|| self.run.n_passed()) {
            return false;
        }
        let ready = self.run.take_over();
        let is_taken = ready.is_some();
        ready.iter().for_each(|ready| self.note_ready(ready));
        ready.into_iter().for_each(|ready| self.spares.begin(ready));
        is_taken
    }

    /// A worker's life among others: work while there is any, then go. It is counted as one that runs tasks when this begins.
    fn work<'s>(&'s self, scope: &rayon::Scope<'s>) {
        let _place = Place::enter(Here::Working(Arc::clone(&self.lineage)));
        let mut fresh = Vec::new();
        loop {
            let seat = self.spares.sit();
            loop {
                self.spares.end_tasks();
                let task = self.spares.take(&seat).or_else(|| self.spares.wait_and_take(&seat));
                let Some(task) = task else { break };
                self.spares.begin_tasks();
                // One worker calls the next, until all threads are there or nothing is left to spare.
                if self.spares.has_room() && self.spares.has_any() && self.spares.claim() {
                    scope.spawn(|scope| self.join(scope, CALLS));
                }
                if !self.follow(task, &seat, &mut fresh, scope) {
                    // Others see that the run is stopped; what lies in the queue is dropped with it.
                    self.spares.stand_up(seat);
                    self.spares.leave_at_once();
                    return;
                }
            }
            // In this order: there is a seat for each worker that is counted.
            self.spares.stand_up(seat);
            if !self.spares.leave() {
                return;
            }
            self.spares.begin_tasks();
        }
    }

    /// Runs a task, then its first dependent that is ready, and so on; other dependents go to the queue. False when the run
    /// should stop.
    #[inline]
    fn follow<'s>(
        &'s self,
        first: Ready,
        seat: &Seat,
        fresh: &mut Vec<Ready>,
        scope: &rayon::Scope<'s>,
    ) -> bool {
        let mut next = Some(first);
        let mut is_first = true;
        while let Some(task) = next.take() {
            // Before the task, which may be long: what became ready with it is for others.
            if self.spares.has_room() && self.spares.is_spare(seat) && self.spares.claim() {
                scope.spawn(|scope| self.join(scope, CALLS));
            }
            let executed = self.execute(task, |notes: N, task| match is_first {
                true => notes.started(task),
                false => notes.started_next(task),
            });
            is_first = false;
            let Some((done, _, mut open)) = executed else { return false };
            self.run.finish(done, |ready| {
                N::ready_by(&mut open, ready.rank());
                match next {
                    None => next = Some(ready),
                    Some(_) => fresh.push(ready),
                }
            });
            drop(open);
            self.spares.settle(seat, &mut next, fresh);
        }
        true
    }

    /// A worker that was called arrives.
    ///
    /// On a thread that is in the middle of a task (which waits for something in rayon, and was given this job to pass the
    /// time) it calls another in its stead: that task would otherwise wait for our whole run. But a thread that waits for
    /// a run that ours is nested in loses nothing by helping.
    fn join<'s>(&'s self, scope: &rayon::Scope<'s>, calls: usize) {
        let may_work = match &*HERE.with_borrow(Arc::clone) {
            Here::Idle => true,
            Here::Waiting(run) => self.lineage.contains(run),
            Here::Working(_) => false,
        };
        if may_work && self.share() {
            self.spares.begin_tasks();
            self.work(scope);
        } else if may_work {
            self.spares.leave_at_once();
        } else if calls > 0 {
            // The job comes to lie in this thread's queue again; an idle thread is quicker than we are after this.
            std::thread::yield_now();
            scope.spawn(move |scope| self.join(scope, calls - 1));
        } else {
            self.spares.leave_at_once();
        }
    }
}

/// What a thread is in the middle of.
enum Here {
    /// Nothing of ours.
    Idle,
    /// At the end of the run with this id, until its other workers are done.
    Waiting(usize),
    /// In a worker's loop, perhaps in a task, of the run with this lineage.
    Working(Arc<[usize]>),
}

thread_local! {
    static HERE: RefCell<Arc<Here>> = RefCell::new(Arc::new(Here::Idle));
}

/// Marks what the thread is in the middle of, until dropped. What it was told about places of calls is not for tasks.
pub(super) struct Place {
    before: Option<Arc<Here>>,
    _told: Told,
}

impl Place {
    /// In a run that is worked at by this thread alone.
    pub(super) fn working() -> Self {
        let outer = match &*HERE.with_borrow(Arc::clone) {
            Here::Working(outer) => Arc::clone(outer),
            Here::Idle | Here::Waiting(_) => Arc::new([]),
        };
        Self::enter(Here::Working(outer))
    }

    fn enter(here: Here) -> Self {
        Place { before: Some(HERE.replace(Arc::new(here))), _told: Told::nothing() }
    }

    /// The lineage of a run that starts here.
    fn lineage_of(run: usize) -> Arc<[usize]> {
        match &*HERE.with_borrow(Arc::clone) {
            Here::Working(outer) => outer.iter().copied().chain([run]).collect(),
            Here::Idle | Here::Waiting(_) => Arc::new([run]),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            let is_idle = matches!(*before, Here::Idle);
            HERE.replace(before);
            if is_idle {
                look_aside();
            }
        }
    }
}
