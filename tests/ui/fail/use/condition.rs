use lazy_runtime::prelude::*;

#[delayed]
fn is_even(x: i64) -> bool {
    x % 2 == 0
}

fn main() {
    if is_even(4) {
        println!("even");
    }
    while is_even(4) {}
}
