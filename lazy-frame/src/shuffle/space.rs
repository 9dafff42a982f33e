//! [`Space`]: how much memory the rows of a shuffle may take.

use std::fs::File;
use std::io;

/// What a shuffle may take of the memory that there is.
pub(super) struct Space {
    limit: Option<usize>,
}

impl Space {
    /// That of the run whose task asks.
    pub(super) fn current() -> Self {
        Space::of(None)
    }

    pub(super) fn of(limit: Option<usize>) -> Self {
        Space { limit }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// How many bytes have to go to disk, when so many wait. A shuffle has a quarter of the limit; beyond that, half of
    /// it leaves at once, so that what is written is large.
    pub(super) fn excess(&self, waiting: usize) -> usize {
        match self.limit.map(|limit| limit / 4) {
            Some(share) if waiting > share => waiting - share / 2,
            _ => 0,
        }
    }

    /// A file that is gone when it is closed.
    pub(super) fn file(&self) -> io::Result<File> {
        tempfile::tempfile()
    }
}
