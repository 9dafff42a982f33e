//! Approximate quantiles of a series.

use std::panic::Location;

use lazy_runtime::{Delayed, at, delayed};
use polars::prelude::*;

use super::Series;
use crate::aggregate::Sketch;
use crate::error::no_quantile;
use crate::ops::tree::tree;

impl Series {
    /// The quantile `q`, from 0 to 1, nearly: the value whose rank is off by less than 1 % of the number of values, in little memory however
    /// many there are; exact for up to some thousand values. `None` if there is no value; NaN counts as the greatest.
    ///
    /// Each partition is summed up, and the summaries are merged (Manku, Rajagopalan and Lindsay, SIGMOD 1998; Agarwal and others, "Mergeable
    /// summaries", 2012).
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => (0..=1000).collect::<Vec<i32>>()]?, 5);
    /// assert_eq!(frame.column("x").quantile_approx(0.5).compute()?, Some(500.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn quantile_approx(&self, q: f64) -> Delayed<Option<f64>> {
        let alone = match no_quantile(q) {
            Some(reason) => self.alone.failed("quantile_approx", &reason),
            None => self.alone.clone(),
        };
        let Ok(plan) = alone.plan() else { return alone.scalar(|_| Ok(None)) };
        at(Location::caller(), || {
            let sketches = plan.tasks().iter().map(sketch).collect();
            at_quantile(tree(sketches, merge), q)
        })
    }
}

#[delayed(name = "quantile-sketch", fallible)]
fn sketch(values: &DataFrame) -> PolarsResult<Sketch> {
    let values = values.columns()[0].as_materialized_series().clone();
    crate::engine::alone(move || Sketch::of(&values))
}

#[delayed(name = "quantile-merge")]
fn merge(sketches: Vec<Sketch>) -> Sketch {
    Sketch::merge(sketches)
}

#[delayed(name = "quantile-approx")]
fn at_quantile(sketch: Sketch, q: f64) -> Option<f64> {
    sketch.quantile(q)
}
