//! Several models, fitted in parallel, and a last one that learns when to believe which of them; and what `persist` is
//! good for.
//!
//! Three trees and two naive Bayes models vote on each sample, and the last model learns from the votes. It must not be told
//! by models that know the answer, so each votes on a third of the samples after it was fitted to the others:
//!
//! ```text
//! samples -> split -> fit (5 models for each third) -> vote -> table -> stack -> fit (the last model) -+
//!     |                                                                                                +-> score
//!     +-> fit (5 models) -> vote on new samples -> table ----------------------------------------------+
//! ```
//!
//! ```text
//! cargo run --release -p examples --features models --example ensemble
//! ```
//!
//! How many of the five should vote? Four numbers are tried, one after the other, as one does who looks at each answer
//! before the next question. Look at how many models are fitted for that: by `compute` alone all of them, each time; after
//! `persist`, the last ones alone. (A single `compute` of all four answers would fit each model once as well.) In the folder that it
//! names, `timeline.svg` shows what each worker did, and `time.svg` which tasks took long. It prints:
//!
//! ```text
//! each model alone:
//!   tree                     0.753
//!   tree, columns 0 and 1    0.710
//!   tree, columns 2 and 3    0.586
//!   naive Bayes              0.668
//!   naive Bayes, squares     0.725
//!
//! compute: 56 tasks for each answer
//!   2 votes                  0.738
//!   3 votes                  0.759
//!   4 votes                  0.769
//!   5 votes                  0.776
//!   84 models fitted in 125.7ms
//!
//! persist: 20 models fitted in 27.2ms
//! drawn to /home/you/lazy/target/ensemble
//! compute: 2 tasks for each answer
//!   2 votes                  0.738
//!   3 votes                  0.759
//!   4 votes                  0.769
//!   5 votes                  0.776
//!   4 models fitted in 6.3ms
//! ```

use std::fs;
use std::path::Path;
use std::time::Instant;

use lazy_runtime::diagnostics::Profiler;
use lazy_runtime::prelude::*;
use lazy_runtime::{Color, Error, RankDir, Runtime};
use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use linfa_bayes::{GaussianNb, NaiveBayesError};
use linfa_trees::DecisionTree;
use ndarray::{Array1, Array2, ArrayView1, Axis, ShapeError, concatenate, s};

/// Rows of numbers, and which of two classes each is in.
#[derive(Clone)]
struct Samples {
    records: Array2<f64>,
    targets: Votes,
}

/// A class for each sample: what is true of it, or what a model says.
type Votes = Array1<bool>;

