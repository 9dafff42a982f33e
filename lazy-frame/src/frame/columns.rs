//! Steps that need each row alone: columns chosen, made, renamed; rows filtered.

use std::panic::Location;

use polars::prelude::*;

use super::Frame;
use crate::engine;
use crate::error::{StepError, reason};
use crate::plan::{At, Plan, Step};

impl Frame {
    /// The rows for which a condition is true.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 3]]?, 2);
    /// assert_eq!(frame.filter(col("x").gt(lit(1))).compute()?.height(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn filter(&self, predicate: Expr) -> Frame {
        let at = Location::caller();
        self.then(|input| {
            let predicate = row_wise("filter", vec![predicate], &input, at)?.remove(0);
            crate::ops::row_wise::RowWise::plan(Step::Filter(predicate), input, at)
        })
    }
}

/// The expressions without selectors, each of which needs its own row alone.
fn row_wise(step: &str, exprs: Vec<Expr>, input: &Plan, at: At) -> Result<Vec<Expr>, StepError> {
    let schema = input.schema();
    let misfit = |e: &PolarsError| input.misfit(step, reason(e), at);
    let (exprs, _) = engine::expand(&exprs, schema).map_err(|e| misfit(&e))?;
    for expr in &exprs {
        if !engine::is_row_wise(expr, schema).map_err(|e| misfit(&e))? {
            return Err(input.misfit(step, format!("`{expr}` needs more than its own row"), at));
        }
    }
    Ok(exprs)
}
