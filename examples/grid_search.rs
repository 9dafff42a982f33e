//! A grid search that trains no tree twice: not in one run, not in the next, and not when the grid has changed.
//!
//! Decision trees of several depths and leaf sizes are cross-validated on generated samples: each is trained on all folds
//! but one and checked on that one. The best is then trained on all folds, and held against samples that none has seen. `train` and
//! `accuracy` are cached on disk, so the program finds what it has trained before, also when it was another process that
//! did.
//!
//! ```text
//! cargo run --release -p examples --features models --example grid_search                       # trains 46 trees
//! cargo run --release -p examples --features models --example grid_search                       # trains none
//! cargo run --release -p examples --features models --example grid_search -- --depths 2,4,8,15  # trains 15
//! ```
//!
//! Look at the number of trees that each of the three trains; at `profile.html`, where each is a bar; and at `graph.svg`, whose
//! colours tell what came from disk. Once you have changed the body of `train`, all are trained anew. The first prints:
//!
//! ```text
//! depth   leaf   accuracy   worst and best fold
//!     2      1      0.604   0.540 and 0.660
//!     2      5      0.603   0.540 and 0.660
//!     2     20      0.605   0.540 and 0.667
//!     4      1      0.671   0.657 and 0.703
//!     4      5      0.674   0.653 and 0.703
//!     4     20      0.681   0.667 and 0.703
//!     8      1      0.788   0.763 and 0.833
//!     8      5      0.789   0.757 and 0.823
//!     8     20      0.814   0.787 and 0.827
//!
//! best: depth 8, leaf 20: cross-validated 0.814; trained on all and held against new samples 0.805
//! trees trained: 46, in 152.8ms
//! kept on disk: 92 results in 46 KiB
//! drawn to /home/you/lazy/target/grid_search/profile.html and /home/you/lazy/target/grid_search/graph.svg
//! ```

mod program;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fmt, fs};

use lazy_runtime::diagnostics::{Profiler, ProgressBar};
use lazy_runtime::prelude::*;
use lazy_runtime::{Color, RankDir, Runtime};
use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use linfa_trees::DecisionTree;
use ndarray::{Array1, Array2, ArrayView1, Axis};
use program::Arguments;

type Tree = DecisionTree<f64, bool>;

/// What is searched through.
#[derive(Clone, Copy, Tokenize)]
struct Params {
    depth: usize,
    /// The fewest samples that a leaf may stand for.
    leaf: usize,
}

/// Rows of numbers, and which of two classes each is in.
#[derive(Clone)]
struct Samples {
    records: Array2<f64>,
    targets: Array1<bool>,
}

const N_COLUMNS: usize = 6;

/// Samples in two classes: within a ring or not, as two of the columns have it; one in ten is in the wrong class.
///
/// It is `pure`, and so has one key in every process: without that, nothing made of it could be found again.
#[delayed(pure)]
fn generate(seed: u64, n_rows: usize) -> Samples {
    let mut uniform = uniform(seed);
    let records = Array2::from_shape_simple_fn((n_rows, N_COLUMNS), || 2.0 * uniform() - 1.0);
    let in_ring = |row: ArrayView1<f64>| (0.2..0.7).contains(&(row[0] * row[0] + row[1] * row[1]));
    let rows = records.rows().into_iter().map(in_ring);
    let targets = rows.map(|class| class != (uniform() < 0.1)).collect();
    Samples { records, targets }
}

/// Numbers between 0 and 1, the same for the same seed (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// All folds but one, to learn from, and that one, to check with.
#[delayed(pure)]
fn split(samples: &Samples, fold: usize, n_folds: usize) -> (Samples, Samples) {
    let rows = 0..samples.targets.len();
    let (check, learn) = rows.partition::<Vec<_>, _>(|row| row % n_folds == fold);
    let select = |rows: &[usize]| Samples {
        records: samples.records.select(Axis(0), rows),
        targets: samples.targets.select(Axis(0), rows),
    };
    (select(&learn), select(&check))
}

/// How many trees this process has trained.
static TRAINED: AtomicUsize = AtomicUsize::new(0);

/// Trains a tree: the work that is worth keeping.
#[delayed(cache = "disk")]
fn train(samples: &Samples, params: Params) -> Result<Tree, linfa::Error> {
    TRAINED.fetch_add(1, Ordering::Relaxed);
    // Where both classes weigh the same in a leaf, the library takes the one that comes first in a hash map. So that trees
    // do not differ from run to run, one class weighs a little more.
    let weights = samples.targets.mapv(|class| if class { 1.0 + 1.0 / 1024.0 } else { 1.0 });
    let data = DatasetBase::new(samples.records.view(), samples.targets.view());
    Tree::params()
        .max_depth(Some(params.depth))
        .min_weight_leaf(params.leaf as f32)
        .fit(&data.with_weights(weights))
}

/// Which part of the samples the tree puts into their class. Where this is found, the tree is not even read.
#[delayed(cache = "disk")]
fn accuracy(tree: &Tree, samples: &Samples) -> f64 {
    let found = tree.predict(&samples.records);
    let right = found.iter().zip(&samples.targets).filter(|(found, class)| found == class).count();
    right as f64 / samples.targets.len() as f64
}

/// The accuracy on each fold, for each of the parameters. Nothing runs here.
fn cross_validate(
    samples: &Delayed<Samples>,
    grid: &[Params],
    n_folds: usize,
) -> Vec<Vec<Delayed<f64>>> {
    let folds: Vec<_> = (0..n_folds).map(|fold| split(samples, fold, n_folds).unzip()).collect();
    let of_params = |&params: &Params| {
        folds.iter().map(|(learn, check)| accuracy(train(learn, params), check)).collect()
    };
    grid.iter().map(of_params).collect()
}

