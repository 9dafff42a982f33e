//! Random graphs of tasks that are pure, cached in memory or on disk, or neither, under memory limits and with caches of all sizes: run
//! twice on both schedulers, and by several threads at once, against a plain recursive evaluation. In the end nothing is left.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use lazy_runtime::prelude::*;
use lazy_runtime::{
    ComputeOptions, Error, HeapSize, Runtime, Scheduler, Tokenize, Tokenizer, delayed_pure,
};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tests::{in_time, quiet};

/// How many [`Life`]s there are. They come from files as well, so they cannot be told of a tally.
static LIVE: AtomicIsize = AtomicIsize::new(0);

fn live() -> isize {
    LIVE.load(Ordering::SeqCst)
}

/// One test at a time counts.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counted while it lives.
#[derive(Debug)]
struct Life;

impl Life {
    fn new() -> Life {
        LIVE.fetch_add(1, Ordering::SeqCst);
        Life
    }
}

impl Clone for Life {
    fn clone(&self) -> Life {
        Life::new()
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        assert!(LIVE.fetch_sub(1, Ordering::SeqCst) > 0, "dropped more often than made");
    }
}

/// Numbers that can be counted and written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Vec<u64>", into = "Vec<u64>")]
struct Text(Vec<u64>, Life);

impl From<Vec<u64>> for Text {
    fn from(numbers: Vec<u64>) -> Text {
        Text(numbers, Life::new())
    }
}

impl From<Text> for Vec<u64> {
    fn from(text: Text) -> Vec<u64> {
        text.0
    }
}

impl HeapSize for Text {
    fn heap_size(&self) -> usize {
        self.0.capacity() * 8
    }
}

impl Tokenize for Text {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        self.0.tokenize(tokenizer);
    }
}

/// Counted, cannot be written, and aligned more strictly than most.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Stays(Text);

impl HeapSize for Stays {
    fn heap_size(&self) -> usize {
        self.0.heap_size()
    }
}

/// What becomes of a task besides its value.
#[derive(Clone, Copy, Debug, PartialEq, Tokenize)]
enum Fate {
    Good,
    Fail,
    Panic,
}

/// A number of a task, which it may share with others, and what becomes of it.
#[derive(Clone, Copy, Debug, Tokenize)]
struct Id {
    salt: u8,
    fate: Fate,
}

#[derive(Debug, PartialEq)]
struct Failed(u8);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "salt {}", self.0)
    }
}

impl std::error::Error for Failed {}

fn meet(id: Id) -> Result<(), Failed> {
    match id.fate {
        Fate::Good => Ok(()),
        Fate::Fail => Err(Failed(id.salt)),
        Fate::Panic => panic!("{}", Failed(id.salt)),
    }
}

