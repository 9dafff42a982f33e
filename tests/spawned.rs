//! Computations in the background: joined, awaited, cancelled, dropped.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use lazy_runtime::prelude::*;
use lazy_runtime::{ComputeOptions, Error, Handle, Runtime};
use tests::{Gate, Log, block_on, both, in_time, threads};

/// Waits inside a task, told from outside.
#[delayed]
fn wait(entered: &Gate, leave: &Gate, log: &Log) -> i64 {
    log.note("enter");
    entered.open();
    leave.pass();
    log.note("leave");
    20
}

#[test]
fn a_spawned_computation_is_joined() {
    both(|runtime| {
        assert_eq!(runtime.spawn(&(delayed(20) + 1)).join().unwrap(), 21);
        assert_eq!(runtime.spawn(&(delayed(1), vec![delayed(2)])).join().unwrap(), (1, vec![2]));
        let failed = runtime.spawn(&delayed(1).and_then(|_| Err::<i32, _>("no"))).join();
        assert!(matches!(failed, Err(Error::Task(_))));
        let panicked = runtime.spawn(&delayed(1).map(|_| -> i32 { panic!("no") })).join();
        assert!(matches!(panicked, Err(Error::Panic(_))));
    });
}

#[test]
fn the_caller_goes_on_while_it_runs() {
    in_time(|| {
        both(|runtime| {
            let (entered, leave, log) = (Gate::new(), Gate::new(), Log::new());
            let handle = runtime.spawn(&wait(entered.clone(), leave.clone(), log.clone()));
            entered.pass();
            assert!(!handle.is_finished());
            leave.open();
            assert_eq!(handle.join().unwrap(), 20);
        });
    });
}

#[test]
fn a_finished_one_says_so_and_joins_at_once() {
    in_time(|| {
        both(|runtime| {
            let handle = runtime.spawn(&(delayed(1) + 1));
            while !handle.is_finished() {
                thread::yield_now();
            }
            handle.cancel();
            assert!(handle.is_finished());
            assert_eq!(handle.join().unwrap(), 2, "a cancel that comes too late does nothing");
        });
    });
}

#[test]
fn a_handle_is_a_future() {
    in_time(|| {
        both(|runtime| {
            let (entered, leave, log) = (Gate::new(), Gate::new(), Log::new());
            let handle = runtime.spawn(&wait(entered.clone(), leave.clone(), log));
            let opener = thread::spawn(move || {
                entered.pass();
                leave.open();
            });
            assert_eq!(block_on(async move { handle.await.unwrap() + 1 }), 21);
            opener.join().unwrap();
            assert_eq!(block_on(runtime.spawn(&delayed(7))).unwrap(), 7);
        });
    });
}

#[test]
fn many_handles_can_be_awaited_together() {
    in_time(|| {
        both(|runtime| {
            let handles: Vec<_> = (0..50).map(|n| runtime.spawn(&(delayed(n) * 2))).collect();
            let sum = block_on(async move {
                let mut sum = 0;
                for handle in handles {
                    sum += handle.await.unwrap();
                }
                sum
            });
            assert_eq!(sum, 2_450);
        });
    });
}

