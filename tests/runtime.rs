//! Runtimes: which one computes, how many tasks run at once, time limits.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use lazy_runtime::prelude::*;
use lazy_runtime::{ComputeOptions, Error, Runtime};
use tests::{Gate, Log, Tally, Tracked, both, in_time, synchronous, threads};

/// The thread a task runs on, and the runtime that is current there.
#[delayed]
fn here() -> (String, String) {
    let name = thread::current().name().unwrap_or("nameless").to_owned();
    (name, format!("{:?}", Runtime::current()))
}

fn described(runtime: &Runtime) -> String {
    format!("{runtime:?}")
}

#[test]
fn the_synchronous_scheduler_runs_on_the_calling_thread() {
    let name = thread::current().name().unwrap().to_owned();
    let runtime = synchronous();
    assert_eq!(runtime.compute(&here()).unwrap(), (name, described(&runtime)));
    assert_eq!(runtime.num_threads(), 1);
}

#[test]
fn threads_run_on_threads_of_their_own() {
    for count in [1, 2, 4] {
        let runtime = threads(count);
        assert_eq!(runtime.num_threads(), count);
        let all: Vec<_> = (0..100).map(|_| here()).collect();
        for (name, current) in runtime.compute(&all).unwrap() {
            assert!(name.starts_with("lazy-"), "{name}");
            assert_eq!(current, described(&runtime));
        }
    }
}

#[test]
fn the_default_is_a_thread_a_core() {
    let cores = thread::available_parallelism().unwrap().get();
    assert_eq!(Runtime::builder().build().unwrap().num_threads(), cores);
    assert_eq!(Runtime::builder().num_threads(0).build().unwrap().num_threads(), cores);
    assert_eq!(Runtime::current().num_threads(), cores);
    assert_eq!((delayed(1) + 1).compute().unwrap(), 2);
}

#[test]
fn installations_nest() {
    let (three, five) = (threads(3), threads(5));
    let current = || Runtime::current().num_threads();
    let outside = current();
    three.install(|| {
        assert_eq!(current(), 3);
        five.install(|| {
            assert_eq!((current(), here().compute().unwrap().1), (5, described(&five)))
        });
        assert_eq!((current(), here().compute().unwrap().1), (3, described(&three)));
    });
    assert_eq!(current(), outside);
}

#[test]
fn install_runs_on_the_calling_thread_and_returns_what_it_made() {
    let mut local = 1;
    let id = threads(2).install(|| {
        local += 1;
        thread::current().id()
    });
    assert_eq!((id, local), (thread::current().id(), 2));
}

#[test]
fn an_installation_ends_with_a_panic() {
    let outside = described(&Runtime::current());
    let inside = threads(3);
    let leaving = AssertUnwindSafe(|| inside.install(|| panic!("leaving")));
    let caught = std::panic::catch_unwind(leaving);
    assert!(caught.is_err());
    assert_eq!(described(&Runtime::current()), outside);
}

#[test]
fn an_installation_is_of_its_thread_alone() {
    let outside = Runtime::current().num_threads();
    threads(7).install(|| {
        let other = thread::spawn(|| Runtime::current().num_threads()).join().unwrap();
        assert_eq!(other, outside);
    });
}

#[test]
fn a_clone_is_the_same_runtime() {
    let one = threads(2);
    let other = one.clone();
    drop(one);
    assert_eq!(other.compute(&(delayed(1) + 1)).unwrap(), 2);
}

#[test]
fn never_more_tasks_run_at_once_than_there_are_threads() {
    #[delayed]
    fn busy(inside: &AtomicUsize, most: &AtomicUsize) -> u64 {
        let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(now, Ordering::SeqCst);
        let work = (0..200_u64).fold(1, |a: u64, b| a.wrapping_mul(31) ^ b);
        inside.fetch_sub(1, Ordering::SeqCst);
        work
    }
    both(|runtime| {
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let layer = |_| busy(Arc::clone(&inside), Arc::clone(&most));
        let all: Vec<_> = (0..2_000).map(layer).collect();
        let pairs: Vec<_> = all.chunks(2).map(|pair| &pair[0] ^ &pair[1]).collect();
        pairs.compute().unwrap();
        assert!(most.load(Ordering::SeqCst) <= runtime.num_threads());
    });
}

