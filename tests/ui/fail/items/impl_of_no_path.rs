use lazy_runtime::prelude::*;

trait Shape {}

#[delayed]
impl dyn Shape {
    fn describe(&self) -> String {
        String::new()
    }
}

struct Empty;

#[delayed]
impl Empty {}

fn main() {}
