//! Entries that come back, files that are never believed, and several processes at one folder.

use std::fs::{self, FileTimes};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::*;

const CODEC: Codec = Codec::of::<Vec<u16>>();
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Tokens whose files lie in different folders.
fn token(number: u128) -> u128 {
    number << 120 | number
}

fn value(number: u128) -> Vec<u16> {
    (0..1 + number as u16 * 7).collect()
}

fn cache(dir: &TempDir) -> DiskCache {
    DiskCache::new(dir.path().join("cache"), 1 << 20, YEAR)
}

fn store(cache: &DiskCache, number: u128) -> Result<u64, Reason> {
    cache.store(token(number), &CODEC, "tests::function", &value(number))
}

fn read(cache: &DiskCache, number: u128) -> Result<Option<Vec<u16>>, Reason> {
    let value = cache.read(token(number), &CODEC)?;
    Ok(value.map(|value| *value.downcast().expect("a codec reads its own type")))
}

fn shape() -> u128 {
    (CODEC.shape)().hash
}

fn path(cache: &DiskCache, number: u128) -> PathBuf {
    files::path_of(cache.dir(), token(number))
}

/// The folder and a cache with one entry, and the bytes of its file.
fn one_entry() -> (TempDir, DiskCache, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(&dir);
    store(&cache, 1).unwrap();
    let bytes = fs::read(path(&cache, 1)).unwrap();
    (dir, cache, bytes)
}

#[test]
fn a_result_comes_back_in_another_process() {
    let (dir, first, bytes) = one_entry();
    assert_eq!(first.usage(), DiskUsage { entries: 1, bytes: bytes.len() as u64 });
    let second = cache(&dir);
    let found = second.look(token(1), shape()).unwrap().unwrap();
    assert_eq!(found.bytes, 9);
    assert_eq!(read(&second, 1).unwrap(), Some(value(1)));
    assert_eq!(second.look(token(2), shape()).unwrap(), None);
    assert_eq!(read(&second, 2).unwrap(), None);
    assert_eq!(second.counts(), Counts { hits: 1, misses: 1, stored: 0, evicted: 0 });
}

/// Results of earlier builds are found. Whoever changes this changes `VERSION`.
#[test]
fn the_format_is_pinned() {
    let (_dir, _, bytes) = one_entry();
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let parts = [
        "b16c617a790d0a1a010000000f000000", // magic, version, length of the path
        "01000000000000000000000000000001", // token
        "5dbc297d2a8891952f63bbc6b12b145a", // shape
        "0900000000000000",                 // length of the result
        "74657374733a3a66756e6374696f6e",   // path
        "080001020304050607",               // result
        "8ffe65c17b1a6585b042b960c7fb166a", // checksum of the result
        "500eeca05776f8b6713ec11c7adfb6e4", // checksum of all else
    ];
    assert_eq!(hex, parts.concat());
}

#[test]
fn nothing_is_created_before_the_first_store() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(&dir);
    assert_eq!(read(&cache, 1).unwrap(), None);
    cache.clear();
    assert_eq!(cache.usage(), DiskUsage::default());
    assert!(!cache.dir().exists());
}

#[test]
fn an_entry_of_another_shape_is_no_entry() {
    let (_dir, cache, _) = one_entry();
    let other = Codec::of::<Vec<u32>>();
    assert_eq!(cache.look(token(1), (other.shape)().hash).unwrap(), None);
    assert!(cache.read(token(1), &other).unwrap().is_none());
    cache.store(token(1), &other, "tests::function", &vec![7_u32]).unwrap();
    assert_eq!(read(&cache, 1).unwrap(), None);
}

#[test]
fn a_file_cut_at_any_length_is_never_believed_and_is_removed() {
    let (_dir, cache, bytes) = one_entry();
    for length in 0..bytes.len() {
        fs::write(path(&cache, 1), &bytes[..length]).unwrap();
        let error = read(&cache, 1).unwrap_err();
        assert!(matches!(error, Reason::Damaged { is_removed: true, .. }), "{length}: {error}");
        assert!(!path(&cache, 1).exists());
    }
    fs::write(path(&cache, 1), [&bytes[..], &[0]].concat()).unwrap();
    assert!(read(&cache, 1).unwrap_err().is_damage());
}

