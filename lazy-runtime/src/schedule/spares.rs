//! The ready tasks of a run that no worker is busy with: roots not yet admitted, and what workers have to spare. Where results hold
//! memory they are all in one place, in static order (`ranked.rs`).

use std::sync::{Arc, Mutex, MutexGuard};

use crossbeam_deque::{Steal, Stealer, Worker};

use super::ranked::Ranked;
use super::workers::Workers;
use crate::graph::Ready;
use crate::store::Memory;
use crate::sync::{AtomicUsize, Ordering};

/// Roots are admitted in portions: at most that many, at least one, about sixteen portions a worker.
const MOST_ROOTS: usize = 256;

/// How often a worker without work looks again before it goes.
const LOOKS: usize = 64;

/// What there is to do, and how many workers are there to do it.
pub(crate) struct Spares {
    roots: Mutex<Roots>,
    n_roots: AtomicUsize,
    /// All ready tasks, in place of roots and queues, where results hold memory.
    ranked: Option<Ranked>,
    /// The queues of workers that are not there.
    seats: Mutex<Vec<Seat>>,
    stealers: Vec<Stealer<Ready>>,
    workers: Workers,
    gate: Option<Gate>,
}

/// What can be too full for more roots.
pub(crate) trait Limit: Send + Sync {
    /// Whether more is held than there should be.
    fn is_over(&self) -> bool;
}

impl Limit for Memory {
    #[inline]
    fn is_over(&self) -> bool {
        Memory::is_over(self)
    }
}

/// Roots wait while more memory is held than there should be, and somebody is in a task who may give some back.
struct Gate {
    limit: Arc<dyn Limit>,
    /// Workers that are in tasks, or between two of them.
    busy: AtomicUsize,
}

impl Gate {
    fn is_open(&self) -> bool {
        !self.limit.is_over() || self.busy.load(Ordering::SeqCst) == 0
    }
}

#[derive(Default)]
struct Roots {
    /// In reverse static order: the next to admit is the last.
    tasks: Vec<Ready>,
    portion: usize,
}

/// A worker's own queue: it takes what it put in last, others take what lies there longest.
pub(crate) struct Seat(Worker<Ready>);

impl Seat {
    /// True when there was nothing before.
    #[inline]
    fn put(&self, tasks: &mut Vec<Ready>) -> bool {
        let was_empty = self.0.is_empty();
        tasks.drain(..).rev().for_each(|task| self.0.push(task));
        was_empty
    }
}

impl Spares {
    /// Nothing to do yet; the caller is the first worker.
    ///
    /// With `sparing`, all workers take tasks in static order: one that had its own would run ahead and hold their results.
    ///
    /// With a memory limit, which is for sparing runs only, roots wait behind it.
    pub(crate) fn new(most_workers: usize, sparing: bool, limit: Option<Arc<dyn Limit>>) -> Self {
        let seats: Vec<_> = (0..most_workers).map(|_| Seat(Worker::new_lifo())).collect();
        Spares {
            ranked: sparing.then(Ranked::default),
            roots: Mutex::default(),
            n_roots: AtomicUsize::new(0),
            stealers: seats.iter().map(|seat| seat.0.stealer()).collect(),
            seats: Mutex::new(seats),
            workers: Workers::first_of(most_workers),
            // The caller is one.
            gate: limit.map(|limit| Gate { limit, busy: AtomicUsize::new(1) }),
        }
    }

    /// Puts down what is ready to begin with, in static order. The worker that does has yet to look for calling others.
    pub(crate) fn begin(&self, mut roots: Vec<Ready>) {
        roots.reverse();
        if let Some(ranked) = &self.ranked {
            return ranked.begin(roots);
        }
        let portion = (roots.len() / (self.stealers.len() * 16)).clamp(1, MOST_ROOTS);
        let count = roots.len();
        *lock(&self.roots) = Roots { tasks: roots, portion };
        self.n_roots.store(count, Ordering::SeqCst);
    }

    /// A queue for a worker that has been counted.
    pub(crate) fn sit(&self) -> Seat {
        lock(&self.seats).pop().expect("there is a seat for each worker that is counted")
    }

    /// Gives a queue back.
    pub(crate) fn stand_up(&self, seat: Seat) {
        lock(&self.seats).push(seat);
    }

