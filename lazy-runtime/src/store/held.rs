//! The held values of one run.

use std::collections::BinaryHeap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::folder::SpillFolder;
use super::memory::Memory;
use super::slot::{Shared, Slot, State};
use crate::key::Key;
use crate::witness::{SpillOutcome, Witness};

/// In place of the number of a slot: the result lies in its slot of the run.
pub(super) const NOT_HELD: u32 = u32::MAX;

/// After the last step: outputs are used when the run is over.
pub(super) const AT_THE_END: u32 = u32::MAX;

/// The held values of one run, by the index of the task that makes each.
pub(crate) struct Held {
    /// The number of the slot of each task's result, or [`NOT_HELD`].
    pub(super) places: Vec<u32>,
    pub(super) slots: Vec<Slot>,
    /// `users[slot.users]` are the tasks that use a value, in static order. Empty without a memory limit.
    pub(super) users: Vec<u32>,
    /// A bit for each task that has been executed. Empty without a memory limit.
    pub(super) executed: Vec<AtomicU64>,
    /// What could go, as (when it is needed next, the number of its slot), what is needed last on top. An entry is believed only if it
    /// is what the slot says of it; so a value is looked at when it becomes free, and not whenever room is made.
    pub(super) queue: Mutex<BinaryHeap<(u32, u32)>>,
    /// Room had to be made: the queue is filled. A run that stays within the limit has none.
    pub(super) is_queued: AtomicBool,
    pub(super) memory: Option<Arc<Memory>>,
    pub(super) witness: Option<Arc<dyn Witness>>,
}

/// A value that was away could not be read back.
#[derive(Debug)]
pub(crate) struct SpillFailed(String);

impl fmt::Display for SpillFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a result that the memory limit had put on disk could not be read back: {}",
            self.0
        )
    }
}

impl std::error::Error for SpillFailed {}

impl Held {
    pub(super) fn slot(&self, task: u32) -> &Slot {
        &self.slots[self.places[task as usize] as usize]
    }

    pub(crate) fn is_held(&self, task: u32) -> bool {
        self.places[task as usize] != NOT_HELD
    }

    /// The result of a task is there. It counts as so many bytes.
    pub(crate) fn put(&self, task: u32, value: Shared, bytes: usize) {
        // Before others can see the value, and send it away.
        self.count(bytes);
        let mut state = self.slot(task).lock();
        state.value = Some(value);
        state.bytes = bytes;
        drop(state);
        self.offer(self.places[task as usize]);
    }

    /// The task has been executed, and pins nothing any more: what it used, these results, may be needed later, or never.
    pub(crate) fn note_executed(&self, task: u32, used: impl Iterator<Item = u32>) {
        if let Some(word) = self.executed.get(task as usize / 64) {
            word.fetch_or(1 << (task % 64), Ordering::Relaxed);
            used.for_each(|used| self.offer(self.places[used as usize]));
        }
    }

    /// Has the value of a slot go, if room is needed and it can. To be asked after every change that lets it.
    fn offer(&self, number: u32) {
        // Who fills the queue says so, then locks one slot after the other. So whoever has changed one before that is seen, and whoever
        // changes it later sees this.
        if !self.is_queued.load(Ordering::SeqCst) {
            return;
        }
        let slot = &self.slots[number as usize];
        let mut state = slot.lock();
        let next = self.next_use(slot, &mut state);
        if !slot.may_go(&state) || state.queued == Some(next) {
            return;
        }
        state.queued = Some(next);
        drop(state);
        self.queue().push((next, number));
    }

