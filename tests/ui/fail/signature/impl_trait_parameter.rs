use lazy_runtime::prelude::*;
use std::fmt::Display;

#[delayed]
fn total(xs: impl Iterator<Item = u64> + Clone) -> u64 {
    xs.sum()
}

#[delayed]
fn join<T: Clone>(first: T, rest: &[impl Display]) -> String {
    rest.iter().map(|x| x.to_string()).collect()
}

fn main() {
    let _: Delayed<u64> = total(vec![1, 2].into_iter());
    let _: Delayed<String> = join(1, vec![2, 3]);
}
