//! Tasks that compute, spawn and use rayon themselves: nothing may deadlock.

use std::sync::Arc;

use lazy_runtime::prelude::*;
use lazy_runtime::{Runtime, RuntimeBuilder, call, stand_in};
use rayon::prelude::*;
use tests::{Gate, block_on, both, in_time, threads};

/// A sum of squares whose every level is a graph that a task builds and computes.
fn squares(depth: u32, from: u64) -> u64 {
    if depth == 0 {
        return from * from;
    }
    let parts: Vec<_> = (0..4).map(|n| call(squares, (depth - 1, from * 4 + n))).collect();
    parts.into_iter().sum::<Delayed<u64>>().compute().expect("nothing fails")
}

fn expected(depth: u32) -> u64 {
    (0..4_u64.pow(depth)).map(|n| n * n).sum()
}

#[test]
fn a_task_may_compute_three_levels_deep() {
    in_time(|| both(|_| assert_eq!(call(squares, (3_u32, 0_u64)).compute().unwrap(), expected(3))));
}

#[test]
fn many_tasks_may_compute_at_once() {
    in_time(|| {
        both(|_| {
            let many: Vec<_> = (0..200).map(|_| call(squares, (2_u32, 0_u64))).collect();
            assert_eq!(many.compute().unwrap(), [expected(2); 200]);
        });
    });
}

#[test]
fn a_task_may_persist_and_draw() {
    both(|_| {
        let all = delayed(3).map(|n| {
            let kept = (delayed(n) * n).persist().expect("nothing fails");
            (kept.graph().n_tasks(), kept.visualize().to_dot().len(), (&kept + 1).compute().ok())
        });
        let (n_tasks, drawn, value) = all.compute().unwrap();
        assert_eq!((n_tasks, value), (0, Some(10)));
        assert!(drawn > 0);
    });
}

#[test]
fn tasks_may_compute_one_shared_graph() {
    in_time(|| {
        both(|_| {
            let shared: Delayed<u64> = (0..100).map(|n| delayed(n) * 2).sum();
            let many: Vec<_> = (0..50)
                .map(|n| {
                    let shared = shared.clone();
                    delayed(n).map(move |n| shared.compute().expect("nothing fails") + n)
                })
                .collect();
            assert_eq!(many.compute().unwrap(), (9_900..9_950).collect::<Vec<_>>());
        });
    });
}

#[test]
fn a_nested_failure_is_a_value_inside() {
    in_time(|| {
        both(|_| {
            let many: Vec<_> = (0..100)
                .map(|n| delayed(n).map(|n| (delayed(1) / n).compute().map_err(|e| e.to_string())))
                .collect();
            let results = many.compute().unwrap();
            assert!(results[0].as_ref().unwrap_err().contains("divide by zero"));
            assert!(results[1..].iter().all(Result::is_ok));
        });
    });
}

#[test]
fn a_task_may_spawn_and_join() {
    in_time(|| {
        both(|_| {
            let outer = delayed(20).map(|n| {
                let handle = Runtime::current().spawn(&(delayed(n) + 1));
                handle.join().expect("nothing fails")
            });
            assert_eq!((&outer + 1).compute().unwrap(), 22);
        });
    });
}

#[test]
fn all_tasks_may_spawn_and_join_at_once() {
    in_time(|| {
        both(|_| {
            let outer: Vec<_> = (0..50)
                .map(|n| {
                    delayed(n).map(|n| Runtime::current().spawn(&(delayed(n) + 1)).join().unwrap())
                })
                .collect();
            assert_eq!(outer.compute().unwrap(), (1..51).collect::<Vec<_>>());
        });
    });
}

#[test]
fn a_task_may_spawn_and_let_the_caller_join() {
    in_time(|| {
        both(|_| {
            let (send, receive) = std::sync::mpsc::channel();
            let outer = delayed(20).map(move |n| {
                send.send(Runtime::current().spawn(&(delayed(n) + 1))).expect("somebody listens");
            });
            outer.compute().unwrap();
            assert_eq!(block_on(receive.recv().unwrap()).unwrap(), 21);
        });
    });
}

