//! Results kept on disk, up to a bound in bytes and in age.
//!
//! An entry is a file, named by the token of the call that made it. It is written under another name beside its place and then renamed: it
//! is there as a whole or not at all, for other processes too. Nothing waits until it has reached the disk: what a power failure leaves
//! behind fails its checksum. No entry is believed without it, nor under another shape of its type. The time of its last change is
//! the time of its last use.
//!
//! What is too old, or too much, is removed when a process stores for the first time, and whenever it has written a sixteenth of the bound since.
//! Only files are touched that are entries by name and by content.

mod files;
mod header;
mod reason;

use std::any::Any;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;
use twox_hash::XxHash3_128;

use crate::codec::{Codec, CodecError, Summed, Value};
use header::{CHECKSUM, FIXED, Header, Kind, Start};
pub(crate) use reason::Reason;

/// How often a folder is made again that another process removes as soon as it is there.
const ATTEMPTS: usize = 3;

/// Results that are kept on disk, shared by all processes that use the folder.
pub(crate) struct DiskCache {
    dir: PathBuf,
    max_bytes: u64,
    max_age: Duration,
    /// Bytes written since the folder was swept.
    unswept: AtomicU64,
    sweeping: Mutex<()>,
    counts: Counters,
}

#[derive(Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    stored: AtomicU64,
    evicted: AtomicU64,
}

/// What this process looked up, stored and gave up so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) stored: u64,
    pub(super) evicted: u64,
}

/// An entry that seems to be there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    /// Bytes of the result as it is written.
    pub(crate) bytes: u64,
}

/// What lies in the folder of a disk cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiskUsage {
    /// Results that lie there, of all programs that use the folder.
    pub entries: usize,
    /// Bytes of their files.
    pub bytes: u64,
}

/// An entry's file whose beginning is as it should be.
struct Opened {
    file: File,
    start: Start,
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

impl DiskCache {
    /// A cache in this folder, which is created with the first entry.
    pub(crate) fn new(dir: impl Into<PathBuf>, max_bytes: u64, max_age: Duration) -> Self {
        let dir = dir.into();
        DiskCache {
            // The program may go to another folder later.
            dir: std::path::absolute(&dir).unwrap_or(dir),
            max_bytes,
            max_age,
            unswept: AtomicU64::new(u64::MAX / 2),
            sweeping: Mutex::new(()),
            counts: Counters::default(),
        }
    }

    /// The folder, as an absolute path.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether there is an entry, as far as that can be told without reading it. What is not there is counted by
    /// [`DiskCache::count_misses`].
    pub(crate) fn look(&self, token: u128, shape: u128) -> Result<Option<Found>, Reason> {
        let opened = self.open(token, shape)?;
        Ok(opened.map(|opened| Found { bytes: opened.start.length }))
    }

    /// So many entries were looked for in vain.
    pub(crate) fn count_misses(&self, count: u64) {
        add(&self.counts.misses, count);
    }

    /// Reads an entry; `None` if there is none.
    pub(crate) fn read(&self, token: u128, codec: &Codec) -> Result<Option<Value>, Reason> {
        let value = self.read_entry(token, codec);
        let is_hit = matches!(value, Ok(Some(_)));
        add(if is_hit { &self.counts.hits } else { &self.counts.misses }, 1);
        value
    }

    /// Keeps the result of a call to the function of this path, and tells how many bytes its file has.
    pub(crate) fn store(
        &self,
        token: u128,
        codec: &Codec,
        path: &str,
        value: &dyn Any,
    ) -> Result<u64, Reason> {
        let place = files::path_of(&self.dir, token);
        self.check_place(token, &place)?;
        let folder = files::folder_of(&self.dir, token);
        let mut file = self.unfinished(&folder)?;
        let bytes = self.write(&mut file, &folder, token, codec, path, value)?;
        let persisted = file.persist(&place);
        persisted.map_err(|error| Reason::io("write", &place)(error.error))?;
        add(&self.counts.stored, 1);
        self.unswept.fetch_add(bytes, Ordering::Relaxed);
        self.sweep_if_due();
        Ok(bytes)
    }

