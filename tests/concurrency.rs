//! Many threads build, compute and drop graphs that share nodes.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use lazy_runtime::prelude::*;
use lazy_runtime::{Error, Runtime, reduce};
use tests::{Log, Tally, Tracked, both, in_time, synchronous, threads};

#[delayed]
fn make(n: u64, tally: &Tally) -> Tracked {
    Tracked::new(tally, n)
}

#[delayed]
fn add(x: Tracked, y: &Tracked) -> Tracked {
    let sum = x.value().wrapping_add(y.value());
    x.with(sum)
}

#[test]
fn twenty_threads_compute_one_shared_graph() {
    in_time(|| {
        both(|runtime| {
            let (tally, start) = (Tally::new(), Barrier::new(20));
            let leaves: Vec<_> = (0..200).map(|n| make(n, tally.clone())).collect();
            let pairs: Vec<_> = leaves.windows(2).map(|w| add(&w[0], &w[1])).collect();
            let total = reduce(pairs, 3, |a, b| {
                let sum = a.value() + b.value();
                a.with(sum)
            });
            thread::scope(|scope| {
                for _ in 0..20 {
                    scope.spawn(|| {
                        start.wait();
                        for _ in 0..5 {
                            assert_eq!(runtime.compute(&total).unwrap().value(), 2 * 19_900 - 199);
                        }
                    });
                }
            });
            assert_eq!(tally.live(), 0);
        });
    });
}

#[test]
fn each_of_many_computes_runs_a_task_once() {
    in_time(|| {
        let (runtime, log) = (threads(4), Log::new());
        let noted = log.clone();
        let shared = delayed(1_u64).map(move |n| {
            noted.note("ran");
            n
        });
        let all: Vec<_> = (0..20).map(|n| &shared + n).collect();
        thread::scope(|scope| {
            (0..20).for_each(|_| drop(scope.spawn(|| runtime.compute(&all).unwrap())));
        });
        assert_eq!(log.len(), 20);
    });
}

#[test]
fn failures_of_one_computation_are_not_those_of_another() {
    in_time(|| {
        let runtime = threads(4);
        let shared: Delayed<u64> = (0..50).map(|n| delayed(n) + 1).sum();
        let failing = shared.and_then(|_| Err::<u64, _>("no"));
        thread::scope(|scope| {
            for n in 0..20_u64 {
                let (runtime, shared, failing) = (&runtime, &shared, &failing);
                scope.spawn(move || {
                    for _ in 0..20 {
                        if n % 2 == 0 {
                            assert!(matches!(runtime.compute(failing), Err(Error::Task(_))));
                        } else {
                            assert_eq!(runtime.compute(&(shared + n)).unwrap(), 1_275 + n);
                        }
                    }
                });
            }
        });
    });
}

/// Numbers without end, the same for the same seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

/// A node with the value it should have.
type Checked = (Delayed<Tracked>, u64);

/// One step of a user: takes nodes that others made, builds on them, computes, keeps, cancels, drops.
fn step(random: &mut Random, pool: &Mutex<Vec<Checked>>, runtime: &Runtime, tally: &Tally) {
    let pick = |random: &mut Random| {
        let pool = pool.lock().unwrap();
        pool[random.below(pool.len())].clone()
    };
    let (a, b) = (pick(random), pick(random));
    let (mut node, value) = (add(&a.0, &b.0), a.1.wrapping_add(b.1));
    match random.below(8) {
        0 => assert_eq!(runtime.compute(&node).unwrap().value(), value),
        1 => {
            let (x, y) = runtime.compute(&(&a.0, &node)).unwrap();
            assert_eq!((x.value(), y.value()), (a.1, value));
        }
        2 => node = runtime.persist(&node).unwrap(),
        3 => assert_eq!(runtime.compute_shared(&node).unwrap().value(), value),
        4 => {
            let handle = runtime.spawn(&node);
            handle.cancel();
            match handle.join() {
                Ok(found) => assert_eq!(found.value(), value),
                Err(error) => assert!(matches!(error, Error::Cancelled)),
            }
        }
        5 => assert_eq!(runtime.spawn(&node).join().unwrap().value(), value),
        6 => assert!(node.graph().len() >= 2),
        _ => {
            // A fresh one, so that graphs do not grow for ever.
            node = make(value, tally.clone());
        }
    }
    let mut pool = pool.lock().unwrap();
    let place = random.below(pool.len());
    let old = std::mem::replace(&mut pool[place], (node, value));
    drop(pool);
    drop(old);
}

