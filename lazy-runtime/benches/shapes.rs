//! Overhead per task on five graph shapes, through the public API, beside a hand-written executor of the same shape.
//!
//! `cargo bench -p lazy-runtime --bench shapes -- [nodes] [threads] [repetitions] [iterations]`; each row is the median of the
//! repetitions, in nanoseconds a node, phases apart. `iterations` of a multiplication make up a body (about 600 a microsecond). Bytes
//! are the peak of resident memory over the start, a node, on the first repetition; memory that an earlier row freed is used
//! again, so they are right for the first row of a process only: `-- ... W4` runs one shape alone. By hand: one pass over flat
//! arrays on one thread, without a scheduler.

#![allow(clippy::print_stdout, missing_docs, reason = "a bench prints its table")]

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use lazy_runtime::prelude::*;
use lazy_runtime::{Runtime, Scheduler};

const K: u64 = 0x9E37_79B9_7F4A_7C15;

static ITERATIONS: AtomicU64 = AtomicU64::new(0);

fn mix(a: u64, b: u64) -> u64 {
    (a ^ b).wrapping_mul(K)
}

/// The body of every task: that many dependent multiplications.
fn work(mut x: u64) -> u64 {
    for _ in 0..ITERATIONS.load(Relaxed) {
        x = (x ^ (x >> 31)).wrapping_mul(K);
    }
    x
}

#[delayed]
fn root(id: u64) -> u64 {
    work(id + 1)
}
#[delayed]
fn one(id: u64, a: u64) -> u64 {
    work(mix(id + 1, a))
}
#[delayed]
fn two(id: u64, a: u64, b: u64) -> u64 {
    work(mix(mix(id + 1, a), b))
}
#[delayed]
fn four(id: u64, a: u64, b: u64, c: u64, d: u64) -> u64 {
    work(mix(mix(mix(mix(id + 1, a), b), c), d))
}
#[delayed]
fn many(id: u64, values: Vec<u64>) -> u64 {
    work(values.into_iter().fold(id + 1, mix))
}

/// A graph as lists of dependencies, to build from and to check against.
struct Shape {
    name: &'static str,
    starts: Vec<u32>,
    edges: Vec<u32>,
}

