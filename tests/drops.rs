//! Values whose drop panics: the user's fault, but no reason to hang or to end the process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use lazy_runtime::prelude::*;
use lazy_runtime::{ComputeOptions, Error, HeapSize, Runtime, Scheduler};
use tests::{Gate, Tally, Tracked, both, in_time, threads};

/// Panics when the last reference is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("dropped");
        }
    }
}

#[delayed]
fn bomb() -> Arc<Bomb> {
    Arc::new(Bomb)
}

#[test]
fn a_value_released_in_a_run() {
    in_time(|| {
        both(|runtime| {
            let seen = bomb().map_ref(|_| 1);
            match runtime.compute(&(&seen + 1)) {
                Ok(value) => assert_eq!(value, 2),
                Err(error) => assert!(matches!(error, Error::Panic(_)), "{error}"),
            }
            assert_eq!(runtime.compute(&(delayed(1) + 1)).unwrap(), 2);
        });
    });
}

#[test]
fn a_value_left_by_a_failed_run_in_the_background() {
    in_time(|| {
        both(|runtime| {
            let tally = Tally::new();
            let (left, counted) = (bomb(), tally.clone());
            let other = delayed(()).map(move |()| Tracked::new(&counted, 1));
            let failing = left.zip(&other).and_then(|_| Err::<i32, _>("no"));
            let handle = runtime.spawn(&(left, other, failing));
            let joined = catch_unwind(AssertUnwindSafe(|| handle.join().map(drop)));
            assert!(matches!(joined, Ok(Err(_)) | Err(_)));
            assert_eq!(runtime.compute(&(delayed(1) + 1)).unwrap(), 2);
            while tally.live() > 0 {
                std::thread::yield_now();
            }
        });
    });
}

#[test]
fn a_value_left_by_a_run_that_took_too_long() {
    in_time(|| {
        for count in [1, 2, 4] {
            let runtime = threads(count);
            let (left, leave) = (bomb(), Gate::new());
            let wait = leave.clone();
            let slow = left.map_ref(move |_| wait.pass());
            let options = ComputeOptions::new().timeout(Duration::from_millis(10));
            let result = runtime.compute_with(&(left, slow), options).map(drop);
            assert!(matches!(result, Err(Error::Timeout(_))));
            leave.open();
            assert_eq!(runtime.compute(&(delayed(1) + 1)).unwrap(), 2);
        }
    });
}

#[test]
fn a_literal_of_a_dropped_graph() {
    both(|_| {
        let task = delayed(Bomb).map_ref(|_| 1);
        let neighbours: Vec<_> = (0..10).map(|n| &task + n).collect();
        assert!(catch_unwind(AssertUnwindSafe(|| drop((task, neighbours)))).is_err());
        assert_eq!((delayed(1) + 1).compute().unwrap(), 2);
    });
}

/// Panics when it is dropped, even where that ends the process because another panic is under way.
struct Mine;

impl Drop for Mine {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

impl HeapSize for Mine {
    fn heap_size(&self) -> usize {
        1 << 20
    }
}

/// All inputs of one task, of which some are held for the memory limit or for the cache.
#[test]
fn several_values_released_by_one_task() {
    #[delayed]
    fn counted() -> Mine {
        Mine
    }
    #[delayed(cache)]
    fn cached() -> Mine {
        Mine
    }
    /// Nobody counts it.
    struct InASlot(#[allow(dead_code, reason = "it is dropped")] Mine, u64);

    #[delayed]
    fn in_a_slot(n: u64) -> InASlot {
        InASlot(Mine, n)
    }
    #[delayed]
    fn look(_: &Mine, _: &Mine, _: &Mine, slot: &InASlot) -> u64 {
        slot.1
    }
    in_time(|| {
        for scheduler in [Scheduler::Synchronous, Scheduler::Threads] {
            let runtime = Runtime::builder().scheduler(scheduler).num_threads(2);
            let runtime = runtime.memory_limit(1).cache_bytes(0).build().unwrap();
            let seen = look(counted(), cached(), counted(), in_a_slot(1));
            let computed = catch_unwind(AssertUnwindSafe(|| runtime.compute(&(&seen + 1))));
            assert!(!matches!(computed, Ok(Ok(_))), "its inputs panic when they are dropped");
            assert_eq!(runtime.compute(&(delayed(1) + 1)).unwrap(), 2);
        }
    });
}