    /// Whether the worker of this seat has something to spare.
    #[inline]
    pub(crate) fn is_spare(&self, seat: &Seat) -> bool {
        match &self.ranked {
            Some(ranked) => !ranked.is_empty(self.admits_roots()),
            None => !seat.0.is_empty(),
        }
    }

    /// Of tasks that became ready together, `next` is what the worker of this seat would go on with, and `others` the rest: puts down
    /// the others, and `next` as well if something else should go before it.
    #[inline]
    pub(crate) fn settle(&self, seat: &Seat, next: &mut Option<Ready>, others: &mut Vec<Ready>) {
        if let Some(ranked) = &self.ranked {
            others.extend(next.take_if(|task| ranked.has_before(task)));
        }
        if !others.is_empty() {
            self.put(seat, others);
        }
    }

    /// Puts down tasks. The first in static order is taken first.
    #[inline]
    fn put(&self, seat: &Seat, tasks: &mut Vec<Ready>) {
        let was_empty = match &self.ranked {
            Some(ranked) => ranked.put(tasks),
            None => seat.put(tasks),
        };
        if was_empty {
            self.workers.tasks_are_down();
        }
    }

    /// Whether roots may be taken where all tasks stand in rank.
    #[inline]
    fn admits_roots(&self) -> bool {
        self.gate.as_ref().is_none_or(Gate::is_open)
    }