fn mix(a: u64, b: u64) -> u64 {
    (a ^ b.rotate_left(7)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn fold<'a>(salt: u8, values: impl IntoIterator<Item = &'a u64>) -> u64 {
    values.into_iter().fold(u64::from(salt), |sum, value| mix(sum, *value))
}

/// What the tasks do, for those who evaluate plainly.
mod eager {
    use super::fold;

    pub(super) fn pair(salt: u8, a: u64, b: u64) -> u64 {
        fold(salt, [&a, &b])
    }

    pub(super) fn measure(salt: u8, text: &[u64], more: &[&[u64]]) -> u64 {
        fold(salt, text.iter().chain(more.iter().copied().flatten()))
    }

    pub(super) fn render(salt: u8, n: u64) -> Vec<u64> {
        (0..n % 200).map(|i| i ^ n ^ u64::from(salt)).collect()
    }

    pub(super) fn append(salt: u8, a: &[u64], b: &[u64]) -> Vec<u64> {
        a.iter().chain(b).map(|n| n ^ u64::from(salt)).take(300).collect()
    }

    pub(super) fn splice(salt: u8, a: &[u64], b: &[u64], n: u64) -> Vec<u64> {
        a.iter()
            .skip(a.len() / 2)
            .chain(b.iter().take(5))
            .chain([&n, &u64::from(salt)])
            .copied()
            .collect()
    }

    pub(super) fn joined(salt: u8, all: &[&[u64]]) -> Vec<u64> {
        all.iter()
            .flat_map(|text| text.iter().take(20))
            .chain([&u64::from(salt)])
            .copied()
            .collect()
    }
}

/// A function of each way to be kept, with one body.
macro_rules! in_all_ways {
    ($($name:ident($($arg:ident: $T:ty),*) -> $R:ty $body:block)*) => {$(
        mod $name {
            use super::*;

            fn body($($arg: $T),*) -> Result<$R, Failed> $body

            #[delayed]
            pub(super) fn plain($($arg: $T),*) -> Result<$R, Failed> {
                body($($arg),*)
            }

            #[delayed(pure)]
            pub(super) fn pure($($arg: $T),*) -> Result<$R, Failed> {
                body($($arg),*)
            }

            #[delayed(cache)]
            pub(super) fn cached($($arg: $T),*) -> Result<$R, Failed> {
                body($($arg),*)
            }

            #[delayed(cache = "disk")]
            pub(super) fn on_disk($($arg: $T),*) -> Result<$R, Failed> {
                body($($arg),*)
            }
        }
    )*};
}

/// How a task is kept.
#[derive(Clone, Copy, Debug)]
enum Way {
    Plain,
    Pure,
    Cached,
    OnDisk,
}

/// Calls a function in one of its ways.
macro_rules! call {
    ($name:ident, $way:expr, $($arg:expr),*) => {
        match $way {
            Way::Plain => $name::plain($($arg),*),
            Way::Pure => $name::pure($($arg),*),
            Way::Cached => $name::cached($($arg),*),
            Way::OnDisk => $name::on_disk($($arg),*),
        }
    };
}

fn slices<'a>(all: impl IntoIterator<Item = &'a Text>) -> Vec<&'a [u64]> {
    all.into_iter().map(|text| &text.0[..]).collect()
}

in_all_ways! {
    pair(id: Id, a: u64, b: &u64) -> u64 {
        meet(id).map(|()| eager::pair(id.salt, a, *b))
    }
    list(id: Id, all: Vec<u64>) -> u64 {
        meet(id).map(|()| fold(id.salt, &all))
    }
    measure(id: Id, text: &Text, more: &[Text]) -> u64 {
        meet(id).map(|()| eager::measure(id.salt, &text.0, &slices(more)))
    }
    render(id: Id, n: u64) -> Text {
        meet(id).map(|()| eager::render(id.salt, n).into())
    }
    append(id: Id, a: Text, b: Text) -> Text {
        meet(id).map(|()| eager::append(id.salt, &a.0, &b.0).into())
    }
    splice(id: Id, a: &Text, b: Text, n: &u64) -> Text {
        meet(id).map(|()| eager::splice(id.salt, &a.0, &b.0, *n).into())
    }
    joined(id: Id, all: Vec<Text>) -> Text {
        meet(id).map(|()| eager::joined(id.salt, &slices(&all)).into())
    }
    nested(id: Id, inner: Box<Delayed<u64>>, n: u64) -> u64 {
        meet(id)?;
        // Half of them start it in the background.
        let found = match n % 2 {
            0 => inner.compute(),
            _ => Runtime::current().spawn(&*inner).join(),
        };
        found.map(|found| eager::pair(id.salt, found, n)).map_err(|_| Failed(id.salt))
    }
}

#[delayed(cache)]
fn stay(id: Id, text: &Text) -> Result<Stays, Failed> {
    meet(id).map(|()| Stays(text.clone()))
}

#[delayed(pure)]
fn leave(id: Id, stays: Stays) -> Result<Text, Failed> {
    meet(id).map(|()| stays.0)
}

thread_local! {
    /// Whether the attempt before this one has failed. Attempts follow each other on one thread.
    static TRIED: Cell<bool> = const { Cell::new(false) };
}

