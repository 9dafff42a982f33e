//! [`Space`]: how much memory the rows of a shuffle may take.

use std::fs::File;
use std::io;
use std::sync::{Mutex, PoisonError};

use lazy_runtime::{Hold, Scratch};

/// What a shuffle may take of the memory that there is.
pub(super) struct Space {
    scratch: Scratch,
    held: Mutex<Hold>,
}

impl Space {
    /// That of the runtime whose task asks.
    pub(super) fn current() -> Self {
        let scratch = Scratch::current();
        let held = Mutex::new(scratch.hold(0));
        Space { scratch, held }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.scratch.limit().is_some()
    }

    /// Counts what waits against the limit; the runtime makes room for it. `waiting` is asked when no other thread counts.
    pub(super) fn count(&self, waiting: impl FnOnce() -> usize) {
        if self.is_limited() {
            self.held.lock().unwrap_or_else(PoisonError::into_inner).resize(waiting());
        }
    }

    /// How many bytes have to go to disk, when so many wait and are counted. A shuffle has a quarter of the limit, and a
    /// sixteenth where no room could be made; beyond that, half of it leaves at once, so that what is written is large.
    pub(super) fn excess(&self, waiting: usize) -> usize {
        let Some(limit) = self.scratch.limit() else { return 0 };
        let share = if self.scratch.room() == Some(0) { limit / 16 } else { limit / 4 };
        if waiting > share { waiting - share / 2 } else { 0 }
    }

    /// A file that is gone when it is closed.
    pub(super) fn file(&self) -> io::Result<File> {
        self.scratch.file()
    }
}