    /// A worker is about to run tasks.
    #[inline]
    pub(crate) fn begin_tasks(&self) {
        if let Some(gate) = &self.gate {
            gate.busy.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// A worker has come to the end of its chain, and looks for another.
    ///
    /// So whoever ends last finds the gate open: nobody is left behind it.
    #[inline]
    pub(crate) fn end_tasks(&self) {
        if let Some(gate) = &self.gate {
            gate.busy.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Whether roots wait to be admitted.
    #[inline]
    fn has_roots(&self) -> bool {
        self.n_roots.load(Ordering::Relaxed) > 0
    }

    /// Whether another worker could be called. To be asked first: it reads what seldom changes, while looking at the queues of others
    /// takes their memory from under their hands.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.workers.has_room()
    }

    /// Whether there is one worker only.
    #[inline]
    pub(crate) fn is_alone(&self) -> bool {
        self.workers.is_alone()
    }

    /// Counts one more worker, if there is room for one.
    #[inline]
    pub(crate) fn claim(&self) -> bool {
        self.workers.claim()
    }

    /// A worker goes. True when it should stay after all: something has been put down meanwhile.
    pub(crate) fn leave(&self) -> bool {
        self.workers.leave(|| self.has_any())
    }

    /// Whether anybody has anything to spare.
    pub(crate) fn has_any(&self) -> bool {
        match &self.ranked {
            Some(ranked) => !ranked.is_empty(self.admits_roots()),
            None => self.has_roots() || self.stealers.iter().any(|stealer| !stealer.is_empty()),
        }
    }

    /// A worker goes whatever is left: the run is stopped, or it is not the right thread.
    pub(crate) fn leave_at_once(&self) {
        self.workers.leave_at_once();
    }

    /// The next task for a worker: its own, else what others can spare, else a root.
    #[inline]
    pub(crate) fn take(&self, seat: &Seat) -> Option<Ready> {
        match &self.ranked {
            Some(ranked) => ranked.take(self.admits_roots()),
            None => {
                seat.0.pop().or_else(|| self.take_from_others(seat)).or_else(|| self.admit(seat))
            }
        }
    }

    /// Looks for a short while longer.
    pub(crate) fn wait_and_take(&self, seat: &Seat) -> Option<Ready> {
        (0..LOOKS).find_map(|_| {
            std::hint::spin_loop();
            self.take(seat)
        })
    }

    /// Takes the older half of another worker's queue: what is furthest from what it works at.
    fn take_from_others(&self, seat: &Seat) -> Option<Ready> {
        let filled = self.stealers.iter().filter(|stealer| !stealer.is_empty());
        filled.into_iter().find_map(|stealer| {
            loop {
                match stealer.steal_batch_and_pop(&seat.0) {
                    Steal::Success(task) => return Some(task),
                    Steal::Empty => return None,
                    Steal::Retry => std::hint::spin_loop(),
                }
            }
        })
    }

    /// Takes a portion of the roots.
    fn admit(&self, seat: &Seat) -> Option<Ready> {
        if !self.has_roots() {
            return None;
        }
        let mut roots = lock(&self.roots);
        let rest = roots.tasks.len().saturating_sub(roots.portion);
        roots.tasks.drain(rest..).for_each(|task| seat.0.push(task));
        self.n_roots.store(rest, Ordering::SeqCst);
        seat.0.pop()
    }
}

fn lock<T>(tasks: &Mutex<T>) -> MutexGuard<'_, T> {
    // No user code runs under these locks, so a poisoned one is still in order.
    tasks.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(all(test, loom))]
mod models {
    use std::sync::Arc;

    use loom::thread;

    use super::*;

    /// A worker at the end of its chain: the tasks it takes until it goes.
    fn work(spares: &Spares, seat: &Seat) -> usize {
        let mut taken = 0;
        loop {
            taken += std::iter::from_fn(|| spares.take(seat)).count();
            if !spares.leave() {
                return taken;
            }
        }
    }

    /// One worker puts a task down and is busy with another for long, while a second takes what there is and goes.
    fn check(roots: u32) {
        loom::model(move || {
            let spares = Spares::new(2, true, None);
            spares.begin((0..roots).map(Ready::model).collect());
            let (own, others) = (spares.sit(), spares.sit());
            assert!(spares.claim());
            let spares = Arc::new(spares);
            let other = thread::spawn({
                let spares = Arc::clone(&spares);
                move || work(&spares, &others)
            });
            spares.settle(&own, &mut None, &mut vec![Ready::model(roots)]);
            let called = spares.is_spare(&own) && spares.claim();
            let taken = other.join().unwrap();
            assert!(called || taken == roots as usize + 1, "nobody comes for the task");
            let left = std::iter::from_fn(|| spares.take(&own)).count();
            assert_eq!(taken + left, roots as usize + 1, "each task is taken once");
        });
    }

    /// More is held than there should be, whatever is run.
    struct Full;

    impl Limit for Full {
        fn is_over(&self) -> bool {
            true
        }
    }

    /// The rest of a worker's life that has just run a task, or is about to look for its first: how many it takes until it goes.
    fn live(spares: &Spares, seat: &Seat) -> usize {
        let mut taken = 0;
        loop {
            spares.end_tasks();
            while spares.take(seat).is_some() {
                taken += 1;
                spares.begin_tasks();
                spares.end_tasks();
            }
            if !spares.leave() {
                return taken;
            }
            spares.begin_tasks();
        }
    }

    /// Each worker is interrupted so often at most: more takes minutes.
    const PREEMPTIONS: usize = 4;

    /// One worker is in a task that makes others ready, or does not, while another finds the gate closed.
    fn check_gate(roots: u32, made: u32) {
        let mut bounded = loom::model::Builder::new();
        bounded.preemption_bound = Some(PREEMPTIONS);
        bounded.check(move || {
            let spares = Spares::new(2, true, Some(Arc::new(Full)));
            spares.begin((0..roots).map(Ready::model).collect());
            let (own, others) = (spares.sit(), spares.sit());
            assert!(spares.claim());
            let spares = Arc::new(spares);
            let other = thread::spawn({
                let spares = Arc::clone(&spares);
                move || {
                    spares.begin_tasks();
                    live(&spares, &others)
                }
            });
            let mut ready = (roots..roots + made).map(Ready::model).collect();
            spares.settle(&own, &mut None, &mut ready);
            let taken = live(&spares, &own) + other.join().unwrap();
            assert_eq!(taken, (roots + made) as usize, "each task is taken once, and none is left");
        });
    }

    #[test]
    fn no_root_is_left_behind_the_gate() {
        check_gate(1, 0);
        check_gate(2, 0);
    }

    #[test]
    fn no_task_is_left_where_roots_stand_behind_the_gate() {
        check_gate(1, 1);
    }

    #[test]
    fn ranked_tasks_are_not_left_when_a_worker_goes() {
        check(0);
    }

    #[test]
    fn ranked_tasks_are_not_left_when_a_worker_takes_the_others_and_goes() {
        check(1);
    }
}
