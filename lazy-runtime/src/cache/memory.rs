//! Results kept in memory, up to a bound in bytes.
//!
//! Which to give up is decided by GreedyDual-Size (Cao and Irani: "Cost-aware WWW proxy caching algorithms", 1997). Each entry has the worth
//! `H = L + cost / size`, in seconds to compute it again a byte. The entry of the lowest worth goes, and its worth becomes `L`, which
//! so only ever rises. An entry that is used gets its worth anew, with the `L` of today: what was not used for long falls behind.
//! Among equals the one that was used least recently goes.

use std::any::Any;
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{self, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::entry::CacheEntry;
use super::id::{ByToken, Id};
use crate::key::Key;

/// A result, as caches hold it.
pub(crate) type Value = Arc<dyn Any + Send + Sync>;

/// Whether a result was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Kept,
    /// It is larger than the bound. Nothing was given up for it.
    TooLarge,
}

/// Results that are kept between runs, up to a bound in bytes.
pub(crate) struct MemoryCache {
    limit: usize,
    /// Those of the counts, for who only wants to know them.
    bytes: AtomicUsize,
    state: Mutex<State>,
}

/// What was looked up and given up so far, and what there is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) evicted: u64,
    pub(super) entries: usize,
    pub(super) bytes: usize,
}

#[derive(Default)]
struct State {
    entries: HashMap<Id, Entry, ByToken>,
    /// An entry's worth when it was put here; it may have risen since. Of entries that are gone until they come up.
    queue: BinaryHeap<Reverse<Worth>>,
    /// `L` of the algorithm.
    floor: f64,
    /// Uses of entries so far.
    clock: u64,
    counts: Counts,
}

struct Entry {
    value: Value,
    key: Key,
    bytes: usize,
    cost: Duration,
    hits: u64,
    worth: Worth,
    /// When it was inserted: tells it from an earlier one of the same id.
    since: u64,
}

/// How much an entry is worth; the lowest goes first.
#[derive(Clone, Copy)]
struct Worth {
    seconds_a_byte: f64,
    used: u64,
    since: u64,
    id: Id,
}

impl Worth {
    fn rank(&self, other: &Worth) -> Ordering {
        let worth = self.seconds_a_byte.total_cmp(&other.seconds_a_byte);
        worth.then(self.used.cmp(&other.used))
    }
}

impl PartialEq for Worth {
    fn eq(&self, other: &Worth) -> bool {
        self.rank(other).is_eq()
    }
}

impl Eq for Worth {}

impl PartialOrd for Worth {
    fn partial_cmp(&self, other: &Worth) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Worth {
    fn cmp(&self, other: &Worth) -> Ordering {
        self.rank(other)
    }
}

impl MemoryCache {
    /// Bytes that an entry counts besides its value: its places in the table and in the queue, and the counts of its `Arc`.
    ///
    /// So a cache of small values keeps to its bound as well, and a value of no bytes counts as this.
    pub(crate) const OVERHEAD: usize =
        size_of::<(Id, Entry)>() + size_of::<Worth>() + 2 * size_of::<usize>();

    /// A cache that holds nothing yet. One with no room is never filled.
    pub(crate) fn new(limit: usize) -> Self {
        MemoryCache { limit, bytes: AtomicUsize::new(0), state: Mutex::default() }
    }

    /// The result of this id. That counts as nothing yet.
    pub(crate) fn look(&self, id: &Id) -> Option<Value> {
        self.lock().entries.get(id).map(|entry| Arc::clone(&entry.value))
    }

    /// The results of these ids were used, and so many others looked for in vain.
    pub(crate) fn count(&self, used: impl Iterator<Item = Id>, n_misses: u64) {
        let mut state = self.lock();
        let State { entries, floor, clock, counts, .. } = &mut *state;
        counts.misses += n_misses;
        for id in used {
            counts.hits += 1;
            *clock += 1;
            // It may have gone meanwhile.
            if let Some(entry) = entries.get_mut(&id) {
                entry.hits += 1;
                // The queue hears of it when the entry comes up there.
                entry.worth.used = *clock;
                entry.worth.seconds_a_byte = *floor + seconds_a_byte(entry.cost, entry.bytes);
            }
        }
    }

