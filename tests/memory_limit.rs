//! The memory limit: what is counted, goes to disk and comes back.

use std::fs;
use std::path::Path;

use lazy_runtime::diagnostics::{Observer, SpillEvent, SpillOutcome, TaskFinished};
use lazy_runtime::prelude::*;
use lazy_runtime::{Error, HeapSize, Runtime, Scheduler};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tests::{Log, in_time};

const KB: usize = 1 << 10;

/// A block of 64 KiB.
#[delayed]
fn block(n: u64) -> Vec<u64> {
    (0..8 * KB as u64).map(|i| i ^ n).collect()
}

#[delayed]
fn next(mut xs: Vec<u64>) -> Vec<u64> {
    xs.iter_mut().for_each(|x| *x += 1);
    xs
}

#[delayed]
fn total(xs: &[u64]) -> u64 {
    xs.iter().fold(0, |sum, x| sum.wrapping_add(*x))
}

#[delayed]
fn dot(xs: &[u64], ys: &[u64]) -> u64 {
    xs.iter().zip(ys).fold(0, |sum, (x, y)| sum.wrapping_add(x.wrapping_mul(*y)))
}

#[delayed]
fn sum(xs: Vec<u64>) -> u64 {
    xs.into_iter().fold(0, u64::wrapping_add)
}

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Seen {
    log: Log,
    /// Of the functions whose results went to disk.
    names: Log,
    most: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Observer for Seen {
    fn spill(&self, event: &SpillEvent) {
        self.log.note(event.outcome.name());
        if event.outcome == SpillOutcome::Out {
            self.names.note(event.key.name());
        }
        assert!(event.outcome == SpillOutcome::LimitExceeded || event.bytes >= 64 * KB as u64);
    }

    fn finished(&self, task: &TaskFinished) {
        let held = task.held.expect("a runtime with a limit counts");
        self.most.fetch_max(held, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Seen {
    fn most(&self) -> u64 {
        self.most.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// Runs a case on both schedulers with this limit, and sees that nothing is left on disk.
fn both(limit: usize, case: impl Fn(&Runtime, &Seen)) {
    for (scheduler, threads) in [
        (Scheduler::Synchronous, 1),
        (Scheduler::Threads, 1),
        (Scheduler::Threads, 2),
        (Scheduler::Threads, 4),
    ] {
        let (dir, seen) = (TempDir::new().unwrap(), Seen::default());
        let runtime = Runtime::builder().scheduler(scheduler).num_threads(threads);
        let runtime = runtime.memory_limit(limit).spill_dir(dir.path()).observer(seen.clone());
        let runtime = runtime.build().unwrap();
        case(&runtime, &seen);
        assert!(is_empty(dir.path()), "files are left after the run, on {runtime:?}");
    }
}

fn is_empty(dir: &Path) -> bool {
    fs::read_dir(dir).unwrap().next().is_none()
}

/// All blocks are needed a second time, when the first round is over.
fn twice(count: u64) -> Delayed<u64> {
    let blocks: Vec<_> = (0..count).map(block).collect();
    let first = sum(blocks.iter().map(total).collect::<Vec<_>>());
    let second: Vec<_> = blocks.iter().map(|xs| xs.zip(&first).map(|(xs, n)| xs[0] ^ n)).collect();
    sum(second)
}

#[test]
fn eight_times_the_limit_goes_through() {
    both(8 * 64 * KB, |runtime, seen| {
        let expected = Runtime::builder().build().unwrap().compute(&twice(64)).unwrap();
        assert_eq!(runtime.compute(&twice(64)).unwrap(), expected);
        let (out, back) = (seen.log.count("spilled"), seen.log.count("brought back"));
        assert!(out >= 50 && back >= 50, "{out} went out and {back} came back");
        // What is being made, and copied for `zip`, comes on top while it is.
        let slack = (2 + 3 * runtime.num_threads() as u64) * 65 * KB as u64;
        let most = seen.most();
        assert!(most <= 8 * 64 * KB as u64 + slack, "{most} bytes at once");
    });
}

#[test]
fn nothing_goes_to_disk_below_the_limit() {
    both(100 * 64 * KB, |runtime, seen| {
        runtime.compute(&twice(64)).unwrap();
        assert!(seen.log.is_empty());
        assert!(seen.most() >= 64 * 64 * KB as u64);
    });
}

#[test]
fn what_is_needed_last_goes_first() {
    #[delayed]
    fn late() -> Vec<u64> {
        vec![1; 8 * KB]
    }
    // Room for two blocks, while three are needed: `late` by the last task of all, the others by each other.
    both(2 * 66 * KB, |runtime, seen| {
        if runtime.num_threads() > 1 {
            return;
        }
        let late = late();
        let early = total(&late);
        // All others wait for it.
        let (mut a, mut b) = (block(&early), next(block(&early)));
        let mut products = vec![];
        for n in 0..6 {
            products.push(dot(&a, &b));
            (a, b) = (b, next(block(&early + n)));
        }
        let all = sum(products).zip(&early);
        let end = late.zip(&all).map(|(late, all)| (late[0], all));
        let expected = Runtime::builder().build().unwrap().compute(&end).unwrap();
        assert_eq!(runtime.compute(&end).unwrap(), expected);
        let names = seen.names.events();
        assert!(!names.is_empty() && names.iter().all(|name| name == "late"), "{names:?}");
    });
}

#[test]
fn values_of_all_kinds_come_back_as_they_were() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, HeapSize)]
    enum Row {
        Empty,
        Text(String),
        Many { numbers: Vec<f64>, of: Option<Box<Row>> },
    }
    #[delayed]
    fn rows(n: usize) -> Vec<Row> {
        let many =
            |i| Row::Many { numbers: vec![i as f64 / 3.0; n], of: Some(Box::new(Row::Empty)) };
        (0..2_000)
            .map(|i| if i % 2 == 0 { many(i) } else { Row::Text(format!("row {i}")) })
            .collect()
    }
    #[delayed]
    fn same(rows: &[Row], n: usize, _: u64) -> bool {
        let many =
            |i| Row::Many { numbers: vec![i as f64 / 3.0; n], of: Some(Box::new(Row::Empty)) };
        let row = |i| if i % 2 == 0 { many(i) } else { Row::Text(format!("row {i}")) };
        rows.iter().enumerate().all(|(i, found)| *found == row(i))
    }
    both(200 * KB, |runtime, seen| {
        let made: Vec<_> = (0..6).map(rows).collect();
        let all =
            made.iter().map(|rows| rows.map_ref(|rows| rows.len() as u64)).sum::<Delayed<u64>>();
        let found: Vec<_> = made.iter().enumerate().map(|(n, rows)| same(rows, n, &all)).collect();
        assert_eq!(runtime.compute(&found).unwrap(), [true; 6]);
        assert!(seen.log.count("brought back") > 0);
    });
}

#[test]
fn outputs_come_home_from_disk() {
    both(3 * 64 * KB, |runtime, seen| {
        let blocks: Vec<_> = (0..20).map(block).collect();
        let found = runtime.compute(&blocks).unwrap();
        assert!(found.iter().enumerate().all(|(n, xs)| xs[5] == 5 ^ n as u64));
        assert!(seen.log.count("spilled") >= 15);
        let kept = runtime.persist(&blocks).unwrap();
        assert_eq!(kept[3].compute().unwrap()[0], 3);
        let shared = runtime.compute_shared(&next(&blocks[2])).unwrap();
        assert_eq!(shared[0], 3);
    });
}

#[test]
fn files_are_removed_after_errors_and_panics() {
    #[delayed]
    fn fail(n: u64) -> Result<u64, String> {
        if n == 0 { Err("it fails".to_string()) } else { panic!("it panics") }
    }
    both(4 * 64 * KB, |runtime, seen| {
        for n in 0..2 {
            let failing = twice(32).zip(&fail(twice(16).map(move |_| n)));
            assert!(matches!(runtime.compute(&failing), Err(Error::Task(_) | Error::Panic(_))));
        }
        assert!(seen.log.count("spilled") > 0);
    });
}

#[test]
fn a_limit_that_cannot_be_kept_is_told_and_the_run_goes_on() {
    /// Counted, and cannot be written.
    #[derive(Clone, HeapSize)]
    struct Stays(Vec<u64>);

    #[delayed]
    fn stays(n: u64) -> Stays {
        Stays(vec![n; 8 * KB])
    }
    in_time(|| {
        both(4 * 64 * KB, |runtime, seen| {
            let made: Vec<_> = (0..20).map(stays).collect();
            let found = runtime.compute(&made).unwrap();
            assert!(found.iter().enumerate().all(|(n, stays)| stays.0[0] == n as u64));
            assert_eq!(seen.log.events(), ["limit exceeded"]);
        });
    });
}

#[test]
fn roots_wait_while_others_may_give_memory_back() {
    /// Counted, and cannot be written.
    #[derive(Clone, HeapSize)]
    struct Stays(Vec<u64>);

    #[delayed]
    fn stays(n: u64) -> Stays {
        Stays(vec![n; 8 * KB])
    }
    #[delayed]
    fn first(of: Stays) -> u64 {
        of.0[0]
    }
    in_time(|| {
        both(4 * 64 * KB, |runtime, seen| {
            let many: Vec<_> = (0..200).map(|n| first(stays(n))).collect();
            assert_eq!(runtime.compute(&many).unwrap(), (0..200).collect::<Vec<_>>());
            let most = seen.most();
            let bound = (4 + runtime.num_threads() as u64) * 65 * KB as u64;
            assert!(most <= bound, "{most} bytes at once");
        });
    });
}

#[test]
fn the_memory_cache_counts_and_makes_room_first() {
    #[delayed(cache)]
    fn cached(n: u64) -> Vec<u64> {
        vec![n; 8 * KB]
    }
    // While a run holds a result that is cached, it counts twice.
    both(12 * 64 * KB, |runtime, _| {
        let many: Vec<_> = (0..6).map(|n| cached(n).map_ref(|xs| xs[0])).collect();
        runtime.compute(&many).unwrap();
        assert_eq!(runtime.cache().stats().entries, 6);
        runtime.compute(&twice(32)).unwrap();
        assert_eq!(runtime.cache().stats().entries, 0);
    });
}

#[test]
fn many_threads_compute_within_one_limit() {
    in_time(|| {
        both(8 * 64 * KB, |runtime, seen| {
            let expected = Runtime::builder().build().unwrap().compute(&twice(24)).unwrap();
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| assert_eq!(runtime.compute(&twice(24)).unwrap(), expected));
                }
            });
            assert!(seen.log.count("spilled") > 0);
        });
    });
}

