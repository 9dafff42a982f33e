//! The files of a disk cache: their names, and all of them.

use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::header::{self, FIXED, Kind};

/// How the names of entries end, after 32 hexadecimal digits.
const EXTENSION: &str = ".lazy";
/// How the names of files begin and end that are being written.
pub(super) const UNFINISHED: (&str, &str) = (".lazy-", ".tmp");
/// A file that has been written for so long never will be finished: its process is gone.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// A file that has the name of an entry.
pub(super) struct Named {
    pub(super) path: PathBuf,
    pub(super) token: u128,
    pub(super) bytes: u64,
    pub(super) used: SystemTime,
}

/// The folder of an entry's file: 256 of them, so that none has too many files.
pub(super) fn folder_of(dir: &Path, token: u128) -> PathBuf {
    dir.join(format!("{:02x}", token >> 120))
}

/// The file of an entry.
pub(super) fn path_of(dir: &Path, token: u128) -> PathBuf {
    folder_of(dir, token).join(format!("{token:032x}{EXTENSION}"))
}

/// The token that a file's name says, if it is an entry's.
fn token_of(name: &str) -> Option<u128> {
    let digits = name.strip_suffix(EXTENSION)?;
    let is_ours =
        digits.len() == 32 && digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    is_ours.then(|| u128::from_str_radix(digits, 16).ok()).flatten()
}

/// All files that have the name of an entry and lie where it would. Those that vanish in the meantime are another process' matter.
pub(super) fn named(dir: &Path) -> Vec<Named> {
    let mut found = Vec::new();
    for_each(dir, |name, file| found.extend(token_of(name).and_then(|token| look_at(file, token))));
    found.retain(|file| path_of(dir, file.token) == file.path);
    found
}

/// Removes what processes that are gone left unfinished.
pub(super) fn remove_abandoned(dir: &Path) {
    for_each(dir, |name, file| {
        let is_unfinished = name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1);
        if is_unfinished
            && let Some(file) = look_at(file, 0)
            && age(file.used) > ABANDONED
        {
            let _ = fs::remove_file(file.path);
        }
    });
}

/// Removes folders of entries that have become empty.
pub(super) fn remove_empty_folders(dir: &Path) {
    for byte in 0..=u8::MAX {
        let _ = fs::remove_dir(folder_of(dir, u128::from(byte) << 120));
    }
}

/// Every file in the folders of entries whose name can be one of ours.
fn for_each(dir: &Path, mut look: impl FnMut(&str, &DirEntry)) {
    for byte in 0..=u8::MAX {
        let Ok(files) = fs::read_dir(folder_of(dir, u128::from(byte) << 120)) else { continue };
        for file in files.flatten() {
            if let Some(name) = file.file_name().to_str() {
                look(name, &file);
            }
        }
    }
}

fn look_at(file: &DirEntry, token: u128) -> Option<Named> {
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() {
        return None;
    }
    let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Some(Named { path: file.path(), token, bytes: metadata.len(), used })
}

/// How long ago this was; no time for what is in the future.
pub(super) fn age(then: SystemTime) -> Duration {
    SystemTime::now().duration_since(then).unwrap_or_default()
}

/// What an open file is, by its first bytes.
pub(super) fn kind_of(file: &mut File, token: u128) -> io::Result<Kind> {
    let mut bytes = Vec::with_capacity(FIXED);
    file.take(FIXED as u64).read_to_end(&mut bytes)?;
    Ok(header::kind(&bytes, token))
}

/// Removes a file if it is ours, and tells whether it is gone.
pub(super) fn remove_ours(path: &Path, token: u128) -> bool {
    let is_ours = open(path)
        .and_then(|mut file| kind_of(&mut file, token))
        .is_ok_and(|kind| kind != Kind::Foreign);
    is_ours && fs::remove_file(path).is_ok()
}

/// Opens a regular file; anything else might block for ever.
pub(super) fn open(path: &Path) -> io::Result<File> {
    match fs::symlink_metadata(path)?.is_file() {
        true => File::open(path),
        false => Err(io::Error::other("it is no regular file; move it elsewhere")),
    }
}
