//! How many dependencies of a task have not finished.

#[cfg(not(all(test, loom)))]
use crate::sync::WithMut;
use crate::sync::{AtomicU32, Ordering};

/// In place of the count of a task that waits for nothing: it has made its result.
const MADE: u32 = u32::MAX;

/// Counts a task's unfinished dependencies down, then says whether the task has made its result.
pub(super) struct Countdown(AtomicU32);

impl Countdown {
    #[inline]
    pub(super) fn new(dependencies: u32) -> Self {
        Countdown(AtomicU32::new(dependencies))
    }

    /// A dependency has finished. True for the last: the task is the caller's now, who sees all that the others wrote.
    #[inline]
    pub(super) fn count_down(&self) -> bool {
        // Release: what a dependency wrote is seen by whoever takes the count to zero, who acquires it. The load
        // saves the last one the costlier instruction: if it reads 1, all others have counted down.
        self.0.load(Ordering::Acquire) == 1 || self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// The task has made its result. To be called by whoever ran it.
    #[inline]
    pub(super) fn set_made(&self) {
        self.0.store(MADE, Ordering::Relaxed);
    }

    /// Whether the task has made its result. By `&mut`: the run is over.
    #[inline]
    pub(super) fn is_made(&mut self) -> bool {
        self.0.with_mut(|count| *count == MADE)
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;
    use loom::sync::atomic::AtomicUsize;
    use loom::thread;

    use super::*;
    use crate::graph::watched::Watched;

    /// A task and the results of what it depends on; one may be named several times.
    struct Task {
        results: Vec<(Watched, u32)>,
        waiting: Countdown,
        own: Watched,
        runs: AtomicUsize,
    }

    impl Task {
        fn finish(&self, dependency: usize) {
            let (result, edges) = &self.results[dependency];
            result.write();
            for _ in 0..*edges {
                if self.waiting.count_down() {
                    self.results.iter().for_each(|(result, _)| result.read());
                    self.own.write();
                    self.waiting.set_made();
                    self.runs.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Each dependency finishes on a thread of its own.
    fn check(edges: &'static [u32]) {
        loom::model(move || {
            let task = Arc::new(Task {
                results: edges.iter().map(|&edges| (Watched::new(), edges)).collect(),
                waiting: Countdown::new(edges.iter().sum()),
                own: Watched::new(),
                runs: AtomicUsize::new(0),
            });
            let others = (1..edges.len()).map(|dependency| {
                let task = Arc::clone(&task);
                thread::spawn(move || task.finish(dependency))
            });
            let others: Vec<_> = others.collect();
            task.finish(0);
            others.into_iter().for_each(|other| other.join().unwrap());
            assert_eq!(task.runs.load(Ordering::Relaxed), 1);
            task.own.read();
            let mut task = Arc::try_unwrap(task).ok().expect("the threads have ended");
            assert!(task.waiting.is_made());
        });
    }

    #[test]
    fn one_of_two_gets_the_task_and_sees_both_results() {
        check(&[1, 1]);
    }

    #[test]
    fn one_of_three_gets_the_task_and_sees_all_results() {
        check(&[1, 1, 1]);
    }

    #[test]
    fn a_dependency_that_is_named_twice_counts_twice() {
        check(&[2, 1]);
        check(&[2, 2]);
    }
}
