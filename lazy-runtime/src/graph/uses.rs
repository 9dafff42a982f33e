//! How many users a result of a run still has.

#[cfg(not(all(test, loom)))]
use crate::sync::WithMut;
use crate::sync::{AtomicU32, Ordering};

/// In a use count: there is no value in the slot (not yet, or never).
const EMPTY: u32 = 1 << 31;

/// Counts those who have not finished with a value, and knows whether the value is there.
///
/// | slot | count |
/// |---|---|
/// | empty | `EMPTY` + users |
/// | held | users |
/// | taken or released | 0 |
pub(super) struct Uses(AtomicU32);

impl Uses {
    /// Of an empty slot that nobody uses yet.
    #[inline]
    pub(super) fn none() -> Self {
        Uses(AtomicU32::new(EMPTY))
    }

    /// One more user. By `&mut`: the run has not begun.
    #[inline]
    pub(super) fn add(&mut self) {
        self.0.with_mut(|uses| *uses += 1);
    }

    /// The value is there. To be called by the one thread that puts it there.
    #[inline]
    pub(super) fn fill(&self) {
        // Nobody else changes the count before this task has finished.
        self.0.store(self.0.load(Ordering::Relaxed) & !EMPTY, Ordering::Relaxed);
    }

    /// The value is not there any more, and nobody has used it. To be called by the one thread that has put it there.
    pub(super) fn empty(&self) {
        self.0.store(self.0.load(Ordering::Relaxed) | EMPTY, Ordering::Relaxed);
    }

    /// Whether the caller, who is a user, is the only one left. The others' uses are over then.
    #[inline]
    pub(super) fn is_last(&self) -> bool {
        // Acquire: what the others did with the value happened before they gave up their use.
        self.0.load(Ordering::Acquire) & !EMPTY == 1
    }

    /// Whether there may be more than one user left.
    #[inline]
    pub(super) fn may_be_shared(&self) -> bool {
        self.0.load(Ordering::Acquire) & !EMPTY > 1
    }

    /// Gives up the last use if the caller, who is a user, is the only one left: the value is the caller's to move out.
    #[inline]
    pub(super) fn take_if_last(&self) -> bool {
        let is_last = self.is_last();
        if is_last {
            self.take_all();
        }
        is_last
    }

    /// Gives up all uses that are left; the caller acts for all of them.
    #[inline]
    pub(super) fn take_all(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Gives up one use. True for the last of a value that is there: it is the caller's to drop, and all other uses are over.
    #[inline]
    pub(super) fn give_up(&self) -> bool {
        if self.0.load(Ordering::Acquire) == 1 {
            // The only user left cannot be raced by another one: no locked instruction.
            self.0.store(0, Ordering::Relaxed);
            true
        } else {
            self.0.fetch_sub(1, Ordering::AcqRel) == 1
        }
    }

    /// [`Uses::give_up`] where one thread has all uses.
    #[inline]
    pub(super) fn give_up_alone(&self) -> bool {
        let before = self.0.load(Ordering::Relaxed);
        self.0.store(before - 1, Ordering::Relaxed);
        before == 1
    }

    /// Gives up all uses; true if there is a value to be dropped. By `&mut`: the run is over.
    #[inline]
    pub(super) fn clear(&mut self) -> bool {
        self.0.with_mut(|uses| {
            let held = *uses & EMPTY == 0 && *uses > 0;
            *uses = 0;
            held
        })
    }
}
