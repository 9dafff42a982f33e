//! Random graphs against a plain recursive evaluation, on both schedulers, with and without failures.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;

use lazy_runtime::prelude::*;
use lazy_runtime::{ComputeOptions, Error, Runtime};
use proptest::prelude::*;
use proptest::sample::Index;
use tests::{Tally, Tracked, quiet, synchronous, threads};

/// Text that is counted while it lives.
#[derive(Clone, Debug)]
struct Text(String, Tracked);

impl Text {
    fn new(text: String, tally: &Tally) -> Text {
        Text(text, Tracked::new(tally, 0))
    }
}

/// What becomes of a task besides its value.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Good,
    Fail,
    Panic,
}

#[derive(Debug, PartialEq)]
struct Failed(usize);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.0)
    }
}

impl std::error::Error for Failed {}

/// The number of a node and what becomes of it.
type Id = (usize, Fate);

fn meet((node, fate): Id) -> Result<(), Failed> {
    match fate {
        Fate::Good => Ok(()),
        Fate::Fail => Err(Failed(node)),
        Fate::Panic => panic!("{}", Failed(node)),
    }
}

fn mix(a: u64, b: u64) -> u64 {
    (a ^ b.rotate_left(7)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn fold(values: impl IntoIterator<Item = u64>) -> u64 {
    values.into_iter().fold(1, mix)
}

#[delayed]
fn numbers(id: Id, a: u64, b: &u64) -> Result<u64, Failed> {
    meet(id).map(|()| mix(a, *b))
}

#[delayed]
fn list(id: Id, all: Vec<u64>) -> Result<u64, Failed> {
    meet(id).map(|()| fold(all))
}

#[delayed]
fn measure(id: Id, text: &Text, more: &[Text]) -> Result<u64, Failed> {
    meet(id)?;
    Ok(fold([text].into_iter().chain(more).map(|text| text.0.len() as u64)))
}

#[delayed]
fn render(id: Id, n: u64, tally: &Tally) -> Result<Text, Failed> {
    meet(id).map(|()| Text::new(n.to_string(), tally))
}

#[delayed]
fn append(id: Id, mut a: Text, b: Text) -> Result<Text, Failed> {
    meet(id)?;
    a.0.push_str(&b.0);
    a.0.truncate(40);
    Ok(a)
}

#[delayed]
fn last_half(id: Id, a: &Text, b: Text, n: &u64) -> Result<Text, Failed> {
    meet(id)?;
    let text: String = a.0.chars().skip(a.0.len() / 2).chain(b.0.chars().take(5)).collect();
    Ok(Text::new(format!("{text}{}", n % 10), b.1.tally()))
}

#[delayed]
fn joined(id: Id, all: Vec<Text>, tally: &Tally) -> Result<Text, Failed> {
    meet(id)?;
    let text: String = all.iter().map(|text| text.0.chars().take(3).collect::<String>()).collect();
    Ok(Text::new(text, tally))
}

/// What a node is made of; the indices choose among the nodes before it.
#[derive(Clone, Debug)]
enum Op {
    Data(u64),
    DataText(String),
    Numbers(Index, Index),
    List(Vec<Index>),
    Measure(Index, Vec<Index>),
    Render(Index),
    Append(Index, Index),
    LastHalf(Index, Index, Index),
    Joined(Vec<Index>),
}

#[derive(Clone, Debug)]
struct Plan {
    nodes: Vec<(Op, Fate)>,
    outputs: Vec<Index>,
}

fn op() -> impl Strategy<Value = Op> {
    let some = || prop::collection::vec(any::<Index>(), 0..6);
    let one = any::<Index>;
    prop_oneof![
        1 => any::<u64>().prop_map(Op::Data),
        1 => any::<u32>().prop_map(|n| Op::DataText(n.to_string())),
        4 => (one(), one()).prop_map(|(a, b)| Op::Numbers(a, b)),
        2 => some().prop_map(Op::List),
        3 => (one(), some()).prop_map(|(a, more)| Op::Measure(a, more)),
        3 => one().prop_map(Op::Render),
        4 => (one(), one()).prop_map(|(a, b)| Op::Append(a, b)),
        3 => (one(), one(), one()).prop_map(|(a, b, n)| Op::LastHalf(a, b, n)),
        2 => some().prop_map(Op::Joined),
    ]
}

fn plan(bad: u32) -> impl Strategy<Value = Plan> {
    let fate =
        prop_oneof![100 => Just(Fate::Good), bad => Just(Fate::Fail), bad => Just(Fate::Panic)];
    let nodes = prop::collection::vec((op(), fate), 1..60);
    let outputs = prop::collection::vec(any::<Index>(), 1..8);
    (nodes, outputs).prop_map(|(nodes, outputs)| Plan { nodes, outputs })
}

/// The graph and, beside each node, its value by plain evaluation or who failed for it.
struct Built {
    numbers: Vec<(Delayed<u64>, Value<u64>)>,
    texts: Vec<(Delayed<Text>, Value<String>)>,
}

/// A value, or all the nodes that keep it from being made.
type Value<T> = Result<T, BTreeSet<usize>>;

/// A task's value by plain evaluation: it fails for its inputs, or else on its own.
fn value<T>(
    (node, fate): Id,
    inputs: Vec<Option<&BTreeSet<usize>>>,
    make: impl FnOnce() -> T,
) -> Value<T> {
    let failed: BTreeSet<usize> = inputs.into_iter().flatten().flatten().copied().collect();
    match fate {
        _ if !failed.is_empty() => Err(failed),
        Fate::Good => Ok(make()),
        Fate::Fail | Fate::Panic => Err(BTreeSet::from([node])),
    }
}

fn failed<T>(value: &Value<T>) -> Option<&BTreeSet<usize>> {
    value.as_ref().err()
}

fn good<T: Clone>(value: &Value<T>) -> T {
    value.clone().expect("asked for only when no input failed")
}

impl Built {
    fn new(plan: &Plan, tally: &Tally) -> Built {
        let mut built = Built {
            numbers: vec![(delayed(7), Ok(7))],
            texts: vec![(delayed(Text::new("seven".into(), tally)), Ok("seven".into()))],
        };
        for (node, (op, fate)) in plan.nodes.iter().enumerate() {
            built.add(op, (node, *fate), tally);
        }
        built
    }

    fn add(&mut self, op: &Op, id: Id, tally: &Tally) {
        let number = |at: &Index| at.get(&self.numbers);
        let text = |at: &Index| at.get(&self.texts);
        match op {
            Op::Data(n) => self.numbers.push((delayed(*n), Ok(*n))),
            Op::DataText(t) => {
                self.texts.push((delayed(Text::new(t.clone(), tally)), Ok(t.clone())));
            }
            Op::Numbers(a, b) => {
                let ((a, x), (b, y)) = (number(a), number(b));
                let made = value(id, vec![failed(x), failed(y)], || mix(good(x), good(y)));
                self.numbers.push((numbers(id, a, b), made));
            }
            Op::List(all) => {
                let all: Vec<_> = all.iter().map(number).collect();
                let inputs = all.iter().map(|(_, x)| failed(x)).collect();
                let made = value(id, inputs, || fold(all.iter().map(|(_, x)| good(x))));
                let all: Vec<_> = all.iter().map(|(node, _)| node).collect();
                self.numbers.push((list(id, all), made));
            }
            Op::Measure(first, more) => {
                let more: Vec<_> = more.iter().map(text).collect();
                let all: Vec<_> = [text(first)].into_iter().chain(more.clone()).collect();
                let inputs = all.iter().map(|(_, x)| failed(x)).collect();
                let made =
                    value(id, inputs, || fold(all.iter().map(|(_, x)| good(x).len() as u64)));
                let more: Vec<_> = more.iter().map(|(node, _)| node.clone()).collect();
                self.numbers.push((measure(id, &text(first).0, more), made));
            }
            Op::Render(n) => {
                let (n, x) = number(n);
                let made = value(id, vec![failed(x)], || good(x).to_string());
                self.texts.push((render(id, n, tally.clone()), made));
            }
            Op::Append(a, b) => {
                let ((a, x), (b, y)) = (text(a), text(b));
                let made = value(id, vec![failed(x), failed(y)], || {
                    (good(x) + &good(y)).chars().take(40).collect()
                });
                self.texts.push((append(id, a, b), made));
            }
            Op::LastHalf(a, b, n) => {
                let ((a, x), (b, y), (n, z)) = (text(a), text(b), number(n));
                let made = value(id, vec![failed(x), failed(y), failed(z)], || {
                    let (x, y) = (good(x), good(y));
                    let head: String = y.chars().take(5).collect();
                    format!("{}{head}{}", &x[x.len() / 2..], good(z) % 10)
                });
                self.texts.push((last_half(id, a, b, n), made));
            }
            Op::Joined(all) => {
                let all: Vec<_> = all.iter().map(text).collect();
                let inputs = all.iter().map(|(_, x)| failed(x)).collect();
                let made = value(id, inputs, || {
                    all.iter()
                        .flat_map(|(_, x)| good(x).chars().take(3).collect::<Vec<_>>())
                        .collect()
                });
                let all: Vec<_> = all.iter().map(|(node, _)| node.clone()).collect();
                self.texts.push((joined(id, all, tally.clone()), made));
            }
        }
    }

    /// The outputs that a plan asks for, some of each kind, some perhaps twice.
    fn outputs(&self, plan: &Plan) -> (Outputs, Value<Expected>) {
        let (mut outputs, mut expected) = (Outputs::default(), Expected::default());
        let mut blamed = BTreeSet::new();
        for (i, at) in plan.outputs.iter().enumerate() {
            if i % 2 == 0 {
                let (node, value) = at.get(&self.numbers);
                outputs.0.push(node.clone());
                match value {
                    Ok(value) => expected.0.push(*value),
                    Err(failed) => blamed.extend(failed),
                }
            } else {
                let (node, value) = at.get(&self.texts);
                outputs.1.push(node.clone());
                match value {
                    Ok(value) => expected.1.push(value.clone()),
                    Err(failed) => blamed.extend(failed),
                }
            }
        }
        (outputs, if blamed.is_empty() { Ok(expected) } else { Err(blamed) })
    }
}

type Outputs = (Vec<Delayed<u64>>, Vec<Delayed<Text>>);
type Expected = (Vec<u64>, Vec<String>);

fn runtimes() -> &'static [Runtime] {
    static RUNTIMES: OnceLock<Vec<Runtime>> = OnceLock::new();
    RUNTIMES.get_or_init(|| vec![synchronous(), threads(1), threads(2), threads(4)])
}

fn plain((numbers, texts): (Vec<u64>, Vec<Text>)) -> Expected {
    (numbers, texts.into_iter().map(|text| text.0).collect())
}

/// The node that an error tells of.
fn blamed(error: &Error) -> usize {
    match error {
        Error::Task(e) => e.source().and_then(|e| e.downcast_ref::<Failed>()).expect("a failure").0,
        Error::Panic(e) => e.message()["node ".len()..].parse().expect("a number"),
        other => panic!("no error of a task: {other}"),
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn every_scheduler_agrees_with_plain_evaluation(plan in plan(0)) {
        let tally = Tally::new();
        let built = Built::new(&plan, &tally);
        let (outputs, expected) = built.outputs(&plan);
        let (expected, before) = (expected.unwrap(), tally.live());
        for runtime in runtimes() {
            prop_assert_eq!(&plain(runtime.compute(&outputs).unwrap()), &expected);
            let kept = runtime.persist(&outputs).unwrap();
            prop_assert_eq!(kept.graph().n_tasks(), 0);
            prop_assert_eq!(&plain(runtime.compute(&kept).unwrap()), &expected);
            let joined = runtime.spawn(&outputs).join().unwrap();
            prop_assert_eq!(&plain(joined), &expected);
            drop(kept);
            prop_assert_eq!(tally.live(), before);
        }
        drop((built, outputs));
        prop_assert_eq!(tally.live(), 0);
    }

    #[test]
    fn a_failure_is_told_exactly_when_one_is_reached(plan in plan(4)) {
        quiet("node ");
        let tally = Tally::new();
        let built = Built::new(&plan, &tally);
        let (outputs, expected) = built.outputs(&plan);
        let before = tally.live();
        for runtime in runtimes() {
            match (runtime.compute(&outputs).map(plain), &expected) {
                (Ok(found), Ok(expected)) => prop_assert_eq!(&found, expected),
                (Err(error), Err(failing)) => prop_assert!(failing.contains(&blamed(&error))),
                (found, expected) => prop_assert!(false, "{found:?} instead of {expected:?}"),
            }
            prop_assert_eq!(tally.live(), before);
        }
        drop((built, outputs));
        prop_assert_eq!(tally.live(), 0);
    }

    #[test]
    fn all_independent_failures_are_collected(plan in plan(6)) {
        quiet("node ");
        let tally = Tally::new();
        let built = Built::new(&plan, &tally);
        let (outputs, expected) = built.outputs(&plan);
        let before = tally.live();
        for runtime in runtimes() {
            let options = ComputeOptions::new().collect_errors(true);
            match (runtime.compute_with(&outputs, options).map(plain), &expected) {
                (Ok(found), Ok(expected)) => prop_assert_eq!(&found, expected),
                (Err(Error::Many(errors)), Err(failing)) => {
                    prop_assert_eq!(&errors.iter().map(blamed).collect::<BTreeSet<_>>(), failing);
                    prop_assert_eq!(errors.len(), failing.len());
                }
                (found, expected) => prop_assert!(false, "{found:?} instead of {expected:?}"),
            }
            prop_assert_eq!(tally.live(), before);
        }
        drop((built, outputs));
        prop_assert_eq!(tally.live(), 0);
    }

    #[test]
    fn a_graph_is_in_topological_order_and_drawn_the_same(plan in plan(0)) {
        let tally = Tally::new();
        let (one, two) = (Built::new(&plan, &tally), Built::new(&plan, &tally));
        let (one, two) = (one.outputs(&plan).0, two.outputs(&plan).0);
        let graph = one.graph();
        prop_assert!(graph.edges().iter().all(|(from, to)| from < to));
        prop_assert!(graph.critical_path() <= graph.n_tasks() && graph.n_tasks() <= graph.len());
        prop_assert!(one.visualize().to_dot() == two.visualize().to_dot());
    }
}
