//! Overhead per task on five shapes of graphs, through the public API, beside the same shapes by hand.
//!
//! `cargo bench -p lazy-runtime --bench shapes -- [nodes=..] [threads=1,2] [us=0,1,10] [repetitions=..] [only=W4,at-once,sharing]`:
//! `us` is the length of a body in microseconds. Unless told otherwise, there are fewer nodes with longer bodies. Threads 0
//! are the synchronous scheduler. The README beside says how to read the tables.

#![allow(clippy::print_stdout, reason = "a bench prints its tables")]

#[path = "../common/mod.rs"]
mod common;
mod at_once;
mod phases;
mod sharing;

use common::body;
use common::options::{Options, hand_over};
use common::shape::SHAPES;
use common::table::Table;

fn main() {
    let known = ["nodes", "threads", "us", "repetitions", "only"];
    let Some(options) = Options::given(&known) else { return };
    match options.text("row") {
        Some("at-once") => hand_over(&at_once::cells(&options)),
        Some("sharing") => hand_over(&sharing::cells(&options)),
        Some(_) => hand_over(&phases::cells(&options)),
        None => tables(&options),
    }
}

/// The median of so many runs is told.
fn repetitions(options: &Options) -> usize {
    options.or("repetitions", 5)
}

fn tables(options: &Options) {
    if SHAPES.iter().any(|(key, _)| options.wants(key)) {
        phases_table(options);
    }
    if options.wants("at-once") {
        at_once_table(options);
    }
    if options.wants("sharing") {
        sharing_table(options);
    }
}

/// Fewer nodes where bodies are long, so that a row takes about as long.
fn nodes(us: u64) -> u64 {
    match us {
        0 => 1_000_000,
        us => (200_000 / us).max(10_000),
    }
}

fn phases_table(options: &Options) {
    let an_us = body::iterations_per_us();
    let title = format!(
        "shapes: median of {}; a microsecond is {an_us:.0} iterations of a body",
        repetitions(options)
    );
    let table = Table::new(&title, 13, &phases::COLUMNS);
    for us in options.list("us", vec![0u64, 1, 10]) {
        let iterations = (us as f64 * an_us).round().to_string();
        let nodes = options.or("nodes", nodes(us));
        for (key, _) in SHAPES.iter().filter(|(key, _)| options.wants(key)) {
            for threads in options.threads() {
                table.row(options.row([
                    ("row", (*key).to_owned()),
                    ("us", us.to_string()),
                    ("iterations", iterations.clone()),
                    ("nodes", nodes.to_string()),
                    ("threads", threads.to_string()),
                ]));
            }
        }
    }
}

fn at_once_table(options: &Options) {
    let title = format!(
        "building on all threads at once, each a graph of its own: median of {}",
        repetitions(options)
    );
    let table = Table::new(&title, 13, &at_once::COLUMNS);
    for (key, _) in SHAPES {
        for threads in options.threads().into_iter().filter(|&threads| threads > 1) {
            let row = "at-once".to_owned();
            let threads = threads.to_string();
            table.row(options.row([("row", row), ("only", key.to_owned()), ("threads", threads)]));
        }
    }
}

fn sharing_table(options: &Options) {
    let title = format!(
        "{} graphs that each add {} nodes to a base of {} nodes (W4): median of {}",
        sharing::GRAPHS,
        sharing::ADDED,
        sharing::BASE,
        repetitions(options)
    );
    let table = Table::new(&title, 13, &sharing::COLUMNS);
    for base in sharing::BASES {
        for threads in options.threads() {
            let row = "sharing".to_owned();
            let threads = threads.to_string();
            table.row(options.row([("row", row), ("only", base.to_owned()), ("threads", threads)]));
        }
    }
}
