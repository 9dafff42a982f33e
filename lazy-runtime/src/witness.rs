//! Who is told what happens to values that are kept.

use std::time::Duration;

use crate::key::Key;

/// Is told of caches and of the spill folder: the observers of a run.
pub(crate) trait Witness: Send + Sync {
    /// A cache was asked for a value, or given one.
    fn cache(&self, key: Key, outcome: CacheOutcome);
    /// A value went to disk, or came back, or the limit is not kept.
    fn spill(&self, key: Key, outcome: SpillOutcome, bytes: usize, took: Duration);
}

/// What a cache did.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CacheOutcome {
    /// The value was found in memory.
    HitInMemory,
    /// The value was found on disk.
    HitOnDisk,
    /// The value is kept from now on.
    Kept,
    /// The value is larger than the whole cache, and is not kept.
    TooLarge,
    /// The value is not kept on disk, because another process would not give the call the same key.
    NotStable,
    /// What was found is not what was written; it counts as not found.
    Damaged,
    /// What was found could not be read, for this reason; it counts as not found.
    NotRead(String),
    /// The value could not be written, for this reason.
    NotWritten(String),
}

impl CacheOutcome {
    /// A few words for it, as they are printed.
    pub fn name(&self) -> &'static str {
        match self {
            CacheOutcome::HitInMemory => "hit in memory",
            CacheOutcome::HitOnDisk => "hit on disk",
            CacheOutcome::Kept => "kept",
            CacheOutcome::TooLarge => "too large to keep",
            CacheOutcome::NotStable => "not kept, key not stable",
            CacheOutcome::Damaged => "damaged",
            CacheOutcome::NotRead(_) => "not read",
            CacheOutcome::NotWritten(_) => "not written",
        }
    }

    pub(crate) fn is_not_stable(&self) -> bool {
        matches!(self, CacheOutcome::NotStable)
    }

    pub(crate) fn is_kept(&self) -> bool {
        matches!(self, CacheOutcome::Kept)
    }

    /// Whether the value need not be computed.
    pub fn is_hit(&self) -> bool {
        matches!(self, CacheOutcome::HitInMemory | CacheOutcome::HitOnDisk)
    }
}

/// What was done to stay within the memory limit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SpillOutcome {
    /// The value went to disk.
    Out,
    /// The value came back.
    Back,
    /// The value could not be written, and stays in memory.
    NotWritten,
    /// Nothing could be done: more memory is held than the limit allows.
    LimitExceeded,
}

impl SpillOutcome {
    /// A few words for it, as they are printed.
    pub fn name(self) -> &'static str {
        match self {
            SpillOutcome::Out => "spilled",
            SpillOutcome::Back => "brought back",
            SpillOutcome::NotWritten => "not written",
            SpillOutcome::LimitExceeded => "limit exceeded",
        }
    }
}
