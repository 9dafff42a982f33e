//! [`Recorder`]: the notes that workers take of one run.
//!
//! A worker writes into a buffer of its own, under a lock that nobody else wants but the dispatcher, a few hundred times a second. The time is
//! read under that lock: whoever has emptied all buffers after some moment has all notes of before that moment.

use std::ops::Deref;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock;
use super::dispatcher::{Dispatcher, Shared};
use super::event::{RunId, RunOutcome, TaskOutcome};
use crate::graph::Snapshot;
use crate::key::Key;
use crate::witness::{CacheOutcome, SpillOutcome, Witness};

/// In place of a number of bytes: unknown.
const UNKNOWN: u64 = u64::MAX;

/// What is noted of a task.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum What {
    Ready,
    /// And ready only now.
    StartedInOrder,
    Started,
    Finished,
}

/// One note: small, for there are three a task.
#[derive(Clone, Copy)]
pub(super) struct Note {
    pub(super) at: u64,
    bytes: u64,
    held: u64,
    pub(super) index: u32,
    pub(super) what: What,
    pub(super) outcome: TaskOutcome,
}

impl Note {
    fn of(at: u64, index: u32, what: What) -> Self {
        Note { at, bytes: UNKNOWN, held: UNKNOWN, index, what, outcome: TaskOutcome::Made }
    }

    pub(super) fn bytes(&self) -> Option<u64> {
        Some(self.bytes).filter(|&bytes| bytes != UNKNOWN)
    }

    pub(super) fn held(&self) -> Option<u64> {
        Some(self.held).filter(|&held| held != UNKNOWN)
    }
}

/// A note of something that is rare.
pub(super) struct RareNote {
    pub(super) at: u64,
    pub(super) what: Rare,
}

pub(super) enum Rare {
    Start,
    Cache(Key, CacheOutcome),
    Spill { key: Key, outcome: SpillOutcome, bytes: u64, duration: Duration },
    End(RunOutcome),
}

/// What is known of a task before it runs.
pub(super) struct Task {
    pub(super) key: Key,
    pub(super) location: &'static Location<'static>,
    pub(super) ready: u64,
    pub(super) started: u64,
}

/// The notes of one worker, on cache lines of their own.
#[derive(Default)]
#[repr(align(128))]
struct Buffer(Mutex<Vec<Note>>);

impl Buffer {
    #[inline]
    fn lock(&self) -> MutexGuard<'_, Vec<Note>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The notes that the workers of a run take.
pub(crate) struct Recorder {
    pub(super) run: RunId,
    pub(super) n_tasks: usize,
    workers: Box<[Buffer]>,
    rare: Mutex<Vec<RareNote>>,
    shared: Arc<Shared>,
}

impl Recorder {
    /// Begins the notes of a run; `None` when nobody listens any more.
    pub(crate) fn begin(
        dispatcher: &Dispatcher,
        snapshot: &Snapshot,
        n_workers: usize,
    ) -> Option<Recording> {
        let tasks = |index| Task {
            key: snapshot.key(index),
            location: snapshot.location(index),
            ready: 0,
            started: 0,
        };
        let shared = dispatcher.listening()?;
        let tasks = (0..snapshot.len() as u32).map(tasks).collect();
        let new = |run| Recorder {
            run,
            n_tasks: snapshot.n_tasks(),
            workers: (0..n_workers.max(1)).map(|_| Buffer::default()).collect(),
            rare: Mutex::new(vec![RareNote { at: clock::now(), what: Rare::Start }]),
            shared: Arc::clone(shared),
        };
        Some(Recording { recorder: shared.register(tasks, new), outcome: RunOutcome::Failed })
    }

    pub(super) fn n_workers(&self) -> usize {
        self.workers.len()
    }

    /// The buffer of the worker that this thread is.
    #[inline]
    fn own(&self) -> MutexGuard<'_, Vec<Note>> {
        // A run of one worker may be on any thread, even on one of a pool that is not ours.
        let worker = match self.workers.len() {
            1 => 0,
            _ => rayon::current_thread_index().unwrap_or(0),
        };
        self.workers[worker].lock()
    }

