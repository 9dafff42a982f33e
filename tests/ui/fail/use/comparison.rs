use lazy_runtime::prelude::*;

#[delayed]
fn double(x: i64) -> i64 {
    2 * x
}

fn main() {
    let d = double(2);
    let e = double(2);
    let _ = d == e;
    let _ = d == 4;
    let _ = d < e;
}
