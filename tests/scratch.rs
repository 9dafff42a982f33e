//! Memory and files that tasks use besides their arguments and results.

use std::fs;
use std::io::{Read, Seek, Write};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use lazy_runtime::diagnostics::{Observer, SpillEvent};
use lazy_runtime::prelude::*;
use lazy_runtime::{HeapSize, Hold, Runtime, RuntimeBuilder, Scheduler, Scratch, call};
use serde::{Deserialize, Serialize, Serializer};
use tempfile::TempDir;
use tests::{Gate, Log, both, in_time};

const KB: usize = 1 << 10;
/// Bytes of a block.
const BLOCK: usize = 64 * KB;

#[delayed]
fn block(n: u64) -> Vec<u64> {
    (0..BLOCK as u64 / 8).map(|i| i ^ n).collect()
}

#[derive(Clone, Default)]
struct Seen(Log);

impl Observer for Seen {
    fn spill(&self, event: &SpillEvent) {
        self.0.note(event.outcome.name());
    }
}

fn limited(blocks: usize, dir: &TempDir) -> RuntimeBuilder {
    Runtime::builder().memory_limit(blocks * BLOCK + KB).spill_dir(dir.path())
}

/// Runs a case on both schedulers with a limit of so many blocks.
fn with_limit(blocks: usize, case: impl Fn(&Runtime, &Seen)) {
    for (scheduler, threads) in
        [(Scheduler::Synchronous, 1), (Scheduler::Threads, 1), (Scheduler::Threads, 4)]
    {
        let (dir, seen) = (TempDir::new().unwrap(), Seen::default());
        let runtime = limited(blocks, &dir).scheduler(scheduler).num_threads(threads);
        case(&runtime.observer(seen.clone()).build().unwrap(), &seen);
        assert!(fs::read_dir(dir.path()).unwrap().next().is_none(), "files are left");
    }
}

#[test]
fn results_of_others_make_room_for_what_a_task_holds() {
    with_limit(8, |runtime, seen| {
        let blocks: Vec<_> = (0..6).map(block).collect();
        let made: Vec<_> =
            blocks.iter().map(|block| block.map_ref(|xs: &Vec<u64>| xs[1])).collect();
        let room = call(
            |_: Vec<u64>| {
                let scratch = Scratch::current();
                let before = scratch.room().unwrap();
                let hold = scratch.hold(6 * BLOCK);
                let during = scratch.room().unwrap();
                drop(hold);
                (before, during, scratch.room().unwrap())
            },
            (made,),
        );
        let after: Vec<_> = blocks.iter().map(|xs| xs.zip(&room).map(|(xs, _)| xs[0])).collect();
        let ((before, during, at_last), found) = runtime.compute(&(&room, after)).unwrap();
        assert!(before < 3 * BLOCK, "{before} bytes are free while six of eight blocks are held");
        assert!(during <= 2 * BLOCK + KB && at_last >= 6 * BLOCK, "{during}, then {at_last}");
        assert_eq!(found, [0, 1, 2, 3, 4, 5]);
        assert!(seen.0.count("spilled") >= 4, "{:?}", seen.0);
        assert_eq!(runtime.install(Scratch::current).room(), Some(8 * BLOCK + KB));
    });
}

#[test]
fn more_than_the_limit_can_be_held_and_the_run_goes_on() {
    in_time(|| {
        with_limit(2, |runtime, _| {
            let greedy = |n: u64| {
                let scratch = Scratch::current();
                let held = scratch.hold(3 * BLOCK);
                assert_eq!((held.bytes(), scratch.room()), (3 * BLOCK, Some(0)));
                n
            };
            let all: Vec<_> = (0..40).map(|n| block(n).map(move |xs| greedy(xs[0]))).collect();
            assert_eq!(runtime.compute(&all).unwrap(), (0..40).collect::<Vec<_>>());
        });
    });
}

#[test]
fn no_number_is_too_large() {
    let dir = TempDir::new().unwrap();
    let runtime = limited(1, &dir).build().unwrap();
    let scratch = runtime.install(Scratch::current);
    let holds = [usize::MAX, usize::MAX, 1].map(|bytes| scratch.hold(bytes));
    assert_eq!((scratch.room(), holds[2].bytes()), (Some(0), 1));
    drop(holds);
    assert_eq!(scratch.room(), scratch.limit());
}

#[test]
fn every_task_has_the_scratch_of_its_runtime() {
    let dir = TempDir::new().unwrap();
    let limit = |_: u64| Scratch::current().limit();
    let tasks: Vec<_> = (0..100).map(|n| delayed(n).map(limit)).collect();
    for threads in [1, 4] {
        let runtime = limited(3, &dir).num_threads(threads).build().unwrap();
        let limits = runtime.compute(&tasks).unwrap();
        assert!(limits.iter().all(|&limit| limit == Some(3 * BLOCK + KB)));
    }
    both(|runtime| {
        assert!(runtime.compute(&tasks).unwrap().iter().all(Option::is_none));
        let scratch = Scratch::current();
        let hold = scratch.hold(BLOCK);
        assert_eq!((scratch.room(), hold.bytes()), (None, BLOCK));
    });
}

/// A result that holds what it says, for its type does not tell its size.
struct Table {
    hold: Hold,
    scratch: Scratch,
}

#[delayed]
fn table(bytes: usize) -> Table {
    let scratch = Scratch::current();
    Table { hold: scratch.hold(bytes), scratch }
}

