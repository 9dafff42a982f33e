//! The errors of the body, and none for the callers of that function or of another.

use lazy_runtime::prelude::*;

#[delayed]
fn broken(x: i64, line: &str) -> i64 {
    let y: i64 = line;
    x + unknown(y)
}

#[delayed]
fn sound(x: i64) -> i64 {
    x + 1
}

fn main() -> Result<(), lazy_runtime::Error> {
    let x = sound(broken(4, "5"));
    println!("{}", (x + 1).compute()?);
    Ok(())
}
