use lazy_runtime::prelude::*;

#[delayed]
unsafe extern "C" fn sum(count: usize, rest: ...) -> i64 {
    count as i64
}

fn main() {
    let _: Delayed<i64> = sum(1);
}
