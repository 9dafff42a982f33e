//! Each row with those before it: running totals, shifts, differences.

use polars::prelude::*;

use super::Frame;

/// All numeric columns.
fn numeric() -> Expr {
    Selector::ByDType(DataTypeSelector::Numeric).as_expr()
}

impl Frame {
    /// Running sums of the numeric columns, across partitions; the other columns stay.
    ///
    /// For some columns write `with_columns([col("x").cum_sum(false)])`, and so for `cum_prod`, `cum_min`, `cum_max`, `cum_count`.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 3]]?, 3);
    /// assert_eq!(frame.cum_sum().compute()?, df!["x" => [1, 3, 6]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cum_sum(&self) -> Frame {
        self.with_columns([numeric().cum_sum(false)])
    }

    /// All columns `n` rows later, or earlier if `n` is negative; nulls where nothing is.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 3]]?, 3);
    /// assert_eq!(frame.shift(1).compute()?, df!["x" => [None, Some(1), Some(2)]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn shift(&self, n: i64) -> Frame {
        self.select([all().as_expr().shift(lit(n))])
    }

    /// The numeric columns less what they are `n` rows before; the other columns stay.
    #[track_caller]
    pub fn diff(&self, n: i64) -> Frame {
        self.with_columns([numeric().diff(lit(n), polars::series::ops::NullBehavior::Ignore)])
    }
}
