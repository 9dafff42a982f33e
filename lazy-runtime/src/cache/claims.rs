//! Which results are being computed now, so that two runs that want the same one compute it once.
//!
//! A run claims the keys it is going to compute, all of them or none. If others have some, it waits until these are free, looks into the
//! caches again and claims what is still missing. As nobody waits while holding a claim, two runs cannot wait for each other. A claim
//! ends key by key, when the result is kept or has failed, and with its run.
//!
//! A task may wait for a thread of its own that waits here for what the task's run has claimed and not begun. So patience has an end: where
//! the run makes no progress for so long, whoever waits computes beside it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::id::{ByToken, Id};
use crate::sync::{Condvar, Mutex, MutexGuard};

/// How long a thread sleeps before it asks whether it should go on waiting.
const NAP: Duration = Duration::from_millis(1);

/// How long a thread waits for a run that ends no task.
const PATIENCE: Duration = Duration::from_secs(30);

/// The keys that runs are computing now.
pub(crate) struct Claims {
    state: Mutex<State>,
    freed: Condvar,
    patience: Duration,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// Nobody computes any of the keys.
    Free,
    /// The deadline has passed, or the wait was cancelled.
    Stopped,
    /// Who computes them makes no progress.
    TooLong,
}

struct State {
    /// By whom each key is claimed.
    owners: HashMap<Id, Owner, ByToken>,
    /// The last claim that was made.
    last: u64,
}

/// Who has claimed a key.
struct Owner {
    number: u64,
    /// How many tasks of its run have ended.
    progress: Arc<AtomicU64>,
}

/// Keys that one run is computing; those that are left are free again when it is dropped.
#[must_use = "what was claimed is free again as soon as the claim is dropped"]
pub(crate) struct Claim {
    claims: Arc<Claims>,
    owner: u64,
    progress: Arc<AtomicU64>,
    ids: Vec<Id>,
}

impl Claims {
    pub(crate) fn new() -> Arc<Self> {
        let state = State { owners: HashMap::default(), last: 0 };
        Arc::new(Claims { state: Mutex::new(state), freed: Condvar::new(), patience: PATIENCE })
    }

    /// Claims all of these keys, or tells which of them others have.
    pub(crate) fn try_claim(self: &Arc<Self>, ids: Vec<Id>) -> Result<Claim, Vec<Id>> {
        let mut state = self.lock();
        if ids.iter().any(|id| state.owners.contains_key(id)) {
            return Err(ids.into_iter().filter(|id| state.owners.contains_key(id)).collect());
        }
        state.last += 1;
        let owner = state.last;
        let progress = Arc::new(AtomicU64::new(0));
        let owner_of = |&id: &Id| (id, Owner { number: owner, progress: Arc::clone(&progress) });
        state.owners.extend(ids.iter().map(owner_of));
        drop(state);
        Ok(Claim { claims: Arc::clone(self), owner, progress, ids })
    }

    /// Whether nobody is computing one of these.
    #[cfg(test)]
    pub(crate) fn are_free(&self, ids: &[Id]) -> bool {
        self.lock().are_free(ids)
    }