    fn queue(&self) -> MutexGuard<'_, BinaryHeap<(u32, u32)>> {
        // Only numbers are moved under the lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_executed(&self, task: u32) -> bool {
        let word = self.executed.get(task as usize / 64);
        word.is_some_and(|word| word.load(Ordering::Relaxed) & 1 << (task % 64) != 0)
    }

    /// Gives up one use.
    pub(crate) fn give_up(&self, task: u32) {
        let mut state = self.slot(task).lock();
        // A task that failed has made nothing, and its users are skipped.
        state.n_users -= 1;
        let rest = (state.n_users == 0).then(|| state.clear());
        drop(state);
        // After the lock is free: a value's drop is the user's code.
        if let Some((value, file, bytes)) = rest {
            self.uncount(bytes);
            drop(file);
            drop(value);
        }
    }

    /// The value of an output, when the run is over. The last that names it has it for itself.
    ///
    /// # Panics
    /// If it is not here.
    pub(crate) fn output(&self, task: u32) -> Shared {
        let mut state = self.slot(task).lock();
        state.n_users -= 1;
        let value = match state.n_users {
            0 => {
                let (value, _file, bytes) = state.clear();
                self.uncount(bytes);
                value
            }
            _ => state.value.clone(),
        };
        value.expect("an output that is taken is here")
    }

    /// Brings a value back if it is away.
    pub(crate) fn bring_back(&self, task: u32) -> Result<(), SpillFailed> {
        self.pin(task)
    }

    /// Keeps a value here, and brings it back if it is away.
    pub(super) fn pin(&self, task: u32) -> Result<(), SpillFailed> {
        let slot = self.slot(task);
        let mut state = slot.lock();
        if let (None, Some(file), Some(codec)) = (&state.value, &state.away, &slot.codec) {
            // Under the lock: whoever else needs the value waits for it. What user code computes meanwhile must not wait for whoever makes
            // room, who looks at all slots.
            let begun = Instant::now();
            let read = Memory::without_limit(|| file.read(codec));
            let value = read.map_err(|error| SpillFailed(error.to_string()))?;
            state.value = Some(Arc::from(value));
            self.count(state.bytes);
            self.note(slot.key, SpillOutcome::Back, state.bytes, begun.elapsed());
        }
        state.pins += 1;
        Ok(())
    }

    pub(super) fn unpin(&self, task: u32) {
        self.slot(task).lock().pins -= 1;
    }

    fn count(&self, bytes: usize) {
        if let Some(memory) = &self.memory {
            memory.add(bytes);
        }
    }

    pub(super) fn uncount(&self, bytes: usize) {
        if let Some(memory) = &self.memory {
            memory.subtract(bytes);
        }
    }

    /// The value that could go to disk and is needed last: the number of its slot, and when it is needed.
    ///
    /// To be asked by one thread at a time.
    pub(super) fn victim(&self) -> Option<(usize, u32)> {
        if !self.is_queued.swap(true, Ordering::SeqCst) {
            (0..self.slots.len() as u32).for_each(|number| self.offer(number));
        }
        loop {
            let entry @ (next, number) = *self.queue().peek()?;
            let slot = &self.slots[number as usize];
            let mut state = slot.lock();
            if state.queued == Some(next) {
                if slot.may_go(&state) {
                    return Some((number as usize, next));
                }
                // It is offered again when it becomes free.
                state.queued = None;
            }
            drop(state);
            let mut queue = self.queue();
            if queue.peek() == Some(&entry) {
                queue.pop();
            }
        }
    }

    /// The first task in static order that uses the value and has not been executed.
    fn next_use(&self, slot: &Slot, state: &mut State) -> u32 {
        let users = &self.users[slot.users.clone()];
        let is_over = |user: u32| user != AT_THE_END && self.is_executed(user);
        while users.get(state.n_passed).is_some_and(|&user| is_over(user)) {
            state.n_passed += 1;
        }
        users.get(state.n_passed).copied().unwrap_or(AT_THE_END)
    }

    fn note(&self, key: Key, note: SpillOutcome, bytes: usize, took: Duration) {
        if let Some(witness) = &self.witness {
            witness.spill(key, note, bytes, took);
        }
    }

    /// The limit is not kept: so many bytes are in use.
    pub(super) fn note_exceeded(&self, used: usize) {
        if let Some(slot) = self.slots.first() {
            self.note(slot.key, SpillOutcome::LimitExceeded, used, Duration::ZERO);
        }
    }

    /// Puts a value on disk. False if somebody needs it now, or it is gone.
    pub(super) fn send_away(&self, number: usize, folder: &SpillFolder) -> Result<bool, String> {
        let slot = &self.slots[number];
        let begun = Instant::now();
        let Some(codec) = &slot.codec else { return Ok(false) };
        let (value, is_written) = {
            let state = slot.lock();
            let Some(value) = state.value.as_ref().filter(|_| state.pins == 0) else {
                return Ok(false);
            };
            (Arc::clone(value), state.away.is_some())
        };
        // Without the lock: a task that needs the value meanwhile has it, and it stays.
        let file = match is_written {
            true => None,
            false => match folder.write(codec, &*value) {
                Ok(file) => Some(file),
                Err(error) => {
                    let_go(value);
                    return Err(self.give_up_on(slot, error.to_string()));
                }
            },
        };
        let_go(value);
        let mut state = slot.lock();
        if state.value.is_none() {
            return Ok(false);
        }
        state.away = file.or(state.away.take());
        if state.pins > 0 || state.away.is_none() {
            return Ok(false);
        }
        let (value, bytes) = (state.value.take(), state.bytes);
        drop(state);
        self.uncount(bytes);
        self.note(slot.key, SpillOutcome::Out, bytes, begun.elapsed());
        let_go(value);
        Ok(true)
    }

    /// A value that could not be written stays here.
    fn give_up_on(&self, slot: &Slot, why: String) -> String {
        let mut state = slot.lock();
        state.stays = true;
        let bytes = state.bytes;
        drop(state);
        self.note(slot.key, SpillOutcome::NotWritten, bytes, Duration::ZERO);
        format!("the result of `{}` stays in memory: {why}", slot.key.name())
    }

    /// Drops all values that are left, for the run is over. One value's drop may panic; the others are dropped all the same.
    pub(crate) fn clear(&self) -> std::thread::Result<()> {
        let mut outcome = Ok(());
        for slot in &self.slots {
            let (value, file, bytes) = slot.lock().clear();
            self.uncount(bytes);
            drop(file);
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(value)));
            outcome = outcome.and(dropped);
        }
        if let Some(memory) = &self.memory {
            memory.tidy();
        }
        outcome
    }
}

/// Drops a value, perhaps as the last who has it: this is the user's code, and what it panics with has nothing to do with the task that
/// makes room.
fn let_go<T>(value: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}
