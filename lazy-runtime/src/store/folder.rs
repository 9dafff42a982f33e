//! A folder for values that memory has no room for, one file each.

use std::any::Any;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use super::error::SpillError;
use super::leftover::{self, LOCK};
use crate::codec::{Codec, CodecError, Summed, Value};

/// How often a folder is made again that another process takes for a leftover before it is locked.
const ATTEMPTS: usize = 8;

/// A folder of this process for values that memory has no room for.
///
/// It is created with the first value, with a random name that no other process has, and removed when this and the last value are gone.
pub(crate) struct SpillFolder {
    parent: PathBuf,
    made: Mutex<Option<Arc<Made>>>,
}

/// The folder as it is on disk.
struct Made {
    folder: TempDir,
    files: AtomicU64,
    /// Held as long as the folder is in use; `None` where files cannot be locked.
    _lock: Option<File>,
}

/// A value that lies on disk. Its file is removed when this is dropped.
pub(crate) struct SpillFile {
    path: PathBuf,
    bytes: u64,
    checksum: u128,
    /// Keeps the folder.
    _made: Arc<Made>,
}

impl SpillFolder {
    /// A folder that will be created below this one, which is created too if it is missing.
    pub(crate) fn new(parent: PathBuf) -> Self {
        // The program may go to another folder later.
        let parent = std::path::absolute(&parent).unwrap_or(parent);
        SpillFolder { parent, made: Mutex::new(None) }
    }

    /// Writes a value to a file of its own.
    pub(crate) fn write(&self, codec: &Codec, value: &dyn Any) -> Result<SpillFile, SpillError> {
        let made = self.made()?;
        let number = made.files.fetch_add(1, Ordering::Relaxed);
        let path = made.folder.path().join(format!("{number}.{}", leftover::EXTENSION));
        let file = create(&path).map_err(SpillError::io("write", &path))?;
        // From here on an early return removes the file.
        let mut spilled = SpillFile { path, bytes: 0, checksum: 0, _made: made };
        let mut writer = Summed::new(file);
        (codec.encode)(value, &mut writer).map_err(|error| match error {
            CodecError::Write(error) => SpillError::io("write", &spilled.path)(error),
            other => SpillError::Codec(other),
        })?;
        (spilled.bytes, spilled.checksum) = (writer.n_bytes(), writer.checksum());
        Ok(spilled)
    }

    /// A file to write and read, beside the folder: it has no name, so there is nothing to remove, however the process ends.
    pub(crate) fn nameless(&self) -> io::Result<File> {
        let create = || {
            fs::create_dir_all(&self.parent)?;
            tempfile::tempfile_in(&self.parent)
        };
        create().map_err(|error| {
            let kind = error.kind();
            io::Error::new(kind, SpillError::io("create a file in", &self.parent)(error))
        })
    }

    /// Removes the folder if no value lies in it.
    pub(crate) fn tidy(&self) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.as_ref().is_some_and(|made| Arc::strong_count(made) == 1) {
            *made = None;
        }
    }

    /// The folder, created now if it is not there.
    fn made(&self) -> Result<Arc<Made>, SpillError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = &*made {
            return Ok(Arc::clone(made));
        }
        let create = || {
            fs::create_dir_all(&self.parent)?;
            leftover::remove(&self.parent);
            Made::below(&self.parent)
        };
        let new = Arc::new(create().map_err(SpillError::io("create a folder in", &self.parent))?);
        Ok(Arc::clone(made.insert(new)))
    }
}

impl Made {
    fn below(parent: &Path) -> io::Result<Made> {
        for _ in 0..ATTEMPTS {
            let mut builder = tempfile::Builder::new();
            let builder = builder.prefix(leftover::PREFIX).rand_bytes(leftover::RANDOM);
            let folder = builder.tempdir_in(parent)?;
            let lock = folder.path().join(LOCK);
            let file = create(&lock)?;
            match file.try_lock() {
                // Another process may have locked and removed it, just before.
                Ok(()) if lock.exists() => return Ok(Made::new(folder, Some(file))),
                Ok(()) | Err(fs::TryLockError::WouldBlock) => {}
                // Nobody can lock it, so nobody will remove it.
                Err(fs::TryLockError::Error(_)) => return Ok(Made::new(folder, None)),
            }
        }
        Err(io::Error::other("another process removes it at once; use a folder of your own"))
    }

