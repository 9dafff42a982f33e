//! The first steps: an ordinary function made lazy, a graph of three tasks, and its picture.
//!
//! ```text
//! cargo run -p examples --example exponent               # draws to target/exponent.svg
//! cargo run -p examples --example exponent -- power.svg  # .svg and .dot; .png and .pdf with Graphviz
//! ```
//!
//! It prints:
//!
//! ```text
//! x is Delayed("exponent-979664d47482aa2c35be839a5bb2ab21")
//! x computes to 1024
//! z computes to 1073741824, in 3 tasks
//! drawn to /home/you/lazy/target/exponent.svg
//! ```

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use lazy_runtime::RankDir;
use lazy_runtime::prelude::*;

/// An ordinary function. The attribute makes a call of it a task: described now, run later.
#[delayed]
fn exponent(x: i64, y: u32) -> i64 {
    x.pow(y)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Nothing runs here: `x` is a handle of the call, not its result.
    let x = exponent(4, 5);
    println!("x is {x:?}");

    // Now it runs.
    println!("x computes to {}", x.compute()?);

    // A handle can be an argument, which makes one task depend on another, and it has operators.
    // Borrowed with `&`, it can be used again: `z` needs both `x` and `y`, and `y` needs `x`.
    let y = exponent(&x, 2);
    let z = &x * &y;
    println!("z computes to {}, in {} tasks", z.compute()?, z.graph().n_tasks());

    // Circles are tasks, boxes are their results.
    let path = env::args_os().nth(1).map(PathBuf::from).map_or_else(default_path, Ok)?;
    z.visualize().rankdir(RankDir::LR).save(&path)?;
    println!("drawn to {}", path.display());
    Ok(())
}

/// `target/exponent.svg` in this workspace, wherever the example is started.
fn default_path() -> io::Result<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target");
    fs::create_dir_all(&target)?;
    Ok(target.join("exponent.svg"))
}