#[test]
fn a_folder_that_cannot_be_used_keeps_values_in_memory() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("a file");
    fs::write(&file, "").unwrap();
    let seen = Seen::default();
    let runtime = Runtime::builder().num_threads(2).memory_limit(4 * 64 * KB).spill_dir(&file);
    let runtime = runtime.observer(seen.clone()).build().unwrap();
    let expected = Runtime::builder().build().unwrap().compute(&twice(16)).unwrap();
    assert_eq!(runtime.compute(&twice(16)).unwrap(), expected);
    assert!(seen.log.count("not written") > 0 && seen.log.count("spilled") == 0);
}

/// In time that grows with their number, and not with its square.
#[test]
fn very_many_results_that_stay_go_through() {
    const MANY: usize = 100_000;

    #[derive(Clone, HeapSize)]
    struct Stays(Vec<u64>);

    #[delayed]
    fn stays(n: u64) -> Stays {
        Stays(vec![n; 8])
    }
    in_time(|| {
        for scheduler in [Scheduler::Synchronous, Scheduler::Threads] {
            let dir = TempDir::new().unwrap();
            let runtime = Runtime::builder().scheduler(scheduler).num_threads(2);
            let runtime = runtime.memory_limit(MANY * 8 * 8 / 2).spill_dir(dir.path());
            // Some that could go, and need not for long.
            let many: Vec<_> = (0..MANY as u64).map(stays).collect();
            let some: Vec<_> = (0..100).map(block).collect();
            let (found, blocks) = runtime.build().unwrap().compute(&(many, some)).unwrap();
            assert!(found.iter().enumerate().all(|(n, stays)| stays.0[7] == n as u64));
            assert!(blocks.iter().enumerate().all(|(n, xs)| xs[1] == 1 ^ n as u64));
        }
    });
}

