//! Where one held value lies.

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::folder::SpillFile;
use crate::codec::Codec;
use crate::key::Key;

/// A value that others may have, too.
pub(super) type Shared = Arc<dyn Any + Send + Sync>;

/// Bytes of the smallest value that goes to disk: what is kept of one that is away takes about that much.
const SMALLEST: usize = 512;

/// A held value, and what is known of it.
pub(super) struct Slot {
    pub(super) key: Key,
    pub(super) codec: Option<Codec>,
    /// Which of the users of all slots are its own.
    pub(super) users: std::ops::Range<usize>,
    pub(super) state: Mutex<State>,
}

/// What changes of it.
#[derive(Default)]
pub(super) struct State {
    pub(super) value: Option<Shared>,
    /// The value on disk; it never changes, so it stays there when the value comes back.
    pub(super) away: Option<SpillFile>,
    /// Bytes that count while the value is here; 0 where the type does not say.
    pub(super) bytes: usize,
    /// Users that have not finished with the value.
    pub(super) n_users: u32,
    /// Tasks that are about to use it, or do.
    pub(super) pins: u32,
    /// It could not be written.
    pub(super) stays: bool,
    /// So many of the users, in static order, have been executed.
    pub(super) n_passed: usize,
    /// With which next use it stands in the queue.
    pub(super) queued: Option<u32>,
}

impl Slot {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // What user code runs under the lock reads a value back, and changes nothing before it has.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the value is here, nobody needs it now, and it can be written.
    pub(super) fn may_go(&self, state: &State) -> bool {
        let is_free = state.value.is_some() && state.pins == 0 && !state.stays;
        is_free && state.bytes >= SMALLEST && self.codec.is_some()
    }
}

impl State {
    /// What is left, and the bytes that counted.
    pub(super) fn clear(&mut self) -> (Option<Shared>, Option<SpillFile>, usize) {
        let value = self.value.take();
        let bytes = if value.is_some() { self.bytes } else { 0 };
        (value, self.away.take(), bytes)
    }
}
