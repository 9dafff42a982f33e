//! Ten million nodes of W4, the wavefront: build, run, drop.
//!
//! `cargo bench -p lazy-runtime --bench scale -- [nodes=..] [threads=1,2] [repetitions=..]`. Each row is a process of its own. Only
//! one row of the square has handles at any time, and the value is checked by hand with one row of numbers: what is resident
//! is the graph and its run.

#![allow(clippy::print_stdout, reason = "a bench prints its tables")]

mod common;

use common::body::mix;
use common::clock::{Span, median, timed};
use common::graph::{one, root, two};
use common::options::{Options, hand_over};
use common::table::{Table, figure};
use common::{resident, runtime};
use lazy_runtime::Runtime;
use lazy_runtime::prelude::*;

const COLUMNS: [(&str, &str); 13] = [
    ("threads", ""),
    ("nodes", ""),
    ("build", "ns CPU"),
    ("prep+run", "ns CPU"),
    ("drop", "ns CPU"),
    ("whole", "ns CPU"),
    ("build", "s wall"),
    ("run", "s wall"),
    ("drop", "s wall"),
    ("whole", "s wall"),
    ("memory", "MB"),
    ("memory", "B/node"),
    ("hand", "ns CPU"),
];

fn main() {
    let Some(options) = Options::given(&["nodes", "threads", "repetitions"]) else { return };
    if options.text("row").is_some() {
        return hand_over(&cells(&options));
    }
    let title = format!("scale: W4, median of {}", repetitions(&options));
    let table = Table::new(&title, 7, &COLUMNS);
    for threads in options.threads() {
        let threads = threads.to_string();
        table.row(options.row([("row", "W4".to_owned()), ("threads", threads)]));
    }
}

fn repetitions(options: &Options) -> usize {
    options.or("repetitions", 3)
}

/// One repetition.
struct Once {
    build: Span,
    run: Span,
    down: Span,
    hand: Span,
    /// The most resident memory over that at the start, in bytes: right the first time only.
    bytes: f64,
}

impl Once {
    fn whole(&self) -> Span {
        let of = |time: fn(&Span) -> f64| time(&self.build) + time(&self.run) + time(&self.down);
        Span { cpu: of(|span| span.cpu), wall: of(|span| span.wall) }
    }
}

/// Measures a row in this process, which does nothing else.
fn cells(options: &Options) -> Vec<String> {
    let threads = options.or("threads", 1);
    let side = options.or("nodes", 1e7_f64).sqrt() as usize;
    let (runtime, nodes) = (runtime(threads), side * side);
    let all: Vec<_> = (0..repetitions(options)).map(|_| once(&runtime, side)).collect();
    let of = |figure: fn(&Once) -> f64| median(all.iter().map(figure));
    let n = nodes as f64;
    let figures = [
        of(|once| once.build.cpu) / n,
        of(|once| once.run.cpu) / n,
        of(|once| once.down.cpu) / n,
        of(|once| once.whole().cpu) / n,
        of(|once| once.build.wall) / 1e9,
        of(|once| once.run.wall) / 1e9,
        of(|once| once.down.wall) / 1e9,
        of(|once| once.whole().wall) / 1e9,
        all[0].bytes / 1e6,
        all[0].bytes / n,
        of(|once| once.hand.cpu) / n,
    ];
    [threads, nodes].map(|count| count.to_string()).into_iter().chain(figures.map(figure)).collect()
}

fn once(runtime: &Runtime, side: usize) -> Once {
    let start = resident::now();
    let (last, build) = timed(|| build(side));
    let (value, run) = timed(|| runtime.compute(&last).expect("nothing fails"));
    let bytes = resident::peak() - start;
    let ((), down) = timed(|| drop(last));
    let (expected, hand) = timed(|| by_hand(side));
    assert_eq!(value, expected);
    Once { build, run, down, hand, bytes }
}

/// The last node of a wavefront.
fn build(side: usize) -> Delayed<u64> {
    let mut above: Vec<Delayed<u64>> = Vec::with_capacity(side);
    let mut ids = 0u64..;
    for row in 0..side {
        for (column, id) in (0..side).zip(&mut ids) {
            let made = match (row, column) {
                (0, 0) => root(id),
                (0, _) => one(id, &above[column - 1]),
                (_, 0) => one(id, &above[0]),
                _ => two(id, &above[column], &above[column - 1]),
            };
            match row {
                0 => above.push(made),
                _ => above[column] = made,
            }
        }
    }
    above.pop().expect("a square has nodes")
}

fn by_hand(side: usize) -> u64 {
    let mut above = vec![0u64; side];
    let mut ids = 1u64..;
    for row in 0..side {
        for (column, id) in (0..side).zip(&mut ids) {
            above[column] = match (row, column) {
                (0, 0) => id,
                (0, _) => mix(id, above[column - 1]),
                (_, 0) => mix(id, above[0]),
                _ => mix(mix(id, above[column]), above[column - 1]),
            };
        }
    }
    above[side - 1]
}
