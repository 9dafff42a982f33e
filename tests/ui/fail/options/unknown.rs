use lazy_runtime::prelude::*;

#[delayed(nmae = "plus one")]
fn increment(x: i64) -> i64 {
    x + 1
}

#[delayed(retry = 3)]
fn decrement(x: i64) -> i64 {
    x - 1
}

#[delayed(memoize)]
fn double(x: i64) -> i64 {
    2 * x
}

fn main() {
    let _ = (increment(1), decrement(1), double(1));
}
