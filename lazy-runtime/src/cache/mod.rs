//! Results that are kept between runs: in memory, and on disk.
//!
//! An entry is a result, found by the token of the call that made it. A cache never runs a task and knows no graph: whoever runs tasks
//! looks up what is there, claims what is not, and hands in what it computed. The words: a hit is a lookup that found a result, a miss one
//! that found none; an entry is evicted to make room, and cleared because the user says so.

mod claims;
mod disk;
mod entry;
mod for_runs;
mod id;
mod memory;
mod stats;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use claims::Claims;
pub(crate) use claims::{Claim, Waited};
pub(crate) use disk::DiskCache;
pub use disk::DiskUsage;
pub use entry::CacheEntry;
pub(crate) use for_runs::{Asked, Found};
pub(crate) use id::Id;
pub(crate) use memory::MemoryCache;
pub use stats::CacheStats;

/// The caches of a runtime, to look at and to clear. A handle: clones are the same caches.
///
/// From [`Runtime::cache`](crate::Runtime::cache). A result is kept under the key of its call. To clear is always safe: what is missing is
/// computed again.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
/// use lazy_runtime::Runtime;
///
/// #[delayed(cache)]
/// fn squares(n: u64) -> Vec<u64> {
///     (0..n).map(|n| n * n).collect()
/// }
///
/// let runtime = Runtime::builder().build()?;
/// let calls: Vec<_> = (1..=3).map(squares).collect();
/// runtime.compute(&calls)?;
/// let cache = runtime.cache();
/// assert_eq!(cache.entries_of("squares").len(), 3);
/// assert_eq!(cache.stats().misses, 3);
///
/// cache.clear_function("squares");
/// assert_eq!(cache.stats().entries, 0);
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

struct Inner {
    memory: MemoryCache,
    disk: Option<DiskCache>,
    claims: Arc<Claims>,
    /// How many results were kept so far.
    n_kept: AtomicU64,
    /// How many were not, because their keys are good in this process only.
    n_not_stable: AtomicU64,
}

impl Cache {
    pub(crate) fn new(memory: MemoryCache, disk: Option<DiskCache>) -> Self {
        Cache {
            inner: Arc::new(Inner {
                memory,
                disk,
                claims: Claims::new(),
                n_kept: AtomicU64::new(0),
                n_not_stable: AtomicU64::new(0),
            }),
        }
    }

    pub(crate) fn memory(&self) -> &MemoryCache {
        &self.inner.memory
    }

    /// The cache on disk, if the runtime has one.
    pub(crate) fn disk(&self) -> Option<&DiskCache> {
        self.inner.disk.as_ref()
    }

    /// What the caches have done so far, and what is held in memory now.
    pub fn stats(&self) -> CacheStats {
        let disk = self.disk().map(DiskCache::counts).unwrap_or_default();
        let not_stable = self.inner.n_not_stable.load(Ordering::Relaxed);
        CacheStats { not_stable, ..CacheStats::new(self.memory().counts(), disk) }
    }

    /// The folder of results on disk, as an absolute path; there is none before the first result is kept.
    pub fn dir(&self) -> Option<&Path> {
        self.disk().map(DiskCache::dir)
    }

    /// How much lies on disk, of all programs that use the folder. Looks at every file there.
    pub fn disk_usage(&self) -> DiskUsage {
        self.disk().map(DiskCache::usage).unwrap_or_default()
    }

    /// Forgets all results, in memory and on disk; what [`stats`](Self::stats) has counted stays.
    ///
    /// On disk the results of other programs that use the folder go as well, and no file that is not of a cache. Files that cannot be
    /// removed stay.
    pub fn clear(&self) {
        self.memory().clear();
        if let Some(disk) = self.disk() {
            disk.clear();
        }
    }

    /// Forgets the results of one function.
    ///
    /// In memory these are the ones whose key has this name. On disk they are found by the function's path, `my_crate::train` or its
    /// end, `train`; a name given with `#[delayed(name = "...")]` is not known there.
    pub fn clear_function(&self, name: &str) {
        self.memory().clear_function(name);
        if let Some(disk) = self.disk() {
            disk.clear_functions(|path| is_named(path, name));
        }
    }

    /// What is held in memory, the most costly first.
    pub fn entries(&self) -> Vec<CacheEntry> {
        let mut entries = self.memory().entries();
        entries.sort_by_key(|entry| (std::cmp::Reverse(entry.cost()), entry.key()));
        entries
    }

    /// What is held in memory of functions of this name, the most costly first.
    pub fn entries_of(&self, name: &str) -> Vec<CacheEntry> {
        let mut entries = self.entries();
        entries.retain(|entry| entry.key().name() == name);
        entries
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cache({})", self.stats())
    }
}

/// Whether a path is this one, or ends in it.
fn is_named(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with("::"))
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;
    use std::time::Duration;

    use super::*;
    use crate::codec::Codec;
    use crate::key::Key;

    fn keep(cache: &Cache, name: &'static str, token: u128) {
        let id = Id { token: token << 64, of: TypeId::of::<u8>() };
        let cost = Duration::from_secs(token as u64);
        cache.memory().insert(id, Key::numbered(name, token as u64), Arc::new(token), 8, cost);
        let path = format!("a_crate::{name}");
        let disk = cache.disk().expect("it was made with one");
        disk.store(token, &Codec::of::<u128>(), &path, &token).unwrap();
    }

    fn filled() -> (tempfile::TempDir, Cache) {
        let dir = tempfile::tempdir().unwrap();
        let disk = DiskCache::new(dir.path(), 1 << 20, Duration::from_secs(3600));
        let cache = Cache::new(MemoryCache::new(1 << 20), Some(disk));
        let kept = [("fit", 1), ("load", 2), ("refit", 3), ("fit", 4)];
        kept.iter().for_each(|&(name, token)| keep(&cache, name, token));
        (dir, cache)
    }

    #[test]
    fn a_function_is_cleared_in_memory_and_on_disk() {
        let (_dir, cache) = filled();
        cache.clear_function("fit");
        let names: Vec<_> =
            cache.entries().iter().map(|entry| entry.key().name().to_owned()).collect();
        assert_eq!(names, ["refit", "load"]);
        assert_eq!((cache.disk_usage().entries, cache.stats().entries), (2, 2));
        cache.clear();
        assert_eq!(cache.disk_usage(), DiskUsage::default());
        assert_eq!((cache.stats().entries, cache.stats().disk_stored), (0, 4));
    }

    #[test]
    fn entries_of_a_function_come_the_most_costly_first() {
        let (_dir, cache) = filled();
        let costs: Vec<_> =
            cache.entries_of("fit").iter().map(|entry| entry.cost().as_secs()).collect();
        assert_eq!(costs, [4, 1]);
        assert!(cache.entries_of("none").is_empty());
    }

    #[test]
    fn a_cache_without_a_disk_is_cleared_as_well() {
        let cache = Cache::new(MemoryCache::new(0), None);
        cache.clear();
        cache.clear_function("fit");
        assert_eq!(cache.stats(), CacheStats::default());
        assert_eq!(format!("{cache:?}"), "Cache(0 hits, 0 misses, 0 entries of 0 B, 0 evicted)");
    }
}