/// Fails at first, when it has got its inputs, and makes it at the second attempt.
#[delayed(cache, retries = 1)]
fn flaky(id: Id, a: Text, b: &Text) -> Result<Text, Failed> {
    match TRIED.replace(true) {
        false if a.0.len().is_multiple_of(2) => Err(Failed(id.salt)),
        false => panic!("{}", Failed(id.salt)),
        true => {
            TRIED.set(false);
            Ok(eager::append(id.salt, &a.0, &b.0).into())
        }
    }
}

/// What a node is made of; the indices choose among the nodes before it.
#[derive(Clone, Debug)]
enum Op {
    Data(u8),
    Pair(Index, Index),
    List(Vec<Index>),
    Measure(Index, Vec<Index>),
    Render(Index),
    Append(Index, Index),
    Splice(Index, Index, Index),
    Joined(Vec<Index>),
    Stay(Index),
    Flaky(Index, Index),
    Nested(Index, Index),
    Derived(Index, Index),
}

#[derive(Clone, Debug)]
struct Plan {
    nodes: Vec<(Op, Way, Id)>,
    outputs: Vec<Index>,
}

fn op() -> impl Strategy<Value = Op> {
    let some = || prop::collection::vec(any::<Index>(), 0..6);
    let one = any::<Index>;
    prop_oneof![
        1 => any::<u8>().prop_map(Op::Data),
        3 => (one(), one()).prop_map(|(a, b)| Op::Pair(a, b)),
        2 => some().prop_map(Op::List),
        3 => (one(), some()).prop_map(|(a, more)| Op::Measure(a, more)),
        4 => one().prop_map(Op::Render),
        4 => (one(), one()).prop_map(|(a, b)| Op::Append(a, b)),
        3 => (one(), one(), one()).prop_map(|(a, b, n)| Op::Splice(a, b, n)),
        2 => some().prop_map(Op::Joined),
        2 => one().prop_map(Op::Stay),
        2 => (one(), one()).prop_map(|(a, b)| Op::Flaky(a, b)),
        2 => (one(), one()).prop_map(|(a, b)| Op::Nested(a, b)),
        2 => (one(), one()).prop_map(|(a, b)| Op::Derived(a, b)),
    ]
}

fn plan(bad: u32, size: usize) -> impl Strategy<Value = Plan> {
    let fate =
        prop_oneof![100 => Just(Fate::Good), bad => Just(Fate::Fail), bad => Just(Fate::Panic)];
    let id = (0..3_u8, fate).prop_map(|(salt, fate)| Id { salt, fate });
    let way = prop_oneof![Just(Way::Plain), Just(Way::Pure), Just(Way::Cached), Just(Way::OnDisk)];
    let nodes = prop::collection::vec((op(), way, id), 1..size);
    let outputs = prop::collection::vec(any::<Index>(), 1..8);
    (nodes, outputs).prop_map(|(nodes, outputs)| Plan { nodes, outputs })
}

/// A value by plain evaluation, or the tasks that keep it from being made.
type Value<T> = Result<T, BTreeSet<u8>>;

/// A task's value: it fails for its inputs, or else on its own.
fn value<T>(id: Id, inputs: &[Option<&BTreeSet<u8>>], make: impl FnOnce() -> T) -> Value<T> {
    let failed: BTreeSet<u8> = inputs.iter().copied().flatten().flatten().copied().collect();
    match id.fate {
        _ if !failed.is_empty() => Err(failed),
        Fate::Good => Ok(make()),
        Fate::Fail | Fate::Panic => Err(BTreeSet::from([id.salt])),
    }
}

fn failed<T>(value: &Value<T>) -> Option<&BTreeSet<u8>> {
    value.as_ref().err()
}

fn good<T>(value: &Value<T>) -> &T {
    value.as_ref().expect("asked for only when no input failed")
}

fn words(value: &Value<Vec<u64>>) -> &[u64] {
    good::<Vec<u64>>(value)
}

