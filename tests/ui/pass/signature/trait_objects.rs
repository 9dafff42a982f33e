//! Borrowed trait objects.

use lazy_runtime::prelude::*;
use std::sync::Arc;

trait Shape: Send + Sync {
    fn area(&self) -> f64;
}

struct Square(f64);

impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}

#[delayed]
fn area(shape: &dyn Shape, factor: f64, name: &str) -> f64 {
    shape.area() * factor + name.len() as f64
}

#[delayed]
fn larger(one: &(dyn Shape + Send), other: &(dyn Shape + 'static)) -> f64 {
    one.area().max(other.area())
}

#[delayed]
fn areas(shapes: &[Box<dyn Shape>]) -> f64 {
    shapes.iter().map(|shape| shape.area()).sum()
}

fn main() {
    let shape: Arc<dyn Shape> = Arc::new(Square(2.0));
    let node = delayed(shape.clone());
    assert_eq!(area(shape.clone(), 2.0, "square").compute().unwrap(), 14.0);
    let small: Box<dyn Shape + Send> = Box::new(Square(1.0));
    assert_eq!(larger(small, shape.clone()).compute().unwrap(), 4.0);
    assert_eq!(area(&node, 2.0, "square").compute().unwrap(), 14.0);
    assert_eq!(areas(vec![Box::new(Square(1.0)) as Box<dyn Shape>]).compute().unwrap(), 1.0);
}
