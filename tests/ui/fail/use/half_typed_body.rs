//! A body that does not even parse: the compiler's own error, and none for the callers.

use lazy_runtime::prelude::*;

#[delayed]
fn half_typed(x: i64) -> i64 {
    let y = x.
}

fn main() -> Result<(), lazy_runtime::Error> {
    println!("{}", (half_typed(4) + 1).compute()?);
    Ok(())
}