#[test]
fn values_may_compute_while_they_are_written_and_read() {
    #[derive(Clone, Default)]
    struct Back(Log);

    impl Observer for Back {
        fn spill(&self, event: &SpillEvent) {
            self.0.note(event.outcome.name());
        }
    }

    #[derive(Clone, HeapSize)]
    struct Computes(Vec<u64>);

    impl Serialize for Computes {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            assert!(total(next(block(1))).compute().is_ok());
            self.0.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for Computes {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let many: Vec<_> = (0..8).map(|n| total(next(block(n)))).collect();
            assert!(sum(many).compute().is_ok());
            Vec::deserialize(deserializer).map(Computes)
        }
    }

    #[delayed]
    fn make(n: u64) -> Computes {
        Computes(vec![n; 8 * KB])
    }
    #[delayed]
    fn first(of: &Computes, _: u64) -> u64 {
        of.0[0]
    }
    in_time(|| {
        for threads in [1, 2, 4] {
            let (dir, back) = (TempDir::new().unwrap(), Back::default());
            let runtime = Runtime::builder().num_threads(threads).memory_limit(3 * 64 * KB);
            let runtime = runtime.spill_dir(dir.path()).observer(back.clone()).build().unwrap();
            let made: Vec<_> = (0..8).map(make).collect();
            let all =
                sum(made.iter().map(|made| made.map_ref(|made| made.0[1])).collect::<Vec<_>>());
            let found: Vec<_> = made.iter().map(|made| first(made, &all)).collect();
            let found = runtime.install(|| found.compute()).unwrap();
            assert_eq!(found, (0..8).collect::<Vec<_>>());
            assert!(back.0.count("brought back") > 0);
        }
    });
}

