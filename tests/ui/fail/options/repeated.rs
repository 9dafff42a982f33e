use lazy_runtime::prelude::*;

#[delayed(name = "plus one", retries = 3, name = "increment")]
fn increment(x: i64) -> i64 {
    x + 1
}

#[delayed(retries = 3)]
#[delayed(name = "minus one")]
fn decrement(x: i64) -> i64 {
    x - 1
}

fn main() {
    let _ = (increment(1), decrement(1));
}
