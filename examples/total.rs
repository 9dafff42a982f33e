//! The program of the README.

use lazy_runtime::prelude::*;

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

fn main() -> lazy_runtime::Result<()> {
    let total: Delayed<i64> = (1..=5).map(|x| add(inc(x), double(x))).sum();
    println!("{total:?} has {} tasks", total.graph().n_tasks());
    total.visualize().save("total.svg")?; // nothing has run yet
    println!("{}", total.compute()?); // now it has, on all cores
    Ok(())
}
