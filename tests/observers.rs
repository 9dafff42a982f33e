//! What observers are told of a run.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use lazy_runtime::diagnostics::{
    Observer, RunFinish, RunId, RunOutcome, RunStart, TaskFinished, TaskOutcome, TaskReady,
    TaskStarted,
};
use lazy_runtime::prelude::*;
use lazy_runtime::{ComputeOptions, Error, Key, Runtime, RuntimeBuilder, Scheduler};
use tests::{Gate, in_time};

/// One event.
#[derive(Clone, Debug)]
enum Event {
    Start(RunStart),
    Ready(TaskReady),
    Started(TaskStarted),
    Finished(TaskFinished),
    Finish(RunFinish),
}

impl Event {
    fn at(&self) -> Duration {
        match self {
            Event::Start(event) => event.at,
            Event::Ready(event) => event.at,
            Event::Started(event) => event.at,
            Event::Finished(event) => event.at,
            Event::Finish(event) => event.at,
        }
    }

    fn run(&self) -> RunId {
        match self {
            Event::Start(event) => event.run,
            Event::Ready(event) => event.run,
            Event::Started(event) => event.run,
            Event::Finished(event) => event.run,
            Event::Finish(event) => event.run,
        }
    }
}

/// Keeps all it is told.
#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Vec<Event>>>);

impl Tape {
    fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    fn push(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }

    fn finished(&self) -> Vec<TaskFinished> {
        let finished = |event| if let Event::Finished(event) = event { Some(event) } else { None };
        self.events().into_iter().filter_map(finished).collect()
    }

    fn ends(&self) -> Vec<RunFinish> {
        let end = |event| if let Event::Finish(event) = event { Some(event) } else { None };
        self.events().into_iter().filter_map(end).collect()
    }

    fn outcome_of(&self, name: &str) -> Vec<TaskOutcome> {
        let of_name = |event: &TaskFinished| event.key.name() == name;
        self.finished().into_iter().filter(of_name).map(|event| event.outcome).collect()
    }
}

impl Observer for Tape {
    fn start(&self, event: &RunStart) {
        self.push(Event::Start(event.clone()));
    }

    fn ready(&self, event: &TaskReady) {
        self.push(Event::Ready(event.clone()));
    }

    fn started(&self, event: &TaskStarted) {
        self.push(Event::Started(event.clone()));
    }

    fn finished(&self, event: &TaskFinished) {
        self.push(Event::Finished(event.clone()));
    }

    fn finish(&self, event: &RunFinish) {
        self.push(Event::Finish(event.clone()));
    }
}

/// Settings of every kind of runtime.
fn builders() -> [RuntimeBuilder; 4] {
    let threads = |count| Runtime::builder().num_threads(count);
    [Runtime::builder().scheduler(Scheduler::Synchronous), threads(1), threads(2), threads(4)]
}

/// Runs a case on every kind of runtime, observed.
fn observed(case: impl Fn(&Runtime, &Tape)) {
    for builder in builders() {
        let tape = Tape::default();
        let runtime = builder.observer(tape.clone()).build().unwrap();
        case(&runtime, &tape);
    }
}

#[delayed]
fn leaf(n: u64) -> u64 {
    // Long enough to be shared between threads.
    std::hint::black_box((0..2_000 + n % 7).fold(n, |x, y| x.wrapping_mul(31) ^ y))
}

#[delayed]
fn sum(xs: Vec<u64>) -> u64 {
    xs.into_iter().fold(0, u64::wrapping_add)
}

#[delayed]
fn refuse(n: u64) -> Result<u64, String> {
    Err(format!("{n} is refused"))
}

#[delayed]
fn explode(n: u64) -> u64 {
    panic!("{n} explodes")
}

/// Leaves, sums of them, and the sum of these.
fn tree(leaves: u64) -> Delayed<u64> {
    let leaves: Vec<_> = (0..leaves).map(leaf).collect();
    let sums: Vec<_> = leaves.chunks(8).map(|part| sum(part.to_vec())).collect();
    sum(sums)
}

#[test]
fn each_task_is_ready_then_started_then_finished() {
    observed(|runtime, tape| {
        let z = tree(400);
        runtime.compute(&z).unwrap();
        let mut steps: HashMap<Key, Vec<u8>> = HashMap::new();
        for event in tape.events() {
            match event {
                Event::Ready(event) => steps.entry(event.key).or_default().push(0),
                Event::Started(event) => steps.entry(event.key).or_default().push(1),
                Event::Finished(event) => steps.entry(event.key).or_default().push(2),
                Event::Start(_) | Event::Finish(_) => (),
            }
        }
        assert_eq!(steps.len(), z.graph().n_tasks());
        assert!(steps.values().all(|steps| *steps == [0, 1, 2]));
    });
}

