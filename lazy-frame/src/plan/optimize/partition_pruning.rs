//! Partitions in which no row passes a filter are not read.
//!
//! What is known of a partition is a range for some columns: from the divisions, or from the statistics of a file. A condition on a column
//! becomes one on the ends of the range, "may some row pass?", and is evaluated for all partitions at once. What is not understood may
//! always pass.
//!
//! Partitions keep their numbers where somebody knows them by these: then all are made.

use std::collections::HashSet;

use polars::prelude::*;

use crate::engine;
use crate::ops::partitions::Partitions;
use crate::ops::scan::Scan;
use crate::plan::{Plan, Step};

use super::rewrite::{bottom_up, counted, over};

pub(super) fn apply(plan: &Plan) -> Plan {
    let counted = counted(plan);
    bottom_up(plan, |before, inputs| {
        let plan = over(before, inputs);
        match counted.contains(&before.id()) {
            true => plan,
            false => prune(&plan).unwrap_or(plan),
        }
    })
}

/// A filter over fewer partitions. Other filters may stand between; they have left out their own.
fn prune(filter: &Plan) -> Option<Plan> {
    let Some(Step::Filter(predicate)) = filter.operator().row_wise() else { return None };
    let (mut filters, mut input) = (vec![filter], &filter.inputs()[0]);
    while let Some(Step::Filter(_)) = input.operator().row_wise() {
        filters.push(input);
        input = &input.inputs()[0];
    }
    let pruned = pruned(input, predicate)?;
    let over = |rows, filter: &Plan| filter.operator().over(vec![rows], filter.at());
    filters.into_iter().rev().try_fold(pruned, over).ok()
}

/// The partitions of a plan in which rows may pass.
fn pruned(input: &Plan, predicate: &Expr) -> Option<Plan> {
    if let Some(scan) = input.operator().scan() {
        let bounds = |partition: usize, column: &str| {
            let range = scan.source.bounds(scan.partitions[partition], column)?;
            Some((range.min, range.max))
        };
        let kept = partitions(input, predicate, bounds)?;
        let partitions = kept.into_iter().map(|i| scan.partitions[i]).collect();
        return Some(Scan { partitions, ..scan.clone() }.plan(input.at()));
    }
    let divisions = input.divisions()?;
    let bounds = |partition: usize, column: &str| {
        let range = &divisions.bounds()[partition..=partition + 1];
        (column == divisions.column()).then(|| (range[0].clone(), range[1].clone()))
    };
    let kept = partitions(input, predicate, bounds)?;
    Partitions::plan("filter", kept.into(), input.clone(), input.at()).ok()
}

/// The partitions in which rows may pass, at least one; `None` if these are all.
fn partitions(
    input: &Plan,
    predicate: &Expr,
    bounds: impl Fn(usize, &str) -> Option<Range>,
) -> Option<Vec<usize>> {
    let bounds = Bounds::of(input, predicate, bounds)?;
    let may_pass = kleene(bounds.may_pass(predicate)?).alias("pass");
    let table = engine::collect(bounds.table.lazy().select([may_pass])).ok()?;
    let pass = table.column("pass").ok()?.bool().ok()?.clone();
    if pass.len() != input.npartitions() || pass.all() {
        return None;
    }
    let pass = pass.iter().enumerate().filter(|(_, pass)| *pass != Some(false));
    let kept: Vec<_> = pass.map(|(i, _)| i).collect();
    // A frame has a partition; the filter leaves nothing of it.
    Some(if kept.is_empty() { vec![0] } else { kept })
}

/// The least and the greatest value; NaN is greater than all others, as in comparisons.
type Range = (AnyValue<'static>, AnyValue<'static>);

/// The smallest and the largest value of some columns, a row a partition; null where they are not known.
struct Bounds {
    table: DataFrame,
    columns: HashSet<PlSmallStr>,
}

fn lowest(name: &str) -> String {
    format!("{name}\u{1f}min")
}

fn highest(name: &str) -> String {
    format!("{name}\u{1f}max")
}

