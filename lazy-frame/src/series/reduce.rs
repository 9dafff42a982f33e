//! A series made one value.

use lazy_runtime::Delayed;
use polars::prelude::*;

use super::Series;
use crate::error::no_quantile;
use crate::frame::Frame;

/// Values as they come out of a frame of one row.
fn only_value(frame: &DataFrame) -> PolarsResult<AnyValue<'static>> {
    Ok(frame.columns()[0].get(0)?.into_static())
}

macro_rules! values {
    ($($(#[$doc:meta])* $method:ident),*) => {
        impl Series {
            $($(#[$doc])*
            #[track_caller]
            pub fn $method(&self) -> Delayed<AnyValue<'static>> {
                self.value(|column| column.$method())
            })*
        }
    };
}

values! {
    /// The sum, of the type that Polars gives sums of the column.
    sum,
    /// The product.
    product,
    /// The smallest value; null if there is none.
    min,
    /// The largest value; null if there is none.
    max,
    /// The first value, in the order of the frame.
    first,
    /// The last value, in the order of the frame.
    last
}

impl Series {
    /// The mean; `None` if there is no value.
    #[track_caller]
    pub fn mean(&self) -> Delayed<Option<f64>> {
        self.number(Expr::mean)
    }

    /// The standard deviation, with `ddof` less than the number of values in the denominator; `None` where that is not positive.
    #[track_caller]
    pub fn std(&self, ddof: u8) -> Delayed<Option<f64>> {
        self.number(|column| column.std(ddof))
    }

    /// The variance, with `ddof` less than the number of values in the denominator; `None` where that is not positive.
    #[track_caller]
    pub fn var(&self, ddof: u8) -> Delayed<Option<f64>> {
        self.number(|column| column.var(ddof))
    }

    /// The median: the column is brought together for it. See [`Series::quantile_approx`].
    #[track_caller]
    pub fn median(&self) -> Delayed<Option<f64>> {
        self.number(Expr::median)
    }

    /// The quantile `q`, from 0 to 1, linearly interpolated: the column is brought together for it. See [`Series::quantile_approx`].
    #[track_caller]
    pub fn quantile(&self, q: f64) -> Delayed<Option<f64>> {
        match no_quantile(q) {
            Some(reason) => self.frame.failed("quantile", &reason).scalar(|_| Ok(None)),
            None => self.number(|column| column.quantile(lit(q), QuantileMethod::Linear)),
        }
    }

    /// How many rows there are, from metadata where that suffices.
    #[track_caller]
    pub fn len(&self) -> Delayed<usize> {
        self.alone.len()
    }

    /// How many values are not null.
    #[track_caller]
    pub fn count(&self) -> Delayed<usize> {
        self.count_of(Expr::count)
    }

    /// How many different values there are; null is one.
    #[track_caller]
    pub fn n_unique(&self) -> Delayed<usize> {
        self.count_of(Expr::n_unique)
    }

    #[track_caller]
    fn value(&self, agg: impl FnOnce(Expr) -> Expr) -> Delayed<AnyValue<'static>> {
        self.reduced(agg).scalar(only_value)
    }

    #[track_caller]
    fn number(&self, agg: impl FnOnce(Expr) -> Expr) -> Delayed<Option<f64>> {
        self.reduced(agg).scalar(|frame| Ok(only_value(frame)?.extract()))
    }

    #[track_caller]
    fn count_of(&self, agg: impl FnOnce(Expr) -> Expr) -> Delayed<usize> {
        self.reduced(agg).scalar(|frame| Ok(only_value(frame)?.extract().unwrap_or(0)))
    }

    #[track_caller]
    fn reduced(&self, agg: impl FnOnce(Expr) -> Expr) -> Frame {
        self.frame.select([agg(self.expr.clone())])
    }
}
