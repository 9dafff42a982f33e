//! Ways to run a graph, each compared with what the synchronous scheduler makes of it.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use lazy_runtime::prelude::*;
use lazy_runtime::{ComputeOptions, Error, Handle, Runtime, optimize};
use tests::{LIMIT, Tally, block_on};

use super::graph::{Graph, Kind, Outputs};
use super::random::Random;
use super::runtimes::passing;
use super::tasks::Text;

type Values = (Vec<u64>, Vec<Text>, Vec<Vec<Text>>);
type Found = Result<Values, Error>;
type Plain = (Vec<u64>, Vec<String>, Vec<Vec<String>>);

/// A failure as every run should tell it: which task, whether it panicked, and what it said.
type Blame = (String, bool, String);

/// What the outputs should be, or all tasks that fail on their own.
type Expected = Result<Plain, BTreeSet<Blame>>;

/// What a computation is asked for, and what may keep it from coming to its end.
#[derive(Clone, Copy, Default)]
struct Mode {
    collects: bool,
    limited: bool,
    cancelled: bool,
}

impl Mode {
    fn random(random: &mut Random) -> Mode {
        Mode { collects: random.once_in(2), ..Mode::default() }
    }

    fn options(self, random: &mut Random) -> ComputeOptions {
        let options = ComputeOptions::new().collect_errors(self.collects);
        let micros = random.next() % 3000;
        if self.limited { options.timeout(Duration::from_micros(micros)) } else { options }
    }

    /// Fails if this cannot be the outcome of such a computation.
    #[track_caller]
    fn check(self, found: Found, expected: &Expected) {
        match (found.map(plain), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, *expected),
            (Err(Error::Timeout(_)), _) => assert!(self.limited, "it had time"),
            (Err(Error::Cancelled), _) => assert!(self.cancelled, "nobody cancelled it"),
            (Err(Error::Many(errors)), Err(failing)) if self.collects => {
                let found: BTreeSet<_> = errors.iter().map(blame).collect();
                assert_eq!(found.len(), errors.len(), "{errors:?}: each task fails once");
                if self.limited || self.cancelled {
                    assert!(
                        !found.is_empty() && found.is_subset(failing),
                        "{found:?}, {failing:?}"
                    );
                } else {
                    assert_eq!(found, *failing);
                }
            }
            (Err(error), Err(failing)) if !self.collects => {
                assert!(failing.contains(&blame(&error)), "{error} is none of {failing:?}");
            }
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }
}

fn plain((numbers, texts, lists): Values) -> Plain {
    let text = |text: Text| text.text;
    let lists = lists.into_iter().map(|list| list.into_iter().map(text).collect());
    (numbers, texts.into_iter().map(text).collect(), lists.collect())
}

fn blame(error: &Error) -> Blame {
    match error {
        Error::Task(e) => {
            let source = e.source().expect("a task fails for a reason");
            (e.key().to_string(), false, source.to_string())
        }
        Error::Panic(e) => (e.key().to_string(), true, e.message().to_owned()),
        other => panic!("no error of a task: {other}"),
    }
}

/// Builds random graphs one on another, runs them in random ways, and lets go of everything: the same for the same seed, but for
/// what the threads make of it.
pub(crate) fn iteration(seed: u64, runtimes: &[Runtime]) {
    let (mut random, tally) = (Random::new(seed), Tally::new());
    let mut kept = Outputs::default();
    for _ in 0..1 + random.below(3) {
        let bad = random.once_in(2).then(|| 5 + random.below(200));
        let kind = Kind { tally: &tally, bad, runtimes };
        kept = round(&mut random, &kind, kept);
    }
    drop(kept);
    settle(&tally, runtimes);
}

/// Waits until nothing lives any more: what was cancelled, or nobody waits for, may still run, and give caches what it makes.
fn settle(tally: &Tally, runtimes: &[Runtime]) {
    let start = Instant::now();
    while tally.live() > 0 {
        runtimes.iter().for_each(|runtime| runtime.cache().clear());
        assert!(start.elapsed() < LIMIT / 2, "{} values live that nobody has", tally.live());
        thread::sleep(Duration::from_micros(100));
    }
}

/// One graph, run in some ways. Returns what it kept.
fn round(random: &mut Random, kind: &Kind<'_>, kept: Outputs) -> Outputs {
    let large = random.once_in(24);
    let size = if large { 2_500 } else { 1 + random.below(120) };
    let graph = Graph::new(random, kind, kept, size);
    let outputs = graph.outputs(random);
    let expected = ask_the_reference(&outputs);
    let case = Case { outputs, expected, runtimes: kind.runtimes };
    let held = random.once_in(2).then_some(graph);
    let (mut pending, mut kept) = (Vec::new(), Outputs::default());
    for _ in 0..if large { 2 } else { 6 } {
        match random.below(8) {
            0 => pending.extend(case.crowd(random, if large { 4 } else { 20 })),
            1 | 2 => kept = case.persist(random).unwrap_or(kept),
            _ => pending.extend(case.run(random)),
        }
    }
    // Lets go of the graph, then waits for what runs in the background.
    let Case { outputs, expected, .. } = case;
    drop((held, outputs));
    pending.into_iter().for_each(|(handle, mode)| mode.check(handle.join(), &expected));
    kept
}

