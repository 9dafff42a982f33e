//! One shape, one length of bodies, one number of threads: build, run and drop apart, beside the yardsticks.

use lazy_runtime::Runtime;
use rayon::ThreadPool;

use crate::common::clock::{Span, median, timed};
use crate::common::options::Options;
use crate::common::shape::{SHAPES, Shape};
use crate::common::table::figure;
use crate::common::{body, flat, resident, runtime};

pub(crate) const COLUMNS: [(&str, &str); 15] = [
    ("shape", ""),
    ("body", "us"),
    ("threads", ""),
    ("nodes", ""),
    ("build", "ns CPU"),
    ("prep+run", "ns CPU"),
    ("drop", "ns CPU"),
    ("whole", "ns CPU"),
    ("run", "ns wall"),
    ("over", "% CPU"),
    ("memory", "B/node"),
    ("hand", "ns CPU"),
    ("rayon", "ns CPU"),
    ("rayon", "ns wall"),
    ("rayon", "% over"),
];

/// Measures a row in this process, which does nothing else.
pub(crate) fn cells(options: &Options) -> Vec<String> {
    let key = options.text("row").unwrap_or_default();
    let (us, threads) = (options.or("us", 0u64), options.or("threads", 1));
    body::set_iterations(options.or("iterations", 0));
    let shape = Shape::of_key(key, options.or("nodes", 1_000_000));
    let bench = Bench { runtime: runtime(threads), pool: flat::pool(threads), threads, us, shape };
    let all: Vec<_> = (0..super::repetitions(options)).map(|_| bench.once()).collect();
    bench.row(key, &all)
}

struct Bench {
    runtime: Runtime,
    pool: ThreadPool,
    threads: usize,
    us: u64,
    shape: Shape,
}

/// One repetition.
struct Once {
    build: Span,
    run: Span,
    down: Span,
    hand: Span,
    rayon: Span,
    bodies: Span,
    /// The most resident memory over that at the start, in bytes: right the first time only.
    bytes: f64,
}

impl Once {
    /// What the processors did beyond the bodies, in per cent of these.
    fn over(&self, run: Span) -> f64 {
        (run.cpu / self.bodies.cpu - 1.0) * 100.0
    }
}

impl Bench {
    fn once(&self) -> Once {
        let start = resident::now();
        let (last, build) = timed(|| self.shape.build());
        let (value, run) = timed(|| self.runtime.compute(&last).expect("nothing fails"));
        let bytes = resident::peak() - start;
        let ((), down) = timed(|| drop(last));
        let (by_hand, hand) = timed(|| self.shape.by_hand());
        let (by_rayon, rayon) = timed(|| self.shape.by_rayon(&self.pool));
        assert_eq!((value, by_rayon), (by_hand, by_hand));
        Once { build, run, down, hand, rayon, bodies: self.bodies(), bytes }
    }

    /// The bodies alone, on as many threads as the shape can use.
    fn bodies(&self) -> Span {
        let threads = if self.shape.is_sequential { 1 } else { self.threads.max(1) };
        if self.us == 0 { Span::NONE } else { body::alone(self.shape.len(), threads) }
    }

    fn row(&self, key: &str, all: &[Once]) -> Vec<String> {
        let n = self.shape.len() as f64;
        let of = |figure: fn(&Once) -> f64| median(all.iter().map(figure));
        // A short graph is a page or two, which tells nothing about its nodes.
        let bytes = if self.us == 0 { all[0].bytes / n } else { f64::NAN };
        let name = SHAPES.iter().find(|(shape, _)| *shape == key).map_or(key, |(_, name)| name);
        let counts = [name.to_owned(), self.us.to_string(), self.threads.to_string()];
        let figures = [
            of(|once| once.build.cpu) / n,
            of(|once| once.run.cpu) / n,
            of(|once| once.down.cpu) / n,
            of(|once| once.build.cpu + once.run.cpu + once.down.cpu) / n,
            of(|once| once.run.wall) / n,
            of(|once| once.over(once.run)),
            bytes,
            of(|once| once.hand.cpu) / n,
            of(|once| once.rayon.cpu) / n,
            of(|once| once.rayon.wall) / n,
            of(|once| once.over(once.rayon)),
        ];
        let nodes = self.shape.len().to_string();
        counts.into_iter().chain([nodes]).chain(figures.map(figure)).collect()
    }
}