#[test]
fn a_bit_that_is_flipped_anywhere_is_never_believed_and_in_no_ones_way() {
    let (_dir, cache, bytes) = one_entry();
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(path(&cache, 1), bytes).unwrap();
        let read_back = read(&cache, 1);
        assert!(!matches!(read_back, Ok(Some(_))), "bit {bit}");
        store(&cache, 1).unwrap();
        assert_eq!(read(&cache, 1).unwrap(), Some(value(1)));
    }
}

#[test]
fn damage_is_told_with_the_file() {
    let (_dir, cache, bytes) = one_entry();
    let last = bytes.len() - 1;
    fs::write(path(&cache, 1), [&bytes[..last], &[!bytes[last]]].concat()).unwrap();
    let found = cache.look(token(1), shape()).unwrap();
    assert!(found.is_some(), "a look does not read the result");
    let error = read(&cache, 1).unwrap_err().to_string();
    assert!(error.ends_with(".lazy` is damaged and was removed"), "{error}");
}

#[test]
fn an_entry_under_the_name_of_another_is_not_believed() {
    let (_dir, cache, _) = one_entry();
    store(&cache, 2).unwrap();
    fs::rename(path(&cache, 1), path(&cache, 2)).unwrap();
    assert!(matches!(read(&cache, 2), Err(Reason::Damaged { is_removed: true, .. })));
}

#[test]
fn foreign_files_are_left_alone() {
    let (_dir, cache, _) = one_entry();
    let folder = path(&cache, 1).parent().unwrap().to_owned();
    let text = "a text that somebody wrote, which is longer than what an entry's file begins with";
    let names = ["notes.txt", "0123.lazy", ".lazy-", &format!("{:032X}.lazy", token(0xAB))];
    names.iter().for_each(|name| fs::write(folder.join(name), text).unwrap());
    fs::write(cache.dir().join("README"), text).unwrap();
    fs::create_dir(path(&cache, 1).with_file_name(format!("{:032x}.lazy", token(1) + 1))).unwrap();
    let taken = token(1) + 2;
    fs::write(files::path_of(cache.dir(), taken), text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"\xFF\xFE.lazy");
        fs::write(folder.join(name), text).unwrap();
    }
    let error = cache.read(taken, &CODEC).unwrap_err();
    assert!(matches!(error, Reason::Foreign { .. }), "{error}");
    let error = cache.store(taken, &CODEC, "f", &value(1)).unwrap_err();
    assert!(matches!(error, Reason::Foreign { .. }), "{error}");
    let error = cache.store(token(1) + 1, &CODEC, "f", &value(1)).unwrap_err();
    assert!(error.to_string().contains("no regular file"), "{error}");
    let before = fs::read_dir(&folder).unwrap().count();
    let small = DiskCache::new(cache.dir(), 150, Duration::ZERO);
    store(&small, 3).unwrap();
    cache.clear();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), before - 1, "only the entry is gone");
    assert_eq!(fs::read_to_string(files::path_of(cache.dir(), taken)).unwrap(), text);
}

#[test]
fn an_entry_of_another_version_is_no_entry_and_makes_room() {
    let (_dir, cache, mut bytes) = one_entry();
    bytes[8] += 1;
    fs::write(path(&cache, 1), bytes).unwrap();
    assert_eq!(read(&cache, 1).unwrap(), None);
    store(&cache, 1).unwrap();
    assert_eq!(read(&cache, 1).unwrap(), Some(value(1)));
}