fn ask_the_reference(outputs: &Outputs) -> Expected {
    let runtime = passing(0);
    let options = ComputeOptions::new().collect_errors(true);
    let expected = match runtime.compute_with(outputs, options) {
        Ok(values) => Ok(plain(values)),
        Err(Error::Many(errors)) => Err(errors.iter().map(blame).collect()),
        Err(other) => panic!("{other} is no failure of tasks"),
    };
    Mode::default().check(runtime.compute(outputs), &expected);
    expected
}

/// What is run, and what should come of it.
struct Case<'a> {
    outputs: Outputs,
    expected: Expected,
    runtimes: &'a [Runtime],
}

/// What runs in the background.
type Pending = (Handle<Values>, Mode);

impl Case<'_> {
    fn runtime(&self, random: &mut Random) -> Runtime {
        match random.below(12) {
            0 => passing(0),
            // Its threads end with this computation, or with what is left of it in the background.
            1 => passing(1 + random.below(3)),
            _ => self.runtimes[random.below(self.runtimes.len())].clone(),
        }
    }

    /// Runs it in some way, perhaps in the background.
    fn run(&self, random: &mut Random) -> Option<Pending> {
        let (runtime, mode) = (self.runtime(random), Mode::random(random));
        let limited = Mode { limited: true, ..mode };
        let found = match random.below(12) {
            0..3 => runtime.compute_with(&self.outputs, mode.options(random)),
            3 => runtime.install(|| optimize(&self.outputs).compute_with(mode.options(random))),
            4 => {
                let found = runtime.compute_with(&self.outputs, limited.options(random));
                limited.check(found, &self.expected);
                return None;
            }
            5 => {
                let kept = runtime.persist_with(&self.outputs, mode.options(random));
                kept.and_then(|kept| {
                    assert_eq!(kept.graph().n_tasks(), 0);
                    runtime.compute(&kept)
                })
            }
            6 => runtime.spawn_with(&self.outputs, mode.options(random)).join(),
            7 => block_on(runtime.spawn_with(&self.outputs, mode.options(random))),
            8 => {
                let mode = Mode { cancelled: true, limited: random.once_in(4), ..mode };
                let handle = runtime.spawn_with(&self.outputs, mode.options(random));
                thread::sleep(Duration::from_micros(random.next() % 500));
                handle.cancel();
                let found = if random.once_in(2) { handle.join() } else { block_on(handle) };
                mode.check(found, &self.expected);
                return None;
            }
            9 => {
                let mode = if random.once_in(3) { limited } else { mode };
                drop(runtime.spawn_with(&self.outputs, mode.options(random)));
                return None;
            }
            10 => {
                let mode = if random.once_in(3) { limited } else { mode };
                let handle = runtime.spawn_with(&self.outputs, mode.options(random));
                return Some((handle, mode));
            }
            _ => {
                self.first_number_shared(&runtime);
                return None;
            }
        };
        mode.check(found, &self.expected);
        None
    }

    fn first_number_shared(&self, runtime: &Runtime) {
        let first = self.outputs.0.first().expect("one is always asked for");
        match (runtime.compute_shared(first), &self.expected) {
            (Ok(found), Ok(expected)) => assert_eq!(*found, expected.0[0]),
            (Ok(_), Err(_)) => {}
            (Err(error), Err(failing)) => assert!(failing.contains(&blame(&error)), "{error}"),
            (Err(error), Ok(_)) => panic!("{error} where nothing fails"),
        }
    }

    fn persist(&self, random: &mut Random) -> Option<Outputs> {
        match (self.runtime(random).persist(&self.outputs), &self.expected) {
            (Ok(kept), Ok(_)) => return Some(kept),
            (Err(error), Err(failing)) => assert!(failing.contains(&blame(&error)), "{error}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
        None
    }

    /// Many threads at once run the one graph.
    fn crowd(&self, random: &mut Random, size: usize) -> Vec<Pending> {
        let start = &Barrier::new(size);
        thread::scope(|scope| {
            let go = |mut random: Random| {
                scope.spawn(move || {
                    start.wait();
                    self.run(&mut random)
                })
            };
            let all: Vec<_> = (0..size).map(|_| go(random.fork())).collect();
            let joined = all.into_iter().filter_map(|thread| match thread.join() {
                Ok(pending) => pending,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.collect()
        })
    }
}
