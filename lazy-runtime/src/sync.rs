//! What threads share state with: std's, or loom's where the state machines are model-checked.
//!
//! Types that are a state machine of several threads take their atomics and locks from here, so that their models check the code
//! that runs. It is loom's only in unit tests under `--cfg loom`, where nothing outside of a model may touch it; `ci/loom` runs them.

pub(crate) use std::sync::atomic::Ordering;

#[cfg(not(all(test, loom)))]
pub(crate) use std::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicU8, AtomicU32, AtomicUsize, fence},
};

#[cfg(all(test, loom))]
pub(crate) use loom::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicU8, AtomicU32, AtomicUsize, fence},
};

/// Access to an atomic that nobody else has, by the name it has in loom.
#[cfg(not(all(test, loom)))]
pub(crate) trait WithMut {
    fn with_mut<R>(&mut self, change: impl FnOnce(&mut u32) -> R) -> R;
}

#[cfg(not(all(test, loom)))]
impl WithMut for AtomicU32 {
    #[inline]
    fn with_mut<R>(&mut self, change: impl FnOnce(&mut u32) -> R) -> R {
        change(self.get_mut())
    }
}