#[test]
fn a_file_in_place_of_the_folder_is_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(&dir);
    fs::write(cache.dir(), "a file").unwrap();
    assert_eq!(read(&cache, 1).unwrap(), None);
    let error = store(&cache, 1).unwrap_err().to_string();
    assert!(error.starts_with("cannot write into the cache folder `"), "{error}");
    assert!(error.contains("cache/01`") && error.ends_with("with `cache_dir(\"...\")`"), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_where_nothing_can_be_written_is_a_reason() {
    let cache = DiskCache::new("/proc/self/cache", 1 << 20, YEAR);
    let error = store(&cache, 1).unwrap_err();
    assert!(matches!(error, Reason::Io { .. }), "{error}");
    assert_eq!(read(&cache, 1).unwrap(), None);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_a_reason() {
    let mut full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut summed = Summed::up_to(1 << 20, &mut full);
    let error = (CODEC.encode)(&value(1), &mut summed).unwrap_err();
    assert!(error.to_string().starts_with("No space left"), "{error}");
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let cache = DiskCache::new(dir.path(), 1_000, YEAR);
    let large = vec![0_u16; 10_000];
    let error = cache.store(token(1), &CODEC, "f", &large).unwrap_err();
    assert!(matches!(error, Reason::TooLarge { limit: 1_000 }), "{error}");
    let error = cache.store(token(1), &CODEC, "f", &vec![0_u16; 950]).unwrap_err();
    assert!(matches!(error, Reason::TooLarge { .. }), "{error}");
    assert_eq!(fs::read_dir(dir.path().join("01")).unwrap().count(), 0);
    assert_eq!(cache.counts().stored, 0);
}

/// Says that an entry was used so long ago.
fn age(cache: &DiskCache, number: u128, age: Duration) {
    let file = fs::OpenOptions::new().write(true).open(path(cache, number)).unwrap();
    file.set_times(FileTimes::new().set_modified(SystemTime::now() - age)).unwrap();
}

#[test]
fn what_was_used_least_recently_goes_first() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(&dir);
    for number in 1..=8 {
        store(&cache, number).unwrap();
        age(&cache, number, Duration::from_secs(100 - number as u64));
    }
    assert_eq!(read(&cache, 1).unwrap(), Some(value(1)));
    let bytes = cache.usage().bytes;
    let small = DiskCache::new(cache.dir(), bytes, YEAR);
    store(&small, 9).unwrap();
    assert_eq!(read(&small, 2).unwrap(), None);
    assert_eq!(read(&small, 1).unwrap(), Some(value(1)), "it was used again");
    assert_eq!(read(&small, 9).unwrap(), Some(value(9)));
    assert!(small.usage().bytes <= bytes - bytes / 16);
    let gone = 9 - small.usage().entries as u64;
    assert_eq!(small.counts().evicted, gone);
}

#[test]
fn what_was_not_used_for_too_long_goes() {
    let dir = tempfile::tempdir().unwrap();
    let first = cache(&dir);
    (1..=4).for_each(|number| _ = store(&first, number).unwrap());
    age(&first, 2, 2 * YEAR);
    age(&first, 3, YEAR / 2);
    let second = cache(&dir);
    store(&second, 5).unwrap();
    let left: Vec<_> = (1..=5).filter(|&number| path(&second, number).exists()).collect();
    assert_eq!(left, [1, 3, 4, 5]);
}

#[test]
fn a_process_keeps_to_the_bound_while_it_stores() {
    let dir = tempfile::tempdir().unwrap();
    let cache = DiskCache::new(dir.path(), 4_000, YEAR);
    for number in 1..=200 {
        store(&cache, number % 20 + 1 + (number / 20) * 16).unwrap();
        assert!(cache.usage().bytes <= 4_000);
    }
    assert!(cache.counts().evicted > 100);
}

#[test]
fn what_a_killed_process_was_writing_is_removed_after_an_hour() {
    let (_dir, cache, _) = one_entry();
    let [old, young] = ["old", "young"].map(|name| {
        let path = path(&cache, 1).with_file_name(format!(".lazy-{name}.tmp"));
        fs::write(&path, "half").unwrap();
        path
    });
    let file = fs::OpenOptions::new().write(true).open(&old).unwrap();
    let hours = Duration::from_secs(2 * 60 * 60);
    file.set_times(FileTimes::new().set_modified(SystemTime::now() - hours)).unwrap();
    let next = DiskCache::new(cache.dir(), 1 << 20, YEAR);
    store(&next, 2).unwrap();
    assert!(!old.exists() && young.exists());
}

#[test]
fn entries_are_cleared_by_function_or_all() {
    let (dir, cache, _) = one_entry();
    cache.store(token(2), &CODEC, "tests::other", &value(2)).unwrap();
    cache.clear_functions(|path| path == "tests::other");
    assert_eq!(read(&cache, 2).unwrap(), None);
    assert_eq!(read(&cache, 1).unwrap(), Some(value(1)));
    cache.clear();
    assert_eq!(cache.usage(), DiskUsage::default());
    assert_eq!(fs::read_dir(dir.path().join("cache")).unwrap().count(), 0);
}

#[test]
fn a_relative_folder_stays_where_it_was() {
    let cache = DiskCache::new("some/cache", 1, YEAR);
    assert!(cache.dir().is_absolute() && cache.dir().ends_with("some/cache"));
}

/// This test program, started again to do something in the folder; killed at the end of the test if it still runs.
struct Process(Child);

impl Process {
    fn start(dir: &Path, role: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "--include-ignored", "cache::disk::tests::another_process"]);
        child.env("LAZY_TEST_FOLDER", dir).env("LAZY_TEST_ROLE", role).stdout(Stdio::null());
        Process(child.spawn().unwrap())
    }

    fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "it is what other processes run"]
