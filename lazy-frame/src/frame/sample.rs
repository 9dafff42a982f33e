//! Rows that chance chooses.

use std::panic::Location;

use super::Frame;
use crate::ops::sample::Sample;

impl Frame {
    /// About this `fraction` of the rows, from 0 to 1, in their order: each is taken with that probability, independently.
    ///
    /// A seed fixes which, for a frame with the same partitions; without one (`None`), one is drawn now, so that two computations agree.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => (0..1000).collect::<Vec<i32>>()]?, 4);
    /// let tenth = frame.sample(0.1, 7).compute()?;
    /// assert!((60..140).contains(&tenth.height()));
    /// assert_eq!(frame.sample(0.1, 7).compute()?, tenth);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn sample(&self, fraction: f64, seed: impl Into<Option<u64>>) -> Frame {
        let at = Location::caller();
        let seed = seed.into().unwrap_or_else(rand::random);
        self.then(|input| match (0.0..=1.0).contains(&fraction) {
            true => Ok(Sample::plan((0.0, upper(fraction)), seed, input, at)),
            false => {
                let reason = format!("a fraction is from 0 to 1, not {fraction}");
                Err(input.misfit("sample", reason, at))
            }
        })
    }

    /// The rows in several frames, of about these `fractions`, which sum to 1: each row is in exactly one of them.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => (0..100).collect::<Vec<i32>>()]?, 4);
    /// let parts = frame.random_split(&[0.8, 0.2], 7);
    /// let (train, test) = (&parts[0], &parts[1]).compute()?;
    /// assert_eq!(train.height() + test.height(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn random_split(&self, fractions: &[f64], seed: impl Into<Option<u64>>) -> Vec<Frame> {
        let at = Location::caller();
        let seed = seed.into().unwrap_or_else(rand::random);
        let total: f64 = fractions.iter().sum();
        let fit = (total - 1.0).abs() < 1e-9 && fractions.iter().all(|f| *f >= 0.0);
        let mut from = 0.0;
        let part = |(i, fraction): (usize, &f64)| {
            let is_last = i + 1 == fractions.len();
            let to = if is_last { upper(1.0) } else { from + fraction };
            let between = (std::mem::replace(&mut from, to), to);
            self.then(|input| match fit {
                true => Ok(Sample::plan(between, seed, input, at)),
                false => {
                    let reason = format!("fractions are not negative and sum to 1, not {total}");
                    Err(input.misfit("random_split", reason, at))
                }
            })
        };
        fractions.iter().enumerate().map(part).collect()
    }
}

/// Numbers are below 1, so that all are taken of a fraction of 1.
fn upper(fraction: f64) -> f64 {
    if fraction == 1.0 { f64::INFINITY } else { fraction }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::Collection;
    use polars::df;
    use polars::prelude::DataFrame;

    use crate::Frame;

    #[test]
    fn partitions_and_seeds_choose_rows_of_their_own() {
        let half = df!["x" => (0..100).collect::<Vec<i32>>()].unwrap();
        let frame = Frame::from_polars(half.clone(), 1);
        let twice = frame.concat(&frame);
        let of = |i: usize, seed: u64| -> DataFrame {
            twice.sample(0.5, seed).partition(i).compute().unwrap()
        };
        assert_eq!(of(0, 1), of(0, 1));
        assert_ne!(of(0, 1), of(1, 1));
        assert_ne!(of(0, 1), of(0, 2));
        assert!(of(0, 1).height().abs_diff(50) < 25, "{}", of(0, 1).height());
    }
}
