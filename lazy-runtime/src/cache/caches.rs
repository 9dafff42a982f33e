//! The caches of a runtime, as runs use them.

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::time::Duration;

use super::claims::Claims;
use super::id::Id;
use super::memory::{self, MemoryCache};
use crate::keep::{Kept, Place};
use crate::key::Key;
use crate::store::CacheNote;

/// The caches of a runtime, and what is being computed for them.
pub(crate) struct Caches {
    pub(crate) memory: Arc<MemoryCache>,
    pub(crate) claims: Arc<Claims>,
}

impl Id {
    /// Of the result with this key, for what has an output of this type.
    pub(crate) fn new(key: Key, of: TypeId) -> Self {
        Id { token: key.token(), of }
    }
}

impl Caches {
    pub(crate) fn load(
        &self,
        _key: Key,
        _kept: &Kept,
    ) -> Result<Option<Box<dyn Any + Send + Sync>>, String> {
        Ok(None)
    }
    pub(crate) fn store(
        &self,
        _key: Key,
        _path: &str,
        _kept: &Kept,
        _value: &dyn Any,
    ) -> CacheNote {
        CacheNote::Kept
    }

    /// Keeps a result in memory.
    pub(crate) fn keep<T: Send + Sync + 'static>(
        &self,
        key: Key,
        value: Arc<T>,
        bytes: usize,
        cost: Duration,
    ) -> CacheNote {
        let id = Id::new(key, TypeId::of::<T>());
        match self.memory.insert(id, key, value, bytes, cost) {
            memory::Kept::Kept => CacheNote::Kept,
            memory::Kept::TooLarge => CacheNote::TooLarge,
        }
    }
}
