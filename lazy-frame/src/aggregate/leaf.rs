//! The aggregations, and the state that each needs.

use std::sync::Arc;

use polars::prelude::*;

use super::rows::{are_rows, is_row_wise};
use super::walk::Walk;

impl Walk<'_> {
    /// What an aggregation is made of, if this is one, and one that merges.
    pub(super) fn leaf(&mut self, expr: &Expr) -> Option<Expr> {
        match expr {
            Expr::Len => Some(self.rows()),
            Expr::Agg(AggExpr::Implode { input, .. }) if is_top_k(input) => self.top_k(input),
            Expr::Agg(agg) => self.agg(agg),
            Expr::Function { input, function } => self.function(input, function),
            _ => None,
        }
    }

    fn agg(&mut self, agg: &AggExpr) -> Option<Expr> {
        use AggExpr as A;
        let x = input_of(agg);
        if !are_rows(x, self.schema) {
            return None;
        }
        Some(match agg {
            // Of a sorted column of null and NaN, as partitions without and with rows may give, Polars takes the null.
            A::Max { .. } if !self.grouped => {
                let max = |x| Expr::Agg(with_input(agg, x));
                self.states.keep(max(x.clone()), |states| max(states.drop_nulls()))
            }
            A::Min { .. } | A::Max { .. } | A::FirstNonNull(_) | A::LastNonNull(_) => {
                self.same(x, |x| Expr::Agg(with_input(agg, x)))
            }
            A::Sum(_) => self.sum(x)?,
            A::Count { include_nulls, .. } => self.count(x, *include_nulls),
            A::First(_) => self.end(x, Expr::first),
            A::Last(_) => self.end(x, Expr::last),
            A::Mean(_) => self.mean(x)?,
            A::Var(_, ddof) => self.var(x, *ddof)?,
            A::Std(_, ddof) => self.std(x, *ddof)?,
            A::Implode { .. } => self.list(x),
            A::NUnique(_) if !self.grouped => self.n_unique(x),
            _ => return None,
        })
    }

    fn function(&mut self, input: &[Expr], function: &FunctionExpr) -> Option<Expr> {
        use FunctionExpr as F;
        if let (F::Correlation { method }, [x, y]) = (function, input) {
            return self.correlation(x, y, method);
        }
        let [x] = input else { return None };
        if !are_rows(x, self.schema) {
            return None;
        }
        match function {
            F::Boolean(BooleanFunction::Any { .. } | BooleanFunction::All { .. }) | F::Product => {
                Some(
                    self.same(x, |x| Expr::Function { input: vec![x], function: function.clone() }),
                )
            }
            F::NullCount => Some(self.states.keep(long(x.clone().null_count()), Expr::sum)),
            F::Skew(bias) => self.skew(x, *bias),
            F::Kurtosis(fisher, bias) => self.kurtosis(x, *fisher, *bias),
            _ => None,
        }
    }

    /// An aggregation that is applied again to its own results.
    fn same(&mut self, x: &Expr, agg: impl Fn(Expr) -> Expr) -> Expr {
        self.states.keep(agg(x.clone()), &agg)
    }

    /// The number of rows, counted as 64 bits until the end, where too many are an error.
    pub(super) fn rows(&mut self) -> Expr {
        self.states.keep(long(len()), Expr::sum)
    }

    pub(super) fn count(&mut self, x: &Expr, include_nulls: bool) -> Expr {
        if include_nulls && is_row_wise(x, self.schema) {
            return self.rows();
        }
        let count = AggExpr::Count { input: Arc::new(x.clone()), include_nulls };
        self.states.keep(long(Expr::Agg(count)), Expr::sum)
    }

    fn sum(&mut self, x: &Expr) -> Option<Expr> {
        let (_, dtype) = self.field(x)?;
        // Polars has sums of no others, but makes an exception of chosen rows, which does not merge.
        let has_sums =
            dtype.is_numeric() || dtype.is_bool() || dtype.is_duration() || dtype.is_null();
        let sum = x.clone().sum();
        has_sums.then(|| self.states.keep(if dtype.is_bool() { long(sum) } else { sum }, Expr::sum))
    }

    /// The first or last value, of the partitions that have one, null or not.
    fn end(&mut self, x: &Expr, end: fn(Expr) -> Expr) -> Expr {
        let count = self.count(x, true);
        self.states.keep(end(x.clone()), |value| end(value.filter(count.gt(lit(0)))))
    }

    /// All values, in the order of the partitions.
    pub(super) fn list(&mut self, x: &Expr) -> Expr {
        self.states.keep(implode(x.clone()), |lists| implode(items(lists)))
    }

    fn n_unique(&mut self, x: &Expr) -> Expr {
        let unique = |x: Expr| implode(x.unique());
        self.states.keep(unique(x.clone()), |lists| unique(items(lists))).list().len()
    }

    /// The list of the largest or smallest values, which are among those of the partitions.
    pub(super) fn top_k(&mut self, expr: &Expr) -> Option<Expr> {
        let Expr::Function { input, function } = expr else { return None };
        let [x, k @ Expr::Literal(_)] = &input[..] else { return None };
        let top =
            |x| implode(Expr::Function { input: vec![x, k.clone()], function: function.clone() });
        are_rows(x, self.schema)
            .then(|| self.states.keep(top(x.clone()), |lists| top(items(lists))))
    }
}

/// Whether this is the largest or smallest values.
pub(crate) fn is_top_k(expr: &Expr) -> bool {
    matches!(expr, Expr::Function { function: FunctionExpr::TopK { .. }, .. })
}

fn input_of(agg: &AggExpr) -> &Expr {
    use AggExpr as A;
    match agg {
        A::Min { input, .. } | A::Max { input, .. } | A::Item { input, .. } => input,
        A::Implode { input, .. } | A::Count { input, .. } => input,
        A::Median(x) | A::NUnique(x) | A::First(x) | A::FirstNonNull(x) | A::Last(x) => x,
        A::LastNonNull(x) | A::Mean(x) | A::Sum(x) | A::AggGroups(x) => x,
        A::Std(x, _) | A::Var(x, _) => x,
    }
}

fn with_input(agg: &AggExpr, input: Expr) -> AggExpr {
    let input = Arc::new(input);
    match agg {
        AggExpr::Min { propagate_nans, .. } => {
            AggExpr::Min { input, propagate_nans: *propagate_nans }
        }
        AggExpr::Max { propagate_nans, .. } => {
            AggExpr::Max { input, propagate_nans: *propagate_nans }
        }
        AggExpr::FirstNonNull(_) => AggExpr::FirstNonNull(input),
        _ => AggExpr::LastNonNull(input),
    }
}

fn long(count: Expr) -> Expr {
    count.cast(DataType::UInt64)
}

fn implode(values: Expr) -> Expr {
    Expr::Agg(AggExpr::Implode { input: Arc::new(values), maintain_order: true })
}

fn items(lists: Expr) -> Expr {
    lists.explode(ExplodeOptions { empty_as_null: false, keep_nulls: false })
}
