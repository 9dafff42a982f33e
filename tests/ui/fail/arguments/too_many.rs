use lazy_runtime::prelude::*;

#[delayed]
fn exponent(x: i64, y: u32) -> i64 {
    x.pow(y)
}

fn main() {
    let _ = exponent(4, 5, 6);
}
