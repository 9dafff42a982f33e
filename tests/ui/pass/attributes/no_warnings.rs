//! The expansion gives no warning of its own.
#![deny(warnings, missing_docs, unused, unreachable_pub, unused_qualifications, missing_debug_implementations)]
#![deny(clippy::all, rust_2018_idioms, single_use_lifetimes, unused_lifetimes, let_underscore_drop)]

use lazy_runtime::prelude::*;

/// A model.
#[derive(Clone, Debug)]
pub struct Model {
    weights: Vec<f64>,
}

/// Adds.
#[delayed]
pub fn add(a: i32, b: i32) -> i32 {
    a + b
}

/// Joins.
#[delayed(eager = "join_now", name = "join", retries = 2)]
#[must_use]
pub fn join<T: Send + Sync + std::fmt::Debug + 'static>(xs: &[T], by: &str, _count: usize) -> String {
    format!("{xs:?}{by}")
}

/// Parses.
#[delayed]
#[must_use = "parsing has no effect but its result"]
#[allow(clippy::too_many_arguments)]
#[expect(unused_variables, reason = "kept for later")]
#[inline]
#[cold]
pub fn parse(line: &str, unused: i32) -> Result<i64, std::num::ParseIntError> {
    line.parse()
}

#[delayed]
impl Model {
    /// Fits.
    pub fn fit(data: &[f64], rate: f64) -> Self {
        Model { weights: data.iter().map(|x| x * rate).collect() }
    }

    /// Scores.
    #[must_use]
    pub fn score(&self, data: &[f64]) -> f64 {
        self.weights[0] + data[0]
    }

    /// Converts.
    pub fn into_weights(self) -> Vec<f64> {
        self.weights
    }

    /// Makes one.
    pub fn new() -> Self {
        Self::fit(&[], 0.0)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    #[expect(unused_variables, reason = "kept for later")]
    fn private(&self, count: usize) {}
}

impl Default for Model {
    fn default() -> Self {
        Self::new()
    }
}

fn main() {
    let sum = add(1, 2);
    let _unused = add(sum, 3);
    let _unused = join::<i32>(vec![1], ", ", 2);
    let _unused = join_now::<i32>(&[1], ", ", 2);
    let _unused = parse("4", 5);
    let _unused = Delayed::<Model>::fit(vec![1.0], 0.1).score(vec![2.0]);
}
