//! Spilling: how fast results go to disk and come back, beside the same bytes written and read as plain files.

use std::fs;
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lazy_runtime::Runtime;
use lazy_runtime::diagnostics::{Observer, SpillEvent, SpillOutcome};
use lazy_runtime::prelude::*;

use crate::common::clock::timed;
use crate::common::options::Options;
use crate::common::table::{Table, figure};
use crate::{folder, medians};

const COLUMNS: [(&str, &str); 9] = [
    ("result", ""),
    ("results", ""),
    ("run", "ms"),
    ("with limit", "ms"),
    ("spilled", "of all"),
    ("out", "GB/s"),
    ("write", "GB/s"),
    ("back", "GB/s"),
    ("read", "GB/s"),
];

#[delayed]
fn block(id: u64, count: usize) -> Vec<f64> {
    (0..count as u64).map(|i| (i ^ id) as f64).collect()
}

#[delayed]
fn total(block: &[f64]) -> f64 {
    block.iter().sum()
}

#[delayed]
fn with_all(block: &[f64], all: f64) -> f64 {
    block[0] + all
}

#[delayed]
fn sum(values: Vec<f64>) -> f64 {
    values.into_iter().sum()
}

/// Every block is needed twice: the second time after all others.
fn twice(count: u64, length: usize) -> Delayed<f64> {
    let blocks: Vec<_> = (0..count).map(|id| block(id, length)).collect();
    let all = sum(blocks.iter().map(total).collect::<Vec<_>>());
    sum(blocks.iter().map(|block| with_all(block, &all)).collect::<Vec<_>>())
}

/// Adds up what went out and came back.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<[Moved; 2]>>);

#[derive(Clone, Copy, Default)]
struct Moved {
    bytes: u64,
    took: Duration,
}

impl Observer for Seen {
    fn spill(&self, event: &SpillEvent) {
        let at = match event.outcome {
            SpillOutcome::Out => 0,
            SpillOutcome::Back => 1,
            _ => return,
        };
        let mut moved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        moved[at].bytes += event.bytes;
        moved[at].took += event.duration;
    }
}

/// Prints the table.
pub(crate) fn table(options: &Options) {
    let title = "spilling: a run of which half has room in memory, on one thread";
    let table = Table::new(title, 10, &COLUMNS);
    let mib: usize = options.or("mib", 64);
    let sizes = [
        ("8 KiB".to_owned(), 8 << 10, 512),
        ("1 MiB".to_owned(), 1 << 20, 2 * mib as u64),
        (format!("{mib} MiB"), mib << 20, 6),
    ];
    for (name, bytes, count) in sizes {
        let figures = medians(options, |_| once(bytes, count));
        let counts = [name, count.to_string()];
        table.row(counts.into_iter().chain(figures.map(figure)));
    }
}

fn once(bytes: usize, count: u64) -> [f64; 7] {
    let (folder, seen) = (folder(), Seen::default());
    let all = bytes * count as usize;
    let free = Runtime::builder().num_threads(1).build().expect("threads start");
    let limited = Runtime::builder().num_threads(1).memory_limit(all / 2).spill_dir(folder.path());
    let limited = limited.observer(seen.clone()).build().expect("threads start");
    let graph = twice(count, bytes / size_of::<f64>());
    let (expected, run) = timed(|| free.compute(&graph).expect("nothing fails"));
    let (result, run_limited) = timed(|| limited.compute(&graph).expect("nothing fails"));
    assert_eq!(result, expected);
    let [out, back] = *seen.0.lock().unwrap_or_else(PoisonError::into_inner);
    let rate = |moved: Moved| moved.bytes as f64 / moved.took.as_nanos() as f64;
    let [write, read] = by_hand(&folder, bytes, count).map(|ns| all as f64 / ns);
    let spilled = out.bytes as f64 / all as f64;
    [run.wall / 1e6, run_limited.wall / 1e6, spilled, rate(out), write, rate(back), read]
}

/// Nanoseconds to write as many files as there are results, and to read them.
fn by_hand(folder: &tempfile::TempDir, bytes: usize, count: u64) -> [f64; 2] {
    let content = vec![1; bytes];
    let path = |id: u64| folder.path().join(id.to_string());
    let write = |id| fs::write(path(id), &content).expect("there is room on the disk");
    let read = |id| assert_eq!(black_box(fs::read(path(id)).expect("it was written")).len(), bytes);
    let write = timed(|| (0..count).for_each(write)).1.wall;
    [write, timed(|| (0..count).for_each(read)).1.wall]
}