/// A node and its value.
type Made<T> = (Delayed<T>, Value<T>);
type MadeText = (Delayed<Text>, Value<Vec<u64>>);

struct Built {
    numbers: Vec<Made<u64>>,
    texts: Vec<MadeText>,
}

impl Built {
    fn new(plan: &Plan) -> Built {
        let seven = || vec![7; 70];
        let mut built = Built {
            numbers: vec![(delayed_pure(7), Ok(7))],
            texts: vec![
                (delayed_pure(seven().into()), Ok(seven())),
                (delayed(seven().into()), Ok(seven())),
            ],
        };
        for (op, way, id) in &plan.nodes {
            built.add(op, *way, *id);
        }
        built
    }

    fn add(&mut self, op: &Op, way: Way, id: Id) {
        let number = |at: &Index| at.get(&self.numbers);
        let text = |at: &Index| at.get(&self.texts);
        match op {
            Op::Data(n) => {
                let n = u64::from(*n);
                self.numbers.push((delayed_pure(n), Ok(n)));
            }
            Op::Pair(a, b) => {
                let ((a, x), (b, y)) = (number(a), number(b));
                let made =
                    value(id, &[failed(x), failed(y)], || eager::pair(id.salt, *good(x), *good(y)));
                self.numbers.push((call!(pair, way, id, a, b), made));
            }
            Op::List(all) => {
                let all: Vec<_> = all.iter().map(number).collect();
                let inputs: Vec<_> = all.iter().map(|(_, x)| failed(x)).collect();
                let made = value(id, &inputs, || fold(id.salt, all.iter().map(|(_, x)| good(x))));
                let all: Vec<_> = all.iter().map(|(node, _)| node.clone()).collect();
                self.numbers.push((call!(list, way, id, all), made));
            }
            Op::Measure(first, more) => {
                let ((first, x), more) = (text(first), more.iter().map(text).collect::<Vec<_>>());
                let inputs: Vec<_> =
                    [failed(x)].into_iter().chain(more.iter().map(|(_, x)| failed(x))).collect();
                let made = value(id, &inputs, || {
                    let more: Vec<_> = more.iter().map(|(_, x)| &good(x)[..]).collect();
                    eager::measure(id.salt, words(x), &more)
                });
                let more: Vec<_> = more.iter().map(|(node, _)| node.clone()).collect();
                self.numbers.push((call!(measure, way, id, first, more), made));
            }
            Op::Render(n) => {
                let (n, x) = number(n);
                let made = value(id, &[failed(x)], || eager::render(id.salt, *good(x)));
                self.texts.push((call!(render, way, id, n), made));
            }
            Op::Append(a, b) => {
                let ((a, x), (b, y)) = (text(a), text(b));
                let made = value(id, &[failed(x), failed(y)], || {
                    eager::append(id.salt, words(x), words(y))
                });
                self.texts.push((call!(append, way, id, a, b), made));
            }
            Op::Splice(a, b, n) => {
                let ((a, x), (b, y), (n, z)) = (text(a), text(b), number(n));
                let made = value(id, &[failed(x), failed(y), failed(z)], || {
                    eager::splice(id.salt, words(x), words(y), *good(z))
                });
                self.texts.push((call!(splice, way, id, a, b, n), made));
            }
            Op::Joined(all) => {
                let all: Vec<_> = all.iter().map(text).collect();
                let inputs: Vec<_> = all.iter().map(|(_, x)| failed(x)).collect();
                let made = value(id, &inputs, || {
                    eager::joined(
                        id.salt,
                        &all.iter().map(|(_, x)| &good(x)[..]).collect::<Vec<_>>(),
                    )
                });
                let all: Vec<_> = all.iter().map(|(node, _)| node.clone()).collect();
                self.texts.push((call!(joined, way, id, all), made));
            }
            Op::Stay(a) => {
                let (a, x) = text(a);
                let made = value(id, &[failed(x)], || good(x).clone());
                self.texts.push((leave(id, stay(id, a)), made));
            }
            Op::Flaky(a, b) => {
                let ((a, x), (b, y)) = (text(a), text(b));
                let id = Id { fate: Fate::Good, ..id };
                let made = value(id, &[failed(x), failed(y)], || {
                    eager::append(id.salt, words(x), words(y))
                });
                self.texts.push((flaky(id, a, b), made));
            }
            Op::Nested(inner, n) => {
                let ((inner, x), (n, y)) = (number(inner), number(n));
                let fate = if x.is_err() { Fate::Fail } else { id.fate };
                let made = value(Id { fate, ..id }, &[failed(y)], || {
                    eager::pair(id.salt, *good(x), *good(y))
                });
                self.numbers.push((call!(nested, way, id, Box::new(inner.clone()), n), made));
            }
            Op::Derived(a, b) => {
                let ((a, x), (b, y)) = (number(a), text(b));
                let good_id = Id { salt: 0, fate: Fate::Good };
                let made =
                    value(good_id, &[failed(x), failed(y)], || *good(x) ^ good(y).len() as u64);
                self.numbers.push((a ^ b.map_ref(|text| text.0.len() as u64), made));
            }
        }
    }