fn main() -> ExitCode {
    program::start("grid_search", USAGE, Options::parse, run)
}

fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let profiler = Profiler::new();
    let runtime = Runtime::builder()
        .cache_dir(&options.cache)
        .observer(profiler.clone())
        .observer(ProgressBar::new())
        .build()?;

    let begin = Instant::now();
    let (samples, grid) = (generate(1, options.rows), options.grid());
    let scores = cross_validate(&samples, &grid, options.folds);
    let found = runtime.compute(&scores)?;
    let rows: Vec<_> = grid.into_iter().zip(found).map(Row::new).collect();
    print_table(&rows);

    let best = best(&rows);
    let tree = train(&samples, best.params);
    let unseen = runtime.compute(&accuracy(&tree, generate(2, options.rows)))?;
    println!("\nbest: {best}; trained on all and held against new samples {unseen:.3}");

    print_work(&runtime, begin.elapsed());
    save_pictures(options, &profiler, &scores)
}

fn print_work(runtime: &Runtime, time: Duration) {
    match TRAINED.load(Ordering::Relaxed) {
        0 => println!("trees trained: none, in {time:.1?}"),
        count => println!("trees trained: {count}, in {time:.1?}"),
    }
    let usage = runtime.cache().disk_usage();
    println!("kept on disk: {} results in {} KiB", usage.entries, usage.bytes.div_ceil(1024));
}

fn save_pictures(
    options: &Options,
    profiler: &Profiler,
    scores: &Vec<Vec<Delayed<f64>>>,
) -> Result<(), Box<dyn std::error::Error>> {
    let (page, graph) = (options.out.join("profile.html"), options.out.join("graph.svg"));
    fs::create_dir_all(&options.out)?;
    profiler.save(&page)?;
    // Turned and without boxes, so that many trees have room.
    let picture = scores.visualize().rankdir(RankDir::LR).collapse_outputs(true);
    picture.profile(profiler).color(Color::Cache).save(&graph)?;
    println!("drawn to {} and {}", page.display(), graph.display());
    Ok(())
}

/// What was found for some parameters.
struct Row {
    params: Params,
    mean: f64,
    /// From the worst fold to the best.
    range: (f64, f64),
}

impl Row {
    fn new((params, scores): (Params, Vec<f64>)) -> Row {
        let widen = |(low, high): (f64, f64), score: &f64| (low.min(*score), high.max(*score));
        let range = scores.iter().fold((1.0, 0.0), widen);
        Row { params, mean: scores.iter().sum::<f64>() / scores.len() as f64, range }
    }
}

fn print_table(rows: &[Row]) {
    println!("depth   leaf   accuracy   worst and best fold");
    for Row { params, mean, range: (low, high) } in rows {
        println!("{:>5}  {:>5}      {mean:.3}   {low:.3} and {high:.3}", params.depth, params.leaf);
    }
}

/// The row with the highest mean; of equals, the first.
fn best(rows: &[Row]) -> &Row {
    let (first, rest) = rows.split_first().expect("no list of the grid is empty");
    rest.iter().fold(first, |best, row| if row.mean > best.mean { row } else { best })
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Params { depth, leaf } = self.params;
        write!(f, "depth {depth}, leaf {leaf}: cross-validated {:.3}", self.mean)
    }
}

const USAGE: &str = "\
Cross-validates decision trees, and keeps what it trains.

usage: grid_search [--depths N,N] [--leaves N,N] [--folds N] [--rows N] [--cache DIR] [--out DIR]

  --depths N,N  how deep trees may be; 2,4,8 by default
  --leaves N,N  the fewest samples in a leaf; 1,5,20 by default
  --folds N     each tree is trained on all parts of the data but one of so many; 5 by default
  --rows N      how many samples there are; 1500 by default
  --cache DIR   where results are kept; target/grid_search/cache by default
  --out DIR     where profile.html and graph.svg go; target/grid_search by default";

/// What the command line asks for.
struct Options {
    depths: Vec<usize>,
    leaves: Vec<usize>,
    folds: usize,
    rows: usize,
    cache: PathBuf,
    out: PathBuf,
}

impl Options {
    fn parse(mut arguments: Arguments) -> Result<Options, String> {
        let out = program::folder("grid_search");
        let mut options = Options {
            depths: vec![2, 4, 8],
            leaves: vec![1, 5, 20],
            folds: 5,
            rows: 1500,
            cache: out.join("cache"),
            out,
        };
        while let Some(name) = arguments.next() {
            let value = program::value(&mut arguments, &name)?;
            match name.as_str() {
                "--depths" => options.depths = numbers(&value)?,
                "--leaves" => options.leaves = numbers(&value)?,
                "--folds" => options.folds = number(&value)?,
                "--rows" => options.rows = number(&value)?,
                "--cache" => options.cache = value.into(),
                "--out" => options.out = value.into(),
                _ => return Err(format!("there is no option {name}")),
            }
        }
        match options.folds {
            2.. if options.folds <= options.rows => Ok(options),
            _ => Err("there are two folds at least, and a row for each".to_owned()),
        }
    }

    fn grid(&self) -> Vec<Params> {
        let of_depth = |&depth| self.leaves.iter().map(move |&leaf| Params { depth, leaf });
        self.depths.iter().flat_map(of_depth).collect()
    }
}

fn numbers(text: &str) -> Result<Vec<usize>, String> {
    text.split(',').map(number).collect()
}

fn number(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err(format!("expected a number from 1, found {text:?}")),
    }
}
