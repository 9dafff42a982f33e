use lazy_runtime::prelude::*;

#[delayed]
fn last<T: Clone>(xs: Vec<T>) -> Option<T> {
    xs.last().cloned()
}

#[delayed]
fn made<T: Default + Send + Sync>() -> T {
    T::default()
}

fn main() {
    let _ = last(vec![1, 2]);
}