    /// Keeps a result of so many bytes that took so long to compute, in place of others that are worth less.
    pub(crate) fn insert(
        &self,
        id: Id,
        key: Key,
        value: Value,
        bytes: usize,
        cost: Duration,
    ) -> Kept {
        let bytes = bytes.saturating_add(Self::OVERHEAD);
        if bytes > self.limit {
            return Kept::TooLarge;
        }
        let mut gone = Vec::new();
        let mut state = self.lock();
        gone.extend(state.remove(&id));
        state.evict_to(self.limit - bytes, &mut gone);
        state.add(id, key, value, bytes, cost);
        self.note_bytes(&state);
        drop(state);
        drop_each(gone);
        Kept::Kept
    }

    /// Gives up what is worth least until this many bytes are free, or nothing is left. Tells how many were freed.
    pub(crate) fn evict(&self, bytes: usize) -> usize {
        let mut gone = Vec::new();
        let mut state = self.lock();
        let before = state.counts.bytes;
        state.evict_to(before.saturating_sub(bytes), &mut gone);
        let freed = before - state.counts.bytes;
        self.note_bytes(&state);
        drop(state);
        drop_each(gone);
        freed
    }

    /// Bytes that its entries count.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(atomic::Ordering::Relaxed)
    }

    /// Forgets everything; what was counted stays.
    pub(crate) fn clear(&self) {
        self.remove_if(|_| true);
    }

    /// Forgets the results of functions of this name.
    pub(crate) fn clear_function(&self, name: &str) {
        self.remove_if(|key| key.name() == name);
    }

    /// What it holds, in no order.
    pub(crate) fn entries(&self) -> Vec<CacheEntry> {
        let entry = |entry: &Entry| CacheEntry {
            key: entry.key,
            bytes: entry.bytes,
            cost: entry.cost,
            hits: entry.hits,
        };
        self.lock().entries.values().map(entry).collect()
    }

    pub(super) fn counts(&self) -> Counts {
        self.lock().counts
    }

    fn remove_if(&self, gone: impl Fn(&Key) -> bool) {
        let mut state = self.lock();
        let removed: Vec<_> = state.entries.extract_if(|_, entry| gone(&entry.key)).collect();
        let State { entries, queue, counts, .. } = &mut *state;
        counts.entries = entries.len();
        counts.bytes = entries.values().map(|entry| entry.bytes).sum();
        *queue = entries.values().map(|entry| Reverse(entry.worth)).collect();
        self.note_bytes(&state);
        drop(state);
        drop_each(removed.into_iter().map(|(_, entry)| entry).collect());
    }

    fn note_bytes(&self, state: &State) {
        self.bytes.store(state.counts.bytes, atomic::Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, id: Id, key: Key, value: Value, bytes: usize, cost: Duration) {
        self.clock += 1;
        let (used, since) = (self.clock, self.clock);
        let seconds_a_byte = self.floor + seconds_a_byte(cost, bytes);
        let worth = Worth { seconds_a_byte, used, since, id };
        self.entries.insert(id, Entry { value, key, bytes, cost, hits: 0, worth, since });
        self.queue.push(Reverse(worth));
        self.counts.entries = self.entries.len();
        self.counts.bytes += bytes;
    }

    /// Takes an entry out. Its place in the queue is left to be found empty.
    fn remove(&mut self, id: &Id) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        self.counts.entries = self.entries.len();
        self.counts.bytes -= entry.bytes;
        Some(entry)
    }

