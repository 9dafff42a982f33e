//! One error for the function, none for its callers.

use lazy_runtime::prelude::*;
use std::collections::BTreeMap;

#[delayed(retrys = 3)]
fn count(words: &[String], by: usize) -> Result<BTreeMap<String, usize>, String> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word.clone()).or_insert(0) += by;
    }
    Ok(counts)
}

#[delayed]
fn largest(counts: &BTreeMap<String, usize>) -> usize {
    counts.values().copied().max().unwrap_or(0)
}

fn main() -> Result<(), lazy_runtime::Error> {
    let words = delayed(vec![String::from("a")]);
    let counts = count(&words, 5_000_000_000);
    let parts = vec![count(&words, 1), count(vec![String::new()], 2)];
    println!("{}", largest(&counts).compute()? + parts.len());
    println!("{}", (largest(counts) + 1).compute()?);
    Ok(())
}
