//! `eager` also gives the plain function.
#![deny(warnings, missing_docs)]

use lazy_runtime::prelude::*;

/// The factorial: the recursion inside is the plain call.
#[delayed(eager = "factorial_now")]
pub fn factorial(n: u64) -> u64 {
    if n == 0 { 1 } else { n * factorial(n - 1) }
}

/// Borrows, patterns, generics, and a parameter called like the plain function.
#[delayed(eager = "plain")]
pub fn lazy<'a, T: Clone + Send + Sync + 'static>(
    xs: &'a [T],
    (a, b): (i32, i32),
    mut plain: Vec<i32>,
    lazy: usize,
    _: u8,
) -> (Vec<T>, i32) {
    plain.push(a + b);
    (xs[..lazy].to_vec(), plain.iter().sum())
}

/// Fails.
#[delayed(eager = "parse_now")]
#[deprecated = "use `str::parse`"]
pub fn parse(line: &str) -> Result<i64, std::num::ParseIntError> {
    line.parse()
}

fn main() {
    assert_eq!(factorial_now(5), 120);
    assert_eq!(factorial(5).compute().unwrap(), 120);
    assert_eq!(plain(&["a", "b"], (1, 2), vec![3], 1, 0), (vec!["a"], 6));
    assert_eq!(lazy(vec!["a", "b"], (1, 2), vec![3], 1, 0).compute().unwrap(), (vec!["a"], 6));
}
