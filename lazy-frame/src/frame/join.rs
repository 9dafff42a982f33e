//! Frames beside each other, row by row: joins by equal keys, of all with all, and by the nearest key.

use std::panic::Location;

use polars::prelude::{AsOfOptions, Expr, JoinArgs, JoinType, PlSmallStr};

use super::Frame;
use crate::error::{StepError, lacking};
use crate::names::IntoExprs;
use crate::ops::asof::Asof;
use crate::ops::join::{Join, Keys};
use crate::plan::{At, Plan};

impl Frame {
    /// The rows of this frame, the left one, beside those of another, the right one, whose keys are equal.
    ///
    /// `args` is a [`JoinType`], or [`JoinArgs`] for more: the suffix of columns of the right side whose name is taken,
    /// whether keys become one column, whether nulls are equal, whether keys have to be unique. They mean what they
    /// mean in Polars. Keys are columns, or expressions of a row alone; those of both sides are of the same type, or of
    /// numeric types of which one holds all values of both.
    ///
    /// How partitions meet, in order of preference; `explain` tells which it is:
    /// - A side of one partition meets each partition of the other side, which stays as it is: either side of an inner
    ///   join, the right one of a left, semi or anti join, the left one of a right join.
    /// - Where both sides have known [divisions](Frame::divisions) by a key of theirs, the same ranges meet.
    /// - A side of few partitions, fewer than half the binary logarithm of the other's, is put together first. It has
    ///   to fit in memory.
    /// - Otherwise the rows of both sides are moved into as many partitions as the larger side has, by the hash of
    ///   their keys. All rows with the same key, and all nulls, come into one partition.
    ///
    /// The whole side of the first and third case is made once; each task builds its own table of it to look keys up
    /// in.
    ///
    /// The order of rows is not specified. With `maintain_order`, it is kept where the other side is whole; elsewhere
    /// that is a mistake. `build_side` has no effect, and `slice` is refused. For `JoinType::AsOf` see
    /// [`Frame::join_asof`].
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::prelude::{JoinArgs, JoinType, df};
    /// use lazy_frame::prelude::*;
    ///
    /// let orders = Frame::from_polars(df!["customer" => [1, 2, 1], "price" => [5.0, 7.0, 9.0]]?, 2);
    /// let names = Frame::from_polars(df!["id" => [1, 2, 3], "name" => ["Ann", "Bob", "Cid"]]?, 1);
    /// let named = orders.join(&names, [col("customer")], [col("id")], JoinArgs::new(JoinType::Left));
    /// assert_eq!(named.compute()?.shape(), (3, 3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn join(
        &self,
        other: &Frame,
        left_on: impl IntoExprs,
        right_on: impl IntoExprs,
        args: impl Into<JoinArgs>,
    ) -> Frame {
        let at = Location::caller();
        let (left_on, right_on) = (left_on.into_exprs(), right_on.into_exprs());
        self.then(|left| {
            let right = other.plan()?.clone();
            joined(left, right, [&left_on, &right_on], args.into(), at)
        })
    }

    /// The rows of both frames whose keys are equal. See [`Frame::join`].
    #[track_caller]
    pub fn inner_join(
        &self,
        other: &Frame,
        left_on: impl IntoExprs,
        right_on: impl IntoExprs,
    ) -> Frame {
        self.join(other, left_on, right_on, JoinType::Inner)
    }

    /// All rows of this frame, with those of another whose keys are equal, or nulls. See [`Frame::join`].
    #[track_caller]
    pub fn left_join(
        &self,
        other: &Frame,
        left_on: impl IntoExprs,
        right_on: impl IntoExprs,
    ) -> Frame {
        self.join(other, left_on, right_on, JoinType::Left)
    }

    /// All rows of both frames, beside each other where their keys are equal. See [`Frame::join`].
    #[track_caller]
    pub fn full_join(
        &self,
        other: &Frame,
        left_on: impl IntoExprs,
        right_on: impl IntoExprs,
    ) -> Frame {
        self.join(other, left_on, right_on, JoinType::Full)
    }

    /// The rows of this frame whose keys another one has, too. See [`Frame::join`].
    #[track_caller]
    pub fn semi_join(
        &self,
        other: &Frame,
        left_on: impl IntoExprs,
        right_on: impl IntoExprs,
    ) -> Frame {
        self.join(other, left_on, right_on, JoinType::Semi)
    }

    /// The rows of this frame whose keys another one lacks. See [`Frame::join`].
    #[track_caller]
    pub fn anti_join(
        &self,
        other: &Frame,
        left_on: impl IntoExprs,
        right_on: impl IntoExprs,
    ) -> Frame {
        self.join(other, left_on, right_on, JoinType::Anti)
    }

    /// Each row of this frame beside each row of another. The frame with fewer partitions has to fit in memory.
    #[track_caller]
    pub fn cross_join(&self, other: &Frame, suffix: Option<PlSmallStr>) -> Frame {
        let args = JoinArgs::new(JoinType::Cross).with_suffix(suffix);
        self.join(other, Vec::<Expr>::new(), Vec::<Expr>::new(), args)
    }

    /// The rows of this frame, the left one, each beside the row of another, the right one, whose key is nearest.
    ///
    /// Both frames are sorted by their key, over all partitions. With
    /// [`AsofStrategy::Backward`](polars::prelude::AsofStrategy) the nearest is the last row whose key is not greater,
    /// with `Forward` the first whose key is not less; `allow_eq` says whether it may be equal. `left_by` and
    /// `right_by` name columns that have to be equal, `tolerance` or `tolerance_str` how far off the key may be. The
    /// order of rows stays.
    ///
    /// Where both sides have known [divisions](Frame::divisions) by their key, each partition meets those of its range,
    /// and the nearest row of the others. Otherwise the right side is put together, and has to fit in memory.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::prelude::{AsOfOptions, df};
    /// use lazy_frame::prelude::*;
    ///
    /// let trades = Frame::from_polars(df!["t" => [3, 6, 9], "price" => [51, 52, 53]]?, 2);
    /// let quotes = Frame::from_polars(df!["t" => [1, 5, 9], "bid" => [50, 51, 52]]?, 1);
    /// let options = AsOfOptions { allow_eq: true, ..AsOfOptions::default() };
    /// let joined = trades.join_asof(&quotes, "t", "t", options).compute()?;
    /// assert_eq!(joined, df!["t" => [3, 6, 9], "price" => [51, 52, 53], "bid" => [50, 51, 52]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn join_asof<E: Into<Expr>>(
        &self,
        other: &Frame,
        left_on: E,
        right_on: E,
        options: AsOfOptions,
    ) -> Frame {
        self.join(other, left_on.into(), right_on.into(), JoinType::AsOf(Box::new(options)))
    }
}

