use lazy_runtime::prelude::*;

#[delayed]
trait Shape {
    fn area(&self) -> f64;
}

trait Solid {
    #[delayed]
    fn volume(&self) -> f64;

    #[delayed]
    fn weight(&self) -> f64 {
        self.volume()
    }
}

struct Cube(f64);

impl Shape for Cube {
    fn area(&self) -> f64 {
        6.0 * self.0 * self.0
    }
}

impl Solid for Cube {
    fn volume(&self) -> f64 {
        self.0 * self.0 * self.0
    }
}

fn main() {
    let _: f64 = Cube(1.0).area() + Cube(1.0).weight();
}
