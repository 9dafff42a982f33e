//! Pure calls beside plain ones: a chain and a wavefront of numbers, made once, and made twice to be found the same.

use lazy_runtime::Runtime;
use lazy_runtime::prelude::*;

use crate::common::body::mix;
use crate::common::clock::timed;
use crate::common::options::Options;
use crate::common::runtime;
use crate::common::shape::Shape;
use crate::common::table::{Table, figure};
use crate::{calls, medians};

const COLUMNS: [(&str, &str); 7] = [
    ("graph", ""),
    ("calls", ""),
    ("run", ""),
    ("build", "ns CPU"),
    ("compute", "ns CPU"),
    ("drop", "ns CPU"),
    ("whole", "ns CPU"),
];

#[delayed(pure)]
fn root(id: u64) -> u64 {
    id + 1
}

#[delayed(pure)]
fn one(id: u64, a: u64) -> u64 {
    mix(id + 1, a)
}

#[delayed(pure)]
fn two(id: u64, a: u64, b: u64) -> u64 {
    mix(mix(id + 1, a), b)
}

/// The last node of the shape, made of pure calls; no node of it needs more than two.
fn build_pure(shape: &Shape) -> Delayed<u64> {
    let mut nodes: Vec<Delayed<u64>> = Vec::with_capacity(shape.len());
    for node in 0..shape.len() {
        let id = node as u64;
        let made = match *shape.of(node) {
            [] => root(id),
            [a] => one(id, &nodes[a as usize]),
            [a, b] => two(id, &nodes[a as usize], &nodes[b as usize]),
            _ => unreachable!("shapes of more are not measured here"),
        };
        nodes.push(made);
    }
    nodes.pop().expect("a shape has nodes")
}

/// One kind of graph: its name, and how to make its last nodes.
type Kind = (&'static str, fn(&Shape) -> Vec<Delayed<u64>>);

const KINDS: [Kind; 3] = [
    ("plain", |shape| vec![shape.build()]),
    ("pure", |shape| vec![build_pure(shape)]),
    ("pure, twice", |shape| vec![build_pure(shape), build_pure(shape)]),
];

/// Prints the table.
pub(crate) fn table(options: &Options) {
    let table = Table::new("pure calls beside plain ones, on one thread", 22, &COLUMNS);
    let runtime = runtime(1);
    for (key, name) in [("W1", "chain"), ("W4", "wavefront")] {
        let shape = Shape::of_key(key, calls(options) as usize);
        for (kind, build) in KINDS {
            let ends = build(&shape);
            let (calls, run) = (shape.len() * ends.len(), ends.graph().len());
            drop(ends);
            let figures = medians(options, |_| once(&runtime, &shape, build));
            let counts = [format!("{name}, {kind}"), calls.to_string(), run.to_string()];
            table.row(counts.into_iter().chain(figures.map(figure)));
        }
    }
}

/// Build, compute, drop and all of it, for each call.
fn once(runtime: &Runtime, shape: &Shape, build: fn(&Shape) -> Vec<Delayed<u64>>) -> [f64; 4] {
    let (ends, building) = timed(|| build(shape));
    let (values, run) = timed(|| runtime.compute(&ends).expect("nothing fails"));
    let calls = (shape.len() * ends.len()) as f64;
    let ((), down) = timed(|| drop(ends));
    assert!(values.iter().all(|&value| value == shape.by_hand()));
    let whole = building.cpu + run.cpu + down.cpu;
    [building.cpu, run.cpu, down.cpu, whole].map(|cpu| cpu / calls)
}
