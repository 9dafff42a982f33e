use lazy_runtime::prelude::*;

#[delayed]
fn main() {
    println!("hello");
}
