//! [`Reach`]: how many rows around its own an expression looks at.

use polars::prelude::*;
use polars::series::ops::NullBehavior;

use crate::engine;

/// How many rows before and after its own each row of a result depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Reach {
    pub(crate) before: usize,
    pub(crate) after: usize,
}

impl Reach {
    /// As far as both look.
    pub(crate) fn max(self, other: Reach) -> Reach {
        Reach { before: self.before.max(other.before), after: self.after.max(other.after) }
    }

    /// As far as one looks from where the other looks.
    fn beyond(self, inner: Reach) -> Option<Reach> {
        let before = self.before.checked_add(inner.before)?;
        Some(Reach { before, after: self.after.checked_add(inner.after)? })
    }

    /// `n` rows up, or down where it is negative.
    fn shift(n: i64) -> Option<Reach> {
        let rows = usize::try_from(n.unsigned_abs()).ok()?;
        Some(match n < 0 {
            true => Reach { before: 0, after: rows },
            false => Reach { before: rows, after: 0 },
        })
    }
}

/// How far an expression without selectors looks; `None` where that is not known, or has no bound.
pub(crate) fn reach(expr: &Expr, schema: &Schema) -> Option<Reach> {
    match expr {
        Expr::Column(_) => Some(Reach::default()),
        Expr::Literal(value) => is_one_value(value).then(Reach::default),
        Expr::Alias(inner, _) | Expr::KeepName(inner) => reach(inner, schema),
        Expr::Cast { expr, .. } | Expr::RenameAlias { expr, .. } => reach(expr, schema),
        Expr::BinaryExpr { left, right, .. } => furthest([&**left, &**right], schema),
        Expr::Ternary { predicate, truthy, falsy } => {
            furthest([&**predicate, &**truthy, &**falsy], schema)
        }
        Expr::Function { input, function } => match looks(function, input) {
            Some(own) => own.beyond(furthest(input, schema)?),
            None => through(expr, input, schema),
        },
        Expr::AnonymousFunction { input, .. } => through(expr, input, schema),
        _ => engine::is_row_wise(expr, schema).ok()?.then(Reach::default),
    }
}

fn is_one_value(value: &LiteralValue) -> bool {
    match value {
        LiteralValue::Dyn(_) | LiteralValue::Scalar(_) => true,
        LiteralValue::Series(values) => values.len() == 1,
        LiteralValue::Range(_) => false,
    }
}

fn furthest<'a>(exprs: impl IntoIterator<Item = &'a Expr>, schema: &Schema) -> Option<Reach> {
    exprs
        .into_iter()
        .try_fold(Reach::default(), |so_far, expr| Some(so_far.max(reach(expr, schema)?)))
}

/// How far a function looks in its first arguments, if it is one of those that look around.
fn looks(function: &FunctionExpr, input: &[Expr]) -> Option<Reach> {
    match function {
        FunctionExpr::Shift | FunctionExpr::Diff(NullBehavior::Ignore) => {
            Reach::shift(integer(input.get(1)?)?)
        }
        FunctionExpr::ShiftAndFill => match input.get(2)? {
            Expr::Literal(_) => Reach::shift(integer(input.get(1)?)?),
            _ => None,
        },
        FunctionExpr::RollingExpr { options, .. } => {
            let (size, right) = (options.window_size, options.window_size.div_ceil(2));
            Some(match options.center {
                true => Reach { before: size - right, after: right.saturating_sub(1) },
                false => Reach { before: size.saturating_sub(1), after: 0 },
            })
        }
        FunctionExpr::FillNullWithStrategy(FillNullStrategy::Forward(Some(n))) => {
            Some(Reach { before: *n as usize, after: 0 })
        }
        FunctionExpr::FillNullWithStrategy(FillNullStrategy::Backward(Some(n))) => {
            Some(Reach { before: 0, after: *n as usize })
        }
        _ => None,
    }
}

fn integer(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(value) => value.extract_i64().ok(),
        Expr::Cast { expr, .. } => integer(expr),
        _ => None,
    }
}