    /// Looks through the folder for what lies there; takes time with the number of entries.
    pub(crate) fn usage(&self) -> DiskUsage {
        let files = files::named(&self.dir);
        DiskUsage { entries: files.len(), bytes: files.iter().map(|file| file.bytes).sum() }
    }

    /// Removes all entries, and nothing else.
    pub(crate) fn clear(&self) {
        for file in files::named(&self.dir) {
            files::remove_ours(&file.path, file.token);
        }
        files::remove_abandoned(&self.dir);
        files::remove_empty_folders(&self.dir);
    }

    /// Removes the entries of functions whose path is chosen.
    pub(crate) fn clear_functions(&self, is_chosen: impl Fn(&str) -> bool) {
        for file in files::named(&self.dir) {
            if path_in(&file.path, file.token).is_some_and(|path| is_chosen(&path)) {
                files::remove_ours(&file.path, file.token);
            }
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let Counters { hits, misses, stored, evicted } = &self.counts;
        let [hits, misses, stored, evicted] =
            [hits, misses, stored, evicted].map(|counter| counter.load(Ordering::Relaxed));
        Counts { hits, misses, stored, evicted }
    }

    /// Opens an entry's file if its beginning and its length are as they should be.
    fn open(&self, token: u128, shape: u128) -> Result<Option<Opened>, Reason> {
        let path = files::path_of(&self.dir, token);
        let mut file = match files::open(&path) {
            Ok(file) => file,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(Reason::io("read", &path)(error)),
        };
        let kind = files::kind_of(&mut file, token).map_err(Reason::io("read", &path))?;
        let length = file.metadata().map_err(Reason::io("read", &path))?.len();
        match kind {
            Kind::OtherVersion => Ok(None),
            Kind::Foreign => Err(Reason::Foreign { path }),
            Kind::Entry(start) if start.file_length() == Some(length) => {
                Ok((start.shape == shape).then_some(Opened { file, start }))
            }
            Kind::Entry(_) | Kind::Damaged => Err(damaged(path, token)),
        }
    }

    fn read_entry(&self, token: u128, codec: &Codec) -> Result<Option<Value>, Reason> {
        let Some(mut opened) = self.open(token, (codec.shape)().hash)? else { return Ok(None) };
        let path = files::path_of(&self.dir, token);
        let value = match opened.value(codec) {
            Ok(Some(value)) => value,
            Ok(None) => return Err(damaged(path, token)),
            Err(CodecError::Read(error)) => return Err(Reason::io("read", &path)(error)),
            Err(error) => return Err(Reason::Codec(error)),
        };
        // Where this is not allowed the entry seems unused, and goes sooner.
        let _ = opened.file.set_modified(SystemTime::now());
        Ok(Some(value))
    }

    /// A file that is no entry keeps its place.
    fn check_place(&self, token: u128, place: &Path) -> Result<(), Reason> {
        let found = files::open(place).and_then(|mut file| files::kind_of(&mut file, token));
        match found {
            Ok(Kind::Foreign) => Err(Reason::Foreign { path: place.to_owned() }),
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(Reason::io("write", place)(error)),
        }
    }

    /// A file to write into, beside the place of the entry.
    fn unfinished(&self, folder: &Path) -> Result<NamedTempFile, Reason> {
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix(files::UNFINISHED.0).suffix(files::UNFINISHED.1);
        let mut file = builder.tempfile_in(folder);
        for _ in 0..ATTEMPTS {
            match &file {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                _ => break,
            }
            file = std::fs::create_dir_all(folder).and_then(|()| builder.tempfile_in(folder));
        }
        file.map_err(Reason::io("write into the cache folder", folder))
    }

    fn write(
        &self,
        file: &mut NamedTempFile,
        folder: &Path,
        token: u128,
        codec: &Codec,
        path: &str,
        value: &dyn Any,
    ) -> Result<u64, Reason> {
        let shape = (codec.shape)().hash;
        let mut header = Header { token, shape, length: 0, path: path.to_owned() };
        let io = || Reason::io("write into the cache folder", folder);
        let file = file.as_file_mut();
        file.write_all(&header.to_bytes()).map_err(io())?;
        let mut result = Summed::up_to(self.max_bytes, &mut *file);
        let encoded = (codec.encode)(value, &mut result);
        let (bytes, checksum) = (result.n_bytes(), result.checksum());
        encoded.map_err(|error| match error {
            CodecError::Write(_) if bytes > self.max_bytes => {
                Reason::TooLarge { limit: self.max_bytes }
            }
            CodecError::Write(error) => io()(error),
            other => Reason::Codec(other),
        })?;
        header.length = bytes;
        let start = header.to_bytes();
        let file_bytes = start.len() as u64 + bytes + 2 * CHECKSUM as u64;
        if file_bytes > self.max_bytes {
            return Err(Reason::TooLarge { limit: self.max_bytes });
        }
        let sums = [checksum.to_le_bytes(), over_all(&start, checksum)].concat();
        file.write_all(&sums).map_err(io())?;
        file.seek(SeekFrom::Start(0)).map_err(io())?;
        file.write_all(&start).map_err(io())?;
        Ok(file_bytes)
    }

    fn sweep_if_due(&self) {
        if self.unswept.load(Ordering::Relaxed) <= self.max_bytes / 16 {
            return;
        }
        // One thread is enough; what others write meanwhile counts for the next time.
        if let Ok(_sweeping) = self.sweeping.try_lock() {
            self.unswept.store(0, Ordering::Relaxed);
            self.sweep();
        }
    }

    /// Removes what is too old, then what was used least recently, until a sixteenth of the bound is free for what is written until
    /// the next time.
    fn sweep(&self) {
        files::remove_abandoned(&self.dir);
        let mut files = files::named(&self.dir);
        files.sort_by_key(|file| file.used);
        let mut left: u64 = files.iter().map(|file| file.bytes).sum();
        for file in files {
            let is_over = left > self.max_bytes - self.max_bytes / 16;
            if !is_over && files::age(file.used) <= self.max_age {
                break;
            }
            // What another process removed is gone as well.
            add(&self.counts.evicted, u64::from(files::remove_ours(&file.path, file.token)));
            left -= file.bytes;
        }
    }
}

impl Opened {
    /// Reads the value; `None` if the file is not as it was written.
    fn value(&mut self, codec: &Codec) -> Result<Option<Value>, CodecError> {
        let Start { length, path_length, .. } = self.start;
        let from = FIXED as u64 + u64::from(path_length);
        let start = self.part(0, from).map_err(CodecError::Read)?;
        let sums = self.part(from + length, 2 * CHECKSUM as u64).map_err(CodecError::Read)?;
        let Some((sum, over)) = sums.split_first_chunk() else { return Ok(None) };
        let checksum = u128::from_le_bytes(*sum);
        if over != over_all(&start, checksum) {
            return Ok(None);
        }
        codec.read(&mut self.file, from, length, checksum)
    }

    fn part(&mut self, from: u64, bytes: u64) -> io::Result<Vec<u8>> {
        let mut part = Vec::new();
        self.file.seek(SeekFrom::Start(from))?;
        (&self.file).take(bytes).read_to_end(&mut part)?;
        Ok(part)
    }
}

/// The checksum of a whole file: of what stands before the result, and the checksum of the result.
fn over_all(start: &[u8], checksum: u128) -> [u8; CHECKSUM] {
    let bytes = [start, &checksum.to_le_bytes()].concat();
    XxHash3_128::oneshot(&bytes).to_le_bytes()
}

/// The path of the function that an entry is of.
fn path_in(file: &Path, token: u128) -> Option<String> {
    let mut file = files::open(file).ok()?;
    let Kind::Entry(start) = files::kind_of(&mut file, token).ok()? else { return None };
    let mut path = String::new();
    file.take(u64::from(start.path_length)).read_to_string(&mut path).ok()?;
    Some(path)
}

/// A damaged file of ours, which is removed.
fn damaged(path: PathBuf, token: u128) -> Reason {
    let is_removed = files::remove_ours(&path, token);
    Reason::Damaged { path, is_removed }
}

/// Nothing is there, or another thing stands where its folder would be: then storing says why not.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests;