    /// Takes out what is worth least until this many bytes are left.
    fn evict_to(&mut self, bytes: usize, gone: &mut Vec<Entry>) {
        while self.counts.bytes > bytes {
            let Reverse(worth) = self.queue.pop().expect("every entry is in the queue");
            match self.entries.get(&worth.id) {
                Some(entry) if entry.since == worth.since => {
                    let now = entry.worth;
                    if now != worth {
                        self.queue.push(Reverse(now));
                        continue;
                    }
                }
                _ => continue,
            }
            self.floor = worth.seconds_a_byte;
            self.counts.evicted += 1;
            gone.extend(self.remove(&worth.id));
        }
        // Entries that were replaced leave places behind; so there are never more of these than of entries, and a few.
        if self.queue.len() > 2 * self.entries.len() + 16 {
            self.queue = self.entries.values().map(|entry| Reverse(entry.worth)).collect();
        }
    }
}

fn seconds_a_byte(cost: Duration, bytes: usize) -> f64 {
    cost.as_secs_f64() / bytes as f64
}

/// Drops values while no lock is held. Their drop is the user's, and a panic of it no concern of whoever made room.
fn drop_each(gone: Vec<Entry>) {
    for entry in gone {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(entry)));
    }
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;

    use super::*;

    impl MemoryCache {
        /// Looks for a result and counts it, as a run does.
        fn get(&self, id: &Id) -> Option<Value> {
            let found = self.look(id);
            self.count(found.iter().map(|_| *id), u64::from(found.is_none()));
            found
        }
    }

    fn id(token: u128) -> Id {
        Id { token: token << 64, of: TypeId::of::<u64>() }
    }

    fn insert(cache: &MemoryCache, token: u128, bytes: usize, seconds: f64) -> Kept {
        let name = if token.is_multiple_of(2) { "even" } else { "odd" };
        let key = Key::numbered(name, token as u64);
        let cost = Duration::from_secs_f64(seconds);
        cache.insert(id(token), key, Arc::new(token), bytes - MemoryCache::OVERHEAD, cost)
    }

    fn held(cache: &MemoryCache) -> Vec<u128> {
        let state = cache.lock();
        let mut held: Vec<_> = state.entries.keys().map(|id| id.token >> 64).collect();
        held.sort();
        held
    }

    #[test]
    fn a_value_is_found_by_token_and_type() {
        let cache = MemoryCache::new(10_000);
        assert_eq!(insert(&cache, 1, 1_000, 1.0), Kept::Kept);
        let value = cache.get(&id(1)).unwrap();
        assert_eq!(value.downcast_ref(), Some(&1_u128));
        assert!(cache.get(&id(2)).is_none());
        assert!(cache.get(&Id { of: TypeId::of::<i8>(), ..id(1) }).is_none());
        let counts = Counts { hits: 1, misses: 2, entries: 1, bytes: 1_000, evicted: 0 };
        assert_eq!(cache.counts(), counts);
    }

    #[test]
    fn what_costs_least_a_byte_goes_first() {
        let cache = MemoryCache::new(10_000);
        insert(&cache, 1, 4_000, 4.0);
        insert(&cache, 2, 1_000, 0.5);
        insert(&cache, 3, 4_000, 0.1);
        insert(&cache, 4, 3_000, 9.0);
        assert_eq!(held(&cache), [1, 2, 4]);
        insert(&cache, 5, 3_000, 9.0);
        assert_eq!(held(&cache), [1, 4, 5].map(|token| token), "a half second for 1,000 bytes");
        assert_eq!(cache.counts().evicted, 2);
    }

    #[test]
    fn among_equals_the_least_recently_used_goes_first() {
        let cache = MemoryCache::new(3_000);
        for seconds in [0.0, 1.0] {
            cache.clear();
            (1..=3).for_each(|token| _ = insert(&cache, token, 1_000, seconds));
            cache.get(&id(1)).unwrap();
            insert(&cache, 4, 1_000, seconds);
            assert_eq!(held(&cache), [1, 3, 4]);
        }
    }

    #[test]
    fn what_is_never_used_falls_behind_though_it_was_costly() {
        let cache = MemoryCache::new(3_000);
        insert(&cache, 0, 1_000, 10.0);
        for token in 1..100 {
            insert(&cache, token, 1_000, 1.0);
        }
        assert!(!held(&cache).contains(&0), "the floor has risen above its worth");
    }

    #[test]
    fn what_is_larger_than_the_bound_takes_no_room() {
        let cache = MemoryCache::new(2_000);
        insert(&cache, 1, 2_000, 0.0);
        assert_eq!(insert(&cache, 2, 2_001, 1e9), Kept::TooLarge);
        let key = Key::numbered("huge", 3);
        let kept = cache.insert(id(3), key, Arc::new(3), usize::MAX, Duration::MAX);
        assert_eq!(kept, Kept::TooLarge);
        assert_eq!(held(&cache), [1]);
    }

    #[test]
    fn values_of_no_bytes_are_bounded_too() {
        let cache = MemoryCache::new(10 * MemoryCache::OVERHEAD);
        for token in 0..100 {
            insert(&cache, token, MemoryCache::OVERHEAD, 1.0);
        }
        assert_eq!(cache.counts().entries, 10);
        assert_eq!(cache.bytes(), 10 * MemoryCache::OVERHEAD);
    }

    #[test]
    fn a_second_value_takes_the_place_of_the_first() {
        let cache = MemoryCache::new(5_000);
        for _ in 0..1_000 {
            insert(&cache, 1, 2_000, 1.0);
            insert(&cache, 2, 1_000, 1.0);
        }
        assert_eq!((held(&cache), cache.bytes()), (vec![1, 2], 3_000));
        assert!(cache.lock().queue.len() < 30, "places of what was replaced are given back");
        assert_eq!(cache.evict(1), 2_000);
        assert_eq!(cache.evict(1), 1_000);
        assert_eq!(cache.evict(1), 0);
    }

    #[test]
    fn one_function_is_cleared_and_others_stay() {
        let cache = MemoryCache::new(100_000);
        (0..10).for_each(|token| _ = insert(&cache, token, 1_000, 1.0));
        cache.get(&id(4)).unwrap();
        cache.clear_function("odd");
        assert_eq!((held(&cache), cache.bytes()), (vec![0, 2, 4, 6, 8], 5_000));
        let entries = cache.entries();
        assert!(entries.iter().all(|entry| entry.key().name() == "even" && entry.bytes() == 1_000));
        assert_eq!(entries.iter().map(|entry| entry.hits()).sum::<u64>(), 1);
        assert_eq!(cache.evict(usize::MAX), 5_000);
        assert!(cache.entries().is_empty());
    }

    #[test]
    fn values_are_dropped_when_the_lock_is_free_and_may_panic() {
        struct Looks(Arc<MemoryCache>);
        impl Drop for Looks {
            fn drop(&mut self) {
                assert!(self.0.get(&id(1)).is_none());
                std::panic::resume_unwind(Box::new("a drop that panics"));
            }
        }
        let cache = Arc::new(MemoryCache::new(1_000));
        let key = Key::numbered("looks", 1);
        cache.insert(id(1), key, Arc::new(Looks(Arc::clone(&cache))), 0, Duration::ZERO);
        insert(&cache, 2, 1_000, 1.0);
        assert_eq!((held(&cache), cache.counts().misses), (vec![2], 1));
    }

    #[test]
    fn many_threads_keep_to_the_bound() {
        let cache = MemoryCache::new(50_000);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let cache = &cache;
                scope.spawn(move || {
                    for step in 0..2_000_u128 {
                        let token = (step * 7 + thread) % 200;
                        if cache.get(&id(token)).is_none() {
                            insert(cache, token, 1_000 + token as usize, token as f64);
                        }
                        assert!(cache.bytes() <= 50_000);
                    }
                });
            }
        });
        let counts = cache.counts();
        assert_eq!(counts.hits + counts.misses, 8_000);
        assert_eq!(counts.bytes, cache.entries().iter().map(|entry| entry.bytes()).sum::<usize>());
    }
}
