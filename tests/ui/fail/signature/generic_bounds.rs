use lazy_runtime::prelude::*;

#[delayed]
fn last<T: Clone>(xs: Vec<T>) -> Option<T> {
    xs.last().cloned()
}

#[delayed]
fn made<T: Default + Send + Sync>() -> T {
    T::default()
}

#[delayed]
fn show<T: std::fmt::Debug>(x: &T) -> String {
    format!("{x:?}")
}

fn main() {
    let _ = last(vec![1, 2]);
    let _ = made::<f64>();
    let _ = show(4);
}