#[test]
fn a_run_starts_first_and_finishes_last() {
    observed(|runtime, tape| {
        let z = tree(200);
        runtime.compute(&z).unwrap();
        let events = tape.events();
        let n_tasks = z.graph().n_tasks();
        assert_eq!(events.len(), 2 + 3 * n_tasks);
        let Some(Event::Start(start)) = events.first() else { panic!("it starts with a start") };
        let Some(Event::Finish(finish)) = events.last() else { panic!("it ends with an end") };
        assert_eq!((start.n_tasks, start.n_workers), (n_tasks, runtime.num_threads()));
        assert_eq!((finish.outcome, finish.made), (RunOutcome::Made, n_tasks));
        assert_eq!((finish.failed, finish.panicked, finish.skipped), (0, 0, 0));
        assert_eq!(finish.started, start.at);
        assert!(events.iter().all(|event| event.run() == start.run));
    });
}

#[test]
fn events_come_in_order_of_time() {
    observed(|runtime, tape| {
        for _ in 0..5 {
            runtime.compute(&tree(100)).unwrap();
        }
        assert!(tape.events().is_sorted_by_key(Event::at));
        for event in tape.finished() {
            assert!(event.ready <= event.started && event.started <= event.at);
            assert_eq!(event.duration(), event.at - event.started);
        }
    });
}

#[test]
fn a_dependency_is_finished_before_its_dependent_is_ready() {
    observed(|runtime, tape| {
        let z = tree(400);
        runtime.compute(&z).unwrap();
        let (mut leaves, mut sums) = (0, 0);
        for event in tape.events() {
            match event {
                Event::Finished(event) if event.key.name() == "leaf" => leaves += 1,
                Event::Ready(event) if event.key == z.key() => {
                    assert_eq!((leaves, sums), (400, 50))
                }
                Event::Ready(event) if event.key.name() == "sum" => assert!(leaves >= 8),
                Event::Finished(event) if event.key.name() == "sum" => sums += 1,
                _ => (),
            }
        }
        assert_eq!(sums, 51);
    });
}

#[test]
fn a_task_names_its_key_place_and_worker() {
    observed(|runtime, tape| {
        let (z, line) = (leaf(3), line!());
        runtime.compute(&z).unwrap();
        let finished = tape.finished();
        assert_eq!(finished[0].key, z.key());
        assert!(finished[0].location.file().ends_with("observers.rs"));
        assert_eq!(finished[0].location.line(), line);
        assert!(finished[0].worker < runtime.num_threads());
    });
}

#[test]
fn a_worker_does_one_task_at_a_time() {
    observed(|runtime, tape| {
        runtime.compute(&tree(400)).unwrap();
        let mut busy_until = HashMap::new();
        for event in tape.finished() {
            let until = busy_until.insert(event.worker, event.at).unwrap_or_default();
            assert!(until <= event.started);
        }
    });
}

#[test]
fn a_failure_is_told_as_one() {
    observed(|runtime, tape| {
        runtime.compute(&sum(vec![leaf(1), refuse(2)])).unwrap_err();
        assert_eq!(tape.outcome_of("refuse"), [TaskOutcome::Failed]);
        assert_eq!(tape.outcome_of("sum"), []);
        let end = &tape.ends()[0];
        assert_eq!((end.outcome, end.failed, end.n_tasks), (RunOutcome::Failed, 1, 3));
    });
}

#[test]
fn a_panic_is_told_as_one() {
    observed(|runtime, tape| {
        runtime.compute(&explode(1)).unwrap_err();
        assert_eq!(tape.outcome_of("explode"), [TaskOutcome::Panicked]);
        assert_eq!((tape.ends()[0].outcome, tape.ends()[0].panicked), (RunOutcome::Failed, 1));
    });
}

#[test]
fn what_depends_on_a_failure_is_skipped_where_errors_are_collected() {
    observed(|runtime, tape| {
        let z = (sum(vec![refuse(1), leaf(2)]), leaf(3));
        let options = ComputeOptions::new().collect_errors(true);
        runtime.compute_with(&z, options).unwrap_err();
        assert_eq!(tape.outcome_of("sum"), [TaskOutcome::Skipped]);
        assert_eq!(tape.outcome_of("leaf"), [TaskOutcome::Made; 2]);
        let end = &tape.ends()[0];
        assert_eq!((end.made, end.failed, end.skipped), (2, 1, 1));
    });
}

#[test]
fn a_cancelled_run_says_so() {
    in_time(|| {
        observed(|runtime, tape| {
            let (begun, gate) = (Gate::new(), Gate::new());
            let wait = {
                let (begun, gate) = (begun.clone(), gate.clone());
                leaf(1).map(move |n| {
                    begun.open();
                    gate.pass();
                    n
                })
            };
            let handle = runtime.spawn(&wait.map(|n| n + 1));
            begun.pass();
            handle.cancel();
            gate.open();
            assert!(matches!(handle.join(), Err(Error::Cancelled)));
            // Whoever waits hears of it at once; the run ends when its task does.
            while tape.ends().is_empty() {
                std::thread::yield_now();
            }
            assert_eq!(tape.ends()[0].outcome, RunOutcome::Cancelled);
            assert_eq!(tape.ends()[0].made, 2);
        });
    });
}