#[test]
fn threads_build_compute_and_drop_graphs_that_share_nodes() {
    in_time(|| {
        for runtime in [synchronous(), threads(1), threads(3)] {
            let tally = Tally::new();
            let pool: Vec<Checked> = (0..24).map(|n| (make(n, tally.clone()), n)).collect();
            let pool = Mutex::new(pool);
            thread::scope(|scope| {
                for seed in 0..6 {
                    let (pool, runtime, tally) = (&pool, &runtime, &tally);
                    scope.spawn(move || {
                        let mut random = Random(seed);
                        (0..150).for_each(|_| step(&mut random, pool, runtime, tally));
                    });
                }
            });
            drop(pool);
            // What was cancelled may still be in the hands of a worker; its threads end with the runtime.
            let settled = runtime.spawn(&make(0, Tally::new())).join();
            assert!(settled.is_ok());
            drop(runtime);
            while tally.live() > 0 {
                thread::yield_now();
            }
        }
    });
}

#[test]
fn handles_are_dropped_while_others_compute() {
    in_time(|| {
        let (runtime, tally) = (threads(2), Tally::new());
        for _ in 0..50 {
            let first = make(1, tally.clone());
            let chains: Vec<_> =
                (0..4).map(|_| (0..50).fold(first.clone(), |x, _| add(&x, &first))).collect();
            thread::scope(|scope| {
                for chain in chains {
                    let runtime = &runtime;
                    scope.spawn(move || {
                        assert_eq!(runtime.compute(&chain).unwrap().value(), 51);
                        drop(chain);
                    });
                }
                drop(first);
            });
        }
        assert_eq!(tally.live(), 0);
    });
}

#[test]
fn nodes_outlive_the_threads_that_made_them() {
    in_time(|| {
        both(|runtime| {
            let mut last = delayed(0_u64);
            for n in 0..50 {
                last = thread::spawn(move || (&last + n).map(|x| x)).join().unwrap();
            }
            assert_eq!(runtime.compute(&last).unwrap(), 1_225);
        });
    });
}

#[test]
fn runtimes_come_and_go() {
    in_time(|| {
        let shared: Delayed<u64> = (0..100).map(|n| delayed(n) + 1).sum();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..25 {
                        let runtime = threads(1 + n % 3);
                        let handle = runtime.spawn(&shared);
                        assert_eq!(runtime.compute(&shared).unwrap(), 5_050);
                        drop(runtime);
                        assert_eq!(handle.join().unwrap(), 5_050);
                    }
                });
            }
        });
    });
}

#[test]
fn a_value_may_be_dropped_on_any_thread() {
    in_time(|| {
        let dropped = Arc::new(Mutex::new(0));
        struct Counts(Arc<Mutex<usize>>);
        impl Drop for Counts {
            fn drop(&mut self) {
                *self.0.lock().expect("nothing panics under the lock") += 1;
            }
        }
        let runtime = threads(2);
        let count = Arc::clone(&dropped);
        let made = delayed(()).map(move |()| Counts(Arc::clone(&count)));
        let home = thread::spawn(move || runtime.compute_shared(&made).unwrap()).join().unwrap();
        thread::spawn(move || drop(home)).join().unwrap();
        assert_eq!(*dropped.lock().unwrap(), 1);
    });
}
