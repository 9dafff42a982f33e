//! The memory cache: what it keeps between runs, and what a hit spares.

use std::sync::Arc;
use std::time::Duration;

use lazy_runtime::prelude::*;
use lazy_runtime::{Error, Runtime, Scheduler};
use tests::{Gate, Log, both, in_time, threads};

#[delayed(cache)]
fn features(n: u64, log: &Log) -> Vec<u64> {
    log.note("features");
    vec![n; 100]
}

#[delayed]
fn load(n: u64, log: &Log) -> u64 {
    log.note("load");
    n
}

#[delayed(cache)]
fn clean(n: u64, log: &Log) -> u64 {
    log.note("clean");
    n + 1
}

#[delayed(pure)]
fn read(n: u64, log: &Log) -> u64 {
    log.note("read");
    n
}

#[delayed]
fn total(of: &[u64]) -> u64 {
    of.iter().sum()
}

#[test]
fn a_result_is_found_by_the_next_computation() {
    both(|runtime| {
        let log = Log::new();
        for n in 1..=3 {
            assert_eq!(features(7, log.clone()).compute().unwrap(), vec![7; 100]);
            let stats = runtime.cache().stats();
            assert_eq!((stats.hits, stats.misses, stats.entries), (n - 1, 1, 1));
        }
        assert_eq!(log.count("features"), 1);
        assert_eq!(total(features(7, log.clone())).compute().unwrap(), 700);
        assert_eq!(log.count("features"), 1);
        runtime.cache().clear();
        assert_eq!(total(features(7, log.clone())).compute().unwrap(), 700);
        assert_eq!(log.count("features"), 2);
    });
}

#[test]
fn a_hit_cuts_off_what_only_it_needed() {
    both(|_| {
        let log = Log::new();
        let shared = read(1, log.clone());
        let cleaned = clean(&shared, log.clone());
        assert_eq!(cleaned.compute().unwrap(), 2);
        assert_eq!((log.count("read"), log.count("clean")), (1, 1));
        assert_eq!((&cleaned + 1).compute().unwrap(), 3);
        assert_eq!((log.count("read"), log.count("clean")), (1, 1));
        // What others need as well runs all the same.
        assert_eq!((&cleaned + &shared).compute().unwrap(), 3);
        assert_eq!((log.count("read"), log.count("clean")), (2, 1));
    });
}

#[test]
fn the_handle_of_an_impure_input_is_the_same_input() {
    both(|_| {
        let log = Log::new();
        let loaded = load(1, log.clone());
        let cleaned = clean(&loaded, log.clone());
        assert_eq!((cleaned.compute().unwrap(), cleaned.compute().unwrap()), (2, 2));
        assert_eq!((log.count("load"), log.count("clean")), (1, 1));
        assert_eq!(clean(load(1, log.clone()), log.clone()).compute().unwrap(), 2);
        assert_eq!((log.count("load"), log.count("clean")), (2, 2));
    });
}

#[test]
fn the_computed_value_is_shared_with_the_cache() {
    both(|_| {
        let log = Log::new();
        let first = features(1, log.clone()).compute_shared().unwrap();
        let again = features(1, log.clone()).compute_shared().unwrap();
        assert!(Arc::ptr_eq(&first, &again));
    });
}

#[test]
fn runtimes_have_caches_of_their_own() {
    let log = Log::new();
    let (one, two) = (threads(2), threads(2));
    one.compute(&features(1, log.clone())).unwrap();
    two.compute(&features(1, log.clone())).unwrap();
    assert_eq!(log.count("features"), 2);
}

#[test]
fn errors_and_panics_are_never_kept() {
    #[delayed(cache)]
    fn check(n: u64, log: &Log) -> Result<u64, String> {
        log.note("check");
        match n {
            0 => Err("zero".to_string()),
            1 => panic!("one"),
            n => Ok(n),
        }
    }
    both(|runtime| {
        let log = Log::new();
        for _ in 0..2 {
            assert!(matches!(check(0, log.clone()).compute(), Err(Error::Task(_))));
            assert!(matches!(check(1, log.clone()).compute(), Err(Error::Panic(_))));
            assert_eq!(check(2, log.clone()).compute().unwrap(), 2);
        }
        assert_eq!(log.count("check"), 5);
        assert_eq!(runtime.cache().stats().entries, 1);
    });
}

