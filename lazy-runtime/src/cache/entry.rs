//! One result in a cache, to look at.

use std::time::Duration;

use crate::key::Key;

/// One result that the memory cache holds. From [`Cache::entries`](super::Cache::entries).
#[derive(Clone, Debug)]
pub struct CacheEntry {
    pub(super) key: Key,
    pub(super) bytes: usize,
    pub(super) cost: Duration,
    pub(super) hits: u64,
}

impl CacheEntry {
    /// The key of the call that made it; its name is that of the function.
    pub fn key(&self) -> Key {
        self.key
    }

    /// Bytes that it counts: those of the value, and about 270 for the entry itself.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How long it took to compute.
    pub fn cost(&self) -> Duration {
        self.cost
    }

    /// How often it was used since it is here.
    pub fn hits(&self) -> u64 {
        self.hits
    }
}
