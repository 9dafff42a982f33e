//! Jobs of a pool that came to a thread in the middle of a task, and wait for an idle one.
//!
//! A job put back into the thread's own queue would lie on top, and come back at once; if all threads waited so, none would come to what lies
//! below, which may be what they wait for. So it is set aside, and every thread of the pool is told: those that are idle take it, the others
//! look again when they become so.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::threaded::is_busy;

type Job = Box<dyn FnOnce() + Send>;

/// What is set aside in a pool.
#[derive(Clone, Default)]
pub(crate) struct Aside(Arc<Mutex<Vec<Job>>>);

thread_local! {
    /// That of the pool this thread belongs to.
    static OWN: RefCell<Option<Aside>> = const { RefCell::new(None) };
}

impl Aside {
    /// Makes the current thread known as one of the pool.
    pub(crate) fn own_this_thread(&self) {
        OWN.set(Some(self.clone()));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the current thread is one of a runtime's pool.
pub(crate) fn is_own_thread() -> bool {
    OWN.with_borrow(Option::is_some)
}

/// Has an idle thread of this thread's pool run the job, as soon as there is one.
pub(crate) fn set_aside(job: impl FnOnce() + Send + 'static) {
    let own = OWN.with_borrow(Option::clone);
    own.expect("jobs of a pool come to its threads").lock().push(Box::new(job));
    // After it was put down: a thread that was idle before finds it, one that becomes idle later looks for itself.
    rayon::spawn_broadcast(|_| resume());
}

/// The thread has become idle: what is set aside is for it, or for whoever takes it from its queue.
pub(super) fn look_aside() {
    let is_some = OWN.with_borrow(|own| own.as_ref().is_some_and(|own| !own.lock().is_empty()));
    if is_some {
        rayon::spawn(resume);
    }
}

fn resume() {
    if is_busy() {
        return;
    }
    let own = OWN.with_borrow(Option::clone);
    let jobs = own.map(|own| std::mem::take(&mut *own.lock()));
    // The last spawned is taken first.
    jobs.into_iter().flatten().rev().for_each(rayon::spawn);
}
