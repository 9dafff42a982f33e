use lazy_runtime::prelude::*;

#[delayed]
fn count(line: &str) -> usize {
    line.len()
}

#[delayed]
fn total(xs: Vec<f64>) -> f64 {
    xs.iter().sum()
}

#[delayed]
fn mean(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len() as f64
}

fn main() {
    let counts: Vec<Delayed<usize>> = ["a", "b"].into_iter().map(count).collect();
    let _ = total(counts.clone());
    let _ = mean(counts);
}