fn another_process() {
    let Some(dir) = std::env::var_os("LAZY_TEST_FOLDER") else { return };
    match std::env::var("LAZY_TEST_ROLE").unwrap().as_str() {
        "share" => share(&DiskCache::new(dir, SHARED, YEAR), 7),
        _ => {
            let cache = DiskCache::new(dir, 1 << 24, YEAR);
            // Not for ever: whoever was to kill it may be gone.
            (0..20_000).for_each(|round| _ = store(&cache, LARGE + round % 20).unwrap());
        }
    }
}

/// The bound of a cache that several processes share: less than all of their entries take.
const SHARED: u64 = 8_000;
/// Entries from here on take several writes.
const LARGE: u128 = 5_000;

/// Reads and stores entries in an order of its own; whatever other processes do, what it reads is right.
fn share(cache: &DiskCache, step: u128) {
    for round in 0..400 {
        let number = 1 + round * step % 40;
        match read(cache, number).unwrap() {
            Some(found) => assert_eq!(found, value(number)),
            None => assert!(store(cache, number).is_ok()),
        }
    }
}

#[test]
fn several_processes_share_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let others: Vec<_> = (0..3).map(|_| Process::start(dir.path(), "share")).collect();
    let cache = DiskCache::new(dir.path(), SHARED, YEAR);
    share(&cache, 11);
    for mut other in others {
        assert!(other.0.wait().unwrap().success());
    }
    assert!(cache.counts().evicted > 0);
    // Each process sweeps after what it wrote itself.
    assert!(cache.usage().bytes <= SHARED + 4 * SHARED / 16);
}

#[test]
fn a_process_killed_while_it_writes_leaves_no_wrong_entry() {
    let dir = tempfile::tempdir().unwrap();
    let cache = DiskCache::new(dir.path(), 1 << 24, YEAR);
    let mut unfinished = 0;
    for round in 0..12 {
        let mut other = Process::start(dir.path(), "store");
        // It writes without a pause from the first entry on; each round kills it a little later.
        while cache.usage().entries <= round {
            assert!(other.is_running());
        }
        drop(other);
        for number in LARGE..LARGE + 20 {
            let found = read(&cache, number).unwrap();
            assert!(found.is_none_or(|found| found == value(number)));
        }
        let folders = fs::read_dir(dir.path()).unwrap();
        let files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        unfinished += names.filter(|name| name.ends_with(".tmp")).count();
        cache.clear();
    }
    assert!(unfinished > 0, "no kill hit a write");
}
