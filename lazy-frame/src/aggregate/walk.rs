//! [`Walk`]: from the top of an expression down to the aggregations in it.

use std::sync::Arc;

use polars::prelude::*;

use super::leaf::is_top_k;
use super::rows::are_rows;
use super::state::States;
use crate::engine;

/// Replaces the aggregations in expressions by what is made of columns of state.
pub(super) struct Walk<'a> {
    pub(super) schema: &'a Schema,
    pub(super) grouped: bool,
    pub(super) states: States,
}

impl Walk<'_> {
    /// A whole expression. Where rows are grouped, it may be values that are no aggregation: then it is the list of
    /// them.
    pub(super) fn top(&mut self, expr: &Expr) -> Option<Expr> {
        match expr {
            Expr::Alias(inner, _) | Expr::KeepName(inner) => self.top(inner),
            Expr::RenameAlias { expr: inner, .. } => self.top(inner),
            _ if self.grouped && are_rows(expr, self.schema) => Some(self.list(expr)),
            _ if self.grouped && is_top_k(expr) => self.top_k(expr),
            _ => self.inside(expr),
        }
    }

    /// A part of an expression: an aggregation, or something done to aggregations. That the functions left need one row
    /// each is seen when all is known.
    fn inside(&mut self, expr: &Expr) -> Option<Expr> {
        if let Some(result) = self.leaf(expr) {
            let (name, dtype) = self.field(expr)?;
            return Some(result.strict_cast(dtype).alias(name));
        }
        Some(match expr {
            Expr::Literal(_) => expr.clone(),
            Expr::Alias(inner, name) => self.inside(inner)?.alias(name.clone()),
            Expr::KeepName(inner) => self.inside(inner)?.alias(self.field(expr)?.0),
            Expr::RenameAlias { function, expr } => {
                Expr::RenameAlias { function: function.clone(), expr: self.arc(expr)? }
            }
            Expr::Cast { expr, dtype, options } => {
                Expr::Cast { expr: self.arc(expr)?, dtype: dtype.clone(), options: *options }
            }
            Expr::BinaryExpr { left, op, right } => {
                Expr::BinaryExpr { left: self.arc(left)?, op: *op, right: self.arc(right)? }
            }
            Expr::Ternary { predicate, truthy, falsy } => Expr::Ternary {
                predicate: self.arc(predicate)?,
                truthy: self.arc(truthy)?,
                falsy: self.arc(falsy)?,
            },
            Expr::Function { input, function } => {
                let input = input.iter().map(|input| self.inside(input)).collect::<Option<_>>()?;
                Expr::Function { input, function: function.clone() }
            }
            _ => return None,
        })
    }

    fn arc(&mut self, expr: &Expr) -> Option<Arc<Expr>> {
        self.inside(expr).map(Arc::new)
    }

    /// The name and the type that an expression over the rows has.
    pub(super) fn field(&self, expr: &Expr) -> Option<(PlSmallStr, DataType)> {
        let (_, schema) = engine::expand(std::slice::from_ref(expr), self.schema).ok()?;
        schema.iter_fields().next().map(|field| (field.name, field.dtype))
    }
}
