//! What is said of expressions that are not planned over partitions.

use polars::prelude::*;

use crate::engine;
use crate::error::StepError;
use crate::plan::{At, Plan};

/// The mistake, with the method to use instead.
pub(crate) fn refused(step: &str, exprs: &[Expr], input: &Plan, at: At) -> StepError {
    let row_wise = |e: &&Expr| engine::is_row_wise(e, input.schema()).unwrap_or(false);
    let expr = exprs.iter().find(|e| !row_wise(e)).unwrap_or(&exprs[0]);
    let reason = match expr.into_iter().any(guesses_format) {
        true => format!(
            "`{expr}` would guess the format anew in each partition: give it, as in \
             `StrptimeOptions {{ format: Some(\"%Y-%m-%d\".into()), ..Default::default() }}`"
        ),
        false => format!(
            "`{expr}` needs rows of other partitions in a way that is not planned over partitions; {}",
            expr.into_iter().find_map(instead).unwrap_or(ANYTHING)
        ),
    };
    input.misfit(step, reason, at)
}

/// Whether text is read as a time in a format that is found out from the values.
fn guesses_format(expr: &Expr) -> bool {
    let Expr::Function { function: FunctionExpr::StringExpr(function), .. } = expr else {
        return false;
    };
    matches!(function, StringFunction::Strptime(_, options) if options.format.is_none())
}

const ANYTHING: &str = "use `sort`, `unique`, `group_by`, `map_overlap`, or `map_partitions` if each partition may be \
                        taken by itself";

/// The method of frames that does over all rows what an expression does over those that it sees.
fn instead(expr: &Expr) -> Option<&'static str> {
    use BooleanFunction::{IsDuplicated, IsFirstDistinct, IsLastDistinct, IsUnique};
    Some(match expr {
        Expr::Sort { .. } | Expr::SortBy { .. } => "use `sort` of the frame",
        Expr::Slice { .. } => "use `head`, `tail` or `partitions` of the frame",
        Expr::Filter { .. } => "use `filter` of the frame",
        Expr::Function { function, .. } => match function {
            FunctionExpr::Rank { .. } => {
                "sort the frame and number its rows: `df.sort(\"x\", ..).with_row_index(\"rank\", 1)`"
            }
            FunctionExpr::Unique(_) => "use `unique` of the frame",
            FunctionExpr::DropNulls => "use `drop_nulls` of the frame",
            FunctionExpr::TopK { .. } => "use `top_k` or `bottom_k` of the frame",
            FunctionExpr::Mode { .. }
            | FunctionExpr::ValueCounts { .. }
            | FunctionExpr::UniqueCounts => "use `value_counts` of the frame",
            FunctionExpr::Boolean(IsDuplicated | IsUnique) => {
                "use `value_counts` of the frame, `filter` the counts, and `semi_join` them"
            }
            FunctionExpr::Boolean(IsFirstDistinct | IsLastDistinct) => {
                "use `unique` of the frame, which keeps the first or the last"
            }
            _ => return None,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use polars::df;

    use crate::Frame;

    use super::*;

    #[test]
    fn the_method_that_does_it_over_all_rows_is_named() {
        let frame = Frame::from_polars(df!["x" => [1, 2]].unwrap(), 2);
        let x = || col("x");
        let rank = x().rank(RankOptions::default(), None) + lit(1);
        for (expr, method) in [
            (x().sort(SortOptions::default()), "use `sort` of the frame"),
            (rank, "`df.sort(\"x\", ..).with_row_index(\"rank\", 1)`"),
            (x().unique(), "use `unique` of the frame"),
            (x().drop_nulls(), "use `drop_nulls` of the frame"),
            (x().filter(x().gt(lit(1))), "use `filter` of the frame"),
            (x().head(Some(1)), "use `head`, `tail`"),
            (x().top_k(lit(1)), "use `top_k` or `bottom_k`"),
            (x().mode(false), "use `value_counts` of the frame"),
            (x().is_duplicated(), "`semi_join` them"),
            (x().is_first_distinct(), "use `unique` of the frame"),
            (x().reverse(), "`map_partitions` if each partition may be taken by itself"),
        ] {
            let said = frame.select([expr]).schema().unwrap_err().to_string();
            assert!(said.contains(method), "{said}");
        }
    }
}
