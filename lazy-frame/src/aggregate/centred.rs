//! Means, and what is measured from them: variance, skew, kurtosis, covariance and correlation.
//!
//! A partition gives the number and the sum of its values and the sums of powers of what they deviate from *its* mean.
//! When such sums are merged they are moved to the common mean: with n values, deviation d of the partition's mean from
//! the common one, and sums S of powers,
//!
//! ```text
//! S2 = sum(S2 + n d^2)
//! S3 = sum(S3 + 3 d S2 + n d^3)
//! S4 = sum(S4 + 4 d S3 + 6 d^2 S2 + n d^4)
//! Sxy = sum(Sxy + n dx dy)
//! ```
//!
//! Sums of plain squares would lose all digits where the mean is large. For the second power: T. F. Chan, G. H. Golub,
//! R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979. For the others: P.
//! Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments",
//! SAND2008-6212, 2008.

use polars::prelude::*;

use super::rows::{are_rows, is_row_wise};
use super::walk::Walk;

/// Columns of state of which everything is made: the number of values as a float, and their sum.
#[derive(Clone)]
struct Centre {
    n: Expr,
    sum: Expr,
}

impl Centre {
    fn mean(&self) -> Expr {
        self.sum.clone() / self.n.clone()
    }

    /// While merging: what the mean of each partition deviates from the common mean; null for one that has no values.
    fn deviation(&self) -> Expr {
        let common = self.sum.clone().sum() / self.n.clone().sum();
        when(self.n.clone().gt(lit(0.0))).then(self.mean() - common).otherwise(lit(NULL))
    }
}