impl Shape {
    fn new(name: &'static str, nodes: impl Iterator<Item = Vec<u32>>) -> Self {
        let (mut starts, mut edges) = (vec![0], vec![]);
        for dependencies in nodes {
            edges.extend(dependencies);
            starts.push(edges.len() as u32);
        }
        Shape { name, starts, edges }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn of(&self, node: usize) -> &[u32] {
        &self.edges[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    /// The hand-written executor: one pass over flat arrays.
    fn by_hand(&self) -> u64 {
        let mut values = vec![0u64; self.len()];
        for node in 0..self.len() {
            let first = node as u64 + 1;
            values[node] =
                work(self.of(node).iter().fold(first, |x, &d| mix(x, values[d as usize])));
        }
        values[self.len() - 1]
    }

    fn build(&self) -> Delayed<u64> {
        let mut nodes: Vec<Delayed<u64>> = Vec::with_capacity(self.len());
        for node in 0..self.len() {
            let id = node as u64;
            let at = |i: usize| &nodes[self.of(node)[i] as usize];
            let made = match self.of(node).len() {
                0 => root(id),
                1 => one(id, at(0)),
                2 => two(id, at(0), at(1)),
                4 => four(id, at(0), at(1), at(2), at(3)),
                n => many(id, (0..n).map(at).collect::<Vec<_>>()),
            };
            nodes.push(made);
        }
        nodes.pop().expect("a shape has nodes")
    }
}

fn tree(name: &'static str, leaves: usize, fan_in: usize) -> Shape {
    let mut nodes = vec![vec![]; leaves];
    let mut level: Vec<u32> = (0..leaves as u32).collect();
    while level.len() > 1 {
        let mut next = vec![];
        for group in level.chunks(fan_in) {
            next.push(nodes.len() as u32);
            nodes.push(group.to_vec());
        }
        level = next;
    }
    Shape::new(name, nodes.into_iter())
}

fn chain(n: usize) -> Shape {
    Shape::new("W1 chain", (0..n as u32).map(|i| if i == 0 { vec![] } else { vec![i - 1] }))
}

fn wavefront(n: usize) -> Shape {
    let side = (n as f64).sqrt() as usize;
    let node = move |k: usize| {
        let above = (k >= side).then(|| (k - side) as u32);
        let left = (!k.is_multiple_of(side)).then(|| (k - 1) as u32);
        above.into_iter().chain(left).collect()
    };
    Shape::new("W4 wavefront", (0..side * side).map(node))
}

fn layers(n: usize) -> Shape {
    let side = (n as f64).sqrt() as usize;
    let mut state = 12345u64;
    let mut random = move || {
        state = state.wrapping_add(K);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (z ^ (z >> 27)) % side as u64
    };
    let mut nodes: Vec<Vec<u32>> = vec![vec![]; side];
    for layer in 1..side {
        for j in 0..side {
            let before = ((layer - 1) * side) as u32;
            let mut dependencies = vec![before + j as u32];
            while dependencies.len() < 4 {
                let other = before + random() as u32;
                if !dependencies.contains(&other) {
                    dependencies.push(other);
                }
            }
            nodes.push(dependencies);
        }
    }
    let last = nodes.len() as u32;
    nodes.push((last - side as u32..last).collect());
    Shape::new("W5 layers", nodes.into_iter())
}

fn cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

fn status(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(shape: &Shape, runtime: &Runtime, repetitions: usize) {
    let n = shape.len() as f64;
    let expected = shape.by_hand();
    let [mut build, mut run, mut wall, mut down, mut hand] = [const { Vec::new() }; 5];
    let mut bytes = 0.0;
    for repetition in 0..repetitions {
        let start = status("VmRSS");
        let t0 = cpu_ns();
        let last = shape.build();
        let t1 = cpu_ns();
        let w1 = Instant::now();
        let value = runtime.compute(&last).expect("nothing fails");
        let (t2, w2) = (cpu_ns(), w1.elapsed());
        if repetition == 0 {
            bytes = status("VmHWM").saturating_sub(start) as f64 / n;
        }
        assert_eq!(value, expected);
        let t3 = cpu_ns();
        drop(last);
        let t4 = cpu_ns();
        std::hint::black_box(shape.by_hand());
        let t5 = cpu_ns();
        build.push((t1 - t0) as f64 / n);
        run.push((t2 - t1) as f64 / n);
        wall.push(w2.as_nanos() as f64 / n);
        down.push((t4 - t3) as f64 / n);
        hand.push((t5 - t4) as f64 / n);
    }
    let (build, run, down) = (median(build), median(run), median(down));
    println!(
        "{:<13} {:>9} {:>7.1} {:>8.1} {:>8.1} {:>6.1} {:>7.1} {:>7.0} {:>8.1}",
        shape.name,
        shape.len(),
        build,
        run,
        median(wall),
        down,
        build + run + down,
        bytes,
        median(hand),
    );
}

fn main() {
    if std::env::args().len() == 1 {
        return; // `cargo bench` passes an argument; this is `cargo test --all-targets`, which has no use for figures
    }
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let mut number =
        |default: usize| arguments.next().and_then(|a| a.parse().ok()).unwrap_or(default);
    let (nodes, threads, repetitions) = (number(1_000_000), number(1), number(5));
    ITERATIONS.store(number(0) as u64, Relaxed);
    let only = std::env::args().skip(1).find(|argument| argument.starts_with('W'));
    let builder = Runtime::builder().num_threads(threads);
    let runtime = match threads {
        0 => builder.scheduler(Scheduler::Synchronous).build(),
        _ => builder.build(),
    };
    let runtime = runtime.expect("threads start");
    println!("{runtime:?}, ns of CPU a node (wall: ns a node), median of {repetitions}");
    println!("shape             nodes   build  prep+run    wall   drop   whole   bytes  by hand");
    let shapes: [(&str, &dyn Fn() -> Shape); 5] = [
        ("W1", &|| chain(nodes)),
        ("W2", &|| tree("W2 fan-in 16", nodes, 16)),
        ("W3", &|| tree("W3 binary", nodes.next_power_of_two(), 2)),
        ("W4", &|| wavefront(nodes)),
        ("W5", &|| layers(nodes)),
    ];
    for (name, make) in shapes {
        if only.as_deref().is_none_or(|only| only == name) {
            measure(&make(), &runtime, repetitions);
        }
    }
}
