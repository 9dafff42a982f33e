//! Peak memory of graphs whose values are large: 4,000 values of 1 MB, reduced one by one, in neighbouring pairs, as a running sum
//! whose new value is named first, and as a tree of merges that keep 1 MB each.
//!
//! `cargo bench -p lazy-runtime --bench memory -- [threads]`. Each row is a process of its own, for the peak of resident memory
//! only ever grows.

#![allow(clippy::print_stdout, missing_docs, reason = "a bench prints its table")]

use std::time::Instant;

use lazy_runtime::Runtime;
use lazy_runtime::prelude::*;

const VALUES: u64 = 4_000;
const SIZE: usize = 1 << 20;

#[delayed]
fn load(seed: u64) -> Vec<u8> {
    (0..SIZE).map(|i| (seed as usize + i) as u8).collect()
}

#[delayed]
fn total(a: &[u8]) -> u64 {
    a.iter().map(|&x| u64::from(x)).sum()
}

#[delayed]
fn both(a: &[u8], b: &[u8]) -> u64 {
    a.iter().zip(b).map(|(&x, &y)| u64::from(x ^ y)).sum()
}

#[delayed]
fn accumulate(new: &[u8], mut sum: Vec<u8>) -> Vec<u8> {
    sum.iter_mut().zip(new).for_each(|(x, y)| *x ^= y);
    sum
}

fn one_by_one() -> Delayed<u64> {
    (0..VALUES).map(|i| total(load(i))).sum()
}

fn pairs() -> Delayed<u64> {
    let loads: Vec<_> = (0..VALUES).map(load).collect();
    loads.windows(2).map(|pair| both(&pair[0], &pair[1])).sum()
}

fn running() -> Delayed<u64> {
    let mut loads: Vec<_> = (0..VALUES).map(load).collect();
    let first = loads.remove(0);
    total(loads.into_iter().fold(first, |sum, new| accumulate(new, sum)))
}

fn merges() -> Delayed<u64> {
    let loads = (0..VALUES).map(load);
    total(lazy_runtime::reduce(loads, 2, |mut a: Vec<u8>, b: Vec<u8>| {
        a.iter_mut().zip(&b).for_each(|(x, y)| *x ^= y);
        a
    }))
}

/// A name and what makes the graph.
type Row = (&'static str, fn() -> Delayed<u64>);

fn resident(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|l| l.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

fn main() {
    if std::env::args().len() == 1 {
        return; // `cargo bench` passes an argument; this is `cargo test --all-targets`, which has no use for figures
    }
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let threads = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(2);
    let rows: [Row; 4] =
        [("one by one", one_by_one), ("pairs", pairs), ("running", running), ("merges", merges)];
    if let Some((name, graph)) = arguments.get(1).and_then(|n| rows.iter().find(|row| row.0 == n)) {
        let runtime = Runtime::builder().num_threads(threads).build().expect("threads start");
        let graph = graph();
        let (start, clock) = (resident("VmRSS"), Instant::now());
        let value = runtime.compute(&graph).expect("nothing fails");
        let peak = (resident("VmHWM") - start) as f64 / 1024.0;
        println!(
            "{name:<12} {peak:>8.1} MB over the start, {:>7.0} ms ({value})",
            clock.elapsed().as_secs_f64() * 1e3
        );
        return;
    }
    println!("{VALUES} values of {} MB on {threads} threads", SIZE >> 20);
    for (name, _) in rows {
        let program = std::env::current_exe().expect("a bench is a file");
        let run = std::process::Command::new(program).args([&threads.to_string(), name]).status();
        assert!(run.expect("it starts again").success());
    }
}
