use lazy_runtime::prelude::*;

#[delayed]
struct Point {
    x: f64,
}

#[delayed]
pub enum Shape {
    Round,
}

#[delayed]
const LIMIT: usize = 4;

#[delayed]
type Points = Vec<Point>;

#[delayed]
mod points {
    pub fn none() {}
}

#[delayed]
use std::collections::HashMap;

fn main() {
    let points: Points = vec![Point { x: 1.0 }];
    let table: HashMap<usize, f64> = points.iter().map(|point| (LIMIT, point.x)).collect();
    let _ = (table, Shape::Round, points::none());
}
