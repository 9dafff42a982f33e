//! Tasks that wait for the test, or for each other, without sleeping.

use std::sync::{Arc, Condvar, Mutex};

use lazy_runtime::{Tokenize, Tokenizer};

use crate::LIMIT;

/// Closed until the test opens it. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// A closed gate.
    pub fn new() -> Gate {
        Gate::default()
    }

    /// Lets everybody through, now and later.
    pub fn open(&self) {
        *self.0.0.lock().expect("nothing panics under the lock") = true;
        self.0.1.notify_all();
    }

    /// Waits until it is open.
    #[track_caller]
    pub fn pass(&self) {
        assert!(self.passes(), "nobody opened the gate");
    }

    fn passes(&self) -> bool {
        let open = self.0.0.lock().expect("nothing panics under the lock");
        let waited = self.0.1.wait_timeout_while(open, LIMIT, |open| !*open);
        *waited.expect("nothing panics under the lock").0
    }
}

/// When a task goes on has no bearing on its result.
impl Tokenize for Gate {
    fn tokenize(&self, _: &mut Tokenizer) {}
}

/// Where a number of tasks meet. Clones share it.
#[derive(Clone, Debug)]
pub struct Meeting(Arc<(Mutex<usize>, Condvar)>, usize);

impl Meeting {
    /// A meeting of so many.
    pub fn of(expected: usize) -> Meeting {
        Meeting(Arc::default(), expected)
    }

    /// Arrives and waits for all others; false if they do not come.
    pub fn attend(&self) -> bool {
        let (arrived, changed) = &*self.0;
        let mut here = arrived.lock().expect("nothing panics under the lock");
        *here += 1;
        changed.notify_all();
        let waited = changed.wait_timeout_while(here, LIMIT / 6, |here| *here < self.1);
        *waited.expect("nothing panics under the lock").0 >= self.1
    }
}
