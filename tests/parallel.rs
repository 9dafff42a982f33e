//! Every thread is put to work while there is any: tasks that wait for each other find each other.

use lazy_runtime::Runtime;
use lazy_runtime::prelude::*;
use rayon::prelude::*;
use tests::{Gate, Meeting, in_time, threads};

/// True if as many tasks as the meeting expects are inside at once.
#[delayed]
fn meet(meeting: &Meeting, _after: u64) -> bool {
    meeting.attend()
}

#[delayed]
fn root(n: u64) -> u64 {
    n
}

/// So many meeting tasks, each made by `make` from its number: the first `threads` of them must meet.
fn all_meet(runtime: &Runtime, count: u64, make: impl Fn(&Meeting, u64) -> Delayed<bool>) {
    let meeting = Meeting::of(runtime.num_threads());
    let tasks: Vec<_> = (0..count).map(|n| make(&meeting, n)).collect();
    let met = runtime.compute(&tasks).unwrap();
    let alone = met.iter().filter(|met| !**met).count();
    assert_eq!(alone, 0, "{alone} of {count} tasks waited in vain on {runtime:?}");
}

#[test]
fn as_many_roots_as_threads_run_at_once() {
    in_time(|| {
        for count in [2, 4, 8] {
            all_meet(&threads(count), count as u64, |meeting, n| meet(meeting.clone(), n));
        }
    });
}

#[test]
fn many_roots_keep_all_threads_busy() {
    in_time(|| {
        for count in [2, 4, 8] {
            all_meet(&threads(count), 1_000, |meeting, n| meet(meeting.clone(), n));
        }
    });
}

#[test]
fn dependents_of_one_task_run_at_once() {
    in_time(|| {
        for count in [2, 4, 8] {
            let first = root(1);
            all_meet(&threads(count), count as u64, |meeting, _| meet(meeting.clone(), &first));
        }
    });
}

#[test]
fn many_dependents_of_one_task_keep_all_threads_busy() {
    in_time(|| {
        for count in [2, 4, 8] {
            let first = root(1);
            all_meet(&threads(count), 1_000, |meeting, _| meet(meeting.clone(), &first));
        }
    });
}

#[test]
fn ends_of_chains_run_at_once() {
    in_time(|| {
        for count in [2, 4] {
            all_meet(&threads(count), count as u64, |meeting, n| {
                let chain = (0..50).fold(root(n), |x, _| x + 1);
                meet(meeting.clone(), &chain)
            });
        }
    });
}

#[test]
fn a_fan_out_after_a_long_chain_finds_all_threads() {
    in_time(|| {
        for count in [2, 4] {
            let chain = (0..20_000).fold(root(0), |x, _| x + 1);
            all_meet(&threads(count), count as u64, |meeting, _| meet(meeting.clone(), &chain));
        }
    });
}

#[test]
fn a_fan_out_after_a_fan_in_finds_all_threads() {
    in_time(|| {
        for count in [2, 4] {
            let sum: Delayed<u64> = (0..500).map(root).sum();
            all_meet(&threads(count), count as u64, |meeting, _| meet(meeting.clone(), &sum));
        }
    });
}

#[test]
fn parts_of_a_nested_computation_run_at_once() {
    in_time(|| {
        for count in [2, 4] {
            let runtime = threads(count);
            let inner = runtime.clone();
            let outer = delayed(()).map(move |()| {
                all_meet(&inner, inner.num_threads() as u64, |meeting, n| meet(meeting.clone(), n));
            });
            runtime.compute(&outer).unwrap();
        }
    });
}

#[test]
fn computations_of_two_callers_run_at_once() {
    in_time(|| {
        let runtime = threads(2);
        let meeting = Meeting::of(2);
        let handles = [0, 1].map(|n| runtime.spawn(&meet(meeting.clone(), n)));
        assert!(handles.into_iter().all(|handle| handle.join().unwrap()));
    });
}

#[test]
fn rayon_inside_a_task_gets_the_idle_threads() {
    in_time(|| {
        for count in [2, 4] {
            let meeting = Meeting::of(count);
            let inside = delayed(()).map(move |()| {
                let meet = |_| meeting.attend();
                (0..count).into_par_iter().with_max_len(1).map(meet).all(|met| met)
            });
            assert!(threads(count).compute(&inside).unwrap());
        }
    });
}

#[test]
fn a_blocked_task_does_not_keep_ready_ones_to_itself() {
    in_time(|| {
        // The task that blocks is made ready together with those that would open the gate.
        let gate = Gate::new();
        let first = root(1);
        let wait = gate.clone();
        let blocked = first.map(move |_| wait.pass());
        let others: Vec<_> = (0..10).map(|_| &first + 1).collect();
        let last = others.into_iter().sum::<Delayed<u64>>().map(move |_| gate.open());
        threads(2).compute(&(&blocked, &last)).unwrap();
    });
}
