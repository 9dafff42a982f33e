use lazy_runtime::prelude::*;

#[delayed]
pub const fn double(x: i64) -> i64 {
    2 * x
}

fn main() {
    let _: Delayed<i64> = double(4);
}
