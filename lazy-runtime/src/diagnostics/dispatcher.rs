//! [`Dispatcher`]: the thread that tells observers what workers have noted.
//!
//! It is woken when a run begins and when one ends, and looks every few milliseconds in between. A look takes the time first, then
//! empties all buffers: what was noted before that time is complete, is put in order, and told; what was noted
//! since waits for the next look.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::clock;
use super::delivery::Delivery;
use super::event::RunId;
use super::observer::Observer;
use super::recorder::{Recorder, Task};

/// Between two looks at the buffers.
const PERIOD: Duration = Duration::from_millis(5);

/// A runtime's observers, and the thread on which they are called. The thread starts with the first run, and ends when the last clone
/// of this is gone and all is told.
#[derive(Clone)]
pub(crate) struct Dispatcher(Arc<Owner>);

struct Owner(Arc<Shared>);

/// What runs and the thread share.
pub(super) struct Shared {
    state: Mutex<State>,
    /// The thread has something to do.
    work: Condvar,
    /// Runs have been told, or nobody should wait for it.
    told: Condvar,
    /// Nobody listens: all observers have panicked.
    is_deaf: AtomicBool,
}

#[derive(Default)]
struct State {
    /// Until the thread starts.
    observers: Option<Vec<Arc<dyn Observer>>>,
    /// Runs that the thread has not seen yet.
    new: Vec<Active>,
    /// How many runs have begun and have not been told to their end.
    open: Vec<RunId>,
    /// Some run has ended.
    is_urgent: bool,
    /// An observer computes: whoever waits for the thread might be what it waits for.
    is_distracted: bool,
    is_shut: bool,
}

/// A run that is being told.
pub(super) struct Active {
    pub(super) recorder: Arc<Recorder>,
    pub(super) tasks: Vec<Task>,
}

thread_local! {
    /// The dispatcher whose thread this is.
    static OWN: RefCell<Weak<Shared>> = const { RefCell::new(Weak::new()) };
    /// An observer on this thread has started a computation.
    static DISTRACTED: Cell<bool> = const { Cell::new(false) };
}

/// To be called when a computation starts: if an observer starts it, nobody waits for that observer.
pub(crate) fn note_computation() {
    if let Some(shared) = OWN.with_borrow(Weak::upgrade) {
        DISTRACTED.set(true);
        shared.lock().is_distracted = true;
        shared.told.notify_all();
    }
}

/// Whether this thread tells observers.
pub(super) fn is_own_thread() -> bool {
    OWN.with_borrow(|own| own.strong_count() > 0)
}

impl Dispatcher {
    /// `None` without observers.
    pub(crate) fn new(observers: Vec<Arc<dyn Observer>>) -> Option<Self> {
        if observers.is_empty() {
            return None;
        }
        let state = State { observers: Some(observers), ..State::default() };
        Some(Dispatcher(Arc::new(Owner(Arc::new(Shared {
            state: Mutex::new(state),
            work: Condvar::new(),
            told: Condvar::new(),
            is_deaf: AtomicBool::new(false),
        })))))
    }

    /// What a run shares with the thread, which has started, if there is anybody to be told.
    pub(super) fn listening(&self) -> Option<&Arc<Shared>> {
        let shared = &self.0.0;
        let observers = shared.lock().observers.take();
        if let Some(observers) = observers {
            shared.start(observers);
        }
        (!shared.is_deaf.load(Ordering::Relaxed)).then_some(shared)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.lock().is_shut = true;
        self.0.work.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No user code runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(self: &Arc<Self>, observers: Vec<Arc<dyn Observer>>) {
        let shared = Arc::clone(self);
        let thread = std::thread::Builder::new().name("lazy-observers".to_owned());
        let started = thread.spawn(move || {
            let _gone = Gone(&shared);
            OWN.set(Arc::downgrade(&shared));
            shared.tell_all(observers);
        });
        if let Err(error) = started {
            eprintln!(
                "lazy-runtime: observers hear nothing, for there is no thread for them: {error}"
            );
            self.is_deaf.store(true, Ordering::Relaxed);
        }
    }

    /// Makes a run known. Its first note is written before the thread can look for it.
    pub(super) fn register(
        &self,
        tasks: Vec<Task>,
        new: impl FnOnce(RunId) -> Recorder,
    ) -> Arc<Recorder> {
        static RUNS: AtomicU64 = AtomicU64::new(1);
        let mut state = self.lock();
        let recorder = Arc::new(new(RunId(RUNS.fetch_add(1, Ordering::Relaxed))));
        state.new.push(Active { recorder: Arc::clone(&recorder), tasks });
        state.open.push(recorder.run);
        drop(state);
        self.work.notify_all();
        recorder
    }

    /// Waits until a run that has ended is told.
    pub(super) fn wait_for(&self, run: RunId) {
        let mut state = self.lock();
        state.is_urgent = true;
        self.work.notify_all();
        let is_pending = |state: &State| state.open.contains(&run) && !state.is_distracted;
        while is_pending(&state) && !self.is_deaf.load(Ordering::Relaxed) {
            state = self.told.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The life of the thread.
    fn tell_all(&self, observers: Vec<Arc<dyn Observer>>) {
        let mut audience = Audience { shared: self, observers };
        let mut delivery = Delivery::default();
        while let Some(now) = self.next_look(&mut delivery) {
            let ended = delivery.tell_until(now, &mut audience);
            if audience.observers.is_empty() {
                return;
            }
            if !ended.is_empty() {
                self.lock().open.retain(|run| !ended.contains(run));
                self.told.notify_all();
            }
        }
    }

    /// Waits for the next look, and says when it is; `None` when there is none.
    fn next_look(&self, delivery: &mut Delivery) -> Option<u64> {
        let mut state = self.lock();
        while state.open.is_empty() && !state.is_shut {
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.open.is_empty() {
            return None;
        }
        if !state.is_urgent {
            let wait = |state: &mut State| !state.is_urgent;
            let waited = self.work.wait_timeout_while(state, PERIOD, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.is_urgent = false;
        // Before runs are taken over: the first note of one that is not among them is later.
        let now = clock::now();
        delivery.runs.append(&mut state.new);
        Some(now)
    }
}

/// The thread has ended: nobody waits for it.
struct Gone<'a>(&'a Shared);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        self.0.is_deaf.store(true, Ordering::Relaxed);
        state.new.clear();
        drop(state);
        self.0.told.notify_all();
    }
}

/// The observers that have not panicked.
pub(super) struct Audience<'a> {
    shared: &'a Shared,
    observers: Vec<Arc<dyn Observer>>,
}

impl Audience<'_> {
    /// Tells everybody.
    pub(super) fn tell(&mut self, tell: impl Fn(&dyn Observer)) {
        let mut place = 0;
        while place < self.observers.len() {
            let observer = &self.observers[place];
            let told = catch_unwind(AssertUnwindSafe(|| tell(&**observer)));
            match told {
                Ok(()) => place += 1,
                Err(panic) => self.dismiss(place, panic),
            }
        }
        self.attend();
    }

    /// No observer computes any more.
    fn attend(&self) {
        if DISTRACTED.replace(false) {
            self.shared.lock().is_distracted = false;
        }
    }

    #[cold]
    fn dismiss(&mut self, place: usize, panic: Box<dyn Any + Send>) {
        let observer = self.observers.remove(place);
        eprintln!(
            "lazy-runtime: an observer panicked and hears no more: {}",
            crate::error::message(&*panic)
        );
        // Both are the user's, and their drop may panic as well.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(panic)));
        let _ = catch_unwind(AssertUnwindSafe(|| drop(observer)));
    }
}