/// A function that needs its own row alone looks as far as its arguments do.
fn through(expr: &Expr, input: &[Expr], schema: &Schema) -> Option<Reach> {
    let inner = furthest(input, schema)?;
    let mut stand_ins = Schema::default();
    let columns = input.iter().enumerate().map(|(i, argument)| match argument {
        Expr::Literal(_) => Some(argument.clone()),
        _ => {
            let (_, result) = engine::expand(std::slice::from_ref(argument), schema).ok()?;
            let name = PlSmallStr::from_string(format!("argument {i}"));
            stand_ins.insert(name.clone(), result.get_at_index(0)?.1.clone());
            Some(col(name))
        }
    });
    let columns: Vec<Expr> = columns.collect::<Option<_>>()?;
    let alone = match expr.clone() {
        Expr::Function { function, .. } => Expr::Function { input: columns, function },
        Expr::AnonymousFunction { function, options, fmt_str, .. } => {
            Expr::AnonymousFunction { input: columns, function, options, fmt_str }
        }
        _ => return None,
    };
    engine::is_row_wise(&alone, &stand_ins).ok()?.then_some(inner)
}

/// How far the furthest of some expressions looks.
pub(crate) fn of_all(exprs: &[Expr], schema: &Schema) -> Option<Reach> {
    furthest(exprs, schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expr: Expr) -> Option<(usize, usize)> {
        let fields =
            [Field::new("x".into(), DataType::Float64), Field::new("y".into(), DataType::Int32)];
        let reach = reach(&expr, &Schema::from_iter(fields))?;
        Some((reach.before, reach.after))
    }

    fn window(window_size: usize, center: bool) -> RollingOptionsFixedWindow {
        RollingOptionsFixedWindow { window_size, center, ..Default::default() }
    }

    #[test]
    fn shifts_and_differences_look_up_and_down() {
        assert_eq!(of(col("x") + col("y")), Some((0, 0)));
        assert_eq!(of(col("x").shift(lit(2))), Some((2, 0)));
        assert_eq!(of(col("x").shift(lit(-3)).alias("z")), Some((0, 3)));
        assert_eq!(of(col("x").shift_and_fill(lit(1), lit(0.0))), Some((1, 0)));
        assert_eq!(of(col("y").diff(lit(1), NullBehavior::Ignore)), Some((1, 0)));
        assert_eq!(of(col("y").diff(lit(1), NullBehavior::Drop)), None);
        assert_eq!(of(col("x").shift(col("y"))), None);
    }

    #[test]
    fn windows_look_as_far_as_they_are_long() {
        assert_eq!(of(col("x").rolling_mean(window(5, false))), Some((4, 0)));
        assert_eq!(of(col("x").rolling_mean(window(5, true))), Some((2, 2)));
        assert_eq!(of(col("x").rolling_median(window(4, true))), Some((2, 1)));
        assert_eq!(
            of(col("x").fill_null_with_strategy(FillNullStrategy::Backward(Some(2)))),
            Some((0, 2))
        );
    }

    #[test]
    fn what_is_nested_adds_up_and_what_is_beside_does_not() {
        let nested = col("x").shift(lit(3)).abs().rolling_sum(window(4, false));
        assert_eq!(of(nested.clone()), Some((6, 0)));
        assert_eq!(of(nested - col("x").shift(lit(-1))), Some((6, 1)));
        assert_eq!(
            of(when(col("y").gt(lit(0))).then(col("x").shift(lit(1))).otherwise(lit(0.0))),
            Some((1, 0))
        );
    }

    #[test]
    fn what_has_no_bound_is_not_known() {
        assert_eq!(of(col("x").cum_sum(false)), None);
        assert_eq!(of(col("x").sum()), None);
        assert_eq!(of(col("x").shift(lit(1)).over([col("y")]).unwrap()), None);
        assert_eq!(of(col("x").fill_null_with_strategy(FillNullStrategy::Forward(None))), None);
        assert_eq!(of(col("x") + lit(Series::new("s".into(), [1, 2]))), None);
    }
}
