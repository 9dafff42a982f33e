//! The cache on disk: results stored and found, beside the same bytes written and read as plain files.

use std::fs;
use std::hint::black_box;

use lazy_runtime::Runtime;
use lazy_runtime::prelude::*;

use crate::common::clock::timed;
use crate::common::options::Options;
use crate::common::table::{Table, figure};
use crate::{folder, medians};

const COLUMNS: [(&str, &str); 9] = [
    ("result", ""),
    ("results", ""),
    ("plain", "us"),
    ("store", "us"),
    ("write", "us"),
    ("find", "us"),
    ("read", "us"),
    ("store", "GB/s"),
    ("find", "GB/s"),
];

#[delayed]
fn plain(id: u64, count: usize) -> Vec<f64> {
    vec![id as f64; count]
}

#[delayed(cache = "disk")]
fn kept(id: u64, count: usize) -> Vec<f64> {
    vec![id as f64; count]
}

/// Prints the table.
pub(crate) fn table(options: &Options) {
    let title = "cache on disk: wall time of a result, one thread";
    let table = Table::new(title, 10, &COLUMNS);
    let mib = options.or("mib", 64);
    for (name, bytes, count) in
        [("1 KiB".to_owned(), 1 << 10, 250), (format!("{mib} MiB"), mib << 20, 2)]
    {
        let [plain, store, write, find, read] = medians(options, |_| once(bytes, count));
        let rates = [store - plain, find].map(|us| bytes as f64 / us / 1e3);
        let counts = [name, count.to_string()];
        let figures = [plain, store, write, find, read].into_iter().chain(rates);
        table.row(counts.into_iter().chain(figures.map(figure)));
    }
}

fn once(bytes: usize, count: u64) -> [f64; 5] {
    let folder = folder();
    let runtime = Runtime::builder().num_threads(1).cache_dir(folder.path().join("cache"));
    let runtime = runtime.build().expect("threads start");
    let length = bytes / size_of::<f64>();
    // One after the other, so that one result is in memory at a time.
    let compute = |call: &dyn Fn(u64) -> Delayed<Vec<f64>>| {
        let all = || {
            for id in 0..count {
                let value = runtime.compute(&call(id)).expect("nothing fails");
                assert_eq!((value.len(), value[0]), (length, id as f64));
            }
        };
        timed(all).1.wall
    };
    let plain = compute(&|id| plain(id, length));
    let store = compute(&|id| kept(id, length));
    let find = compute(&|id| kept(id, length));
    let stats = runtime.cache().stats();
    assert_eq!((stats.disk_stored, stats.disk_hits), (count, count));
    let content = vec![1; bytes];
    let path = |id: u64| folder.path().join(id.to_string());
    let write = |id| fs::write(path(id), &content).expect("there is room on the disk");
    let read = |id| assert_eq!(black_box(fs::read(path(id)).expect("it was written")).len(), bytes);
    let write = timed(|| (0..count).for_each(write)).1.wall;
    let read = timed(|| (0..count).for_each(read)).1.wall;
    [plain, store, write, find, read].map(|ns| ns / 1e3 / count as f64)
}
