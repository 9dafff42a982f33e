//! [`Scratch`]: memory and disk that a task uses besides its arguments and its result.

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::{Arc, Weak};

use crate::runtime::Runtime;
use crate::store::{Memory, SpillFolder};

/// Memory and disk that tasks use besides their arguments and results, within the limit of their runtime.
///
/// For tasks that collect, sort or join more than they return: [`room`](Scratch::room) says how much there is,
/// [`hold`](Scratch::hold) counts what they take, so that results of others go to disk for it and no more is begun than there is
/// room for, and in [`file`](Scratch::file) they put what they have no room for.
///
/// It is a handle, of which there may be many, and can be kept in a result. It does not keep the runtime: when that has ended nothing
/// counts any more.
///
/// # Examples
/// ```
/// use std::io::{BufReader, BufWriter, Read, Seek, Write};
/// use lazy_runtime::prelude::*;
/// use lazy_runtime::{Runtime, Scratch};
///
/// /// Distinct numbers, sorted. Those that there is no room for are sorted in a file.
/// #[delayed]
/// fn distinct(numbers: &[u64]) -> std::io::Result<Vec<u64>> {
///     let scratch = Scratch::current();
///     let bytes = size_of_val(numbers);
///     if scratch.room().is_none_or(|room| room >= bytes) {
///         let _hold = scratch.hold(bytes); // as long as the copy lives
///         let mut copy = numbers.to_vec();
///         copy.sort_unstable();
///         copy.dedup();
///         return Ok(copy);
///     }
///     let mut file = BufWriter::new(scratch.file()?);
///     for byte in numbers.iter().flat_map(|number| number.to_le_bytes()) {
///         file.write_all(&[byte])?;
///     }
///     let mut file = file.into_inner()?;
///     file.rewind()?;
///     // ... sort it there, and read what is distinct ...
/// #   let mut sorted = std::collections::BTreeSet::new();
/// #   let (mut file, mut bytes) = (BufReader::new(file), [0; 8]);
/// #   while file.read_exact(&mut bytes).is_ok() { sorted.insert(u64::from_le_bytes(bytes)); }
/// #   Ok(sorted.into_iter().collect())
/// }
///
/// let numbers = distinct(vec![3, 1, 3, 2]);
/// for limit in [16, 1 << 20] {
///     let runtime = Runtime::builder().memory_limit(limit).build()?;
///     assert_eq!(runtime.compute(&numbers)?, [1, 2, 3]);
/// }
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct Scratch {
    limit: Option<usize>,
    /// Not kept: a result that the memory cache has may keep this, and what counts here knows the cache.
    memory: Weak<Memory>,
    folder: Arc<SpillFolder>,
}

impl Scratch {
    /// That of the runtime whose task this is called from; elsewhere that of [`Runtime::current`].
    pub fn current() -> Scratch {
        let runtime = Runtime::current();
        let (memory, folder) = runtime.room();
        Scratch {
            limit: memory.map(|memory| memory.limit()),
            memory: memory.map_or_else(Weak::new, Arc::downgrade),
            folder: Arc::clone(folder),
        }
    }

    /// The [memory limit](crate::RuntimeBuilder::memory_limit) in bytes, if there is one.
    pub fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// How many bytes are free below the limit just now; 0 where it is passed, `None` where there is no limit.
    ///
    /// What others' results take counts as taken, though much of it may go to disk when room is needed: [`hold`](Scratch::hold) has
    /// it go. Other tasks may take the room before this one does.
    pub fn room(&self) -> Option<usize> {
        let used = self.memory.upgrade().map_or(0, |memory| memory.used());
        self.limit.map(|limit| limit.saturating_sub(used))
    }

    /// Counts so many bytes against the limit until the [`Hold`] is dropped. To be called before they are allocated.
    ///
    /// Where that passes the limit, cached results are given up and results that are not used just now are written to disk, on this
    /// thread, unless another thread is already about it. It never fails and waits for no task: what cannot be made room for is
    /// counted all the same, and tasks without dependencies do not start meanwhile.
    ///
    /// Writing a result calls its `Serialize`, reading it back its `Deserialize`, and giving one up its `Drop`: keep no lock that these take. Locks that only tasks and
    /// their closures take may be kept.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::{Runtime, Scratch};
    ///
    /// let runtime = Runtime::builder().memory_limit(1000).build()?;
    /// let scratch = runtime.install(Scratch::current);
    /// let mut hold = scratch.hold(300);
    /// assert_eq!((scratch.limit(), scratch.room()), (Some(1000), Some(700)));
    /// hold.resize(5000);
    /// assert_eq!(scratch.room(), Some(0));
    /// drop(hold);
    /// assert_eq!(scratch.room(), Some(1000));
    /// # Ok::<(), lazy_runtime::Error>(())
    /// ```
    pub fn hold(&self, bytes: usize) -> Hold {
        let mut hold = Hold { memory: Weak::clone(&self.memory), bytes: 0 };
        hold.resize(bytes);
        hold
    }

    /// A new empty file to write and read, in the [folder for results](crate::RuntimeBuilder::spill_dir) that go to disk, or where that
    /// would be if there was a limit. It has no name, only this user can read it, and it is gone when it is closed, however the
    /// process ends.
    ///
    /// What is written to it counts against nothing, and no [observer](crate::diagnostics::Observer) is told of it.
    ///
    /// # Errors
    /// When the folder cannot be made or no file be created in it.
    pub fn file(&self) -> io::Result<File> {
        self.folder.nameless()
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("limit", &self.limit).field("room", &self.room()).finish()
    }
}

/// Bytes that count against the memory limit until this is dropped: from [`Scratch::hold`].
///
/// It may outlive its task: what a task keeps in a result of a type that does not tell its size can count in this way. What it counts
/// does not go to disk.
#[must_use = "the bytes count until this is dropped"]
pub struct Hold {
    memory: Weak<Memory>,
    bytes: usize,
}

/// Nothing counts as more, so that the sum of all has room.
const LARGEST: usize = 1 << (usize::BITS * 3 / 4);

impl Hold {
    /// How many bytes count.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Counts another number of bytes, of which at most 2^48 are believed; for more than before room is made as by [`Scratch::hold`].
    pub fn resize(&mut self, bytes: usize) {
        let bytes = bytes.min(LARGEST);
        let before = std::mem::replace(&mut self.bytes, bytes);
        let Some(memory) = self.memory.upgrade() else { return };
        match bytes.checked_sub(before) {
            Some(more) => {
                memory.add_scratch(more);
                memory.make_room_unless_others_do();
            }
            None => memory.subtract_scratch(before - bytes),
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.upgrade() {
            memory.subtract_scratch(self.bytes);
        }
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold").field("bytes", &self.bytes).finish()
    }
}
