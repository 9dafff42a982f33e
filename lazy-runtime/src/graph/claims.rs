//! Which tasks a worker that goes in order has claimed, until another takes over.

use super::snapshot::INDEX;
use crate::sync::{AtomicU32, Ordering};

/// In place of the next index: nothing is claimed in order any more. One claim may still add to it.
const CLOSED: u32 = 1 << 31;
const _: () = assert!(CLOSED > INDEX, "no graph has so many nodes");

/// The next index to be claimed, or [`CLOSED`] and above.
pub(super) struct Claims(AtomicU32);

impl Claims {
    #[inline]
    pub(super) fn new() -> Self {
        Claims(AtomicU32::new(0))
    }

    /// Claims the next index, for the worker that goes in order. `None` once another has taken over.
    #[inline]
    pub(super) fn claim(&self) -> Option<u32> {
        // Release: whoever takes over sees what the tasks before made.
        let index = self.0.fetch_add(1, Ordering::Release);
        (index < CLOSED).then_some(index)
    }

    /// Claims all indices from the one that is returned to `count`. The one before it may still be worked at, those before are done, and
    /// seen. `None` when nothing is left.
    pub(super) fn take_over(&self, count: u32) -> Option<u32> {
        let close = |next: u32| (next < count).then_some(CLOSED);
        // Acquire: what was made in order is there. Where nothing is left the count stays: the other worker sees that all has ended.
        self.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, close).ok()
    }

    /// How many indices have been claimed in order; any large number once another has taken over.
    pub(super) fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;
    use crate::graph::watched::Watched;

    const COUNT: u32 = 3;

    struct Tasks {
        claims: Claims,
        results: [Watched; COUNT as usize],
    }

    impl Tasks {
        /// Runs tasks in order, each of which reads what the one before has made; how many there were.
        fn run_in_order(&self) -> u32 {
            let mut done = 0;
            while let Some(index) = self.claims.claim().filter(|&index| index < COUNT) {
                assert_eq!(index, done);
                if index > 0 {
                    self.results[index as usize - 1].read();
                }
                self.results[index as usize].write();
                done += 1;
            }
            done
        }
    }

    #[test]
    fn a_task_is_claimed_in_order_or_left_and_those_before_are_seen() {
        loom::model(|| {
            let results = [(); COUNT as usize].map(|()| Watched::new());
            let tasks = Arc::new(Tasks { claims: Claims::new(), results });
            let in_order = thread::spawn({
                let tasks = Arc::clone(&tasks);
                move || tasks.run_in_order()
            });
            let first = tasks.claims.take_over(COUNT);
            if let Some(first) = first {
                let (before, left) = tasks.results.split_at(first as usize);
                // The last of those before may still run.
                before.iter().rev().skip(1).for_each(Watched::read);
                left.iter().for_each(Watched::write);
            }
            assert_eq!(in_order.join().unwrap(), first.unwrap_or(COUNT));
        });
    }
}