    /// These tasks are ready.
    pub(crate) fn ready(&self, tasks: impl IntoIterator<Item = u32>) {
        let mut notes = self.own();
        let at = clock::now();
        notes.extend(tasks.into_iter().map(|index| Note::of(at, index, What::Ready)));
    }

    /// A task that was told to be ready starts on this thread.
    #[inline]
    pub(crate) fn started(&self, index: u32) {
        let mut notes = self.own();
        notes.push(Note::of(clock::now(), index, What::Started));
    }

    /// A task that was told to be ready follows on this thread the one that has just ended.
    #[inline]
    pub(crate) fn started_next(&self, index: u32) {
        self.follows(index, What::Started);
    }

    /// A task that follows in static order is ready and starts on this thread.
    #[inline]
    pub(crate) fn started_in_order(&self, index: u32) {
        self.follows(index, What::StartedInOrder);
    }

    #[inline]
    fn follows(&self, index: u32, what: What) {
        let mut notes = self.own();
        // It starts when the one before ends. To look at the clock again would take longer than what is in between; but a note that is
        // written after the buffer was emptied must not be older than that.
        let at = notes.last().map_or_else(clock::now, |last| last.at);
        notes.push(Note::of(at, index, what));
    }

    /// A task has ended on this thread. What becomes ready by that is told to what is returned, before anybody else hears of it.
    #[inline]
    pub(crate) fn finished(&self, index: u32, end: TaskEnd) -> Finishing<'_> {
        let mut notes = self.own();
        let at = clock::now();
        notes.push(Note {
            at,
            bytes: end.bytes.unwrap_or(UNKNOWN),
            held: end.held.unwrap_or(UNKNOWN),
            index,
            what: What::Finished,
            outcome: end.outcome,
        });
        Finishing { notes, at }
    }

    fn note_rare(&self, what: Rare) {
        let mut notes = self.rare.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push(RareNote { at: clock::now(), what });
    }

    /// Hands over the notes that one worker has taken, in order of time; the worker goes on with an empty buffer.
    pub(super) fn take(&self, worker: usize, empty: Vec<Note>) -> Vec<Note> {
        std::mem::replace(&mut *self.workers[worker].lock(), empty)
    }

    pub(super) fn take_rare(&self) -> Vec<RareNote> {
        std::mem::take(&mut *self.rare.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How a task ended.
pub(crate) struct TaskEnd {
    pub(crate) outcome: TaskOutcome,
    pub(crate) bytes: Option<u64>,
    pub(crate) held: Option<u64>,
}

/// A task has ended; its worker's notes are still open.
pub(crate) struct Finishing<'a> {
    notes: MutexGuard<'a, Vec<Note>>,
    at: u64,
}

impl Finishing<'_> {
    /// A task became ready by it.
    #[inline]
    pub(crate) fn ready(&mut self, index: u32) {
        self.notes.push(Note::of(self.at, index, What::Ready));
    }
}

/// A run that is recorded. When this is dropped the run has ended, and its observers have been told.
pub(crate) struct Recording {
    recorder: Arc<Recorder>,
    outcome: RunOutcome,
}

impl Recording {
    /// Ends the run.
    pub(crate) fn end(mut self, outcome: RunOutcome) {
        self.outcome = outcome;
    }
}

impl Witness for Recorder {
    fn cache(&self, key: Key, outcome: CacheOutcome) {
        self.note_rare(Rare::Cache(key, outcome));
    }

    fn spill(&self, key: Key, outcome: SpillOutcome, bytes: usize, took: Duration) {
        self.note_rare(Rare::Spill { key, outcome, bytes: bytes as u64, duration: took });
    }
}

impl Recording {
    pub(crate) fn recorder(&self) -> Arc<Recorder> {
        Arc::clone(&self.recorder)
    }
}

impl Deref for Recording {
    type Target = Recorder;

    fn deref(&self) -> &Recorder {
        &self.recorder
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.recorder.note_rare(Rare::End(self.outcome));
        self.recorder.shared.wait_for(self.recorder.run);
    }
}
