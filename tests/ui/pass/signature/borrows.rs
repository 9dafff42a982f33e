//! Borrowed parameters, with and without lifetimes.

use lazy_runtime::prelude::*;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
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
fn mean(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len() as f64
}

#[delayed]
fn length<'a, 'b>(one: &'a str, other: &'b str, third: &str) -> usize {
    one.len() + other.len() + third.len()
}

#[delayed]
fn same_lifetime<'a>(one: &'a str, other: &'a str) -> usize {
    let longer: &'a str = if one.len() > other.len() { one } else { other };
    longer.len()
}

#[delayed]
fn statically(word: &'static str, words: &'static [&'static str]) -> usize {
    word.len() + words.len()
}

#[delayed]
fn words(words: &[&'static str], owned: &[String]) -> usize {
    words.len() + owned.len()
}

#[delayed]
fn name(path: &Path) -> PathBuf {
    path.to_owned()
}

#[delayed]
fn area(shape: &dyn Shape, factor: f64, name: &str) -> f64 {
    shape.area() * factor + name.len() as f64
}

#[delayed]
fn areas(shapes: &[Box<dyn Shape>]) -> f64 {
    shapes.iter().map(|shape| shape.area()).sum()
}

#[delayed]
fn look_up(table: &HashMap<String, i64>, key: &String) -> i64 {
    table.get(key).copied().unwrap_or(0)
}

#[delayed]
fn apply(f: fn(&str) -> &str, x: &str) -> String {
    f(x).to_owned()
}

fn main() {
    let xs: Delayed<Vec<f64>> = delayed_vec();
    let _: Delayed<f64> = mean(vec![1.0, 2.0]);
    let _: Delayed<f64> = mean(&xs);
    let _: Delayed<f64> = mean(xs);
    let _: Delayed<usize> = length("a", String::from("b"), "c");
    let _: Delayed<usize> = same_lifetime("a", "b");
    let _: Delayed<usize> = statically("a", &["b"][..]);
    let _: Delayed<usize> = words(vec!["a"], vec![String::new()]);
    let _: Delayed<PathBuf> = name(PathBuf::from("a"));
    let _: Delayed<f64> = area(Arc::new(Square(2.0)) as Arc<dyn Shape>, 2.0, "square");
    let _: Delayed<f64> = areas(vec![Box::new(Square(1.0)) as Box<dyn Shape>]);
    let _: Delayed<i64> = look_up(HashMap::new(), String::from("a"));
    let _: Delayed<String> = apply(str::trim as fn(&str) -> &str, " a ");
}

#[delayed]
fn delayed_vec() -> Vec<f64> {
    vec![1.0]
}
