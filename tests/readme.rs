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
    let guide = ["keeping.md", "watching.md", "frames.md", "polars.md", "methods.md"];
    let pages = guide.iter().map(|page| (&*docs, *page)).chain([(root(), "README.md")]);
    for (folder, name) in pages {
        let files = linked_files(folder, name);
        assert!(!files.is_empty(), "{name} links no file");
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

/// What stands between a fence and the next, without what is hidden in the documentation.
fn block<'a>(text: &'a str, fence: &str) -> Vec<&'a str> {
    let (_, block) = text.split_once(fence).unwrap_or_else(|| panic!("there is no {fence}"));
    let lines = block.lines().skip(1).take_while(|line| !line.starts_with("```"));
    lines.filter(|line| !line.starts_with("# ")).collect()
}

/// The guide's program is run, and what it prints is compared, where there is Polars: in the documentation of `lazy-frame`.
#[test]
fn the_frames_of_the_readme_are_those_of_the_guide() {
    let read = |name: &str| fs::read_to_string(root().join(name)).expect("it is there");
    let (readme, guide) = (read("README.md"), read("docs/frames.md"));
    let (_, readme) = readme.split_once("\n## Frames\n").expect("there is a section");
    assert_eq!(block(readme, "```rs"), block(&guide, "```rust"));
    let printed = block(readme, "```text");
    assert_eq!(printed, block(&guide, "```text"));
    let expected = printed.join("\n# ");
    assert!(guide.contains(&expected), "the guide's program does not compare what it prints");
}

/// Methods that a table names, `.like(this)`, but for those of expressions.
fn named_methods(table: &str) -> Vec<&str> {
    let rows = table.lines().filter_map(|line| line.split(" | ").nth(1));
    let spans = rows.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let ours =
        spans.filter(|span| ["df.", "Frame::", "a.", "."].iter().any(|s| span.starts_with(s)));
    let calls =
        ours.flat_map(|span| span.split(['.', ':']).filter_map(|part| part.split_once('(')));
    calls
        .map(|(name, _)| name)
        .filter(|name| name.chars().all(|c| c.is_alphanumeric() || c == '_'))
        .collect()
}

#[test]
fn the_methods_in_the_table_are_there() {
    let table = fs::read_to_string(root().join("docs/methods.md")).expect("it is there");
    let mut sources = String::new();
    let mut folders = vec![root().join("lazy-frame/src"), root().join("lazy-runtime/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("it can be listed").path();
            match path.is_dir() {
                true => folders.push(path),
                false => sources += &fs::read_to_string(path).unwrap_or_default(),
            }
        }
    }
    let methods = named_methods(&table);
    assert!(methods.len() > 80, "{methods:?}");
    for method in methods {
        // A function, or a line of the macros that make aggregations.
        let made = ["fn {}(", "fn {}<", "any {}", "numeric {}", "    {},\n", "    {}\n"];
        let made = made.map(|made| made.replace("{}", method));
        assert!(made.iter().any(|made| sources.contains(made)), "there is no method `{method}`");
    }
}
