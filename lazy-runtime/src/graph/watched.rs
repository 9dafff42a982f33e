//! What models use in place of the memory that a state machine guards.

use loom::cell::UnsafeCell;

/// Memory that loom watches: a model fails where an access is not ordered after every one that it conflicts with.
pub(super) struct Watched(UnsafeCell<()>);

// SAFETY: loom runs one thread at a time, and reports every access that another one could race with.
unsafe impl Sync for Watched {}

impl Watched {
    pub(super) fn new() -> Self {
        Watched(UnsafeCell::new(()))
    }

    pub(super) fn read(&self) {
        self.0.with(|_| ());
    }

    pub(super) fn write(&self) {
        self.0.with_mut(|_| ());
    }
}
