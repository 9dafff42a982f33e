use lazy_runtime::prelude::*;

#[delayed(pure)]
fn a(x: i64) -> i64 {
    x
}

#[delayed(cache)]
fn b(x: i64) -> i64 {
    x
}

#[delayed(cache = "disk", retries = 2)]
fn c(x: i64) -> i64 {
    x
}

fn main() {
    let _ = (a(1), b(1), c(1));
}
