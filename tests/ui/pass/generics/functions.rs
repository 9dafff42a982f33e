//! Type and const parameters, bounds and where clauses, with and without turbofish.

use lazy_runtime::prelude::*;
use std::fmt::Debug;
use std::iter::Sum;

#[delayed]
fn sum<T: Sum<T> + Clone + Send + Sync + 'static>(xs: Vec<T>) -> T {
    xs.into_iter().sum()
}

#[delayed]
fn show<T>(x: &T) -> String
where
    T: Debug + Send + Sync + 'static,
{
    format!("{x:?}")
}

#[delayed]
fn same<T: Clone + Send + Sync + 'static>(x: T) -> T {
    x
}

#[delayed]
fn filled<T, const N: usize>(x: T) -> [T; N]
where
    T: Copy + Send + Sync + 'static,
{
    [x; N]
}

#[delayed]
fn convert<A, B>(x: A) -> Result<B, B::Error>
where
    A: Clone + Send + Sync + 'static,
    B: TryFrom<A, Error: std::error::Error + Send + Sync + 'static> + Send + Sync + 'static,
{
    B::try_from(x)
}

#[delayed]
fn apply<F, T>(f: F, x: T) -> T
where
    F: for<'a> Fn(&'a T) -> T + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    f(&x)
}

#[delayed]
fn mixed<'a, 'b, T: Debug + Send + Sync + 'static, const N: usize>(
    xs: &'a [T],
    name: &'b str,
    counts: [usize; N],
) -> String {
    format!("{name} {xs:?} {counts:?}")
}

fn main() {
    let one: Delayed<f64> = same(1.0);
    let _: Delayed<f64> = sum(vec![one.clone(), one.clone()]);
    let _: Delayed<i32> = sum(vec![1, 2, 3]);
    let _: Delayed<u8> = sum::<u8>(vec![1, 2, 3]);
    let _: Delayed<String> = show(one.clone());
    let _: Delayed<String> = show::<f64>(&one);
    let _: Delayed<f64> = same::<f64>(&one);
    let _: Delayed<[f64; 3]> = filled::<f64, 3>(&one);
    let _: Delayed<[f64; 3]> = filled(1.0);
    assert!(convert::<i64, u8>(300).compute().is_err());
    let double = |x: &f64| x * 2.0;
    let _: Delayed<f64> = apply::<_, f64>(double, 1.0);
    let mixed: Delayed<String> = mixed::<f64, 2>(vec![1.0], "a", [1, 2]);
    assert_eq!(mixed.compute().unwrap(), "a [1.0] [1, 2]");
}