fn joined(
    left: Plan,
    right: Plan,
    on: [&[Expr]; 2],
    args: JoinArgs,
    at: At,
) -> Result<Plan, StepError> {
    if args.slice.is_some() {
        let reason = "`slice` is not supported: take the `head` of the result";
        return Err(StepError::new("join", reason, &Default::default(), at));
    }
    if let JoinType::AsOf(options) = &args.how {
        let options = (**options).clone();
        return nearest(left, right, on, args, options, at);
    }
    if on[0].is_empty() && on[1].is_empty() && !args.how.is_cross() {
        let reason = "there is no key: name one of each side, or take all pairs with `cross_join`";
        return Err(left.misfit("join", reason, at));
    }
    let keys = Keys::check("join", [(&left, on[0]), (&right, on[1])], at)?;
    Join::plan(keys, args, left, right, at)
}

fn nearest(
    left: Plan,
    right: Plan,
    on: [&[Expr]; 2],
    args: JoinArgs,
    options: AsOfOptions,
    at: At,
) -> Result<Plan, StepError> {
    let keys = Keys::check("join_asof", [(&left, on[0]), (&right, on[1])], at)?;
    let misfit = |reason: &str| Err(StepError::new("join_asof", reason, &Default::default(), at));
    let Some(dtype) = keys.single_type() else {
        return misfit(
            "give one key, and the columns that have to be equal as `left_by` and `right_by`",
        );
    };
    if options.tolerance_str.is_some() && !dtype.is_temporal() {
        return misfit("`tolerance_str` is a time, and the key is none: use `tolerance`");
    }
    for (plan, by, side) in
        [(&left, &options.left_by, "left"), (&right, &options.right_by, "right")]
    {
        if let Some(reason) = lacking(by.iter().flatten(), plan.schema()) {
            return Err(plan.misfit("join_asof", format!("the {side} side: {reason}"), at));
        }
    }
    Asof::check(keys, args, options, [left, right], at)
}