impl Walk<'_> {
    pub(super) fn mean(&mut self, x: &Expr) -> Option<Expr> {
        let (_, dtype) = self.field(x)?;
        let Centre { n, sum } = self.centre(x, &numbers(x, &dtype)?);
        let mean = some_if(n.clone().gt(lit(0.0)), sum / n);
        Some(if dtype.is_temporal() { mean.cast(DataType::Int64) } else { mean })
    }

    pub(super) fn var(&mut self, x: &Expr, ddof: u8) -> Option<Expr> {
        let plain = self.plain(x)?;
        Some(self.var_of(x, &plain, ddof))
    }

    /// That of durations is a duration.
    pub(super) fn std(&mut self, x: &Expr, ddof: u8) -> Option<Expr> {
        let (_, dtype) = self.field(x)?;
        if !dtype.is_duration() {
            return Some(self.var(x, ddof)?.sqrt());
        }
        let std = self.var_of(x, &numbers(x, &dtype)?, ddof).sqrt();
        Some(std.cast(DataType::Int64))
    }

    fn var_of(&mut self, x: &Expr, numbers: &Expr, ddof: u8) -> Expr {
        let centre = self.centre(x, numbers);
        let second = self.second(numbers, &centre);
        let free = centre.n - lit(f64::from(ddof));
        some_if(free.clone().gt(lit(0.0)), second / free)
    }

    pub(super) fn skew(&mut self, x: &Expr, bias: bool) -> Option<Expr> {
        let plain = self.plain(x)?;
        let centre = self.centre(x, &plain);
        let x = &plain;
        let (second, third) = (self.second(x, &centre), self.third(x, &centre));
        let n = centre.n.clone();
        let m2 = second / n.clone();
        let biased = unless_constant(&centre, &m2, third / n.clone() / m2.clone().pow(lit(1.5)));
        Some(if bias {
            some_if(n.gt(lit(0.0)), biased)
        } else {
            let correction = (n.clone() * (n.clone() - lit(1.0))).sqrt() / (n.clone() - lit(2.0));
            some_if(n.gt(lit(2.0)), correction * biased)
        })
    }

    pub(super) fn kurtosis(&mut self, x: &Expr, fisher: bool, bias: bool) -> Option<Expr> {
        let plain = self.plain(x)?;
        let centre = self.centre(x, &plain);
        let x = &plain;
        let (second, fourth) = (self.second(x, &centre), self.fourth(x, &centre));
        let n = centre.n.clone();
        let m2 = second / n.clone();
        let biased = unless_constant(&centre, &m2, fourth / n.clone() / (m2.clone() * m2.clone()));
        let result = if bias {
            some_if(n.gt(lit(0.0)), biased)
        } else {
            let less = |k: f64| n.clone() - lit(k);
            let scaled = (n.clone() + lit(1.0)) * biased - lit(3.0) * less(1.0);
            let unbiased = less(1.0) / (less(2.0) * less(3.0)) * scaled + lit(3.0);
            some_if(n.clone().gt(lit(3.0)), unbiased)
        };
        Some(if fisher { result - lit(3.0) } else { result })
    }

    /// Of the rows where neither is null. One row alone has covariance 0 and no correlation, as Polars has it.
    pub(super) fn correlation(
        &mut self,
        x: &Expr,
        y: &Expr,
        method: &CorrelationMethod,
    ) -> Option<Expr> {
        if !is_row_wise(x, self.schema) || !is_row_wise(y, self.schema) {
            return None;
        }
        // Which others there are depends on the features of Polars that the program has.
        let is_moment =
            matches!(method, CorrelationMethod::Pearson | CorrelationMethod::Covariance(_));
        if !is_moment {
            return None;
        }
        let (x, y) = (self.plain(x)?, self.plain(y)?);
        let both = x.clone().is_not_null().and(y.clone().is_not_null());
        let (x, y) = (some_if(both.clone(), x), some_if(both, y));
        let (of_x, of_y) = (self.centre(&x, &x), self.centre(&y, &y));
        let product = self.product_of(&x, &y, &of_x, &of_y);
        match method {
            CorrelationMethod::Covariance(ddof) => {
                let free = of_x.n - lit(f64::from(*ddof));
                let covariance = some_if(free.clone().gt(lit(0.0)), product / free);
                Some(when(self.rows().eq(lit(1))).then(lit(0.0)).otherwise(covariance))
            }
            _ => {
                let squares = self.second(&x, &of_x) * self.second(&y, &of_y);
                let correlation = product / squares.clone().sqrt();
                Some(when(squares.gt(lit(0.0))).then(correlation).otherwise(lit(f64::NAN)))
            }
        }
    }

    /// Number and sum of the values, which are `numbers` as floats.
    fn centre(&mut self, values: &Expr, numbers: &Expr) -> Centre {
        let n = self.count(values, false).cast(DataType::Float64);
        let sum = self.states.keep(numbers.clone().sum(), Expr::sum);
        Centre { n, sum }
    }

    fn second(&mut self, x: &Expr, centre: &Centre) -> Expr {
        let n = x.clone().count().cast(DataType::Float64);
        let partial = (x.clone().var(0) * n).fill_null(lit(0.0));
        let (n, d) = (centre.n.clone(), centre.deviation());
        self.states.keep(partial, |second| second.sum() + (n * d.clone() * d).sum())
    }

    fn third(&mut self, x: &Expr, centre: &Centre) -> Expr {
        let second = self.second(x, centre);
        let e = x.clone() - x.clone().mean();
        let (n, d) = (centre.n.clone(), centre.deviation());
        self.states.keep((e.clone() * e.clone() * e).sum(), |third| {
            let moved = d.clone() * (lit(3.0) * second + n * d.clone() * d);
            third.sum() + moved.sum()
        })
    }

    fn fourth(&mut self, x: &Expr, centre: &Centre) -> Expr {
        let (second, third) = (self.second(x, centre), self.third(x, centre));
        let e = x.clone() - x.clone().mean();
        let (n, d) = (centre.n.clone(), centre.deviation());
        let squared = e.clone() * e;
        self.states.keep((squared.clone() * squared).sum(), |fourth| {
            let moved = lit(6.0) * second + n * d.clone() * d.clone();
            fourth.sum() + (d.clone() * (lit(4.0) * third + d * moved)).sum()
        })
    }

    fn product_of(&mut self, x: &Expr, y: &Expr, of_x: &Centre, of_y: &Centre) -> Expr {
        let moved = of_x.n.clone() * of_x.deviation() * of_y.deviation();
        let n = x.clone().count().cast(DataType::Float64);
        let partial = (cov(x.clone(), y.clone(), 0) * n).fill_null(lit(0.0));
        self.states.keep(partial, |product| product.sum() + moved.sum())
    }

    /// The values as floats, if they are numbers.
    fn plain(&self, x: &Expr) -> Option<Expr> {
        let (_, dtype) = self.field(x)?;
        let is_number = dtype.is_primitive_numeric() || dtype.is_bool() || dtype.is_decimal();
        (is_number && are_rows(x, self.schema)).then(|| numbers(x, &dtype)).flatten()
    }
}

/// The values as floats, dates as the microseconds that their means are told in.
fn numbers(x: &Expr, dtype: &DataType) -> Option<Expr> {
    let x = x.clone();
    Some(match dtype {
        DataType::Float64 => x,
        DataType::Date => {
            let micros = DataType::Datetime(TimeUnit::Microseconds, None);
            x.cast(micros).cast(DataType::Int64).cast(DataType::Float64)
        }
        DataType::Datetime(..) | DataType::Duration(_) | DataType::Time => {
            x.cast(DataType::Int64).cast(DataType::Float64)
        }
        DataType::Boolean | DataType::Decimal(..) => x.cast(DataType::Float64),
        dtype if dtype.is_primitive_numeric() => x.cast(DataType::Float64),
        _ => return None,
    })
}

fn some_if(condition: Expr, value: Expr) -> Expr {
    when(condition).then(value).otherwise(lit(NULL))
}

/// Not a number where the values hardly differ: where their variance is what rounding of the mean makes of it.
fn unless_constant(centre: &Centre, variance: &Expr, value: Expr) -> Expr {
    let rounding = centre.mean() * lit(f64::EPSILON);
    let constant = variance.clone().lt_eq(rounding.clone() * rounding);
    when(constant).then(lit(f64::NAN)).otherwise(value)
}
