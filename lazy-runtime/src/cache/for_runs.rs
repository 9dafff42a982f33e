//! The caches as runs use them: asked before, and given to meanwhile.

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::claims::Claims;
use super::disk::Reason;
use super::memory::{Kept as InMemory, Value};
use super::{Cache, Id};
use crate::keep::{Kept, Place};
use crate::key::Key;
use crate::witness::{CacheOutcome, Witness};

/// What a cache says of a result.
pub(crate) enum Found {
    Nothing,
    Value(Value),
    /// It is on disk: the task is to read it, and needs nothing else.
    OnDisk,
}

/// What was asked while a run was planned; it counts when the run begins.
#[derive(Default)]
pub(crate) struct Asked {
    used: Vec<(Id, Key)>,
    n_misses: u64,
    n_misses_on_disk: u64,
    not_read: Vec<(Key, CacheOutcome)>,
}

/// Why a result on disk is not used.
impl From<Reason> for CacheOutcome {
    fn from(reason: Reason) -> Self {
        if reason.is_damage() {
            CacheOutcome::Damaged
        } else {
            CacheOutcome::NotRead(reason.to_string())
        }
    }
}

impl Id {
    /// Of the result with this key, of this type.
    pub(crate) fn new(key: Key, of: TypeId) -> Self {
        Id { token: key.token(), of }
    }
}

impl Cache {
    pub(crate) fn claims(&self) -> &Arc<Claims> {
        &self.inner.claims
    }

    /// How many results were kept so far: whoever sees the same number twice has missed none.
    pub(crate) fn n_kept(&self) -> u64 {
        self.inner.n_kept.load(Ordering::SeqCst)
    }

    /// Looks for a result that is kept so.
    pub(crate) fn look(&self, key: Key, of: TypeId, kept: &Kept, asked: &mut Asked) -> Found {
        match kept.place {
            None => Found::Nothing,
            Some(Place::Memory) => self.look_in_memory(key, of, asked),
            Some(Place::Disk) => self.look_on_disk(key, kept, asked),
        }
    }

    fn look_in_memory(&self, key: Key, of: TypeId, asked: &mut Asked) -> Found {
        let id = Id::new(key, of);
        match self.memory().look(&id) {
            Some(value) => {
                asked.used.push((id, key));
                Found::Value(value)
            }
            None => {
                asked.n_misses += 1;
                Found::Nothing
            }
        }
    }

    fn look_on_disk(&self, key: Key, kept: &Kept, asked: &mut Asked) -> Found {
        let (Some(disk), Some(codec)) = (self.disk(), &kept.codec) else { return Found::Nothing };
        let found = match key.is_stable() {
            true => disk.look(key.token(), (codec.shape)().hash),
            false => Ok(None),
        };
        match found {
            Ok(Some(_)) => return Found::OnDisk,
            Ok(None) => (),
            Err(reason) => asked.not_read.push((key, reason.into())),
        }
        asked.n_misses_on_disk += 1;
        Found::Nothing
    }

    /// The run begins for which this was asked.
    pub(crate) fn count(&self, asked: Asked, witness: Option<&dyn Witness>) {
        if asked.n_misses > 0 || !asked.used.is_empty() {
            self.memory().count(asked.used.iter().map(|&(id, _)| id), asked.n_misses);
        }
        if let Some(disk) = self.disk() {
            disk.count_misses(asked.n_misses_on_disk);
        }
        if let Some(witness) = witness {
            asked.used.iter().for_each(|&(_, key)| witness.cache(key, CacheOutcome::HitInMemory));
            asked.not_read.into_iter().for_each(|(key, note)| witness.cache(key, note));
        }
    }

    /// Keeps a result in memory.
    pub(crate) fn keep<T: Send + Sync + 'static>(
        &self,
        key: Key,
        value: Arc<T>,
        bytes: usize,
        cost: Duration,
    ) -> CacheOutcome {
        let id = Id::new(key, TypeId::of::<T>());
        let kept = self.memory().insert(id, key, value, bytes, cost);
        self.inner.n_kept.fetch_add(1, Ordering::SeqCst);
        match kept {
            InMemory::Kept => CacheOutcome::Kept,
            InMemory::TooLarge => CacheOutcome::TooLarge,
        }
    }

    /// Keeps the result of a function of this path on disk.
    pub(crate) fn store(&self, key: Key, path: &str, kept: &Kept, value: &dyn Any) -> CacheOutcome {
        let (Some(disk), Some(codec)) = (self.disk(), &kept.codec) else {
            return CacheOutcome::NotStable;
        };
        if !key.is_stable() {
            self.inner.n_not_stable.fetch_add(1, Ordering::Relaxed);
            return CacheOutcome::NotStable;
        }
        let stored = disk.store(key.token(), codec, path, value);
        self.inner.n_kept.fetch_add(1, Ordering::SeqCst);
        match stored {
            Ok(_) => CacheOutcome::Kept,
            Err(Reason::TooLarge { .. }) => CacheOutcome::TooLarge,
            Err(reason) => CacheOutcome::NotWritten(reason.to_string()),
        }
    }

    /// Reads a result from disk; `None` if it is not there.
    pub(crate) fn load(
        &self,
        key: Key,
        kept: &Kept,
    ) -> Result<Option<Box<dyn Any + Send + Sync>>, Reason> {
        match (self.disk(), &kept.codec) {
            (Some(disk), Some(codec)) => disk.read(key.token(), codec),
            _ => Ok(None),
        }
    }
}
