//! The cache in memory: many different calls, computed for the first time and again, beside a plain map behind a lock.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex};

use lazy_runtime::Runtime;
use lazy_runtime::prelude::*;

use crate::common::clock::timed;
use crate::common::options::{Options, cores};
use crate::common::table::{Table, figure};
use crate::{calls, medians};

const COLUMNS: [(&str, &str); 8] = [
    ("threads", ""),
    ("calls", ""),
    ("plain", "ns CPU"),
    ("miss", "ns CPU"),
    ("hit", "ns CPU"),
    ("hit", "ns wall"),
    ("map, miss", "ns CPU"),
    ("map, hit", "ns CPU"),
];

#[delayed]
fn plain(id: u64) -> u64 {
    id + 1
}

#[delayed(cache)]
fn cached(id: u64) -> u64 {
    id + 1
}

/// Prints the table.
pub(crate) fn table(options: &Options) {
    let table =
        Table::new("cache in memory: compute of so many different calls, a call", 9, &COLUMNS);
    let count = calls(options);
    let mut threads = vec![1, cores()];
    threads.dedup();
    for threads in threads {
        let figures = medians(options, |_| once(threads, count));
        let counts = [threads.to_string(), count.to_string()];
        table.row(counts.into_iter().chain(figures.map(figure)));
    }
}

fn once(threads: usize, count: u64) -> [f64; 6] {
    // Its cache is empty.
    let runtime = Runtime::builder().num_threads(threads).build().expect("threads start");
    let compute = |calls: Vec<Delayed<u64>>| {
        let (values, span) = timed(|| runtime.compute(&calls).expect("nothing fails"));
        assert!(values.into_iter().eq(1..=count));
        span
    };
    let plain = compute((0..count).map(plain).collect());
    let miss = compute((0..count).map(cached).collect());
    let hit = compute((0..count).map(cached).collect());
    let stats = runtime.cache().stats();
    assert_eq!((stats.misses, stats.hits), (count, count), "each call is computed once");
    let map = Map::default();
    let (_, map_miss) = timed(|| (0..count).for_each(|id| _ = black_box(map.get(id))));
    let (_, map_hit) = timed(|| (0..count).for_each(|id| _ = black_box(map.get(id))));
    [plain.cpu, miss.cpu, hit.cpu, hit.wall, map_miss.cpu, map_hit.cpu].map(|ns| ns / count as f64)
}

/// The yardstick: what a program would write for one function.
#[derive(Default)]
struct Map(Mutex<HashMap<u64, Arc<u64>>>);

impl Map {
    fn get(&self, id: u64) -> Arc<u64> {
        if let Some(found) = self.0.lock().expect("nothing panics").get(&id) {
            return Arc::clone(found);
        }
        let value = Arc::new(black_box(id + 1));
        self.0.lock().expect("nothing panics").insert(id, Arc::clone(&value));
        value
    }
}