#[test]
fn an_entry_larger_than_the_cache_is_computed_and_not_kept() {
    for scheduler in [Scheduler::Synchronous, Scheduler::Threads] {
        let runtime = Runtime::builder().scheduler(scheduler).cache_bytes(500).build().unwrap();
        let log = Log::new();
        for _ in 0..2 {
            assert_eq!(runtime.compute(&features(1, log.clone())).unwrap().len(), 100);
            assert_eq!(runtime.compute(&clean(1, log.clone())).unwrap(), 2);
        }
        assert_eq!((log.count("features"), log.count("clean")), (2, 1));
        assert_eq!(runtime.cache().entries_of("features").len(), 0);
        assert_eq!(runtime.cache().entries_of("clean").len(), 1);
    }
}

#[test]
fn the_cache_keeps_to_its_bound() {
    let runtime = Runtime::builder().num_threads(2).cache_bytes(20_000).build().unwrap();
    let log = Log::new();
    let many: Vec<_> = (0..100).map(|n| features(n, log.clone())).collect();
    runtime.compute(&many).unwrap();
    let stats = runtime.cache().stats();
    assert!(stats.bytes <= 20_000 && stats.entries > 10, "{stats}");
    assert_eq!(stats.evicted as usize + stats.entries, 100);
}

#[test]
fn foreign_types_are_sized_by_a_function() {
    #[derive(Clone)]
    struct Foreign(u8);

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "this is what the option takes")]
    fn bytes(foreign: &Foreign) -> usize {
        usize::from(foreign.0) * 1000
    }
    #[delayed(cache, size = bytes)]
    fn make(n: u8) -> Foreign {
        Foreign(n)
    }
    both(|runtime| {
        assert_eq!(make(3).compute().unwrap().0, 3);
        let entries = runtime.cache().entries();
        assert!(entries[0].bytes() > 3000 && entries[0].bytes() < 3500);
        assert_eq!((entries[0].key().name(), entries[0].hits()), ("make", 0));
    });
}

#[test]
fn two_threads_that_want_one_key_compute_it_once() {
    #[delayed(cache)]
    fn slow(n: u64, log: &Log) -> u64 {
        log.note("slow");
        std::thread::sleep(Duration::from_millis(20));
        n
    }
    for scheduler in [Scheduler::Synchronous, Scheduler::Threads] {
        for round in 0..10 {
            in_time(move || {
                let runtime =
                    Runtime::builder().scheduler(scheduler).num_threads(2).build().unwrap();
                let log = Log::new();
                std::thread::scope(|scope| {
                    for thread in 0..4 {
                        let (runtime, log) = (&runtime, log.clone());
                        scope.spawn(move || {
                            let twins = (slow(1, log.clone()), slow(round + 2, log.clone()));
                            let value = match thread % 2 {
                                0 => runtime.compute(&twins).unwrap(),
                                _ => {
                                    let (a, b) = runtime.compute(&(twins.1, twins.0)).unwrap();
                                    (b, a)
                                }
                            };
                            assert_eq!(value, (1, round + 2));
                        });
                    }
                });
                assert_eq!(log.count("slow"), 2);
                assert_eq!(runtime.cache().stats().misses, 2);
            });
        }
    }
}

#[test]
fn whoever_waits_for_a_key_goes_on_when_it_fails() {
    #[delayed(cache)]
    fn fail(entered: &Gate, gate: &Gate, log: &Log) -> Result<u64, String> {
        log.note("fail");
        entered.open();
        gate.pass();
        Err("no".to_string())
    }
    in_time(|| {
        let (runtime, log) = (threads(2), Log::new());
        let (entered, gate) = (Gate::new(), Gate::new());
        std::thread::scope(|scope| {
            let compute = || {
                let runtime = runtime.clone();
                let call = fail(entered.clone(), gate.clone(), log.clone());
                move || runtime.compute(&call).unwrap_err().to_string()
            };
            let first = scope.spawn(compute());
            entered.pass();
            let second = scope.spawn(compute());
            gate.open();
            assert!(first.join().unwrap().ends_with("no"));
            assert!(second.join().unwrap().ends_with("no"));
        });
        assert_eq!(log.count("fail"), 2);
    });
}

#[test]
fn a_task_may_compute_what_is_cached() {
    #[delayed(cache)]
    fn depth(n: u64) -> u64 {
        if n == 0 { 0 } else { 1 + depth_of(n - 1).compute().unwrap() }
    }
    fn depth_of(n: u64) -> Delayed<u64> {
        depth(n)
    }
    in_time(|| {
        both(|runtime| {
            assert_eq!(depth(20).compute().unwrap(), 20);
            assert_eq!(runtime.cache().stats().entries, 21);
            assert_eq!(depth(25).compute().unwrap(), 25);
            assert_eq!(runtime.cache().stats().entries, 26);
        });
    });
}
