//! Partitions in which no row passes a filter are not read.
//!
//! What is known of a partition is a range for some columns: from the divisions, or from the statistics of a file. A condition on a column
//! becomes one on the ends of the range, "may some row pass?", and is evaluated for all partitions at once. What is not understood may
//! always pass.

use std::collections::HashMap;

use polars::prelude::*;

use crate::engine;
use crate::ops::row_wise::RowWise;
use crate::ops::scan::Scan;
use crate::plan::{Plan, Step};

use super::rewrite::bottom_up;

pub(super) fn apply(plan: &Plan) -> Plan {
    bottom_up(plan, |plan| {
        let Some(Step::Filter(predicate)) = plan.operator().row_wise() else { return None };
        prune(plan, &plan.inputs()[0], predicate)
    })
}

/// A filter, and others between it and a scan.
fn prune(filter: &Plan, input: &Plan, predicate: &Expr) -> Option<Plan> {
    if let Some(Step::Filter(first)) = input.operator().row_wise() {
        let pruned = prune(input, &input.inputs()[0], &first.clone().and(predicate.clone()))?;
        return RowWise::plan(Step::Filter(predicate.clone()), pruned, filter.at()).ok();
    }
    let scan = input.operator().scan()?;
    let kept = partitions(scan, predicate)?;
    let pruned = Scan { partitions: kept.into(), ..scan.clone() }.plan(input.at());
    RowWise::plan(Step::Filter(predicate.clone()), pruned, filter.at()).ok()
}

/// The partitions in which rows may pass, at least one; `None` if these are all.
fn partitions(scan: &Scan, predicate: &Expr) -> Option<Vec<usize>> {
    let bounds = Bounds::of(scan, predicate)?;
    let may_pass = bounds.may_pass(predicate)?;
    let table =
        engine::collect(bounds.table.lazy().select([may_pass.fill_null(lit(true)).alias("pass")]));
    let table = table.ok()?;
    let pass = table.column("pass").ok()?.bool().ok()?.clone();
    if pass.len() != scan.partitions.len() || pass.all() {
        return None;
    }
    let kept: Vec<_> = scan
        .partitions
        .iter()
        .zip(pass.iter())
        .filter(|(_, pass)| *pass != Some(false))
        .map(|(i, _)| *i)
        .collect();
    // A frame has a partition; the filter leaves nothing of it.
    Some(if kept.is_empty() { vec![scan.partitions[0]] } else { kept })
}

/// The smallest and the largest value of some columns, a row a partition; null where they are not known.
struct Bounds {
    table: DataFrame,
    columns: HashMap<PlSmallStr, DataType>,
}

fn lowest(name: &str) -> String {
    format!("{name}\u{1f}min")
}

fn highest(name: &str) -> String {
    format!("{name}\u{1f}max")
}

impl Bounds {
    /// Of the columns that a predicate mentions; `None` if nothing is known of any.
    fn of(scan: &Scan, predicate: &Expr) -> Option<Bounds> {
        let mut columns = HashMap::new();
        let mut table = Vec::new();
        for name in predicate.clone().meta().root_names() {
            let Some(dtype) = scan.source.schema().get(&name).cloned() else { continue };
            if columns.contains_key(&name) {
                continue;
            }
            let bounds = scan.partitions.iter().map(|i| scan.source.bounds(*i, &name));
            let (mut min, mut max) = (Vec::new(), Vec::new());
            for bound in bounds {
                let (least, most) =
                    bound.map_or((AnyValue::Null, AnyValue::Null), |b| (b.min, b.max));
                min.push(least);
                max.push(most);
            }
            if min.iter().all(AnyValue::is_null) {
                continue;
            }
            let series = |name: String, values: &[AnyValue]| {
                Some(
                    polars::prelude::Series::from_any_values_and_dtype(
                        name.into(),
                        values,
                        &dtype,
                        false,
                    )
                    .ok()?
                    .into(),
                )
            };
            table.push(series(lowest(&name), &min)?);
            table.push(series(highest(&name), &max)?);
            columns.insert(name, dtype);
        }
        if columns.is_empty() {
            return None;
        }
        Some(Bounds { table: DataFrame::new(scan.partitions.len(), table).ok()?, columns })
    }

    /// The predicate over the ends of ranges; `None` if it is not understood.
    fn may_pass(&self, predicate: &Expr) -> Option<Expr> {
        let Expr::BinaryExpr { left, op, right } = predicate else { return None };
        match op {
            Operator::And | Operator::LogicalAnd => {
                match (self.may_pass(left), self.may_pass(right)) {
                    (Some(left), Some(right)) => Some(kleene(left).and(kleene(right))),
                    (one, other) => one.or(other),
                }
            }
            Operator::Or | Operator::LogicalOr => {
                Some(kleene(self.may_pass(left)?).or(kleene(self.may_pass(right)?)))
            }
            _ => self
                .compares(left, *op, right)
                .or_else(|| self.compares(right, mirrored(*op)?, left)),
        }
    }

    /// A column against a literal.
    fn compares(&self, column: &Expr, op: Operator, value: &Expr) -> Option<Expr> {
        let Expr::Column(name) = column else { return None };
        let dtype = self.columns.get(name)?;
        if !value.clone().meta().is_literal(false) || dtype.is_float() && is_nan(value) {
            return None;
        }
        let (min, max, value) = (col(lowest(name)), col(highest(name)), value.clone());
        Some(match op {
            Operator::Eq => min.lt_eq(value.clone()).and(max.gt_eq(value)),
            Operator::Lt => min.lt(value),
            Operator::LtEq => min.lt_eq(value),
            // NaN is above all numbers, and is not among the statistics.
            Operator::Gt | Operator::GtEq if dtype.is_float() => return None,
            Operator::Gt => max.gt(value),
            Operator::GtEq => max.gt_eq(value),
            _ => return None,
        })
    }
}

/// What is not known may pass.
fn kleene(may_pass: Expr) -> Expr {
    may_pass.fill_null(lit(true))
}

fn is_nan(value: &Expr) -> bool {
    value.to_string().contains("NaN")
}

fn mirrored(op: Operator) -> Option<Operator> {
    Some(match op {
        Operator::Eq => Operator::Eq,
        Operator::Lt => Operator::Gt,
        Operator::LtEq => Operator::GtEq,
        Operator::Gt => Operator::Lt,
        Operator::GtEq => Operator::LtEq,
        _ => return None,
    })
}
