//! How columns and expressions may be given: one, or several.

use polars::prelude::{Expr, PlSmallStr, col};

/// Names of columns: one, or an array, slice or vector of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no columns",
    label = "expected a name, or an array, slice or vector of names"
)]
pub trait IntoNames {
    /// The names, in order.
    fn into_names(self) -> Vec<PlSmallStr>;
}

/// Expressions: one, or an array, slice or vector of them; a name stands for the column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither columns nor expressions",
    label = "expected a name or an expression, or an array, slice or vector of either",
    note = "an expression is written `(col(\"x\") * lit(2)).alias(\"twice\")`"
)]
pub trait IntoExprs {
    /// The expressions, in order.
    fn into_exprs(self) -> Vec<Expr>;
}

/// An expression, or the name of a column, which stands for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a column nor an expression",
    label = "expected a name such as `\"x\"`, or an expression such as `col(\"x\")` or `lit(2)`"
)]
pub trait IntoExpr {
    /// The expression.
    fn into_expr(self) -> Expr;
}

impl IntoExpr for Expr {
    fn into_expr(self) -> Expr {
        self
    }
}

impl IntoExpr for &Expr {
    fn into_expr(self) -> Expr {
        self.clone()
    }
}

macro_rules! columns {
    ($($name:ty),*) => {$(
        impl IntoExpr for $name {
            fn into_expr(self) -> Expr {
                col(PlSmallStr::from(self))
            }
        }
    )*};
}

columns!(&str, String, &String, PlSmallStr);

impl IntoExpr for &PlSmallStr {
    fn into_expr(self) -> Expr {
        col(self.clone())
    }
}

macro_rules! several {
    ($trait:ident, $method:ident, $item:ty: $from:path, $into:path) => {
        impl<T: $from, const N: usize> $trait for [T; N] {
            fn $method(self) -> Vec<$item> {
                self.into_iter().map($into).collect()
            }
        }

        impl<T: $from> $trait for Vec<T> {
            fn $method(self) -> Vec<$item> {
                self.into_iter().map($into).collect()
            }
        }

        impl<T: $from + Clone> $trait for &[T] {
            fn $method(self) -> Vec<$item> {
                self.iter().cloned().map($into).collect()
            }
        }

        impl<T: $from + Clone, const N: usize> $trait for &[T; N] {
            fn $method(self) -> Vec<$item> {
                self.as_slice().$method()
            }
        }

        impl<T: $from + Clone> $trait for &Vec<T> {
            fn $method(self) -> Vec<$item> {
                self.as_slice().$method()
            }
        }
    };
}

macro_rules! one {
    ($trait:ident, $method:ident, $item:ty: $into:path; $($one:ty),*) => {$(
        impl $trait for $one {
            fn $method(self) -> Vec<$item> {
                vec![$into(self)]
            }
        }
    )*};
}

several!(IntoNames, into_names, PlSmallStr: Into<PlSmallStr>, Into::into);
one!(IntoNames, into_names, PlSmallStr: Into::into; &str, String, &String, PlSmallStr);
several!(IntoExprs, into_exprs, Expr: IntoExpr, IntoExpr::into_expr);
one!(IntoExprs, into_exprs, Expr: IntoExpr::into_expr; &str, String, &String, PlSmallStr, Expr);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_may_be_named_by_whatever_holds_a_name() {
        let (x, y) = (col("x"), col("y"));
        let names = vec!["x".to_owned(), "y".to_owned()];
        assert_eq!(names.clone().into_exprs(), [x.clone(), y.clone()]);
        assert_eq!((&names).into_exprs(), ["x", "y"].into_exprs());
        assert_eq!((&names[0]).into_exprs(), "x".into_exprs());
        assert_eq!([&x, &y].into_exprs(), [x, y]);
        assert_eq!((&names[1]).into_names(), ["y"]);
    }
}
