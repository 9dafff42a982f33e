//! The names, argument orders and meanings that programs are written against: caching, limits and watching, as one program.

use std::time::Duration;

use lazy_runtime::diagnostics::{Observer, Profiler, ProgressBar};
use lazy_runtime::prelude::*;
use lazy_runtime::{Color, ComputeOptions, Error, RankDir, Result, Runtime, Scheduler};
use serde::{Deserialize, Serialize};

#[delayed(pure, name = "tree-sum")]
fn sum<T: std::iter::Sum<T> + Clone + Send + Sync + Tokenize + 'static>(xs: Vec<T>) -> T {
    xs.into_iter().sum()
}

#[delayed(cache)]
fn features(path: &str, k: usize) -> Result<Vec<f64>, std::io::Error> {
    match path {
        "" => Err(std::io::Error::other("no path")),
        path => Ok(vec![k as f64; path.len()]),
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tokenize, HeapSize)]
struct Forest {
    trees: Vec<f64>,
}

#[delayed(cache = "disk")]
fn train(xs: Vec<f64>, depth: u32) -> Forest {
    Forest { trees: xs.into_iter().map(|x| x * f64::from(depth)).collect() }
}

#[derive(Clone)]
struct Model {
    weights: Vec<f64>,
}

#[delayed]
impl Model {
    #[delayed(cache, size = Model::bytes)]
    fn fit(data: &[f64], rate: f64) -> Model {
        Model { weights: data.iter().map(|x| x * rate).collect() }
    }

    #[delayed(skip)]
    fn bytes(model: &Model) -> usize {
        model.weights.capacity() * 8
    }

    fn score(&self, data: &[f64]) -> f64 {
        self.weights.iter().zip(data).map(|(w, x)| w * x).sum()
    }
}

struct Quiet;

impl Observer for Quiet {}

#[test]
fn a_program_keeps_and_watches() -> Result<()> {
    let dir = tempfile::tempdir().expect("there is a folder for temporary files");
    let profiler = Profiler::new();
    let rt = Runtime::builder()
        .num_threads(2)
        .scheduler(Scheduler::Threads)
        .cache_bytes(2 << 30)
        .cache_dir(dir.path().join("lazy-cache"))
        .memory_limit(8 << 30)
        .spill_dir(dir.path().join("spill"))
        .observer(ProgressBar::new())
        .observer(profiler.clone())
        .observer(Quiet)
        .build()?;

    let forest = train(features("a.csv", 3), 2);
    assert_eq!(rt.compute(&forest)?.trees, [6.0; 5]);
    let kept = rt.persist(&forest)?;
    assert_eq!(kept.graph().n_tasks(), 0);
    let handle = rt.spawn(&forest);
    assert_eq!(handle.join()?.trees.len(), 5);

    let stats = rt.cache().stats();
    assert_eq!((stats.hits, stats.misses), (2, 2));
    assert_eq!((stats.entries, stats.evicted), (1, 0));
    assert!(stats.bytes > 40, "{stats}");
    rt.cache().clear();
    assert_eq!(rt.cache().stats().entries, 0);

    let total = sum(vec![delayed(1), delayed(2)]);
    assert_eq!(rt.install(|| total.compute())?, 3);
    let model = Delayed::<Model>::fit(vec![1.0, 2.0], 0.5);
    let options = ComputeOptions::new().collect_errors(true).timeout(Duration::from_secs(5));
    assert_eq!(rt.compute_with(&model.score(vec![2.0, 2.0]), options)?, 3.0);
    assert!(matches!(rt.compute(&features("", 1)), Err(Error::Task(_))));

    let report = profiler.report().to_string();
    assert!(report.contains("train") && report.contains("features"), "{report}");
    for page in ["profile.html", "profile.svg", "profile.json"] {
        profiler.save(dir.path().join(page))?;
    }
    for color in [Color::Order, Color::Time, Color::Bytes, Color::Cache] {
        let picture = forest.visualize().rankdir(RankDir::LR).profile(&profiler).color(color);
        picture.save(dir.path().join("hot.svg"))?;
    }
    Ok(())
}