#[test]
fn types_that_claim_to_be_larger_than_memory_are_counted_all_the_same() {
    #[derive(Clone)]
    struct Huge(Vec<u64>);

    impl HeapSize for Huge {
        fn heap_size(&self) -> usize {
            usize::MAX
        }
    }

    #[delayed]
    fn huge(n: u64) -> Huge {
        Huge(vec![n])
    }
    #[delayed(cache)]
    fn kept(n: u64) -> Huge {
        Huge(vec![n])
    }
    both(64 * KB, |runtime, _| {
        let many: Vec<_> = (0..9).map(|n| if n % 2 == 0 { huge(n) } else { kept(n) }).collect();
        let found = runtime.compute(&many).unwrap();
        assert!(found.iter().enumerate().all(|(n, huge)| huge.0 == [n as u64]));
    });
}

#[test]
fn one_function_tells_how_the_results_of_others_are_written() {
    #[delayed]
    fn of<T: HeapSize + Clone + From<u8> + Send + Sync + 'static>(n: u8) -> Vec<T> {
        vec![n.into(); 8 * KB]
    }
    both(3 * 64 * KB, |runtime, seen| {
        let mut many = vec![block(0)];
        many.extend((1..9).map(of::<u64>));
        assert_eq!(runtime.compute(&many).unwrap()[8][0], 8);
        assert!(seen.log.count("spilled") >= 5, "{:?}", seen.log);
    });
}
