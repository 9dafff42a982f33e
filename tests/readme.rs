//! The README and the guide show what the examples are, and the pictures that the project draws.

use std::path::{Path, PathBuf};
use std::{env, fs};

use lazy_runtime::prelude::*;
use lazy_runtime::{Color, RankDir};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is above its member")
}

/// Compares a picture with the committed one; `PICTURES=overwrite` writes it instead.
fn assert_committed(name: &str, svg: &str) {
    let path = root().join("docs").join(name);
    if env::var_os("PICTURES").is_some_and(|value| value == "overwrite") {
        fs::write(&path, svg).expect("docs can be written");
    }
    let committed = fs::read_to_string(&path).expect("the picture is committed");
    assert_eq!(
        committed, svg,
        "draw docs/{name} again with `PICTURES=overwrite cargo test -p tests --test readme`"
    );
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn double(x: i64) -> i64 {
    2 * x
}

#[delayed]
fn add(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn exponent(x: i64, y: u32) -> i64 {
    x.pow(y)
}

#[delayed(pure)]
fn load(station: u64) -> Vec<f64> {
    (0..1000).map(|i| (i * station % 7) as f64).collect()
}

#[delayed(pure)]
fn mean(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len() as f64
}

#[delayed(pure)]
fn spread(xs: &[f64], mean: f64) -> f64 {
    (xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / xs.len() as f64).sqrt()
}

#[test]
fn the_pictures_of_the_readme_are_what_is_drawn() {
    let total: Delayed<i64> = (1..=5).map(|x| add(inc(x), double(x))).sum();
    assert_committed("total.svg", &total.visualize().to_svg());

    let x = exponent(4, 5);
    let z = &x * exponent(&x, 2);
    assert_committed("exponent.svg", &z.visualize().rankdir(RankDir::LR).to_svg());
}

/// Those that a run does not change; the others are from a run of an example.
#[test]
fn the_pictures_of_the_guide_are_what_is_drawn() {
    let found = spread(load(3), mean(load(3)));
    assert_committed("pure.svg", &found.visualize().rankdir(RankDir::LR).to_svg());

    let total: Delayed<i64> = (1..=5).map(|x| add(inc(x), double(x))).sum();
    let order = total.visualize().color(Color::Order).collapse_outputs(true);
    assert_committed("order.svg", &order.to_svg());
}

#[test]
fn the_pictures_of_runs_show_what_is_said_of_them() {
    let read = |name| fs::read_to_string(root().join("docs").join(name)).expect("it is committed");
    let cache = read("cache.svg");
    let nodes = |class, name| cache.matches(&format!("<g class=\"{class}\"><title>{name}")).count();
    assert_eq!((nodes("t0", "accuracy"), nodes("t1", "accuracy")), (4, 2));
    assert_eq!((nodes("data", "train"), nodes("t1", "train")), (4, 2));
    assert!(read("timeline.svg").contains("fit: 20 tasks"));
    assert!(read("time.svg").contains("thick: the longest path"));
}

/// The targets of `[text](target)` that are files, in a text that lies in this folder.
fn linked_files(folder: &Path, name: &str) -> Vec<PathBuf> {
    let text = fs::read_to_string(folder.join(name)).expect("it is there");
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    let files = targets.filter(|target| !target.is_empty() && !target.contains(':'));
    files.map(|file| folder.join(file)).collect()
}

#[test]
fn links_lead_to_files() {
    let docs = root().join("docs");
    for (folder, name) in [(root(), "README.md"), (&docs, "keeping.md"), (&docs, "watching.md")] {
        let files = linked_files(folder, name);
        assert!(files.len() >= 3, "{name} links {files:?}");
        for file in files {
            assert!(file.is_file(), "{name} links {}, which is not there", file.display());
        }
    }
}

#[test]
fn the_program_of_the_readme_is_the_example() {
    let without_space = |text: &str| text.split_whitespace().collect::<String>();
    let readme = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let example =
        fs::read_to_string(root().join("examples/total.rs")).expect("there is an example");
    let (_, program) = example.split_once("//! The program of the README.").expect("it says so");
    assert!(without_space(&readme).contains(&without_space(program)));
}
