//! Building a graph on each thread at once, beside one thread alone: what threads that build have in common must not cost.

use std::sync::Barrier;

use lazy_runtime::prelude::*;

use crate::common::clock::{Span, median, timed_here};
use crate::common::options::Options;
use crate::common::shape::Shape;
use crate::common::table::figure;

pub(crate) const COLUMNS: [(&str, &str); 10] = [
    ("shape", ""),
    ("threads", ""),
    ("nodes", "each"),
    ("build", "alone, ns CPU"),
    ("build", "at once, ns CPU"),
    ("build", "at once, ns wall"),
    ("ratio", "CPU"),
    ("drop", "alone, ns CPU"),
    ("drop", "at once, ns CPU"),
    ("drop", "at once, ns wall"),
];

/// How long the phases took on one thread.
struct Life {
    build: Span,
    down: Span,
}

/// Measures a row in this process, which does nothing else.
pub(crate) fn cells(options: &Options) -> Vec<String> {
    let threads = options.or("threads", 2usize);
    let key = options.text("only").unwrap_or("W4");
    let shape = Shape::of_key(key, options.or("nodes", 300_000));
    let (mut alone, mut at_once) = (vec![], vec![]);
    for _ in 0..super::repetitions(options) {
        alone.extend(lives(&shape, 1));
        at_once.extend(lives(&shape, threads));
    }
    let n = shape.len() as f64;
    let of = |lives: &[Life], figure: fn(&Life) -> f64| median(lives.iter().map(figure)) / n;
    let build = [of(&alone, |life| life.build.cpu), of(&at_once, |life| life.build.cpu)];
    let figures = [
        build[0],
        build[1],
        of(&at_once, |life| life.build.wall),
        build[1] / build[0],
        of(&alone, |life| life.down.cpu),
        of(&at_once, |life| life.down.cpu),
        of(&at_once, |life| life.down.wall),
    ];
    let counts = [key.to_owned(), threads.to_string(), shape.len().to_string()];
    counts.into_iter().chain(figures.map(figure)).collect()
}

/// A graph's life on each of so many threads, all in step.
fn lives(shape: &Shape, threads: usize) -> Vec<Life> {
    let barrier = Barrier::new(threads);
    let life = || {
        barrier.wait();
        let (last, build) = timed_here(|| shape.build());
        barrier.wait();
        assert_eq!(last.graph().n_tasks(), shape.len());
        barrier.wait();
        let ((), down) = timed_here(|| drop(last));
        Life { build, down }
    };
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(life)).collect();
        handles.into_iter().map(|thread| thread.join().expect("no thread fails")).collect()
    })
}
