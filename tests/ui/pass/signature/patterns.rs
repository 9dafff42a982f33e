//! Parameters that are patterns.

use lazy_runtime::prelude::*;

#[derive(Clone)]
struct Point {
    x: f64,
    y: f64,
}

#[delayed]
fn add((a, b): (i32, i32)) -> i32 {
    a + b
}

#[delayed]
fn sorted(mut xs: Vec<i32>) -> Vec<i32> {
    xs.sort();
    xs
}

#[delayed]
fn ignore(_: u8, _unused: u8) {}

#[delayed]
fn length(Point { x, y }: Point) -> f64 {
    x.hypot(y)
}

#[delayed]
fn length_of(Point { x, y }: &Point) -> f64 {
    x.hypot(*y)
}

#[delayed]
fn first([first, ..]: [i32; 3]) -> i32 {
    first
}

#[delayed]
fn whole(all @ (a, _): (i32, i32)) -> (i32, (i32, i32)) {
    (a, all)
}

#[delayed]
fn raw(r#type: i32, ref x: i32) -> i32 {
    r#type + x
}

// A parameter called like the function, and one called like what the macro makes.
#[delayed]
fn same(same: i32, __arg0: i32, arg0: i32) -> i32 {
    same + __arg0 + arg0
}

#[delayed]
fn r#match(x: i32) -> i32 {
    if x > 0 { r#match(x - 1) } else { 0 }
}

fn main() {
    let point = Point { x: 3.0, y: 4.0 };
    assert_eq!(add((1, 2)).compute().unwrap(), 3);
    assert_eq!(sorted(vec![2, 1]).compute().unwrap(), [1, 2]);
    assert_eq!(ignore(1, 2).compute().unwrap(), ());
    assert_eq!(length(point.clone()).compute().unwrap(), 5.0);
    assert_eq!(length_of(point).compute().unwrap(), 5.0);
    assert_eq!(first([1, 2, 3]).compute().unwrap(), 1);
    assert_eq!(whole((1, 2)).compute().unwrap(), (1, (1, 2)));
    assert_eq!(raw(1, 2).compute().unwrap(), 3);
    assert_eq!(same(1, 2, 3).compute().unwrap(), 6);
    assert_eq!(r#match(2).compute().unwrap(), 0);
    assert_eq!(r#match(2).name(), "match");
}
