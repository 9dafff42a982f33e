//! How many workers are there to do what there is to do.

use crate::sync::{AtomicUsize, Ordering, fence};

/// Counts the workers in a run, those on their way included.
///
/// Two meet here: one puts tasks down and then looks whether a worker could be called, the other takes itself off the count and then
/// looks whether there are tasks. Each has a fence between the two, so at least one of them sees what the other did.
pub(super) struct Workers {
    count: AtomicUsize,
    most: usize,
}

impl Workers {
    /// The first worker is there.
    pub(super) fn first_of(most: usize) -> Self {
        Workers { count: AtomicUsize::new(1), most }
    }

    /// Whether another worker could be called.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.count.load(Ordering::Relaxed) < self.most
    }

    /// Whether there is one worker only.
    #[inline]
    pub(super) fn is_alone(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 1
    }

    /// Counts one more worker, if there is room for one.
    #[inline]
    pub(super) fn claim(&self) -> bool {
        self.has_room() && self.claim_room()
    }

    #[cold]
    fn claim_room(&self) -> bool {
        let room = |workers: usize| (workers < self.most).then_some(workers + 1);
        self.count.fetch_update(Ordering::SeqCst, Ordering::Relaxed, room).is_ok()
    }

    /// To be called between putting tasks down where none were and [`Workers::claim`].
    #[inline]
    pub(super) fn tasks_are_down(&self) {
        // Pairs with the one in `leave`: either a worker that goes sees these tasks in its last look, or this one
        // sees that it has gone, and calls another.
        fence(Ordering::SeqCst);
    }

    /// A worker goes. True when it should stay after all: `has_any` says that something has been put down meanwhile.
    pub(super) fn leave(&self, has_any: impl FnOnce() -> bool) -> bool {
        self.leave_at_once();
        fence(Ordering::SeqCst);
        has_any() && self.claim()
    }

    /// A worker goes whatever is left.
    pub(super) fn leave_at_once(&self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    /// Stands in for a queue of crossbeam's, with the orderings that it has: tasks lie from `front` to `back`.
    struct Queue {
        front: AtomicUsize,
        back: AtomicUsize,
    }

    impl Queue {
        fn with(tasks: usize) -> Self {
            Queue { front: AtomicUsize::new(0), back: AtomicUsize::new(tasks) }
        }

        /// As its owner sees it.
        fn is_empty(&self) -> bool {
            self.back.load(Ordering::Relaxed) <= self.front.load(Ordering::SeqCst)
        }

        fn push(&self) {
            let back = self.back.load(Ordering::Relaxed);
            fence(Ordering::Release);
            self.back.store(back + 1, Ordering::Relaxed);
        }

        /// As others see it: the first of the tasks, if there are any.
        fn first(&self) -> Option<usize> {
            let front = self.front.load(Ordering::Acquire);
            fence(Ordering::SeqCst);
            (front < self.back.load(Ordering::Acquire)).then_some(front)
        }

        fn steal(&self) -> bool {
            self.first().is_some_and(|front| {
                let order = (Ordering::SeqCst, Ordering::Relaxed);
                self.front.compare_exchange(front, front + 1, order.0, order.1).is_ok()
            })
        }
    }

    struct Crew {
        workers: Workers,
        queue: Queue,
    }

    /// How often a thread is interrupted at most, where that has to be bounded.
    const PREEMPTIONS: usize = 4;

    impl Crew {
        /// All threads are there, and tasks lie in the queue of the one that the model is about.
        fn new(threads: usize, tasks: usize) -> Arc<Self> {
            let workers = Workers::first_of(threads);
            (1..threads).for_each(|_| assert!(workers.claim()));
            assert!(!workers.claim());
            Arc::new(Crew { workers, queue: Queue::with(tasks) })
        }

        fn assert_count(&self, expected: usize) {
            assert_eq!(self.workers.count.load(Ordering::Relaxed), expected);
        }

        /// Puts down a task as `Spares::put` does, and calls a worker if there is room for one.
        fn put_down(&self) -> bool {
            let was_empty = self.queue.is_empty();
            self.queue.push();
            if was_empty {
                self.workers.tasks_are_down();
            }
            self.workers.claim()
        }

        /// The end of a worker that finds nothing; true when it stays after all.
        fn leave(&self) -> bool {
            self.workers.leave(|| self.queue.first().is_some())
        }
    }

    fn spawn(crew: &Arc<Crew>, work: fn(&Crew) -> bool) -> thread::JoinHandle<bool> {
        let crew = Arc::clone(crew);
        thread::spawn(move || work(&crew))
    }

    /// Another worker does `work` while one puts a task down and is then busy for long. Whether somebody comes for the task.
    fn comes_for_the_task(tasks: usize, work: fn(&Crew) -> bool) -> (Arc<Crew>, bool) {
        let crew = Crew::new(2, tasks);
        let other = spawn(&crew, work);
        let called = crew.put_down();
        let stays = other.join().unwrap();
        crew.assert_count(1 + usize::from(called) + usize::from(stays));
        (crew, called || stays)
    }

    #[test]
    fn a_worker_that_goes_sees_the_task_or_is_seen_to_be_gone() {
        loom::model(|| assert!(comes_for_the_task(0, Crew::leave).1, "nobody comes for the task"));
    }

    #[test]
    fn of_two_workers_that_go_one_comes_back_or_another_is_called() {
        let mut bounded = loom::model::Builder::new();
        // Without a bound it takes hours.
        bounded.preemption_bound = Some(PREEMPTIONS);
        bounded.check(|| {
            let crew = Crew::new(3, 0);
            let others = [spawn(&crew, Crew::leave), spawn(&crew, Crew::leave)];
            let called = crew.put_down();
            let stay = others.into_iter().filter_map(|other| other.join().unwrap().then_some(()));
            let there = usize::from(called) + stay.count();
            assert!(there > 0, "nobody comes for the task");
            crew.assert_count(1 + there);
        });
    }

    /// Where a thief empties the queue while its owner, who saw a task there, puts down the next, neither may see the other: the
    /// owner saves itself the fence. It asks again before its next task, and calls then.
    #[test]
    fn a_call_that_is_missed_is_made_before_the_next_task() {
        loom::model(|| {
            let steal_and_leave = |crew: &Crew| {
                crew.queue.steal();
                crew.leave()
            };
            let (crew, comes) = comes_for_the_task(1, steal_and_leave);
            assert!(comes || crew.workers.claim(), "nobody comes for the task");
        });
    }

    #[test]
    fn there_are_never_more_workers_than_threads() {
        loom::model(|| {
            let workers = Arc::new(Workers::first_of(2));
            let other = thread::spawn({
                let workers = Arc::clone(&workers);
                move || workers.claim()
            });
            let claimed = workers.claim();
            assert!(claimed != other.join().unwrap());
        });
    }
}