#[test]
fn a_time_limit_that_is_kept_changes_nothing() {
    both(|runtime| {
        for limit in [Duration::from_secs(3600), Duration::MAX] {
            let options = ComputeOptions::new().timeout(limit);
            assert_eq!((delayed(1) + 1).compute_with(options.clone()).unwrap(), 2);
            assert_eq!(runtime.spawn_with(&(delayed(1) + 1), options).join().unwrap(), 2);
        }
    });
}

#[test]
fn a_time_limit_of_nothing_starts_nothing() {
    both(|_| {
        let log = Log::new();
        let noted = log.clone();
        let task = delayed(1).map(move |_| noted.note("ran"));
        let limit = Duration::ZERO;
        match task.compute_with(ComputeOptions::new().timeout(limit)) {
            Err(Error::Timeout(found)) => assert_eq!(found, limit),
            other => panic!("expected a timeout, got {other:?}"),
        }
        drop(task);
        assert!(log.is_empty());
    });
}

#[test]
fn a_time_limit_is_told_as_it_was_given() {
    in_time(|| {
        both(|runtime| {
            let limit = Duration::from_millis(10);
            let late = delayed(limit).map(std::thread::sleep);
            let options = ComputeOptions::new().timeout(limit);
            match runtime.compute_with(&late.map(|()| 1), options) {
                Err(Error::Timeout(found)) => assert_eq!(found, limit),
                other => panic!("expected a timeout, got {other:?}"),
            }
        });
    });
}

#[test]
fn a_time_limit_returns_while_a_task_is_still_running() {
    in_time(|| {
        for count in [1, 2, 4] {
            let runtime = threads(count);
            let (leave, log, tally) = (Gate::new(), Log::new(), Tally::new());
            let (wait, noted) = (leave.clone(), log.clone());
            let (ended, end) = std::sync::mpsc::channel();
            let slow = delayed(Ended(ended)).map_ref(move |_| wait.pass());
            let made = Tracked::new(&tally, 1);
            let last = slow.map(move |()| {
                noted.note("after");
                made.value()
            });
            let options = ComputeOptions::new().timeout(Duration::from_millis(20));
            assert!(matches!(runtime.compute_with(&last, options), Err(Error::Timeout(_))));
            leave.open();
            drop((slow, last));
            end.recv().expect_err("nothing is sent");
            assert!(log.is_empty(), "no task starts after the limit");
            assert_eq!(runtime.compute(&(delayed(1) + 1)).unwrap(), 2, "the runtime lives on");
        }
    });
}

/// Tells by its drop that the graph it belongs to is gone.
struct Ended(#[allow(dead_code, reason = "it is dropped")] std::sync::mpsc::Sender<()>);

#[test]
fn a_time_limit_returns_on_a_foreign_rayon_pool_too() {
    in_time(|| {
        let (runtime, leave) = (threads(1), Gate::new());
        let wait = leave.clone();
        let slow = delayed(()).map(move |()| wait.pass());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let options = ComputeOptions::new().timeout(Duration::from_millis(20));
        let result = pool.install(|| runtime.compute_with(&slow, options));
        assert!(matches!(result, Err(Error::Timeout(_))), "{result:?}");
        leave.open();
    });
}

#[test]
fn a_time_limit_on_the_calling_thread_starts_no_further_task() {
    let log = Log::new();
    let noted = log.clone();
    let started = std::time::Instant::now();
    let limit = Duration::from_millis(5);
    let slow = delayed(()).map(move |()| {
        while started.elapsed() <= 2 * limit {
            std::hint::spin_loop();
        }
    });
    let last = slow.map(move |()| noted.note("after"));
    let runtime = synchronous();
    let result = runtime.compute_with(&last, ComputeOptions::new().timeout(limit));
    assert!(matches!(result, Err(Error::Timeout(_))));
    assert!(log.is_empty());
}

#[test]
fn options_apply_to_persist_too() {
    both(|runtime| {
        let options = ComputeOptions::new().collect_errors(true);
        let failing = delayed(1).and_then(|_| Err::<i32, _>("no"));
        match runtime.persist_with(&vec![failing.clone(), failing + 1], options) {
            Err(Error::Many(errors)) => assert_eq!(errors.len(), 1),
            other => panic!("expected one error, got {other:?}"),
        }
    });
}

#[test]
fn a_runtime_can_be_dropped_inside_its_own_task() {
    in_time(|| {
        let runtime = threads(2);
        let last = delayed(()).map({
            let holder = std::sync::Mutex::new(Some(runtime.clone()));
            move |()| drop(holder.lock().unwrap().take())
        });
        let handle = runtime.spawn(&last);
        drop(runtime);
        handle.join().unwrap();
    });
}
