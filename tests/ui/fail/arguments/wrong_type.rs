use lazy_runtime::prelude::*;

#[delayed]
fn exponent(x: i64, y: u32) -> i64 {
    x.pow(y)
}

#[delayed]
fn mean(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len() as f64
}

fn main() {
    let _ = exponent(4, "five");
    let _ = exponent(4, delayed(5_i64));
    let _ = mean(4.0);
    let _ = mean(delayed(vec![1_i64]));
}