#[test]
fn the_last_waker_is_woken() {
    struct Counter(AtomicUsize, Gate);
    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
            self.1.open();
        }
    }
    in_time(|| {
        let runtime = threads(2);
        let (entered, leave, log) = (Gate::new(), Gate::new(), Log::new());
        let handle = runtime.spawn(&wait(entered.clone(), leave.clone(), log));
        let counters: [Arc<Counter>; 2] =
            std::array::from_fn(|_| Arc::new(Counter(AtomicUsize::new(0), Gate::new())));
        let mut handle = pin!(handle);
        for counter in &counters {
            let waker = Waker::from(Arc::clone(counter));
            assert!(handle.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        leave.open();
        counters[1].1.pass();
        assert_eq!(counters.map(|counter| counter.0.load(Ordering::SeqCst)), [0, 1]);
        let Poll::Ready(Ok(20)) = handle.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        else {
            panic!("it is done")
        };
    });
}

#[test]
fn a_handle_can_be_sent_to_another_thread() {
    both(|runtime| {
        let handle: Handle<i32> = runtime.spawn(&(delayed(1) + 1));
        assert_eq!(thread::spawn(move || handle.join()).join().unwrap().unwrap(), 2);
    });
}

#[test]
fn what_is_cancelled_before_it_starts_never_runs() {
    in_time(|| {
        let runtime = threads(1);
        let (entered, leave, log) = (Gate::new(), Gate::new(), Log::new());
        let blocker = runtime.spawn(&wait(entered.clone(), leave.clone(), Log::new()));
        entered.pass();
        let noted = log.clone();
        let queued = runtime.spawn(&delayed(1).map(move |_| noted.note("ran")));
        queued.cancel();
        assert!(queued.is_finished());
        assert!(matches!(queued.join(), Err(Error::Cancelled)));
        leave.open();
        assert_eq!(blocker.join().unwrap(), 20);
        assert_eq!(runtime.compute(&(delayed(1) + 1)).unwrap(), 2);
        assert!(log.is_empty());
    });
}

#[test]
fn what_is_cancelled_while_it_runs_starts_no_further_task() {
    in_time(|| {
        both(|runtime| {
            let (entered, leave, log) = (Gate::new(), Gate::new(), Log::new());
            let slow = wait(entered.clone(), leave.clone(), log.clone());
            let noted = log.clone();
            let (ended, end) = std::sync::mpsc::channel();
            let guard = Ended(ended);
            let last = slow.map(move |n| {
                let _guard = &guard;
                noted.note("after");
                n
            });
            let handle = runtime.spawn(&last);
            entered.pass();
            handle.cancel();
            assert!(handle.is_finished());
            assert!(matches!(handle.join(), Err(Error::Cancelled)), "it returns at once");
            assert_eq!(log.events(), ["enter"]);
            drop((slow, last));
            leave.open();
            end.recv().expect_err("nothing is sent");
            assert_eq!(log.events(), ["enter", "leave"]);
        });
    });
}

/// Tells by its drop that the graph it belongs to is gone.
struct Ended(#[allow(dead_code, reason = "it is dropped")] std::sync::mpsc::Sender<()>);

#[test]
fn an_awaited_computation_can_be_cancelled() {
    in_time(|| {
        let runtime = threads(1);
        let (entered, leave, log) = (Gate::new(), Gate::new(), Log::new());
        let handle = runtime.spawn(&wait(entered.clone(), leave.clone(), log));
        entered.pass();
        handle.cancel();
        assert!(matches!(block_on(handle), Err(Error::Cancelled)));
        leave.open();
    });
}

#[test]
fn a_dropped_handle_lets_the_computation_go_on() {
    in_time(|| {
        both(|runtime| {
            let (entered, leave) = (Gate::new(), Gate::new());
            let (told, done) = (entered.clone(), leave.clone());
            drop(runtime.spawn(&delayed(()).map(move |()| told.open()).map(move |()| done.open())));
            entered.pass();
            leave.pass();
        });
    });
}

#[test]
fn a_spawned_computation_has_its_time_limit() {
    in_time(|| {
        both(|runtime| {
            let (entered, leave, log) = (Gate::new(), Gate::new(), Log::new());
            let options = ComputeOptions::new().timeout(Duration::from_millis(20));
            let task = wait(entered, leave.clone(), log);
            let result = runtime.spawn_with(&task, options).join();
            assert!(matches!(result, Err(Error::Timeout(_))), "{result:?}");
            leave.open();
        });
    });
}

#[test]
fn an_awaited_computation_has_its_time_limit() {
    in_time(|| {
        both(|runtime| {
            let (entered, leave, log) = (Gate::new(), Gate::new(), Log::new());
            let options = ComputeOptions::new().timeout(Duration::from_millis(20));
            let task = wait(entered, leave.clone(), log.clone());
            let (started, limit) = (std::time::Instant::now(), Duration::from_millis(20));
            let handle = runtime.spawn_with(&(task + 1), options);
            // On a busy machine the limit may pass before the task starts: nobody waits for that.
            let opener = thread::spawn(move || {
                while started.elapsed() <= 2 * limit {
                    thread::yield_now();
                }
                leave.open();
            });
            assert!(matches!(block_on(handle), Err(Error::Timeout(_))));
            opener.join().unwrap();
        });
    });
}

#[test]
fn the_runtime_may_be_dropped_while_it_runs() {
    in_time(|| {
        for count in [1, 2, 4] {
            let runtime = threads(count);
            let (entered, leave, log) = (Gate::new(), Gate::new(), Log::new());
            let last = wait(entered.clone(), leave.clone(), log) + 1;
            let handle = runtime.spawn(&last);
            entered.pass();
            drop(runtime);
            leave.open();
            assert_eq!(handle.join().unwrap(), 21);
        }
    });
}

#[test]
fn the_graph_may_be_dropped_while_it_runs() {
    in_time(|| {
        both(|runtime| {
            let handle = runtime.spawn(&(0..1_000).fold(delayed(0), |x, _| x + 1));
            assert_eq!(handle.join().unwrap(), 1_000);
        });
    });
}

#[test]
fn a_clone_that_panics_when_it_is_taken_panics_in_the_caller() {
    #[derive(Debug)]
    struct Single;
    impl Clone for Single {
        fn clone(&self) -> Single {
            panic!("there is only one")
        }
    }
    in_time(|| {
        both(|runtime| {
            let handle = runtime.spawn(&delayed(Single));
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| handle.join()));
            assert!(caught.is_err());
            assert_eq!((delayed(1) + 1).compute().unwrap(), 2);
        });
    });
}