#[test]
fn a_hold_outlives_its_task_its_run_and_its_runtime() {
    let dir = TempDir::new().unwrap();
    for threads in [1, 4] {
        let runtime = limited(4, &dir).num_threads(threads).build().unwrap();
        let kept = runtime.persist(&table(BLOCK)).unwrap();
        let scratch = runtime.install(Scratch::current);
        assert_eq!(scratch.room(), Some(3 * BLOCK + KB));
        let found = kept.compute_shared().unwrap();
        drop(kept);
        assert_eq!((found.hold.bytes(), found.scratch.room()), (BLOCK, scratch.room()));
        drop(runtime);
        let mut table = Arc::into_inner(found).unwrap();
        table.hold.resize(2 * BLOCK);
        table.scratch.file().unwrap().write_all(b"late").unwrap();
        assert_eq!(scratch.limit(), Some(4 * BLOCK + KB));
    }
}

#[test]
fn a_cached_result_that_holds_something_goes_with_its_runtime() {
    #[derive(Clone)]
    struct Holding {
        _hold: Arc<Hold>,
        _scratch: Scratch,
        _alive: Arc<()>,
    }
    impl HeapSize for Holding {
        fn heap_size(&self) -> usize {
            0
        }
    }
    static ALIVE: Mutex<Option<Arc<()>>> = Mutex::new(None);
    #[delayed(cache)]
    fn holding() -> Holding {
        let scratch = Scratch::current();
        let alive = ALIVE.lock().unwrap().clone().unwrap();
        Holding { _hold: Arc::new(scratch.hold(100)), _scratch: scratch, _alive: alive }
    }
    let (dir, alive) = (TempDir::new().unwrap(), Arc::new(()));
    *ALIVE.lock().unwrap() = Some(Arc::clone(&alive));
    let runtime = limited(4, &dir).scheduler(Scheduler::Synchronous).build().unwrap();
    drop(runtime.compute(&holding()).unwrap());
    assert_eq!((runtime.cache().entries().len(), Arc::strong_count(&alive)), (1, 3));
    drop(runtime);
    assert_eq!(Arc::strong_count(&alive), 2);
}

/// Locked by a task that holds memory, and by whoever writes a [`Guarded`].
static GUARD: Mutex<()> = Mutex::new(());
static LOCKED: LazyLock<Gate> = LazyLock::new(Gate::new);
static WRITING: LazyLock<Gate> = LazyLock::new(Gate::new);

fn guard() -> MutexGuard<'static, ()> {
    GUARD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Deserialize, HeapSize)]
struct Guarded(Vec<u64>);

impl Serialize for Guarded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Values made to find out how the type is written are short.
        let _guard = (self.0.len() == BLOCK / 8).then(|| {
            WRITING.open();
            guard()
        });
        serializer.serialize_newtype_struct("Guarded", &self.0)
    }
}

/// It cannot go to disk.
#[derive(HeapSize)]
struct Large(Vec<u64>);

#[test]
fn a_task_with_a_lock_does_not_wait_for_whoever_makes_room_and_wants_it() {
    #[delayed]
    fn guarded() -> Guarded {
        Guarded(vec![1; BLOCK / 8])
    }
    #[delayed]
    fn first(of: &Guarded) -> u64 {
        of.0[0]
    }
    #[delayed]
    fn with_lock(_: u64) -> usize {
        let _guard = guard();
        LOCKED.open();
        WRITING.pass();
        Scratch::current().hold(4 * BLOCK).bytes()
    }
    #[delayed]
    fn beyond_the_limit(_: u64) -> Large {
        LOCKED.pass();
        Large(vec![1; 3 * BLOCK / 8])
    }
    #[delayed]
    fn last(of: &Guarded, held: usize, _: &Large) -> (u64, usize) {
        (of.0[1], held)
    }
    in_time(|| {
        let dir = TempDir::new().unwrap();
        let runtime = limited(2, &dir).num_threads(2).build().unwrap();
        let goes = guarded();
        let first = first(&goes);
        let all = last(&goes, with_lock(&first), beyond_the_limit(&first));
        assert_eq!(runtime.compute(&all).unwrap(), (1, 4 * BLOCK));
    });
}

#[test]
fn files_can_be_written_and_read_and_leave_nothing() {
    both(|_| {
        let written = delayed(3).map(|n: u8| {
            let mut file = Scratch::current().file().unwrap();
            file.write_all(&[n; 1000]).unwrap();
            file.rewind().unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            bytes
        });
        assert_eq!(written.compute().unwrap(), [3; 1000]);
    });
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("deep/spill");
    for builder in [Runtime::builder(), Runtime::builder().memory_limit(1)] {
        let runtime = builder.spill_dir(&folder).build().unwrap();
        let scratch = runtime.install(Scratch::current);
        let files = [scratch.file().unwrap(), scratch.file().unwrap()];
        assert!(files.iter().all(|file| file.metadata().unwrap().len() == 0));
        if cfg!(unix) {
            assert!(fs::read_dir(&folder).unwrap().next().is_none(), "it has no name");
        }
        drop(files);
        assert!(fs::read_dir(&folder).unwrap().next().is_none());
    }
}

#[test]
fn a_file_that_cannot_be_made_says_where() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, "a file").unwrap();
    let runtime = Runtime::builder().spill_dir(&path).build().unwrap();
    let error = runtime.install(Scratch::current).file().unwrap_err().to_string();
    assert!(
        error.starts_with("cannot create a file in `") && error.contains("spill_dir"),
        "{error}"
    );
}