    /// Sleeps until nobody is computing one of these, or the wait has to end.
    ///
    /// `is_cancelled` is asked about a thousand times a second, while no lock is held: it may do something else in between.
    pub(crate) fn wait_for(
        &self,
        ids: &[Id],
        deadline: Option<Instant>,
        is_cancelled: impl Fn() -> bool,
    ) -> Waited {
        let (mut seen, mut since) = (None, Instant::now());
        loop {
            let is_cancelled = is_cancelled();
            let state = self.lock();
            if state.are_free(ids) {
                return Waited::Free;
            }
            let now = Instant::now();
            let left = deadline.map(|deadline| deadline.saturating_duration_since(now));
            if is_cancelled || left.is_some_and(|left| left.is_zero()) {
                return Waited::Stopped;
            }
            let progress = Some(state.progress_of(ids));
            if progress != seen {
                (seen, since) = (progress, now);
            } else if now - since >= self.patience {
                return Waited::TooLong;
            }
            let nap = left.unwrap_or(NAP).min(NAP);
            drop(self.freed.wait_timeout(state, nap));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn are_free(&self, ids: &[Id]) -> bool {
        !ids.iter().any(|id| self.owners.contains_key(id))
    }

    /// A number that changes when a task ends of a run that has one of these keys.
    fn progress_of(&self, ids: &[Id]) -> u64 {
        let owners = ids.iter().filter_map(|id| self.owners.get(id));
        owners.fold(0, |sum, owner| sum.wrapping_add(owner.progress.load(Ordering::Relaxed)))
    }

    /// Frees a key, unless it is another's by now.
    fn free(&mut self, id: &Id, owner: u64) {
        if self.owners.get(id).is_some_and(|found| found.number == owner) {
            self.owners.remove(id);
        }
    }
}

impl Claim {
    /// A task of the run has ended.
    #[inline]
    pub(crate) fn note_progress(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
    }

    /// Frees a key whose result is kept, or has failed. Does nothing if that was done before.
    pub(crate) fn done(&self, id: &Id) {
        self.claims.lock().free(id, self.owner);
        self.claims.freed.notify_all();
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut state = self.claims.lock();
        self.ids.iter().for_each(|id| state.free(id, self.owner));
        drop(state);
        self.claims.freed.notify_all();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::any::TypeId;
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use super::*;

    fn ids<const N: usize>(tokens: [u128; N]) -> Vec<Id> {
        tokens.map(|token| Id { token: token << 64, of: TypeId::of::<u8>() }).to_vec()
    }

    #[test]
    fn keys_are_claimed_all_or_none() {
        let claims = Claims::new();
        let first = claims.try_claim(ids([1, 2, 2])).ok().unwrap();
        assert_eq!(claims.try_claim(ids([2, 3, 1])).err(), Some(ids([2, 1])));
        let third = claims.try_claim(ids([3])).ok().unwrap();
        drop(first);
        assert_eq!(claims.try_claim(ids([1, 2, 3])).err(), Some(ids([3])));
        drop(third);
        assert!(claims.try_claim(ids([1, 2, 3])).is_ok());
        assert!(claims.are_free(&ids([1, 2, 3])));
    }

    #[test]
    fn a_key_that_is_done_may_be_claimed_by_others_and_stays_theirs() {
        let claims = Claims::new();
        let first = claims.try_claim(ids([1, 2])).ok().unwrap();
        first.done(&ids([1])[0]);
        let second = claims.try_claim(ids([1])).ok().unwrap();
        first.done(&ids([1])[0]);
        assert!(!claims.are_free(&ids([1])), "it is the second claim's now");
        drop(first);
        assert!(!claims.are_free(&ids([1])));
        assert!(claims.are_free(&ids([2])));
        drop(second);
        assert!(claims.are_free(&ids([1])));
    }

    #[test]
    fn whoever_waits_wakes_when_the_last_key_is_free() {
        let claims = Claims::new();
        let claim = claims.try_claim(ids([1, 2])).ok().unwrap();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| claims.wait_for(&ids([1, 2]), None, || false));
            claim.done(&ids([1])[0]);
            assert!(!waiter.is_finished() && !claims.are_free(&ids([2])));
            claim.done(&ids([2])[0]);
            assert_eq!(waiter.join().unwrap(), Waited::Free);
        });
    }

    #[test]
    fn waiting_ends_at_the_deadline_and_when_it_is_cancelled() {
        let claims = Claims::new();
        let _claim = claims.try_claim(ids([1])).ok().unwrap();
        assert_eq!(claims.wait_for(&ids([1]), Some(Instant::now()), || false), Waited::Stopped);
        let deadline = Instant::now() + Duration::from_millis(3);
        assert_eq!(claims.wait_for(&ids([1]), Some(deadline), || false), Waited::Stopped);
        assert!(Instant::now() >= deadline);
        let asked = AtomicUsize::new(0);
        let is_cancelled = || asked.fetch_add(1, Ordering::Relaxed) == 3;
        assert_eq!(claims.wait_for(&ids([1]), None, is_cancelled), Waited::Stopped);
        assert_eq!(asked.into_inner(), 4);
        assert_eq!(claims.wait_for(&ids([2]), None, || true), Waited::Free, "nothing to wait for");
    }

    #[test]
    fn patience_ends_where_no_task_ends() {
        let mut claims = Claims::new();
        Arc::get_mut(&mut claims).unwrap().patience = Duration::from_millis(5);
        let claim = claims.try_claim(ids([1])).ok().unwrap();
        assert_eq!(claims.wait_for(&ids([1]), None, || false), Waited::TooLong);
        // As long as tasks end nobody is out of patience.
        let asked = AtomicUsize::new(0);
        let goes_on = || {
            claim.note_progress();
            asked.fetch_add(1, Ordering::Relaxed) == 50
        };
        assert_eq!(claims.wait_for(&ids([1]), None, goes_on), Waited::Stopped);
    }

