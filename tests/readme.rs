//! The README shows what the examples are, and the pictures that the project draws.

use std::path::Path;
use std::{env, fs};

use lazy_runtime::RankDir;
use lazy_runtime::prelude::*;

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

#[test]
fn the_pictures_of_the_readme_are_what_is_drawn() {
    let total: Delayed<i64> = (1..=5).map(|x| add(inc(x), double(x))).sum();
    assert_committed("total.svg", &total.visualize().to_svg());

    let x = exponent(4, 5);
    let z = &x * exponent(&x, 2);
    assert_committed("exponent.svg", &z.visualize().rankdir(RankDir::LR).to_svg());
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
