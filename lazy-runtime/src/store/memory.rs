//! The memory limit of a runtime: what counts, and what goes to disk.
//!
//! What counts are the held results of all runs, what the memory cache keeps, and what tasks say that they hold besides (`scratch`). When that is more than the limit, whoever made it so
//! makes room: first the cache gives up entries, for they can be computed again; then, value after value, what is needed last in the
//! static order goes to the spill folder (Belady, "A study of replacement algorithms for a virtual-storage computer", 1966: on an order
//! that is known this reads back least). If nothing can go the limit is not kept: tasks that would begin something new wait for those
//! that run (`schedule`), and that is said once.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};

use super::folder::SpillFolder;
use super::held::Held;
use crate::cache::Cache;
use crate::diagnostics::units;

pub(crate) struct Memory {
    limit: usize,
    used: AtomicUsize,
    /// Which part of it tasks hold besides their results; some of it may outlive all runs.
    scratch: AtomicUsize,
    /// The most bytes that counted since this was asked last.
    most: AtomicUsize,
    cache: Cache,
    folder: Arc<SpillFolder>,
    runs: Mutex<Vec<Weak<Held>>>,
    /// Held by whoever makes room.
    making_room: Mutex<()>,
    has_warned: AtomicBool,
}

thread_local! {
    /// This thread is writing values or reading them: what user code computes meanwhile, from within `Serialize`, has no limit.
    static IS_UNLIMITED: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread as one that has no limit, until dropped.
struct Unlimited {
    before: bool,
}

impl Unlimited {
    fn begin() -> Self {
        Unlimited { before: IS_UNLIMITED.replace(true) }
    }
}

impl Drop for Unlimited {
    fn drop(&mut self) {
        IS_UNLIMITED.set(self.before);
    }
}

impl Memory {
    pub(crate) fn new(limit: usize, cache: Cache, folder: Arc<SpillFolder>) -> Self {
        Memory {
            limit,
            used: AtomicUsize::new(0),
            scratch: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            cache,
            folder,
            runs: Mutex::default(),
            making_room: Mutex::default(),
            has_warned: AtomicBool::new(false),
        }
    }

    /// Whether runs that this thread begins are bound by the limit.
    pub(crate) fn applies_here() -> bool {
        !IS_UNLIMITED.get()
    }

    /// Does something that calls user code while a lock is held.
    pub(super) fn without_limit<R>(work: impl FnOnce() -> R) -> R {
        let _marked = Unlimited::begin();
        work()
    }

    /// The values of a run may go to disk.
    pub(crate) fn enter(&self, run: &Arc<Held>) {
        let mut runs = lock(&self.runs);
        runs.retain(|run| run.strong_count() > 0);
        runs.push(Arc::downgrade(run));
    }

    pub(super) fn add(&self, bytes: usize) {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        self.most.fetch_max(before + bytes, Ordering::Relaxed);
    }

    /// The most bytes that counted at once since this was asked last.
    pub(crate) fn take_most(&self) -> usize {
        let now = self.used.load(Ordering::Relaxed);
        let most = self.most.swap(now, Ordering::Relaxed).max(now);
        most.saturating_add(self.cache.memory().bytes())
    }

    pub(super) fn subtract(&self, bytes: usize) {
        let before = self.used.fetch_sub(bytes, Ordering::Relaxed);
        debug_assert!(before >= bytes, "no more is given back than was counted");
    }

    /// A task holds so many bytes more besides its results.
    pub(crate) fn add_scratch(&self, bytes: usize) {
        self.scratch.fetch_add(bytes, Ordering::Relaxed);
        self.add(bytes);
    }

    pub(crate) fn subtract_scratch(&self, bytes: usize) {
        self.subtract(bytes);
        self.scratch.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes that count now.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed).saturating_add(self.cache.memory().bytes())
    }

    /// Whether more is held than there should be.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.used() > self.limit
    }

    /// A run has ended: where no value is left on disk, no folder is.
    pub(super) fn tidy(&self) {
        self.folder.tidy();
    }

    /// Has what can go leave, until the limit is kept. To be called when no lock is held and by a thread with nothing pinned that it could
    /// do without.
    #[inline]
    pub(crate) fn make_room(&self) {
        if self.is_over() && Self::applies_here() {
            // Others that are over the limit wait here: they would only make more.
            self.make_room_alone(lock(&self.making_room));
        }
    }

    /// [`Memory::make_room`], for a thread in the middle of a task: it may hold locks of the user's, and whoever makes room runs code of the
    /// user's. So it waits for nobody who does; that one makes room for this thread, too, for what is needed has been counted before.
    pub(crate) fn make_room_unless_others_do(&self) {
        if self.is_over() && Self::applies_here() {
            match self.making_room.try_lock() {
                Ok(alone) => self.make_room_alone(alone),
                Err(TryLockError::Poisoned(poisoned)) => {
                    self.make_room_alone(poisoned.into_inner())
                }
                Err(TryLockError::WouldBlock) => {}
            }
        }
    }

    #[cold]
    fn make_room_alone(&self, _alone: MutexGuard<'_, ()>) {
        let _marked = Unlimited::begin();
        loop {
            let excess = self.used().saturating_sub(self.limit);
            if excess == 0 {
                return;
            }
            if self.cache.memory().evict(excess) > 0 {
                continue;
            }
            let Some((run, slot)) = self.victim() else { return self.warn(None) };
            if let Err(why) = run.send_away(slot, &self.folder) {
                self.warn(Some(&why));
            }
        }
    }

    /// The value that is needed last, of all runs.
    fn victim(&self) -> Option<(Arc<Held>, usize)> {
        let runs: Vec<_> = lock(&self.runs).iter().filter_map(Weak::upgrade).collect();
        let victims = runs.into_iter().filter_map(|run| run.victim().map(|victim| (run, victim)));
        let last = victims.max_by_key(|(_, (_, next_use))| *next_use);
        last.map(|(run, (slot, _))| (run, slot))
    }

    /// Says once that the limit is not kept.
    fn warn(&self, why: Option<&str>) {
        if self.has_warned.swap(true, Ordering::Relaxed) {
            return;
        }
        let (used, limit) = (self.used(), self.limit);
        let runs: Vec<_> = lock(&self.runs).iter().filter_map(Weak::upgrade).collect();
        runs.iter().for_each(|run| run.note_exceeded(used));
        let why = why.unwrap_or(
            "what is held is in use, or of types that cannot be written (`HeapSize`, `Serialize` and `DeserializeOwned`); a task \
             that needs many results at once may reduce them in steps",
        );
        let [used, limit] = [used, limit].map(|bytes| units::bytes(bytes as f64));
        eprintln!(
            "lazy-runtime: results take {used}, more than the memory limit of {limit}, and the run goes on: {why}"
        );
    }
}

impl Drop for Memory {
    /// All runs are over.
    fn drop(&mut self) {
        let (used, scratch) = (*self.used.get_mut(), *self.scratch.get_mut());
        debug_assert!(
            used == scratch || std::thread::panicking(),
            "{used} bytes count, of which only {scratch} are held"
        );
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // User code runs under the lock of who makes room, and guards nothing but their number.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
