//! What it costs to be observed: nanoseconds a task, with nobody, with an observer that does nothing, and with a profiler.
//!
//! `cargo bench -p lazy-runtime --bench observe -- [nodes=..] [us=0,1] [threads=1,2] [repetitions=..] [only=W2,W4]`. *wall* is what `compute`
//! takes until the last task has ended, *told* until observers have been told all of it, which is when it returns; *CPU* is that of
//! all threads together, the one that tells included. *more* is the wall time over that of the same graph with nobody, of which the
//! work of the telling thread is a part where it has no core of its own.

#![allow(clippy::print_stdout, reason = "a bench prints its tables")]

#[path = "common/mod.rs"]
mod common;

use std::time::Instant;

use common::body;
use common::clock::{Span, median, timed};
use common::graph;
use common::options::{Options, cores};
use common::shape::{SHAPES, Shape};
use common::table::{Table, figure};
use lazy_runtime::Runtime;
use lazy_runtime::diagnostics::{Observer, Profiler};

const COLUMNS: [(&str, &str); 9] = [
    ("shape", ""),
    ("body", "us"),
    ("threads", ""),
    ("observer", ""),
    ("tasks", ""),
    ("wall", "ns a task"),
    ("told", "ns a task"),
    ("CPU", "ns a task"),
    ("more", "ns a task"),
];

/// Hears everything and does nothing.
struct Empty;

impl Observer for Empty {}

/// Who observes.
enum Who {
    Nobody,
    Empty,
    Profiler(Profiler),
}

impl Who {
    fn all() -> [Who; 3] {
        [Who::Nobody, Who::Empty, Who::Profiler(Profiler::new())]
    }

    fn name(&self) -> &'static str {
        match self {
            Who::Nobody => "nobody",
            Who::Empty => "empty",
            Who::Profiler(_) => "profiler",
        }
    }
}

fn main() {
    let known = ["nodes", "us", "threads", "repetitions", "only"];
    let Some(options) = Options::given(&known) else { return };
    let repetitions = options.or("repetitions", 3);
    let default = [1, cores()];
    let per_us = body::iterations_per_us();
    let table = Table::new(&format!("observe: median of {repetitions}"), 14, &COLUMNS);
    for us in options.list("us", vec![0, 1]) {
        body::set_iterations((per_us * f64::from(us)) as u64);
        for (key, name) in SHAPES.iter().filter(|(key, _)| options.wants(key)) {
            let shape = Shape::of_key(key, options.or("nodes", 100_000));
            for threads in options.list("threads", default.to_vec()) {
                let mut nobody = 0.0;
                for who in Who::all() {
                    let [wall, told, cpu] = figures(&shape, threads, &who, repetitions);
                    if matches!(who, Who::Nobody) {
                        nobody = wall;
                    }
                    let numbers = [wall, told, cpu, wall - nobody].map(figure);
                    let cells = [us.to_string(), threads.to_string(), who.name().to_owned()];
                    let tasks = shape.len().to_string();
                    let row = [(*name).to_owned()].into_iter().chain(cells).chain([tasks]);
                    table.row(row.chain(numbers));
                }
            }
        }
    }
}

fn figures(shape: &Shape, threads: usize, who: &Who, repetitions: usize) -> [f64; 3] {
    let builder = Runtime::builder().num_threads(threads);
    let builder = match who {
        Who::Nobody => builder,
        Who::Empty => builder.observer(Empty),
        Who::Profiler(profiler) => builder.observer(profiler.clone()),
    };
    let runtime = builder.build().expect("threads start");
    let warm: Vec<_> = (0..1000).map(graph::root).collect();
    runtime.compute(&warm).expect("nothing fails");
    let spans = (0..repetitions).map(|_| {
        // The last task says when it is there.
        let z = shape.build().map(|value| (value, Instant::now()));
        let begin = Instant::now();
        let (result, span) = timed(|| runtime.compute(&z));
        let (_, end) = result.expect("nothing fails");
        if let Who::Profiler(profiler) = who {
            profiler.clear();
        }
        ((end - begin).as_nanos() as f64, span)
    });
    let spans: Vec<(f64, Span)> = spans.collect();
    let a_task = |of: fn(&(f64, Span)) -> f64| median(spans.iter().map(of)) / shape.len() as f64;
    [a_task(|(wall, _)| *wall), a_task(|(_, span)| span.wall), a_task(|(_, span)| span.cpu)]
}
