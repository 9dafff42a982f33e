//! Who is told what happens to values that are kept.

use std::time::Duration;

use crate::key::Key;

/// Is told of caches and of the spill folder: the observers of a run.
pub(crate) trait Witness: Send + Sync {
    /// A cache was asked for a value, or given one.
    fn cache(&self, key: Key, note: CacheNote);
    /// A value went to disk, or came back, or the limit is not kept.
    fn spill(&self, key: Key, note: SpillNote, bytes: usize, took: Duration);
}

/// What a cache did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum CacheNote {
    HitInMemory,
    HitOnDisk,
    Kept,
    TooLarge,
    NotStable,
    Damaged,
    NotRead(String),
    NotWritten(String),
}

/// What the memory limit brought about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SpillNote {
    Out,
    Back,
    /// The value could not be written.
    NotWritten,
    /// So many bytes are in use, and none of them can go.
    Exceeded,
}
