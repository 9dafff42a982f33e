//! A memory limit that is never reached: what counting costs a task.

use lazy_runtime::Runtime;
use lazy_runtime::prelude::*;

use crate::common::clock::timed;
use crate::common::options::{Options, cores};
use crate::common::table::{Table, figure};
use crate::{calls, medians};

const COLUMNS: [(&str, &str); 7] = [
    ("results", ""),
    ("threads", ""),
    ("tasks", ""),
    ("without", "ns CPU"),
    ("with limit", "ns CPU"),
    ("more", "ns CPU"),
    ("more", "%"),
];

#[delayed]
fn numbers(id: u64, count: usize) -> Vec<u64> {
    vec![id; count]
}

#[delayed]
fn next(before: &[u64]) -> Vec<u64> {
    before.iter().map(|number| number + 1).collect()
}

#[delayed]
fn first(values: &[u64]) -> u64 {
    values[0]
}

/// Chains of ten, each of whose values is one of the last as it is made.
fn chains(count: u64, length: usize) -> Vec<Delayed<u64>> {
    let chain = |id| (0..8).fold(numbers(id, length), |before, _| next(before));
    (0..count).map(|id| first(chain(id))).collect()
}

/// Prints the table.
pub(crate) fn table(options: &Options) {
    let title = "a limit that is never reached: compute of chains of ten, a task";
    let table = Table::new(title, 10, &COLUMNS);
    let mut threads = vec![1, cores()];
    threads.dedup();
    for (name, length) in [("32 B", 4), ("8 KiB", 1024)] {
        for &threads in &threads {
            let [without, with] = medians(options, |_| once(threads, calls(options), length));
            let more = [with - without, (with / without - 1.0) * 100.0];
            let counts =
                [name.to_owned(), threads.to_string(), (calls(options) / 10 * 10).to_string()];
            let figures = [without, with].into_iter().chain(more);
            table.row(counts.into_iter().chain(figures.map(figure)));
        }
    }
}

fn once(threads: usize, tasks: u64, length: usize) -> [f64; 2] {
    let builder = || Runtime::builder().num_threads(threads);
    let runtimes = [builder(), builder().memory_limit(1 << 40)];
    let graph = chains(tasks / 10, length);
    runtimes.map(|builder| {
        let runtime = builder.build().expect("threads start");
        let (values, span) = timed(|| runtime.compute(&graph).expect("nothing fails"));
        assert!(values.into_iter().eq((0..tasks / 10).map(|id| id + 8)));
        span.cpu / (tasks / 10 * 10) as f64
    })
}