    /// The outputs that are asked for, some of each kind, some perhaps twice.
    fn outputs(&self, wanted: &[Index]) -> (Outputs, Value<Expected>) {
        let (mut outputs, mut expected) = (Outputs::default(), Expected::default());
        let mut blamed = BTreeSet::new();
        for (i, at) in wanted.iter().enumerate() {
            if i % 2 == 0 {
                let (node, value) = at.get(&self.numbers);
                outputs.0.push(node.clone());
                blamed.extend(failed(value).into_iter().flatten());
                expected.0.extend(value.iter());
            } else {
                let (node, value) = at.get(&self.texts);
                outputs.1.push(node.clone());
                blamed.extend(failed(value).into_iter().flatten());
                expected.1.extend(value.iter().cloned());
            }
        }
        (outputs, if blamed.is_empty() { Ok(expected) } else { Err(blamed) })
    }
}

type Outputs = (Vec<Delayed<u64>>, Vec<Delayed<Text>>);
type Expected = (Vec<u64>, Vec<Vec<u64>>);

fn plain((numbers, texts): (Vec<u64>, Vec<Text>)) -> Expected {
    (numbers, texts.into_iter().map(|text| text.0).collect())
}

/// Runtimes with caches and limits from none to plenty. Their files are gone when this is.
struct Runtimes {
    all: Vec<Runtime>,
    _dir: TempDir,
}

impl Runtimes {
    fn new() -> Runtimes {
        let dir = TempDir::new().expect("there is a place for temporary files");
        let mut all = Vec::new();
        for (threads, limit, cache) in [
            (0, None, 1 << 20),
            (0, Some(3_000), 2_000),
            (1, Some(0), 1 << 20),
            (2, Some(2_000), 1_500),
            (2, None, 0),
            (4, Some(10_000), 5_000),
            (4, Some(100), 1 << 20),
        ] {
            let scheduler = if threads == 0 { Scheduler::Synchronous } else { Scheduler::Threads };
            let own = dir.path().join(all.len().to_string());
            let runtime = Runtime::builder().scheduler(scheduler).num_threads(threads);
            let runtime = runtime.cache_bytes(cache).cache_dir(&own).spill_dir(own.join("spill"));
            let runtime = match limit {
                Some(limit) => runtime.memory_limit(limit),
                None => runtime,
            };
            all.push(runtime.build().expect("the system gives a few threads"));
        }
        Runtimes { all, _dir: dir }
    }

    /// Whether the caches were of any use.
    fn were_used(&self) -> bool {
        let stats = || self.all.iter().map(|runtime| runtime.cache().stats());
        stats().any(|stats| stats.hits > 0) && stats().any(|stats| stats.disk_hits > 0)
    }
}

/// The task that an error tells of.
fn blamed(error: &Error) -> u8 {
    match error {
        Error::Task(e) => e.source().and_then(|e| e.downcast_ref::<Failed>()).expect("a failure").0,
        Error::Panic(e) => e.message()["salt ".len()..].parse().expect("a number"),
        other => panic!("no error of a task: {other}"),
    }
}

