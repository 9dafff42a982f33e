//! Small graphs that share nodes with a large one: what a run costs must follow from what it needs, not from what is there.
//!
//! *persisted*: the base has run and its last node holds its value, and each graph starts there. *as it is*: nothing is kept.
//! The first graph starts at the last node of the base, which needs all others; the further ones start at its first node, which needs
//! none.

use lazy_runtime::Runtime;
use lazy_runtime::prelude::*;

use crate::common::body::mix;
use crate::common::clock::{Span, median, timed};
use crate::common::graph::{one, two};
use crate::common::options::Options;
use crate::common::runtime;
use crate::common::shape::Shape;
use crate::common::table::figure;

/// About so many nodes are there before.
pub(crate) const BASE: usize = 100_000;
/// So many graphs are added.
pub(crate) const GRAPHS: u64 = 1_000;
/// So many nodes has each.
pub(crate) const ADDED: u64 = 100;

/// The rows.
pub(crate) const BASES: [&str; 2] = [PERSISTED, "as it is"];
const PERSISTED: &str = "persisted";

pub(crate) const COLUMNS: [(&str, &str); 8] = [
    ("base", ""),
    ("threads", ""),
    ("base build", "ns CPU a node"),
    ("base persist", "ns CPU a node"),
    ("first graph", "us wall"),
    ("further graphs", "us wall each"),
    ("further nodes", "ns CPU each"),
    ("by hand", "ns CPU each"),
];

/// One repetition.
struct Once {
    build: Span,
    persist: Span,
    first: Span,
    further: Span,
    hand: Span,
}

/// Measures a row in this process, which does nothing else.
pub(crate) fn cells(options: &Options) -> Vec<String> {
    let threads = options.or("threads", 1);
    let name = options.text("only").unwrap_or(PERSISTED);
    let (runtime, shape) = (runtime(threads), Shape::of_key("W4", BASE));
    let once = |_| once(&runtime, &shape, name == PERSISTED);
    let all: Vec<_> = (0..super::repetitions(options)).map(once).collect();
    let of = |figure: fn(&Once) -> f64| median(all.iter().map(figure));
    let (base, further) = (shape.len() as f64, (GRAPHS - 1) as f64);
    let figures = [
        of(|once| once.build.cpu) / base,
        of(|once| once.persist.cpu) / base,
        of(|once| once.first.wall) / 1e3,
        of(|once| once.further.wall) / 1e3 / further,
        of(|once| once.further.cpu) / further / ADDED as f64,
        of(|once| once.hand.cpu) / further / ADDED as f64,
    ];
    [name.to_owned(), threads.to_string()].into_iter().chain(figures.map(figure)).collect()
}

fn once(runtime: &Runtime, shape: &Shape, persist: bool) -> Once {
    let ((first, last), build) = timed(|| {
        let mut nodes = shape.build_all();
        let last = nodes.pop().expect("a shape has nodes");
        (nodes.swap_remove(0), last)
    });
    let (last, persist) = match persist {
        false => (last, Span::NONE),
        true => timed(|| runtime.persist(&last).expect("nothing fails")),
    };
    let is_persisted = persist.cpu.is_finite();
    let mut added = Vec::with_capacity(GRAPHS as usize);
    let mut compute = |from: &Delayed<u64>, graph: u64| {
        let end = extend(from, graph);
        let value = runtime.compute(&end).expect("nothing fails");
        added.push(end);
        value
    };
    let (value, took) = timed(|| compute(&last, 0));
    let from = if is_persisted { &last } else { &first };
    let (sum, further) = timed(|| (1..GRAPHS).map(|graph| compute(from, graph)).fold(0, mix));
    let end = shape.by_hand();
    let start = if is_persisted { end } else { shape.value(0, |_| 0) };
    let by_hand = |graph| extended(start, graph);
    let (expected, hand) = timed(|| (1..GRAPHS).map(by_hand).fold(0, mix));
    assert_eq!((value, sum), (extended(end, 0), expected));
    Once { build, persist, first: took, further, hand }
}

/// A chain from the node, each link of which needs the node, too.
fn extend(from: &Delayed<u64>, graph: u64) -> Delayed<u64> {
    let ids = graph * ADDED..(graph + 1) * ADDED;
    ids.clone().skip(1).fold(one(ids.start, from), |last, id| two(id, last, from))
}

fn extended(from: u64, graph: u64) -> u64 {
    let ids = graph * ADDED..(graph + 1) * ADDED;
    let start = mix(ids.start + 1, from);
    ids.skip(1).fold(start, |last, id| mix(mix(id + 1, last), from))
}