    fn new(folder: TempDir, lock: Option<File>) -> Made {
        Made { folder, files: AtomicU64::new(0), _lock: lock }
    }
}

impl SpillFile {
    /// Bytes of the file.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads the value, which stays on disk as well.
    pub(crate) fn read(&self, codec: &Codec) -> Result<Value, SpillError> {
        let mut file = File::open(&self.path).map_err(SpillError::io("read", &self.path))?;
        match codec.read(&mut file, 0, self.bytes, self.checksum) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(SpillError::Damaged { path: self.path.clone() }),
            Err(CodecError::Read(error)) => Err(SpillError::io("read", &self.path)(error)),
            Err(error) => Err(SpillError::Codec(error)),
        }
    }
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        // What cannot be removed now goes with the folder.
        let _ = fs::remove_file(&self.path);
    }
}

/// Creates a file that only this user can read: what is in it may be nobody else's business.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Child, Command, Stdio};

    use super::*;

    const CODEC: Codec = Codec::of::<Vec<f64>>();

    fn spill(folder: &SpillFolder, length: usize) -> SpillFile {
        folder.write(&CODEC, &value(length)).unwrap()
    }

    fn value(length: usize) -> Vec<f64> {
        (0..length).map(|i| (i as f64).sqrt()).collect()
    }

    fn read(file: &SpillFile) -> Vec<f64> {
        *file.read(&CODEC).unwrap().downcast().unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn values_come_back_and_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let parent = dir.path().join("deep/spill");
        let folder = SpillFolder::new(parent.clone());
        assert!(!parent.exists(), "nothing is created before the first value");
        let files = [0, 1, 20_000].map(|length| spill(&folder, length));
        let [name] = &names(&parent)[..] else { panic!("one folder") };
        assert_eq!(names(&parent.join(name)).len(), 4);
        for (file, length) in files.iter().zip([0, 1, 20_000]) {
            assert_eq!(read(file), value(length));
            assert_eq!(fs::metadata(&file.path).unwrap().len(), file.bytes());
        }
        let first = files.into_iter().next().unwrap();
        assert_eq!(names(&parent.join(name)).len(), 2, "a dropped file is gone");
        drop(folder);
        assert_eq!(read(&first), value(0), "the folder stays for what lies in it");
        drop(first);
        assert!(names(&parent).is_empty());
    }

    #[test]
    fn a_value_is_removed_when_a_panic_drops_it() {
        let dir = tempfile::tempdir().unwrap();
        let folder = SpillFolder::new(dir.path().to_owned());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _file = spill(&folder, 10);
            std::panic::resume_unwind(Box::new("a task"));
        }));
        assert!(panicked.is_err());
        drop(folder);
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    #[cfg(unix)]
    fn nobody_else_can_read_a_value() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let folder = SpillFolder::new(dir.path().to_owned());
        let file = spill(&folder, 10);
        assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_was_changed_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = SpillFolder::new(dir.path().to_owned());
        let file = spill(&folder, 10);
        let bytes = fs::read(&file.path).unwrap();
        let mut flipped = bytes.clone();
        flipped[5] ^= 1;
        for changed in [&bytes[1..], &bytes[..40], &flipped] {
            fs::write(&file.path, changed).unwrap();
            let error = file.read(&CODEC).err().unwrap();
            assert!(matches!(error, SpillError::Damaged { .. }), "{error}");
        }
        fs::write(&file.path, bytes).unwrap();
        assert_eq!(read(&file), value(10));
        fs::remove_file(&file.path).unwrap();
        let error = file.read(&CODEC).err().unwrap().to_string();
        assert!(error.starts_with("cannot read `") && error.contains("0.spill"), "{error}");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let parent = dir.path().join("file");
        fs::write(&parent, "a file").unwrap();
        let folder = SpillFolder::new(parent.clone());
        let error = folder.write(&CODEC, &value(1)).err().unwrap().to_string();
        assert!(error.starts_with("cannot create a folder in `"), "{error}");
        assert!(error.ends_with("with `spill_dir(\"...\")`"), "{error}");
        fs::remove_file(&parent).unwrap();
        assert_eq!(read(&spill(&folder, 3)), value(3), "it is tried again");
    }

    #[test]
    fn a_value_that_cannot_be_written_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let folder = SpillFolder::new(dir.path().to_owned());
        let file = spill(&folder, 1);
        let deep = Codec::of::<Deep>();
        let value = (0..1_000).fold(Deep(None), |deep, _| Deep(Some(Box::new(deep))));
        let error = folder.write(&deep, &value).err().unwrap();
        assert!(matches!(error, SpillError::Codec(CodecError::Value { .. })), "{error}");
        assert_eq!(names(file.path.parent().unwrap()).len(), 2);
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Deep(Option<Box<Deep>>);

    #[test]
    fn a_full_disk_says_what_to_do() {
        let full = SpillError::io("write", Path::new("/a/b"))(io::ErrorKind::StorageFull.into());
        let text = full.to_string();
        assert!(text.starts_with("cannot write `/a/b`: ") && text.contains("spill_dir"), "{text}");
    }

    #[test]
    fn threads_write_at_the_same_time() {
        let dir = tempfile::tempdir().unwrap();
        let folder = SpillFolder::new(dir.path().to_owned());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let folder = &folder;
                scope.spawn(move || {
                    let files: Vec<_> = (0..50).map(|i| spill(folder, thread * 50 + i)).collect();
                    for (i, file) in files.iter().enumerate() {
                        assert_eq!(read(file), value(thread * 50 + i));
                    }
                });
            }
        });
        assert_eq!(names(dir.path()).len(), 1);
    }

    /// This test program, started again to spill values and wait until it is killed.
    struct Process(Child);

    impl Process {
        fn start(parent: &Path) -> Self {
            let mut child = Command::new(std::env::current_exe().unwrap());
            child.args(["--exact", "--include-ignored", "store::folder::tests::another_process"]);
            child.env("LAZY_TEST_SPILL", parent).stdin(Stdio::piped()).stdout(Stdio::null());
            Process(child.spawn().unwrap())
        }

        /// Waits until it has a value in a folder of its own, and gives the folder.
        fn folder(&mut self, parent: &Path) -> PathBuf {
            loop {
                let entries = fs::read_dir(parent).into_iter().flatten().flatten();
                let mut folders = entries.map(|entry| entry.path());
                if let Some(folder) = folders.find(|path| path.join("ready.spill").exists()) {
                    return folder;
                }
                assert!(self.0.try_wait().unwrap().is_none(), "it ended before it was ready");
            }
        }
    }

    impl Drop for Process {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    #[ignore = "it is what another process runs"]
    fn another_process() {
        let Some(parent) = std::env::var_os("LAZY_TEST_SPILL") else { return };
        let folder = SpillFolder::new(parent.into());
        let file = spill(&folder, 1_000);
        fs::write(file.path.with_file_name("ready.spill"), "").unwrap();
        // Ends when whoever started it is gone.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        assert_eq!(read(&file), value(1_000));
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_another_uses_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let parent = dir.path().join("spill");
        let mut other = Process::start(&parent);
        let theirs = other.folder(&parent);
        drop(spill(&SpillFolder::new(parent.clone()), 1));
        assert!(theirs.join("0.spill").exists(), "its process lives");
        drop(other);
        let foreign = ["lazy-spill-abc", "lazy-spill-0123456789ab", "other"];
        foreign.iter().for_each(|name| fs::create_dir(parent.join(name)).unwrap());
        fs::write(parent.join("lazy-spill-0123456789AB"), "a file").unwrap();
        drop(spill(&SpillFolder::new(parent.clone()), 1));
        assert!(!theirs.exists());
        assert_eq!(names(&parent).len(), 4, "what is not ours, or has no lock, stays");
    }

    #[test]
    fn a_leftover_with_a_strangers_file_keeps_that_file() {
        let dir = tempfile::tempdir().unwrap();
        let leftover = dir.path().join("lazy-spill-0123456789ab");
        fs::create_dir(&leftover).unwrap();
        ["0.spill", "mine.txt", LOCK]
            .iter()
            .for_each(|name| fs::write(leftover.join(name), "").unwrap());
        drop(spill(&SpillFolder::new(dir.path().to_owned()), 1));
        assert_eq!(names(&leftover), ["mine.txt"]);
    }
}
