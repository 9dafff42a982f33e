//! Arithmetic of series, with values and with series of the same frame.

use std::ops::{Add, Div, Mul, Rem, Sub};

use polars::prelude::{Expr, lit};

use super::Series;
use crate::frame::Frame;

macro_rules! operators {
    ($($trait:ident $method:ident),*) => {$(
        impl<T: Operand> $trait<T> for &Series {
            type Output = Series;

            #[track_caller]
            fn $method(self, other: T) -> Series {
                self.with(other, Expr::$method)
            }
        }

        impl<T: Operand> $trait<T> for Series {
            type Output = Series;

            #[track_caller]
            fn $method(self, other: T) -> Series {
                self.with(other, Expr::$method)
            }
        }
    )*};
}

operators!(Add add, Sub sub, Mul mul, Div div, Rem rem);

macro_rules! comparisons {
    ($($(#[$doc:meta])* $method:ident),*) => {
        impl Series {
            $($(#[$doc])*
            #[track_caller]
            pub fn $method(&self, other: impl Operand) -> Series {
                self.with(other, Expr::$method)
            })*
        }
    };
}

comparisons! {
    /// Whether each value is equal to the other.
    eq,
    /// Whether each value is unequal to the other.
    neq,
    /// Whether each value is less.
    lt,
    /// Whether each value is less or equal.
    lt_eq,
    /// Whether each value is greater.
    gt,
    /// Whether each value is greater or equal.
    gt_eq,
    /// Whether both are true.
    and,
    /// Whether either is true.
    or
}

/// What a series can be combined with: a value, an expression over its frame, or another series of the same frame.
pub trait Operand {
    /// The other side, and the frame that it needs, where it needs one.
    #[doc(hidden)]
    fn operand(self) -> (Expr, Option<Frame>);
}

impl Operand for &Series {
    fn operand(self) -> (Expr, Option<Frame>) {
        (self.expr.clone(), Some(self.frame.clone()))
    }
}

impl Operand for Series {
    fn operand(self) -> (Expr, Option<Frame>) {
        (self.expr, Some(self.frame))
    }
}

impl Operand for Expr {
    fn operand(self) -> (Expr, Option<Frame>) {
        (self, None)
    }
}

macro_rules! values {
    ($($value:ty),*) => {$(
        impl Operand for $value {
            fn operand(self) -> (Expr, Option<Frame>) {
                (lit(self), None)
            }
        }
    )*};
}

values!(i32, i64, u32, u64, f32, f64, bool, &str, String);

impl Series {
    #[track_caller]
    fn with(&self, other: impl Operand, combine: impl FnOnce(Expr, Expr) -> Expr) -> Series {
        let (expr, frame) = other.operand();
        let frame = match frame {
            Some(frame) if frame.plan().is_err() && self.frame.plan().is_ok() => frame,
            Some(frame) if !frame.is_same(&self.frame) => self.frame.failed(
                "series",
                "two series of different frames cannot be combined row by row; make one frame of them with `join`",
            ),
            _ => self.frame.clone(),
        };
        Series::new(frame, combine(self.expr.clone(), expr))
    }
}