#[test]
fn a_task_may_have_a_time_limit_for_what_it_computes() {
    in_time(|| {
        both(|_| {
            let outer = delayed(20).map(|n| {
                let limit = std::time::Duration::from_secs(3600);
                let options = lazy_runtime::ComputeOptions::new().timeout(limit);
                (delayed(n) + 1).compute_with(options).expect("there is time")
            });
            assert_eq!(outer.compute().unwrap(), 21);
        });
    });
}

#[test]
fn a_task_may_use_rayon() {
    in_time(|| {
        both(|_| {
            let sums: Vec<_> = (0..50_u64)
                .map(|n| delayed(n).map(|n| (0..1_000).into_par_iter().map(|x| x * n).sum::<u64>()))
                .collect();
            let expected: Vec<_> = (0..50).map(|n| 499_500 * n).collect();
            assert_eq!(sums.compute().unwrap(), expected);
            let joined = delayed(vec![3, 1, 2]).map(|mut xs| {
                let (sorted, sum) = rayon::join(
                    || {
                        xs.par_sort();
                        xs
                    },
                    || rayon::join(|| 1, || 2),
                );
                (sorted, sum)
            });
            assert_eq!(joined.compute().unwrap(), (vec![1, 2, 3], (1, 2)));
        });
    });
}

#[test]
fn a_task_may_compute_inside_rayon() {
    in_time(|| {
        both(|runtime| {
            let count = runtime.num_threads();
            let sums = delayed(()).map(move |()| {
                let compute = |n: u64| {
                    assert!(count == 1 || Runtime::current().num_threads() == count);
                    (delayed(n) * 2).compute().expect("nothing fails")
                };
                (0..100_u64).into_par_iter().map(compute).sum::<u64>()
            });
            let many: Vec<_> = (0..10).map(|_| sums.clone() + 0).collect();
            assert_eq!(many.compute().unwrap(), [9_900; 10]);
        });
    });
}

#[test]
fn a_rayon_scope_may_outlast_many_tasks() {
    in_time(|| {
        both(|_| {
            let many: Vec<_> = (0..100_u64)
                .map(|n| {
                    delayed(n).map(|n| {
                        let mut parts = [0; 8];
                        rayon::scope(|scope| {
                            for (i, part) in parts.iter_mut().enumerate() {
                                scope.spawn(move |_| *part = n + i as u64);
                            }
                        });
                        parts.iter().sum::<u64>()
                    })
                })
                .collect();
            let expected: Vec<_> = (0..100).map(|n| 8 * n + 28).collect();
            assert_eq!(many.compute().unwrap(), expected);
        });
    });
}

#[test]
fn a_foreign_rayon_pool_may_compute() {
    in_time(|| {
        both(|runtime| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
            let shared: Delayed<u64> = (0..50).map(|n| delayed(n) + 1).sum();
            let sum = pool.install(|| {
                let compute = |n| runtime.compute(&(&shared + n)).expect("nothing fails");
                (0..100_u64).into_par_iter().map(compute).sum::<u64>()
            });
            assert_eq!(sum, 100 * 1_275 + 4_950);
        });
    });
}

#[test]
fn runtimes_may_call_each_other_back_and_forth() {
    fn bounce(times: u32, here: &Runtime, there: &Runtime) -> u32 {
        if times == 0 {
            return 0;
        }
        let (back, forth) = (here.clone(), there.clone());
        let next = delayed(()).map(move |()| bounce(times - 1, &forth, &back));
        there.compute(&(next + 1)).expect("nothing fails")
    }
    in_time(|| {
        let kinds = [(1, 1), (1, 2), (2, 2), (4, 1)];
        for (a, b) in kinds {
            let (a, b) = (threads(a), threads(b));
            assert_eq!(bounce(6, &a, &b), 6);
            let many: Vec<_> = (0..20)
                .map(|_| {
                    let (a, b) = (a.clone(), b.clone());
                    delayed(()).map(move |()| bounce(4, &a, &b))
                })
                .collect();
            assert_eq!(a.compute(&many).unwrap(), [4; 20]);
        }
    });
}

