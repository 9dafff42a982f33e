//! How columns and expressions may be given: one, or several.

use polars::prelude::{Expr, PlSmallStr};

/// Names of columns: one, or an array, slice or vector of them.
pub trait IntoNames {
    /// The names, in order.
    fn into_names(self) -> Vec<PlSmallStr>;
}

/// Expressions: one, or an array, slice or vector of them; a name stands for the column.
pub trait IntoExprs {
    /// The expressions, in order.
    fn into_exprs(self) -> Vec<Expr>;
}

macro_rules! several {
    ($trait:ident, $method:ident, $item:ty) => {
        impl<T: Into<$item>, const N: usize> $trait for [T; N] {
            fn $method(self) -> Vec<$item> {
                self.into_iter().map(Into::into).collect()
            }
        }

        impl<T: Into<$item>> $trait for Vec<T> {
            fn $method(self) -> Vec<$item> {
                self.into_iter().map(Into::into).collect()
            }
        }

        impl<T: Into<$item> + Clone> $trait for &[T] {
            fn $method(self) -> Vec<$item> {
                self.iter().cloned().map(Into::into).collect()
            }
        }

        impl<T: Into<$item> + Clone, const N: usize> $trait for &[T; N] {
            fn $method(self) -> Vec<$item> {
                self.as_slice().$method()
            }
        }

        impl<T: Into<$item> + Clone> $trait for &Vec<T> {
            fn $method(self) -> Vec<$item> {
                self.as_slice().$method()
            }
        }
    };
}

macro_rules! one {
    ($trait:ident, $method:ident, $item:ty: $($one:ty),*) => {$(
        impl $trait for $one {
            fn $method(self) -> Vec<$item> {
                vec![self.into()]
            }
        }
    )*};
}

several!(IntoNames, into_names, PlSmallStr);
one!(IntoNames, into_names, PlSmallStr: &str, String, PlSmallStr);
several!(IntoExprs, into_exprs, Expr);
one!(IntoExprs, into_exprs, Expr: &str, Expr);
