//! Peak memory of graphs whose values are large, against the smallest possible.
//!
//! `cargo bench -p lazy-runtime --bench memory -- [threads=1,2] [only=pairs,stencil]`. Each row is a process of its own, for the peak
//! of resident memory only ever grows. The values themselves count the bytes that live, without the noise of what an allocator keeps.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

#[path = "../common/mod.rs"]
mod common;
mod chunk;
mod graphs;

use common::clock::timed;
use common::options::{Options, hand_over};
use common::table::{Table, figure};
use common::{resident, runtime};
use graphs::{ROWS, Row};

const COLUMNS: [(&str, &str); 9] = [
    ("graph", ""),
    ("threads", ""),
    ("values", ""),
    ("each", "KiB"),
    ("live", "MiB peak"),
    ("smallest", "MiB"),
    ("ratio", ""),
    ("resident", "MiB over start"),
    ("run", "s wall"),
];

fn main() {
    let Some(options) = Options::given(&["threads", "only"]) else { return };
    if let Some(name) = options.text("row") {
        let row = ROWS.iter().find(|row| row.name == name).expect("rows are asked for by name");
        return hand_over(&cells(row, options.or("threads", 1)));
    }
    let title = "memory: most bytes of values alive, and smallest possible on one thread";
    let table = Table::new(title, 10, &COLUMNS);
    for row in ROWS.iter().filter(|row| options.wants(row.name)) {
        for threads in options.threads() {
            let name = row.name.to_owned();
            table.row(options.row([("row", name), ("threads", threads.to_string())]));
        }
    }
}

/// Measures a row in this process, which does nothing else.
fn cells(row: &Row, threads: usize) -> Vec<String> {
    const MIB: f64 = (1 << 20) as f64;
    let (runtime, graph) = (runtime(threads), (row.graph)());
    let start = resident::now();
    let (value, took) = timed(|| runtime.compute(&graph).expect("nothing fails"));
    let (live, resident) = (chunk::peak() as f64, resident::peak() - start);
    assert_eq!(chunk::live(), 0, "every value is dropped");
    assert_eq!(value, (row.by_hand)());
    let smallest = ((row.smallest)() * row.size) as f64;
    let counts = [row.values, row.size >> 10].map(|count| count.to_string());
    let figures = [live / MIB, smallest / MIB, live / smallest, resident / MIB, took.wall / 1e9];
    let names = [row.name.to_owned(), threads.to_string()];
    names.into_iter().chain(counts).chain(figures.map(figure)).collect()
}
