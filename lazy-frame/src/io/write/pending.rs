//! Files under temporary names, and how they get their own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::FileError;

/// Files that are written, but do not have their names yet; removed when the last clone is dropped before they get
/// them.
#[derive(Clone, Debug)]
pub(crate) struct Pending(Arc<Mutex<Vec<Temporary>>>);

impl Pending {
    pub(super) fn new(files: Vec<Temporary>) -> Self {
        Pending(Arc::new(Mutex::new(files)))
    }

    pub(super) fn take(&self) -> Vec<Temporary> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A file under a temporary name, which is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Temporary {
    pub(super) path: PathBuf,
    /// Below the folder.
    pub(super) name: PathBuf,
    pub(super) rows: usize,
    pub(super) bytes: u64,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // A file that got its name is not there; nobody could do more about one that cannot be removed.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Files that were renamed; they get their names back unless these are kept.
#[derive(Default)]
pub(super) struct Renaming {
    done: Vec<(PathBuf, PathBuf)>,
}

impl Renaming {
    /// All names are right.
    pub(super) fn keep(mut self) {
        self.done.clear();
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> Result<(), FileError> {
        let failed = |e| FileError::of(to, "give the file its name", e);
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::rename(from, to).map_err(failed)?;
        self.done.push((from.to_owned(), to.to_owned()));
        Ok(())
    }
}

impl Drop for Renaming {
    fn drop(&mut self) {
        for (from, to) in self.done.iter().rev() {
            let _ = std::fs::rename(to, from);
        }
    }
}

/// A hidden name that this process uses once.
fn temporary_name(stem: &str) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let n = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!(".{stem}-{:x}-{n:x}.tmp", std::process::id())
}

pub(super) fn aside(folder: &Path) -> PathBuf {
    folder.join(temporary_name("replaced"))
}

/// A new file. A name that is taken was left behind by a process that was killed.
pub(super) fn create(folder: &Path, stem: &str) -> std::io::Result<(File, PathBuf)> {
    loop {
        let path = folder.join(temporary_name(stem));
        match File::create_new(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            created => return created.map(|file| (file, path)),
        }
    }
}
