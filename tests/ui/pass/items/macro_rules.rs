//! Functions and blocks that `macro_rules!` makes.

use lazy_runtime::prelude::*;

macro_rules! delayed_functions {
    ($($(#[$attr:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),*) -> $result:ty $body:block)*) => {$(
        $(#[$attr])*
        #[delayed]
        $vis fn $name($($arg: $ty),*) -> $result $body
    )*};
}

delayed_functions! {
    /// Adds.
    pub fn add(a: i32, b: i32) -> i32 { a + b }
    fn mean(xs: &[f64], name: &'static str) -> f64 { xs.len() as f64 + name.len() as f64 }
    fn parse(line: &str) -> Result<i64, std::num::ParseIntError> { line.parse() }
}

macro_rules! conversions {
    ($($name:ident $ty:ty),*) => {$(
        #[delayed(name = "convert")]
        fn $name(x: $ty, rest: Vec<$ty>) -> Option<$ty> {
            let first = rest.first()?;
            Some(x + first)
        }
    )*};
}

conversions!(as_i32 i32, as_f64 f64);

macro_rules! model {
    ($name:ident, $ty:ty, $label:literal) => {
        #[derive(Clone)]
        struct $name($ty);

        #[delayed]
        impl $name {
            #[delayed(name = $label)]
            fn score(&self, x: $ty) -> $ty {
                self.0 * x
            }

            fn fit(data: &[$ty]) -> Self {
                $name(data[0])
            }
        }
    };
}

model!(Linear, f64, "linear score");
model!(Whole, i64, "whole score");

fn main() {
    let sum = add(1, 2);
    let _: Delayed<i32> = add(&sum, sum.clone());
    let _: Delayed<f64> = mean(vec![1.0], "a");
    let _: Delayed<i64> = parse("4");
    let _: Delayed<Option<i32>> = as_i32(1, vec![2]);
    let _: Delayed<Option<f64>> = as_f64(1.0, vec![2.0]);
    let score: Delayed<f64> = Delayed::<Linear>::fit(vec![1.0]).score(2.0);
    assert_eq!((score.name(), score.compute().unwrap()), ("linear score", 2.0));
    let _: Delayed<i64> = Delayed::<Whole>::fit(vec![1]).score(2);
}
