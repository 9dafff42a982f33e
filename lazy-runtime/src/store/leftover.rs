//! Folders of processes that are gone.
//!
//! A process holds the lock of its folder for as long as it lives, however it ends. Whoever gets the lock of another's folder knows
//! that nobody uses it any more.

use std::fs::{self, File};
use std::path::Path;

/// How the name of a folder begins; [`RANDOM`] letters and digits follow.
pub(super) const PREFIX: &str = "lazy-spill-";
pub(super) const RANDOM: usize = 12;
/// How the names of values end.
pub(super) const EXTENSION: &str = "spill";
/// The file whose lock says that the folder is in use.
pub(super) const LOCK: &str = ".lock";

/// Removes the folders that killed processes left in this one.
pub(super) fn remove(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && entry.file_name().to_str().is_some_and(is_ours) {
            remove_if_unused(&entry.path());
        }
    }
}

fn is_ours(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX);
    random.is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|c| c.is_ascii_alphanumeric())
    })
}

/// Removes a folder whose lock nobody holds. What is not ours in it stays, and so does the folder then.
fn remove_if_unused(folder: &Path) {
    let lock = folder.join(LOCK);
    let is_file = fs::symlink_metadata(&lock).is_ok_and(|metadata| metadata.is_file());
    let Some(file) = is_file.then(|| File::open(&lock).ok()).flatten() else { return };
    if file.try_lock().is_err() {
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|extension| extension == EXTENSION) {
            let _ = fs::remove_file(entry.path());
        }
    }
    // While the lock is held: whoever made the folder just now finds the lock taken, and makes another.
    let _ = fs::remove_file(lock);
    let _ = fs::remove_dir(folder);
}
