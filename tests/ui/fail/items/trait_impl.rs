use lazy_runtime::prelude::*;

trait Shape {
    fn area(&self) -> f64;
}

struct Square(f64);

#[delayed]
impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}

fn main() {
    let _: f64 = Square(1.0).area();
}