#[test]
fn a_run_out_of_time_says_so() {
    in_time(|| {
        let tape = Tape::default();
        let builder = Runtime::builder().scheduler(Scheduler::Synchronous);
        let runtime = builder.observer(tape.clone()).build().unwrap();
        let wait = leaf(1).map(|n| {
            std::thread::sleep(Duration::from_millis(20));
            n
        });
        let options = ComputeOptions::new().timeout(Duration::from_millis(10));
        runtime.compute_with(&wait.map(|n| n + 1), options).unwrap_err();
        assert_eq!(tape.ends()[0].outcome, RunOutcome::TimedOut);
        assert_eq!(tape.ends()[0].made, 2);
    });
}

/// Panics at its first event.
struct Nervous(Arc<AtomicUsize>);

impl Observer for Nervous {
    fn start(&self, _: &RunStart) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("too much to see");
    }

    fn finish(&self, _: &RunFinish) {
        unreachable!("it was dropped");
    }
}

#[test]
fn an_observer_that_panics_is_dropped_and_the_others_go_on() {
    in_time(|| {
        for builder in builders() {
            let (tape, calls) = (Tape::default(), Arc::default());
            let nervous = Nervous(Arc::clone(&calls));
            let runtime = builder.observer(nervous).observer(tape.clone()).build().unwrap();
            runtime.compute(&tree(20)).unwrap();
            runtime.compute(&tree(20)).unwrap();
            assert_eq!(calls.load(Ordering::Relaxed), 1);
            assert_eq!(tape.ends().len(), 2);
            assert_eq!(Arc::strong_count(&calls), 1, "the observer was dropped");
        }
    });
}

#[test]
fn a_runtime_whose_observers_have_all_panicked_goes_on() {
    in_time(|| {
        for builder in builders() {
            let runtime = builder.observer(Nervous(Arc::default())).build().unwrap();
            (0..3).for_each(|n| assert_eq!(runtime.compute(&(delayed(n) + 1)).unwrap(), n + 1));
        }
    });
}

/// Computes on its own runtime when a run ends.
#[derive(Default)]
struct Curious {
    runtime: OnceLock<Runtime>,
    has_computed: AtomicBool,
    result: OnceLock<u64>,
}

impl Observer for Curious {
    fn finish(&self, _: &RunFinish) {
        // What it computes is a run that it is told of, too.
        if !self.has_computed.swap(true, Ordering::Relaxed) {
            let runtime = self.runtime.get().expect("it was given one");
            let nested = leaf(1).map(|n| sum(vec![leaf(n), leaf(n + 1)]).compute().unwrap());
            let spawned = runtime.spawn(&nested).join().unwrap();
            assert_eq!(spawned, runtime.compute(&nested).unwrap());
            self.result.set(spawned).unwrap();
        }
    }
}

#[test]
fn an_observer_may_compute() {
    in_time(|| {
        for builder in builders() {
            let curious = Arc::new(Curious::default());
            let tape = Tape::default();
            let builder = builder.observer(Arc::clone(&curious)).observer(tape.clone());
            let runtime = builder.build().unwrap();
            curious.runtime.set(runtime.clone()).unwrap();
            runtime.compute(&tree(20)).unwrap();
            while curious.result.get().is_none() {
                std::thread::yield_now();
            }
            runtime.compute(&leaf(1)).unwrap();
            assert!(curious.result.get().is_some());
            // The tree, two of the observer with one nested in each, and the last.
            assert_eq!(tape.ends().len(), 6);
        }
    });
}

#[test]
fn a_run_inside_a_task_is_a_run_of_its_own() {
    observed(|runtime, tape| {
        let z = leaf(1).map(|n| leaf(n).compute().unwrap());
        runtime.compute(&z).unwrap();
        let ends = tape.ends();
        assert_eq!(ends.len(), 2);
        assert_ne!(ends[0].run, ends[1].run);
        assert!(ends[0].started > ends[1].started, "the inner run ends first");
    });
}

#[test]
fn runs_on_several_threads_are_all_told() {
    in_time(|| {
        observed(|runtime, tape| {
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..10 {
                            runtime.compute(&tree(30)).unwrap();
                        }
                    });
                }
            });
            assert_eq!(tape.ends().len(), 40);
            assert_eq!(tape.finished().len(), 40 * tree(30).graph().n_tasks());
            assert!(tape.events().is_sorted_by_key(Event::at));
        });
    });
}

#[test]
fn data_and_empty_graphs_are_runs_without_tasks() {
    observed(|runtime, tape| {
        runtime.compute(&delayed(1)).unwrap();
        assert!(tape.finished().is_empty());
        assert_eq!((tape.ends().len(), tape.ends()[0].n_tasks), (1, 0));
    });
}

#[test]
fn observers_leave_with_their_runtime() {
    in_time(|| {
        for builder in builders() {
            let tape = Tape::default();
            let runtime = builder.observer(tape.clone()).build().unwrap();
            runtime.compute(&leaf(1)).unwrap();
            drop(runtime);
            while Arc::strong_count(&tape.0) > 1 {
                std::thread::yield_now();
            }
        }
    });
}
