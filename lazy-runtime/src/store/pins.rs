//! What one task needs of the held values.

use std::cell::{Cell, OnceCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::held::{Held, SpillFailed};
use super::slot::Shared;

/// What a task gets that takes a value.
pub(crate) enum Taken<T> {
    /// It was the last user.
    Last(Arc<T>),
    /// Others use it, too.
    Shared(Arc<T>),
}

/// What one task needs of the held values: all of it is here as long as this is.
pub(crate) struct Pins<'r> {
    held: &'r Held,
    /// One for each edge; none if no edge leads to a held value.
    pins: Vec<Pin>,
    /// Which tasks' values were given up, in the end.
    given_up: Cell<Vec<u32>>,
    /// Bytes of values that were taken: they count as long as the task runs.
    taken: Cell<usize>,
}

/// What one edge leads to.
struct Pin {
    /// The task whose value is pinned; `None` for something else.
    task: Option<u32>,
    /// The value, if it was borrowed.
    borrowed: OnceCell<Shared>,
}

impl<'r> Pins<'r> {
    /// Pins the values of these tasks, one for each edge; those that are away come back first.
    pub(crate) fn new(
        held: &'r Held,
        tasks: impl Iterator<Item = Option<u32>> + Clone,
    ) -> Result<Self, SpillFailed> {
        let mut pins =
            Pins { held, pins: Vec::new(), given_up: Cell::default(), taken: Cell::new(0) };
        if tasks.clone().all(|task| task.is_none()) {
            return Ok(pins);
        }
        pins.pins.reserve_exact(tasks.size_hint().0);
        for task in tasks {
            task.map_or(Ok(()), |task| held.pin(task))?;
            pins.pins.push(Pin { task, borrowed: OnceCell::new() });
        }
        Ok(pins)
    }

    /// The value of a task, for the edge at a position.
    ///
    /// # Panics
    /// If it is of another type, or not there.
    pub(crate) fn borrow<T: Send + Sync + 'static>(&'r self, position: u32, task: u32) -> &'r T {
        let value = self.pins[position as usize].borrowed.get_or_init(|| self.value(task));
        value.downcast_ref().expect("a held value is kept as its own type")
    }

    fn value(&self, task: u32) -> Shared {
        let value = self.held.slot(task).lock().value.clone();
        value.expect("a value that is used was made and is here")
    }

    /// The value of a task, whose use ends with this.
    ///
    /// # Panics
    /// As [`Pins::borrow`].
    pub(crate) fn take<T: Send + Sync + 'static>(&self, task: u32) -> Taken<T> {
        let typed =
            |value: Shared| value.downcast::<T>().expect("a held value is kept as its own type");
        let mut state = self.held.slot(task).lock();
        state.n_users -= 1;
        if state.n_users > 0 {
            let value = state.value.clone();
            drop(state);
            return Taken::Shared(typed(value.expect("a value that is used was made and is here")));
        }
        let (value, file, bytes) = state.clear();
        drop(state);
        self.taken.set(self.taken.get() + bytes);
        drop(file);
        Taken::Last(typed(value.expect("a value that is used was made and is here")))
    }

    /// Gives up the use of a task's value, when this is dropped: whoever is the last user then is its only owner.
    pub(crate) fn give_up(&self, task: u32) {
        let mut given_up = self.given_up.take();
        given_up.push(task);
        self.given_up.set(given_up);
    }
}

impl Drop for Pins<'_> {
    fn drop(&mut self) {
        self.held.uncount(self.taken.get());
        self.pins.iter_mut().for_each(|pin| drop(pin.borrowed.take()));
        self.pins.iter().filter_map(|pin| pin.task).for_each(|task| self.held.unpin(task));
        let mut outcome = Ok(());
        for task in self.given_up.take() {
            // One value's drop may panic; the others are given up all the same.
            let given_up = catch_unwind(AssertUnwindSafe(|| self.held.give_up(task)));
            outcome = outcome.and(given_up);
        }
        if let Err(panic) = outcome
            && !std::thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}