    #[test]
    fn of_many_threads_one_computes_each_key() {
        let claims = Claims::new();
        let computed: Vec<_> = (0..20).map(|_| AtomicUsize::new(0)).collect();
        thread::scope(|scope| {
            for thread in 0..4 {
                let (claims, computed) = (&claims, &computed);
                scope.spawn(move || {
                    for step in 0..200 {
                        compute_one(claims, &computed[(step + thread * 5) % 20], step + thread * 5);
                    }
                });
            }
        });
        assert!(computed.iter().all(|times| times.load(Ordering::Relaxed) == 1));
        assert!(claims.lock().owners.is_empty());
    }

    /// Computes a key unless that was done before, as a run does.
    fn compute_one(claims: &Arc<Claims>, computed: &AtomicUsize, step: usize) {
        let wanted = ids([(step % 20) as u128]);
        while computed.load(Ordering::Relaxed) == 0 {
            match claims.try_claim(wanted.clone()) {
                Ok(_claim) if computed.load(Ordering::Relaxed) == 0 => {
                    computed.fetch_add(1, Ordering::Relaxed);
                }
                Ok(_claim) => {}
                Err(taken) => assert_eq!(claims.wait_for(&taken, None, || false), Waited::Free),
            }
        }
    }
}

#[cfg(all(test, loom))]
mod models {
    use std::any::TypeId;

    use loom::thread;

    use super::*;
    use crate::sync::{AtomicU32, Ordering};

    fn id(token: u128) -> Id {
        Id { token: token << 64, of: TypeId::of::<u8>() }
    }

    /// Wakes without a time limit: loom's naps never end by themselves.
    fn wait(claims: &Claims, ids: &[Id]) {
        assert_eq!(claims.wait_for(ids, None, || false), Waited::Free);
    }

    #[test]
    fn whoever_waits_for_a_key_that_is_done_wakes() {
        loom::model(|| {
            let claims = Claims::new();
            let claim = claims.try_claim(vec![id(1), id(2)]).ok().unwrap();
            let others = Arc::clone(&claims);
            let waiter = thread::spawn(move || wait(&others, &[id(1), id(2)]));
            claim.done(&id(1));
            claim.done(&id(2));
            waiter.join().unwrap();
            assert!(claims.are_free(&[id(1), id(2)]));
        });
    }

    #[test]
    fn everybody_wakes_when_a_claim_is_dropped() {
        loom::model(|| {
            let claims = Claims::new();
            let claim = claims.try_claim(vec![id(1), id(2)]).ok().unwrap();
            let waiters = [1, 2].map(|token| {
                let claims = Arc::clone(&claims);
                thread::spawn(move || wait(&claims, &[id(token)]))
            });
            drop(claim);
            let _: [(); 2] = waiters.map(|waiter| waiter.join().unwrap());
        });
    }

    /// Computes both keys, and takes part in nothing while it waits; tells others by `computing` that it computes.
    fn run(claims: &Arc<Claims>, computing: &AtomicU32, order: [Id; 2]) {
        loop {
            match claims.try_claim(order.to_vec()) {
                Ok(claim) => {
                    assert_eq!(computing.fetch_add(1, Ordering::Relaxed), 0, "claimed twice");
                    computing.fetch_sub(1, Ordering::Relaxed);
                    claim.done(&order[0]);
                    return;
                }
                Err(taken) => wait(claims, &taken),
            }
        }
    }

    #[test]
    fn a_key_is_never_claimed_twice_and_runs_never_wait_for_each_other() {
        loom::model(|| {
            let (claims, computing) = (Claims::new(), Arc::new(AtomicU32::new(0)));
            let (others, theirs) = (Arc::clone(&claims), Arc::clone(&computing));
            let other = thread::spawn(move || run(&others, &theirs, [id(1), id(2)]));
            run(&claims, &computing, [id(2), id(1)]);
            other.join().unwrap();
            assert!(claims.are_free(&[id(1), id(2)]));
        });
    }

    #[test]
    fn what_is_done_and_claimed_again_is_not_freed_by_the_first() {
        loom::model(|| {
            let claims = Claims::new();
            let first = claims.try_claim(vec![id(1)]).ok().unwrap();
            let others = Arc::clone(&claims);
            let second = thread::spawn(move || {
                wait(&others, &[id(1)]);
                others.try_claim(vec![id(1)]).ok().expect("nobody else claims it")
            });
            first.done(&id(1));
            drop(first);
            let second = second.join().unwrap();
            assert!(!claims.are_free(&[id(1)]));
            drop(second);
            assert!(claims.are_free(&[id(1)]));
        });
    }
}
