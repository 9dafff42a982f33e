//! Task Bench: grids of tasks with the dependences of its eleven patterns, and how short tasks may be before half of the time is lost.
//!
//! Slaughter and others, "Task Bench: A Parameterized Benchmark for Evaluating Parallel Runtime Performance", SC20. Its measure is
//! METG(50 %), the minimum effective task granularity: the shortest mean task (wall time x threads / tasks) at which the kernels
//! still run at half of the rate they reach alone.
//!
//! `cargo bench -p lazy-runtime --bench task_bench -- [width=..] [steps=..] [threads=..] [repetitions=..] [only=fft,tree]`. Task Bench
//! takes as many columns as there are cores; here are some more by default, as a program that cuts its work into tasks has.
//! Counted is what a compute takes, preparation included, in the column *run*; in the column *whole* also what it takes one thread
//! to build and drop the graph. Each task checks that it got exactly what its pattern says.

#![allow(clippy::print_stdout, reason = "a bench prints its tables")]

#[path = "../common/mod.rs"]
mod common;
mod grid;
mod metg;
mod pattern;

use common::body;
use common::clock::{median, timed};
use common::options::{Options, cores};
use common::table::{Table, figure};
use common::{flat, runtime};
use grid::Grid;
use lazy_runtime::Runtime;
use metg::Series;
use pattern::PATTERNS;
use rayon::ThreadPool;

const COLUMNS: [(&str, &str); 10] = [
    ("pattern", ""),
    ("tasks", ""),
    ("dependences", "mean"),
    ("METG run", "us"),
    ("METG whole", "us"),
    ("overhead", "ns at METG run"),
    ("empty task", "ns x threads"),
    ("build+drop", "ns wall"),
    ("METG rayon", "us"),
    ("empty rayon", "ns x threads"),
];

/// Microseconds of the kernel that each series begins with.
const LONGEST: f64 = 8.0;

fn main() {
    let known = ["width", "steps", "threads", "repetitions", "only"];
    let Some(options) = Options::given(&known) else { return };
    let (width, steps) = (options.or("width", 16), options.or("steps", 1000));
    let threads = options.or("threads", cores()).max(1);
    let bench = Bench {
        runtime: runtime(threads),
        pool: flat::pool(threads),
        threads,
        repetitions: options.or("repetitions", 5),
        longest: (body::iterations_per_us() * LONGEST) as u64,
    };
    let title = format!(
        "task_bench: {width} columns x {steps} steps on {threads} threads, best of {}",
        bench.repetitions
    );
    let table = Table::new(&title, 19, &COLUMNS);
    for (name, pattern) in PATTERNS.iter().filter(|(name, _)| options.wants(name)) {
        let cells = bench.figures(Grid::forever(*pattern, width, steps)).map(figure);
        table.row([(*name).to_owned()].into_iter().chain(cells));
    }
}

struct Bench {
    runtime: Runtime,
    pool: ThreadPool,
    threads: usize,
    repetitions: usize,
    /// Iterations of the kernel that a series begins with.
    longest: u64,
}

impl Bench {
    fn figures(&self, grid: &'static Grid) -> [f64; 9] {
        let around = median((0..self.repetitions).map(|_| around(grid)));
        let series = Series::new(grid.len(), self.threads, self.repetitions, self.longest);
        let ends = grid.build();
        let ours = series.halve(|| {
            let (values, took) = timed(|| self.runtime.compute(&ends).expect("nothing fails"));
            assert!(grid.is_result(&values));
            took.wall
        });
        let rayon = series.halve(|| timed(|| grid.shape.by_rayon(&self.pool)).1.wall);
        // With bodies of the length that the last run had, which is none.
        assert_eq!(grid.shape.by_rayon(&self.pool), grid.shape.by_hand());
        let metg = series.metg(&ours, 0.0);
        let empty = |points: &[_]| series.granularity(points[points.len() - 1], 0.0);
        [
            grid.len() as f64,
            grid.mean_dependences(),
            metg / 1e3,
            series.metg(&ours, around) / 1e3,
            metg / 2.0,
            empty(&ours),
            around / grid.len() as f64,
            series.metg(&rayon, 0.0) / 1e3,
            empty(&rayon),
        ]
    }
}

/// Nanoseconds on the wall that the graph takes to be built, and dropped without having run.
fn around(grid: &'static Grid) -> f64 {
    let (ends, build) = timed(|| grid.build());
    build.wall + timed(|| drop(ends)).1.wall
}
