use lazy_runtime::prelude::*;

#[delayed]
fn mean(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len() as f64
}

#[delayed]
fn count(line: &str) -> usize {
    line.len()
}

fn main() {
    let xs = vec![1.0, 2.0];
    let _ = mean(&xs);
    let line = String::from("a b");
    let _ = count(&line);
}