/// So many cases, unless the environment asks for more.
fn cases(default: u32) -> u32 {
    let asked = std::env::var("RANDOM_KEPT_CASES").ok();
    asked.map_or(default, |cases| cases.parse().expect("a number of cases"))
}

/// Runs cases against all runtimes, each with new ones.
fn check(cases: u32, bad: u32, case: impl Fn(&Runtime, &Outputs, &Value<Expected>)) {
    quiet("salt ");
    let _alone = alone();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
    let runtimes = Runtimes::new();
    let checked = TestRunner::new(config).run(&plan(bad, 50), |plan| {
        let built = Built::new(&plan);
        let (outputs, expected) = built.outputs(&plan.outputs);
        let before = live();
        for runtime in &runtimes.all {
            case(runtime, &outputs, &expected);
            runtime.cache().clear();
            prop_assert_eq!(live(), before, "on {:?}", runtime);
        }
        drop((built, outputs));
        prop_assert_eq!(live(), 0);
        Ok(())
    });
    if let Err(failed) = checked {
        panic!("{failed}");
    }
    assert!(runtimes.were_used());
}

/// Fails if this is not what should come of it.
#[track_caller]
fn compare(found: Result<(Vec<u64>, Vec<Text>), Error>, expected: &Value<Expected>) {
    match (found.map(plain), expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found, *expected),
        (Err(Error::Many(errors)), Err(failing)) => {
            assert_eq!(errors.iter().map(blamed).collect::<BTreeSet<_>>(), *failing);
        }
        (Err(error), Err(failing)) => assert!(failing.contains(&blamed(&error)), "{error}"),
        (found, expected) => panic!("{found:?} instead of {expected:?}"),
    }
}

#[test]
fn what_is_kept_agrees_with_plain_evaluation() {
    in_time(|| {
        check(cases(12), 0, |runtime, outputs, expected| {
            for _ in 0..2 {
                compare(runtime.compute(outputs), expected);
            }
            let kept = runtime.persist(outputs).expect("nothing fails");
            assert_eq!(kept.graph().n_tasks(), 0);
            compare(runtime.compute(&kept), expected);
            compare(runtime.spawn(outputs).join(), expected);
        });
    });
}

#[test]
fn failures_are_told_whatever_is_kept() {
    in_time(|| {
        check(cases(12), 4, |runtime, outputs, expected| {
            for _ in 0..2 {
                compare(runtime.compute(outputs), expected);
                let options = ComputeOptions::new().collect_errors(true);
                let found = runtime.compute_with(outputs, options);
                assert!(!matches!(found, Err(Error::Task(_) | Error::Panic(_))));
                compare(found, expected);
            }
        });
    });
}

/// One graph and one runtime; each thread wants a part of it, over and over.
#[test]
fn many_threads_may_compute_overlapping_graphs() {
    quiet("salt ");
    let _alone = alone();
    in_time(|| {
        let mut runner = TestRunner::default();
        let mut draw = |bad| {
            let tree = plan(bad, 120).new_tree(&mut runner);
            tree.expect("every draw is a plan").current()
        };
        let runtimes = Runtimes::new();
        for round in 0..3 {
            let plan = draw(if round % 2 == 0 { 0 } else { 1 });
            let parts: Vec<_> = (0..4).map(|_| draw(0).outputs).collect();
            let built = Built::new(&plan);
            for runtime in &runtimes.all {
                thread::scope(|scope| {
                    for part in &parts {
                        let built = &built;
                        scope.spawn(move || {
                            for from in 0..part.len() {
                                let (outputs, expected) = built.outputs(&part[from..]);
                                compare(runtime.compute(&outputs), &expected);
                            }
                        });
                    }
                });
                runtime.cache().clear();
            }
        }
        drop(runtimes);
        assert_eq!(live(), 0);
    });
}