#[test]
fn the_runtime_of_a_task_is_the_one_that_computes_it() {
    in_time(|| {
        let count = || delayed(()).map(|()| Runtime::current().num_threads());
        let (two, three) = (threads(2), threads(3));
        let inner = three.clone();
        let nested = delayed(()).map(move |()| {
            let there = inner.compute(&count()).expect("nothing fails");
            let installed = inner.install(|| count().compute()).expect("nothing fails");
            let here = count().compute().expect("nothing fails");
            (there, installed, here, Runtime::current().num_threads())
        });
        assert_eq!(two.compute(&nested).unwrap(), (3, 3, 2, 2));
        let synchronous = RuntimeBuilder::default().scheduler(lazy_runtime::Scheduler::Synchronous);
        let synchronous = synchronous.build().unwrap();
        assert_eq!(synchronous.compute(&nested).unwrap(), (3, 3, 1, 1));
    });
}

#[test]
fn a_nested_computation_finds_work_while_others_block() {
    in_time(|| {
        // One thread is held up by a task; the other one goes through nested computations meanwhile.
        let runtime = threads(2);
        let gate = Gate::new();
        let (wait, open) = (gate.clone(), gate);
        let blocked = delayed(()).map(move |()| wait.pass());
        let working = delayed(()).map(move |()| {
            let sum = squares(3, 0);
            open.open();
            sum
        });
        assert_eq!(runtime.compute(&(blocked, working)).unwrap().1, expected(3));
    });
}

#[test]
fn a_value_of_a_task_may_compute_when_it_is_dropped() {
    struct Computes(Delayed<u64>, Arc<std::sync::Mutex<Vec<u64>>>);
    impl Drop for Computes {
        fn drop(&mut self) {
            let value = self.0.compute().expect("nothing fails");
            self.1.lock().expect("nothing panics under the lock").push(value);
        }
    }
    in_time(|| {
        both(|_| {
            let seen = Arc::new(std::sync::Mutex::new(vec![]));
            let shared = delayed(1) + 1_u64;
            let (inner, told) = (shared.clone(), Arc::clone(&seen));
            let made =
                delayed(()).map(move |()| Computes(inner.clone(), Arc::clone(&told)).0.clone());
            assert_eq!(made.flatten().compute().unwrap(), 2);
            let literal = Computes(shared, Arc::clone(&seen));
            drop(delayed(()).map(move |()| literal.0.key()));
            assert_eq!(*seen.lock().unwrap(), [2, 2]);
        });
    });
}

/// Every thread of the pool waits for a thread that computes, spawns and persists with the same runtime.
#[test]
fn threads_that_stand_in_for_those_of_the_pool_need_none_of_them() {
    fn apart(runtime: &Runtime, n: u64) -> u64 {
        let sums = [squares, expected_of].map(|sum| call(sum, (2_u32, n)));
        let computed = runtime.compute(&sums).expect("nothing fails");
        let spawned = runtime.spawn(&sums[0].clone()).join().expect("nothing fails");
        let kept = runtime.persist(&sums[0]).expect("nothing fails");
        let kept = runtime.compute(&kept).expect("nothing fails");
        assert_eq!([spawned, kept], computed);
        kept
    }
    fn expected_of(depth: u32, from: u64) -> u64 {
        let width = 4_u64.pow(depth);
        (from * width..(from + 1) * width).map(|n| n * n).sum()
    }
    in_time(|| {
        both(|runtime| {
            let all: Vec<_> = (0..8_u64)
                .map(|n| {
                    let runtime = runtime.clone();
                    delayed(n).map(move |n| {
                        let work = || stand_in(|| runtime.install(|| apart(&runtime, n)));
                        std::thread::scope(|scope| scope.spawn(work).join().expect("no panic"))
                    })
                })
                .collect();
            let expected: Vec<_> = (0..8).map(|n| expected_of(2, n)).collect();
            assert_eq!(runtime.compute(&all).unwrap(), expected);
        });
    });
}