#[test]
fn tasks_that_start_computations_hold_up_nobody() {
    in_time(|| {
        let runtime = threads(2);
        let task = || delayed(1).map(|n| drop(Runtime::current().spawn(&(delayed(n) + 1))));
        for _ in 0..500 {
            let many: Vec<_> = (0..8).map(|_| task()).collect();
            let handles: Vec<_> = (0..4).map(|_| runtime.spawn(&many)).collect();
            handles.into_iter().for_each(|handle| drop(handle.join().unwrap()));
        }
    });
}

/// A task that joins the computation in the slot, once told to.
fn joins(handle: Handle<u64>, entered: Gate) -> Delayed<u64> {
    let handle = Arc::new(std::sync::Mutex::new(Some(handle)));
    delayed(()).map(move |()| {
        entered.open();
        handle.lock().unwrap().take().expect("joined once").join().unwrap() + 1
    })
}

#[test]
fn a_task_that_joins_is_not_held_up_by_a_computation_from_outside() {
    in_time(|| {
        for _ in 0..20 {
            let (runtime, held, inside) = (threads(2), Gate::new(), Gate::new());
            let wait = held.clone();
            let first = runtime.spawn(&delayed(1).map(move |n| {
                wait.pass();
                n
            }));
            let second = runtime.spawn(&joins(first, inside.clone()));
            inside.pass();
            let opener = thread::spawn(move || {
                thread::sleep(Duration::from_millis(5));
                held.open();
            });
            assert_eq!(runtime.compute(&joins(second, Gate::new())).unwrap(), 3);
            opener.join().unwrap();
        }
    });
}

#[test]
fn a_task_on_the_only_thread_that_joins_is_not_held_up() {
    in_time(|| {
        let (runtime, other) = (threads(1), threads(2));
        let (held, inside) = (Gate::new(), Gate::new());
        let wait = held.clone();
        let first = other.spawn(&delayed(1).map(move |n| {
            wait.pass();
            n
        }));
        let second = runtime.spawn(&joins(first, inside.clone()));
        inside.pass();
        let third = runtime.spawn(&joins(second, Gate::new()));
        thread::sleep(Duration::from_millis(5));
        held.open();
        assert_eq!(third.join().unwrap(), 3);
    });
}