/// Samples that are in a ring, as two of the columns have it, or above a line, as two others have it; but three in a hundred
/// are in the wrong class.
#[delayed]
fn generate(seed: u64, n_rows: usize) -> Samples {
    let mut uniform = uniform(seed);
    let records = Array2::from_shape_simple_fn((n_rows, 6), || 2.0 * uniform() - 1.0);
    let in_ring = |row: ArrayView1<f64>| (0.1..0.6).contains(&(row[0] * row[0] + row[1] * row[1]));
    let above = |row: ArrayView1<f64>| row[2] + row[3] > 0.8;
    let rows = records.rows().into_iter().map(|row| in_ring(row) || above(row));
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

/// All samples but one third, and that third.
#[delayed]
fn split(samples: &Samples, third: usize) -> (Samples, Samples) {
    let rows = 0..samples.targets.len();
    let (apart, rest) = rows.partition::<Vec<_>, _>(|row| row % 3 == third);
    let select = |rows: &[usize]| Samples {
        records: samples.records.select(Axis(0), rows),
        targets: samples.targets.select(Axis(0), rows),
    };
    (select(&rest), select(&apart))
}

/// What a model looks at.
#[derive(Clone, Copy)]
enum Sees {
    All,
    /// Every column, squared.
    Squares,
    /// The columns from the first of these to before the second.
    Columns(usize, usize),
}

impl Sees {
    fn of(self, samples: &Samples) -> Array2<f64> {
        match self {
            Sees::All => samples.records.clone(),
            Sees::Squares => samples.records.mapv(|x| x * x),
            Sees::Columns(from, to) => samples.records.slice(s![.., from..to]).to_owned(),
        }
    }
}

/// What a model is: a tree of some depth, or naive Bayes.
#[derive(Clone, Copy)]
enum Kind {
    Tree(usize),
    Bayes,
}

const KINDS: [(&str, Kind, Sees); 5] = [
    ("tree", Kind::Tree(6), Sees::All),
    ("tree, columns 0 and 1", Kind::Tree(6), Sees::Columns(0, 2)),
    ("tree, columns 2 and 3", Kind::Tree(6), Sees::Columns(2, 4)),
    ("naive Bayes", Kind::Bayes, Sees::All),
    ("naive Bayes, squares", Kind::Bayes, Sees::Squares),
];

/// A fitted model.
enum Model {
    Tree(DecisionTree<f64, bool>, Sees),
    Bayes(GaussianNb<f64, bool>, Sees),
}

/// Beside the block, its methods are there for `Delayed<Model>`, under the same names.
#[delayed]
impl Model {
    fn fit(samples: &Samples, kind: Kind, sees: Sees) -> Result<Model, NaiveBayesError> {
        let data = DatasetBase::new(sees.of(samples), samples.targets.view());
        Ok(match kind {
            Kind::Tree(depth) => {
                let params = DecisionTree::params().max_depth(Some(depth));
                Model::Tree(params.fit(&data.with_weights(weights(&samples.targets)))?, sees)
            }
            Kind::Bayes => Model::Bayes(GaussianNb::params().fit(&data)?, sees),
        })
    }

    fn vote(&self, samples: &Samples) -> Votes {
        match self {
            Model::Tree(tree, sees) => tree.predict(&sees.of(samples)),
            Model::Bayes(bayes, sees) => bayes.predict(&sees.of(samples)),
        }
    }

    /// Which part of the samples it puts into their class.
    fn score(&self, samples: &Samples) -> f64 {
        let votes = self.vote(samples);
        let right = votes.iter().zip(&samples.targets).filter(|(vote, class)| vote == class);
        right.count() as f64 / samples.targets.len() as f64
    }
}

/// Where both classes weigh the same in a leaf, the library takes the one that comes first in a hash map. So that trees do not
/// differ from run to run, one class weighs a little more.
fn weights(targets: &Votes) -> Array1<f32> {
    targets.mapv(|class| if class { 1.0 + 1.0 / 1024.0 } else { 1.0 })
}

/// The votes of all models as samples for the last one: a column for each model.
#[delayed]
fn table(votes: &[Votes], samples: &Samples) -> Samples {
    let vote = |(row, model): (usize, usize)| f64::from(u8::from(votes[model][row]));
    let records = Array2::from_shape_fn((samples.targets.len(), votes.len()), vote);
    Samples { records, targets: samples.targets.clone() }
}

/// Puts the samples of all thirds below each other.
#[delayed]
fn stack(thirds: &[Samples]) -> Result<Samples, ShapeError> {
    let records: Vec<_> = thirds.iter().map(|third| third.records.view()).collect();
    let targets: Vec<_> = thirds.iter().map(|third| third.targets.view()).collect();
    Ok(Samples {
        records: concatenate(Axis(0), &records)?,
        targets: concatenate(Axis(0), &targets)?,
    })
}

/// What the models vote on `check`, when they are fitted to `learn`.
fn votes(learn: &Delayed<Samples>, check: &Delayed<Samples>) -> Delayed<Samples> {
    let votes = KINDS.map(|(_, kind, sees)| Delayed::<Model>::fit(learn, kind, sees).vote(check));
    table(Vec::from(votes), check)
}

/// What the last model learns from, and what it is checked with.
type Votings = (Delayed<Samples>, Delayed<Samples>);

/// Nothing runs here.
fn all_votes(samples: &Delayed<Samples>, new: &Delayed<Samples>) -> Votings {
    let of_third = |third| {
        let (rest, apart) = split(samples, third).unzip();
        votes(&rest, &apart)
    };
    let thirds: Vec<_> = (0..3).map(of_third).collect();
    (stack(thirds), votes(samples, new))
}

/// The score of a last model that learns from the votes of so many.
fn last_model((learn, check): &Votings, n_voters: usize) -> Delayed<f64> {
    Delayed::<Model>::fit(learn, Kind::Bayes, Sees::Columns(0, n_voters)).score(check)
}

/// How many models vote.
const VOTERS: [usize; 4] = [2, 3, 4, 5];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let profiler = Profiler::new();
    let runtime = Runtime::builder().observer(profiler.clone()).build()?;
    let (samples, new) = runtime.persist(&(generate(1, 1500), generate(2, 2000)))?;
    print_alone(&samples, &new, &runtime)?;

    let votings = all_votes(&samples, &new);
    println!("\ncompute: {} tasks for each answer", last_model(&votings, 1).graph().n_tasks());
    let by_compute = ask(&votings, &runtime, &profiler)?;

    let begin = Instant::now();
    profiler.clear();
    let kept = runtime.persist(&votings)?;
    println!("\npersist: {} models fitted in {:.1?}", n_fitted(&profiler), begin.elapsed());
    save_pictures(&votings, &profiler)?;
    println!("compute: {} tasks for each answer", last_model(&kept, 1).graph().n_tasks());
    let by_persist = ask(&kept, &runtime, &profiler)?;

    assert_eq!(by_compute, by_persist);
    Ok(())
}

fn print_alone(
    samples: &Delayed<Samples>,
    new: &Delayed<Samples>,
    runtime: &Runtime,
) -> Result<(), Error> {
    let score = |(_, kind, sees)| Delayed::<Model>::fit(samples, kind, sees).score(new);
    println!("each model alone:");
    for ((name, ..), score) in KINDS.iter().zip(runtime.compute(&KINDS.map(score))?) {
        println!("  {name:<24} {score:.3}");
    }
    Ok(())
}

/// Asks for one score after the other.
fn ask(votings: &Votings, runtime: &Runtime, profiler: &Profiler) -> Result<[f64; 4], Error> {
    let begin = Instant::now();
    profiler.clear();
    let mut scores = [0.0; 4];
    for (score, n) in scores.iter_mut().zip(VOTERS) {
        *score = runtime.compute(&last_model(votings, n))?;
        println!("  {n} votes                  {score:.3}");
    }
    println!("  {} models fitted in {:.1?}", n_fitted(profiler), begin.elapsed());
    Ok(scores)
}

fn n_fitted(profiler: &Profiler) -> usize {
    profiler.report().row("fit").map_or(0, |row| row.count)
}

/// What each worker did, and a part of the graph in colours of how long each task took.
fn save_pictures(votings: &Votings, profiler: &Profiler) -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target").join("ensemble");
    fs::create_dir_all(&folder)?;
    profiler.save(folder.join("timeline.svg"))?;
    let graph = votings.1.visualize().rankdir(RankDir::LR).collapse_outputs(true);
    graph.profile(profiler).color(Color::Time).save(folder.join("time.svg"))?;
    println!("drawn to {}", folder.display());
    Ok(())
}
