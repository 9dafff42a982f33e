use lazy_runtime::prelude::*;

#[delayed]
extern "C" fn add(a: i32, b: i32) -> i32 {
    a + b
}

fn main() {
    let _: Delayed<i32> = add(1, 2);
}
