//! How long one small computation takes from outside, for whoever waits for it: a task that runs, and a result that is there.

use lazy_runtime::prelude::*;
use lazy_runtime::{Runtime, Scheduler};

use crate::common::clock::{median, timed};
use crate::common::options::{Options, cores};
use crate::common::table::{Table, figure};
use crate::medians;

const COLUMNS: [(&str, &str); 5] =
    [("runtime", ""), ("one task", "us"), ("hit", "us"), ("hit of 1000", "us"), ("data", "us")];

#[delayed]
fn plain(id: u64) -> u64 {
    id + 1
}

#[delayed(cache)]
fn cached(id: u64) -> u64 {
    id + 1
}

#[delayed(cache)]
fn end(id: u64) -> u64 {
    id + 1
}

/// Prints the table.
pub(crate) fn table(options: &Options) {
    let table = Table::new("latency of compute: wall time", 14, &COLUMNS);
    let threads = |count| Runtime::builder().num_threads(count);
    let runtimes = [
        ("synchronous".to_owned(), Runtime::builder().scheduler(Scheduler::Synchronous)),
        ("1 thread".to_owned(), threads(1)),
        (format!("{} threads", cores().max(2)), threads(cores().max(2))),
    ];
    for (name, builder) in runtimes {
        let runtime = builder.build().expect("threads start");
        let figures = medians(options, |_| once(&runtime));
        table.row([name].into_iter().chain(figures.map(figure)));
    }
}

/// A task, a result of the cache, a result of the cache below which a thousand calls are that do not run, and a value that is there.
fn once(runtime: &Runtime) -> [f64; 4] {
    let above = (0..1000).fold(cached(0), |before, _| cached(before));
    let graphs = [plain(1), cached(1), end(above), delayed(2)];
    graphs.map(|graph| {
        runtime.compute(&graph).expect("nothing fails");
        let each = |_| timed(|| runtime.compute(&graph).expect("nothing fails")).1.wall / 1e3;
        median((0..1000).map(each))
    })
}
