//! [`Series`]: one column of a frame.

mod operators;
mod quantile;
mod reduce;

use std::fmt;

use lazy_runtime::{Collection, Compute, Outputs, Results};
use polars::prelude::{Expr, PlSmallStr, SchemaRef};

use crate::error::Result;
use crate::frame::Frame;
use crate::ops::row_wise::output_name;

/// One column of a frame, lazy as the frame is: an expression over it.
///
/// The other columns, such as the keys of a group-by, are there as long as the frame is: [`Series::frame`].
#[derive(Clone)]
pub struct Series {
    frame: Frame,
    expr: Expr,
    /// The frame with this column alone, made once: what is drawn is what runs.
    alone: Frame,
}

impl Frame {
    /// One column.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1.0, 2.0, 6.0]]?, 2);
    /// let x = frame.column("x");
    /// assert_eq!(x.mean().compute()?, Some(3.0));
    /// assert_eq!((&x * 2.0).max().compute()?, AnyValue::Float64(12.0));
    /// # use lazy_frame::polars::prelude::AnyValue;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn column(&self, name: &str) -> Series {
        Series::new(self.clone(), polars::prelude::col(name))
    }
}

impl Series {
    #[track_caller]
    pub(crate) fn new(frame: Frame, expr: Expr) -> Series {
        let alone = frame.select([expr.clone()]);
        Series { frame, expr, alone }
    }

    /// The frame that it is a column of, or is computed from.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The frame of this column alone.
    pub fn to_frame(&self) -> Frame {
        self.alone.clone()
    }

    /// The expression, to be used with the frame that it is of: `frame.filter(series.expr())`.
    pub fn expr(&self) -> Expr {
        self.expr.clone()
    }

    /// The name of the column.
    pub fn name(&self) -> PlSmallStr {
        output_name(&self.expr).unwrap_or_default()
    }

    /// The name and type, without computing.
    ///
    /// # Errors
    /// The first mistake that was made in building it.
    pub fn schema(&self) -> Result<SchemaRef> {
        self.alone.schema()
    }

    /// How many partitions there are.
    pub fn npartitions(&self) -> usize {
        self.alone.npartitions()
    }

    /// The same series under another name.
    #[track_caller]
    pub fn alias(&self, name: &str) -> Series {
        self.map(|expr| expr.alias(name))
    }

    /// What an expression makes of the values: `series.map(|x| x.str().to_lowercase())`.
    #[track_caller]
    pub fn map(&self, f: impl FnOnce(Expr) -> Expr) -> Series {
        Series::new(self.frame.clone(), f(self.expr.clone()))
    }

    /// The first `n` values.
    #[track_caller]
    pub fn head(&self, n: usize) -> Series {
        let name = self.name();
        Series::new(self.alone.head(n), polars::prelude::col(name))
    }
}

/// Prints the structure, as a frame does. Computes nothing.
impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.alone.to_string().replacen("Frame", "Series", 1))
    }
}

/// The structure, in a line.
impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{:?}", self.alone).replacen("Frame", "Series", 1))
    }
}

impl Collection for Series {
    type Output = polars::prelude::Series;
    type Persisted = Series;

    fn check(&self) -> lazy_runtime::Result<()> {
        self.alone.check()
    }

    fn outputs(&self, outputs: &mut Outputs) {
        self.alone.outputs(outputs);
    }

    fn persisted(&self, results: &mut Results) -> Series {
        let frame = self.alone.persisted(results);
        Series { alone: frame.clone(), frame, expr: polars::prelude::col(self.name()) }
    }
}

impl Compute for Series {
    fn take(&self, results: &mut Results) -> polars::prelude::Series {
        let column = self.alone.take(results).columns()[0].clone();
        column.take_materialized_series()
    }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;
    use polars::df;

    use super::*;

    #[test]
    fn a_series_prints_its_structure() {
        let frame = Frame::from_polars(df!["x" => [1_i64], "y" => ["a"]].unwrap(), 1);
        let text = frame.column("x").to_string();
        assert!(text.starts_with("Series:\nnpartitions=1    x\n"), "{text}");
        let wrong = frame.column("z").to_string();
        assert!(
            wrong.starts_with("Series with a mistake:\nselect: there is no column `z`"),
            "{wrong}"
        );
        assert!(format!("{:?}", frame.column("y")).starts_with("Series(y: str; npartitions=1; "));
    }

    #[test]
    fn the_mistake_of_either_side_is_kept() {
        let frame = Frame::from_polars(df!["x" => [1, 2]].unwrap(), 2);
        let (good, wrong) =
            (frame.column("x"), frame.filter(polars::prelude::col("z")).column("x"));
        for sum in [&good + &wrong, &wrong + &good] {
            let error = sum.schema().unwrap_err().to_string();
            assert!(error.starts_with("filter: there is no column `z`"), "{error}");
        }
    }

    #[test]
    fn a_series_has_its_own_length_and_partitions() {
        let column = Frame::from_polars(df!["x" => [1, 2, 3]].unwrap(), 2).column("x");
        assert_eq!(column.map(|x| x.sum()).len().compute().unwrap(), 1);
        assert_eq!((column.len().compute().unwrap(), column.len().graph().n_tasks()), (3, 0));
        assert_eq!(column.persist().unwrap().graph().n_tasks(), 0);
    }
}