impl Bounds {
    /// Of the columns that a predicate mentions; `None` if nothing is known of any.
    fn of(
        input: &Plan,
        predicate: &Expr,
        bounds: impl Fn(usize, &str) -> Option<Range>,
    ) -> Option<Bounds> {
        let (mut columns, mut table) = (HashSet::new(), Vec::new());
        for name in predicate.clone().meta().root_names() {
            let Some(dtype) = input.schema().get(&name) else { continue };
            let ranges = (0..input.npartitions()).map(|i| bounds(i, &name));
            let ranges = ranges.map(|range| range.unwrap_or((AnyValue::Null, AnyValue::Null)));
            let (min, max): (Vec<_>, Vec<_>) = ranges.unzip();
            if columns.contains(&name) || min.iter().all(AnyValue::is_null) {
                continue;
            }
            for (name, values) in [(lowest(&name), min), (highest(&name), max)] {
                let series = Series::from_any_values_and_dtype(name.into(), &values, dtype, false);
                table.push(series.ok()?.into());
            }
            columns.insert(name);
        }
        if columns.is_empty() {
            return None;
        }
        Some(Bounds { table: DataFrame::new(input.npartitions(), table).ok()?, columns })
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

    /// A column against a value that is the same for all rows.
    fn compares(&self, column: &Expr, op: Operator, value: &Expr) -> Option<Expr> {
        let Expr::Column(name) = column else { return None };
        if !self.columns.contains(name) || !is_constant(value) {
            return None;
        }
        let (min, max, value) = (col(lowest(name)), col(highest(name)), value.clone());
        Some(match op {
            Operator::Eq => min.lt_eq(value.clone()).and(max.gt_eq(value)),
            Operator::Lt => min.lt(value),
            Operator::LtEq => min.lt_eq(value),
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

/// A literal, or what a function makes of literals alone, such as a date of a year, a month and a day.
fn is_constant(value: &Expr) -> bool {
    match value {
        Expr::Literal(_) => true,
        Expr::Cast { expr, .. } | Expr::Alias(expr, _) => is_constant(expr),
        Expr::Function { input, .. } => {
            input.iter().all(is_constant)
                && engine::is_row_wise(value, &Schema::default()).unwrap_or(false)
        }
        _ => false,
    }
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

#[cfg(test)]
mod tests {
    use lazy_runtime::Collection;
    use polars::df;
    use tempfile::TempDir;

    use super::*;
    use crate::{Frame, PartitionBy};

    /// 0 to 8 in three partitions, whose ranges are known.
    fn files(folder: &TempDir) -> Frame {
        let whole = Frame::from_polars(df!["n" => (0..9).collect::<Vec<i32>>()].unwrap(), 3);
        whole.write_parquet(folder.path()).overwrite(true).compute().unwrap();
        Frame::read_parquet(folder.path()).partition_by(PartitionBy::File).build().unwrap()
    }

    fn numbers(frame: &Frame) -> Vec<i32> {
        let rows = frame.compute().unwrap();
        rows.column("n").unwrap().i32().unwrap().into_no_null_iter().collect()
    }

    #[test]
    fn partitions_that_are_asked_for_by_number_keep_their_numbers() {
        let folder = TempDir::new().unwrap();
        let (files, large) = (files(&folder), || col("n").gt(lit(4)));
        for (i, expected) in [vec![], vec![5], vec![6, 7, 8]].into_iter().enumerate() {
            assert_eq!(numbers(&files.filter(large()).partition(i)), expected);
            assert_eq!(numbers(&files.partition(i).filter(large())), expected);
        }
        let cut = files.filter(large()).repartition_bytes(8);
        assert_eq!(numbers(&cut), [5, 6, 7, 8]);
        let sample = files.filter(large()).random_split(&[0.5, 0.5], 1);
        let all: Vec<i32> = sample.iter().flat_map(numbers).collect();
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn a_partition_of_which_nothing_is_known_is_read() {
        let folder = TempDir::new().unwrap();
        // Of long texts the ends of the range are not relied on.
        let long = "z".repeat(100);
        let texts =
            df!["s" => ["a", "b", &long, "y", "c", "d"], "n" => [0, 1, 2, 3, 4, 5]].unwrap();
        let whole = Frame::from_polars(texts, 3);
        whole.write_parquet(folder.path()).compute().unwrap();
        let files =
            Frame::read_parquet(folder.path()).partition_by(PartitionBy::File).build().unwrap();
        let of = |predicate: Expr| {
            let found = files.filter(predicate);
            (numbers(&found), found.graph().n_tasks())
        };
        assert_eq!(of(col("s").eq(lit("c"))), (vec![4], 2));
        assert_eq!(of(col("s").gt(lit("x"))), (vec![2, 3], 1));
        assert_eq!(of(col("s").eq(lit("b")).or(col("s").eq(lit(long)))), (vec![1, 2], 2));
    }

    #[test]
    fn floats_have_an_order_in_which_nan_is_last() {
        let table = df!["n" => [1, 2, 3, 4], "x" => [0.5, 1.5, 2.5, f64::NAN]].unwrap();
        let bounds = [0.0, 1.0, 2.0, f64::NAN];
        let frame = Frame::from_polars(table, 1).set_divisions("x", bounds).persist().unwrap();
        let of = |predicate: Expr| {
            let found = frame.filter(predicate);
            (numbers(&found), found.graph().n_tasks())
        };
        assert_eq!(of(col("x").gt(lit(1.2))), (vec![2, 3, 4], 2));
        assert_eq!(of(col("x").gt_eq(lit(2.2))), (vec![3, 4], 1));
        assert_eq!(of(col("x").eq(lit(f64::NAN))), (vec![4], 1));
        assert_eq!(of(col("x").lt(lit(f64::NAN))), (vec![1, 2, 3], 3));
    }

    #[test]
    fn divisions_are_those_of_the_partitions_that_are_left() {
        let folder = TempDir::new().unwrap();
        let sorted = files(&folder).set_sorted("n");
        let kept = sorted.filter(col("n").gt(lit(4))).persist().unwrap();
        assert_eq!(kept.divisions().unwrap().npartitions(), kept.npartitions());
        assert_eq!(numbers(&kept.filter(col("n").gt(lit(6)))), [7, 8]);
        let other = TempDir::new().unwrap();
        let late = files(&other).filter(col("n").gt(lit(2))).set_sorted("n");
        let reason = late.schema().unwrap_err().to_string();
        assert!(reason.contains("partition 0 has no value"), "{reason}");
        // Ends of the range alone are kept: the ranges no longer follow each other.
        let ends = sorted.filter(col("n").lt(lit(2)).or(col("n").gt(lit(7))));
        assert_eq!(numbers(&ends.repartition_divisions([0, 4, 8])), [0, 1, 8]);
    }
}
