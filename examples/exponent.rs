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
//! x is Delayed("exponent-d2dd35c1e33b8f1a00000000000000a1")
//! x computes to 1024
//! z computes to 1073741824, in 3 tasks
//! drawn to /work/lazy/target/exponent.svg
//! ```

use std::env;
use std::path::{Path, PathBuf};

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
    let path = env::args_os().nth(1).map_or_else(default_path, PathBuf::from);
    z.visualize().rankdir(RankDir::LR).save(&path)?;
    println!("drawn to {}", path.display());
    Ok(())
}

/// `target/exponent.svg` in this workspace, wherever the example is started from.
fn default_path() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target");
    target.join("exponent.svg")
}
