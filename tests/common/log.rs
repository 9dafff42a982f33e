//! What happened, in order, as the tasks themselves tell it.

use std::sync::{Arc, Mutex, MutexGuard};

use lazy_runtime::{Tokenize, Tokenizer};

/// A list of events that tasks write to. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// A log without events.
    pub fn new() -> Log {
        Log::default()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().expect("nothing panics under the lock")
    }

    /// Writes an event.
    pub fn note(&self, event: impl Into<String>) {
        self.lock().push(event.into());
    }

    /// All events so far, in order.
    pub fn events(&self) -> Vec<String> {
        self.lock().clone()
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nothing has happened yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often this very event happened.
    pub fn count(&self, event: &str) -> usize {
        self.lock().iter().filter(|found| *found == event).count()
    }

    /// When this event happened first, counted in events.
    #[track_caller]
    pub fn place(&self, event: &str) -> usize {
        let place = self.lock().iter().position(|found| found == event);
        place.unwrap_or_else(|| panic!("`{event}` did not happen; {self:?}"))
    }
}

/// Where a task writes has no bearing on its result.
impl Tokenize for Log {
    fn tokenize(&self, _: &mut Tokenizer) {}
}
