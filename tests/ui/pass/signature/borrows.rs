//! Borrowed parameters, with and without lifetimes.

use lazy_runtime::prelude::*;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

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
    assert_eq!(length("a", String::from("b"), "c").compute().unwrap(), 3);
    let _: Delayed<usize> = same_lifetime("a", "b");
    assert_eq!(statically("a", &["b"][..]).compute().unwrap(), 2);
    let _: Delayed<usize> = words(vec!["a"], vec![String::new()]);
    let _: Delayed<PathBuf> = name(PathBuf::from("a"));
    let _: Delayed<i64> = look_up(HashMap::new(), String::from("a"));
    let _: Delayed<String> = apply(str::trim as fn(&str) -> &str, " a ");
}

#[delayed]
fn delayed_vec() -> Vec<f64> {
    vec![1.0]
}
