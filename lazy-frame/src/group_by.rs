//! [`GroupBy`]: rows that have the same key.

use std::panic::Location;

use polars::prelude::*;

use crate::engine;
use crate::error::{StepError, no_quantile, reason};
use crate::frame::Frame;
use crate::names::IntoExprs;
use crate::ops::aggregate::Aggregate;
use crate::ops::quantile_approx::QuantileApprox;
use crate::ops::repartition::{Cuts, Repartition};
use crate::plan::{At, Plan};
use crate::series::Series;

/// The rows of a frame by key, to be aggregated; made by [`Frame::group_by`].
///
/// A null is a key like any other. The order of the groups is unspecified.
#[derive(Clone)]
#[must_use = "a group-by is nothing before it is aggregated"]
pub struct GroupBy {
    frame: Frame,
    keys: Vec<Expr>,
    npartitions: usize,
    at: At,
}

impl Frame {
    /// Groups of rows that have the same values in `keys`: names of columns, or row-wise expressions.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["name" => ["a", "b", "a"], "x" => [1, 2, 3]]?, 2);
    /// let sums = frame.group_by(["name"]).agg([col("x").sum(), len()]).sort(["name"], Default::default());
    /// assert_eq!(sums.compute()?, df!["name" => ["a", "b"], "x" => [4, 2], "len" => [2_u32, 1]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn group_by(&self, keys: impl IntoExprs) -> GroupBy {
        let at = Location::caller();
        GroupBy { frame: self.clone(), keys: keys.into_exprs(), npartitions: 1, at }
    }
}

impl GroupBy {
    /// How many partitions the result has: 1 unless told, which must fit into memory.
    pub fn npartitions(self, n: usize) -> GroupBy {
        GroupBy { npartitions: n.max(1), ..self }
    }

    /// A row for each group: its keys, and what these expressions make of its rows.
    ///
    /// An expression may be any of Polars' that is an aggregation, arithmetic of aggregations, or a plain column, which gives
    /// the list of its values. What can be merged (`sum`, `mean`, `std`, `min`, `first`, `top_k`, ..) is aggregated where the rows are;
    /// otherwise (`median`, `quantile`, `n_unique`, `mode`, ..) the rows are shuffled by key first. Where the frame has been
    /// [shuffled](Frame::shuffle) by some of the keys, or grouped into several partitions, each partition is aggregated by itself.
    #[track_caller]
    pub fn agg(&self, aggs: impl IntoExprs) -> Frame {
        let (at, aggs) = (Location::caller(), aggs.into_exprs());
        self.frame.then(|input| {
            check_keys(&self.keys, &input, self.at)?;
            Aggregate::plan("group_by", self.keys.clone(), aggs, self.npartitions, input, at)
        })
    }

    /// One column, to be aggregated into a [`Series`].
    pub fn column(&self, name: &str) -> GroupByColumn {
        GroupByColumn { groups: self.clone(), column: name.into() }
    }

    /// How many rows each group has, in a column `len`.
    #[track_caller]
    pub fn len(&self) -> Frame {
        self.agg([len()])
    }
}

macro_rules! of_columns {
    ($($(#[$doc:meta])* $columns:ident $method:ident $(($($parameter:ident: $type:ty),*))?;)*) => {
        impl GroupBy {
            $($(#[$doc])*
            ///
            #[doc = of_columns!(@doc $columns)]
            #[track_caller]
            pub fn $method(&self $($(, $parameter: $type)*)?) -> Frame {
                self.agg([$columns().$method($($($parameter),*)?)])
            })*
        }

        impl GroupByColumn {
            $($(#[$doc])*
            #[track_caller]
            pub fn $method(&self $($(, $parameter: $type)*)?) -> Series {
                self.agg(|column| column.$method($($($parameter),*)?))
            })*
        }
    };
    (@doc any) => { "Of each column that is not a key." };
    (@doc numeric) => { "Of each numeric column that is not a key." };
}

fn any() -> Expr {
    all().as_expr()
}

fn numeric() -> Expr {
    Selector::ByDType(DataTypeSelector::Numeric).as_expr()
}

of_columns! {
    /// The sum of each group.
    numeric sum;
    /// The mean of each group.
    numeric mean;
    /// The standard deviation of each group, with `ddof` less than the number of values in the denominator; null where that is not positive.
    numeric std(ddof: u8);
    /// The variance of each group, with `ddof` less than the number of values in the denominator; null where that is not positive.
    numeric var(ddof: u8);
    /// The median of each group.
    numeric median;
    /// The smallest value of each group.
    any min;
    /// The largest value of each group.
    any max;
    /// How many values of each group are not null.
    any count;
    /// How many different values each group has.
    any n_unique;
    /// The first value of each group, in the order of the frame.
    any first;
    /// The last value of each group, in the order of the frame.
    any last;
}

/// One column of groups, to be aggregated.
#[derive(Clone)]
#[must_use = "a group-by is nothing before it is aggregated"]
pub struct GroupByColumn {
    groups: GroupBy,
    column: PlSmallStr,
}

impl GroupByColumn {
    /// The quantile `q`, from 0 to 1, of each group, linearly interpolated.
    #[track_caller]
    pub fn quantile(&self, q: f64) -> Series {
        match no_quantile(q) {
            Some(reason) => {
                Series::new(self.groups.frame.failed("quantile", &reason), col(self.column.clone()))
            }
            None => self.agg(|column| column.quantile(lit(q), QuantileMethod::Linear)),
        }
    }

    /// The quantile `q` of each group, nearly: as [`Series::quantile_approx`], in little memory and without a shuffle. A float column,
    /// in which dates and times are the numbers that they are stored as; null where a group has no value.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let table = df!["name" => ["a", "b", "a", "a"], "x" => [1, 2, 3, 8]]?;
    /// let medians = Frame::from_polars(table, 2).group_by("name").column("x").quantile_approx(0.5);
    /// let medians = medians.frame().sort("name", Default::default());
    /// assert_eq!(medians.compute()?, df!["name" => ["a", "b"], "x" => [3.0, 2.0]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn quantile_approx(&self, q: f64) -> Series {
        let (at, groups) = (Location::caller(), &self.groups);
        let frame = groups.frame.then(|input| {
            check_keys(&groups.keys, &input, groups.at)?;
            let quantiles = QuantileApprox::plan(&groups.keys, self.column.clone(), q, input, at)?;
            Ok(match groups.npartitions {
                1 => quantiles,
                n => Repartition::plan(Cuts::Number(n), quantiles, at),
            })
        });
        Series::new(frame, col(self.column.clone()))
    }

    #[track_caller]
    fn agg(&self, agg: impl FnOnce(Expr) -> Expr) -> Series {
        let frame = self.groups.agg([agg(col(self.column.clone()))]);
        Series::new(frame, col(self.column.clone()))
    }
}

fn check_keys(keys: &[Expr], input: &Plan, at: At) -> Result<(), StepError> {
    if keys.is_empty() {
        return Err(input.misfit(
            "group_by",
            "a group-by needs a key; use `select` for all rows",
            at,
        ));
    }
    let misfit = |e: PolarsError| input.misfit("group_by", reason(&e), at);
    for key in engine::expand(keys, input.schema()).map_err(misfit)?.0 {
        if !engine::is_row_wise(&key, input.schema()).map_err(misfit)? {
            let reason =
                format!("the key `{key}` needs more than its own row; make it a column first");
            return Err(input.misfit("group_by", reason, at));
        }
    }
    Ok(())
}
