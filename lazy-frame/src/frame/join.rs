//! Frames beside each other, row by row: joins by equal keys, of all with all, and by the nearest key.

use std::panic::Location;

use polars::prelude::{Expr, JoinArgs, JoinType, PlSmallStr};

use super::Frame;
use crate::error::StepError;
use crate::ops::join::{Join, Keys};
use crate::plan::{At, Plan};

impl Frame {
    /// The rows of this frame, the left one, beside those of another, the right one, whose keys are equal.
    ///
    /// `args` is a [`JoinType`], or [`JoinArgs`] for more: the suffix of columns of the right side whose name is taken, whether keys become one column, whether
    /// nulls are equal, whether keys have to be unique. They mean what they mean in Polars. Keys are columns, or expressions of a row alone; those of both
    /// sides are of the same type, or of numeric types of which one holds all values of both.
    ///
    /// How partitions meet, in order of preference; `explain` tells which it is:
    /// - A side of one partition meets each partition of the other side, which stays as it is: either side of an inner join,
    ///   the right one of a left, semi or anti join, the left one of a right join.
    /// - Where both sides have known [divisions](Frame::divisions) by a key of theirs, the same ranges meet.
    /// - A side of few partitions, fewer than half the binary logarithm of the other's, is put together first. It has to fit in memory.
    /// - Otherwise the rows of both sides are moved into as many partitions as the larger side has, by the hash of their keys. All rows with
    ///   the same key, and all nulls, come into one partition.
    ///
    /// The whole side of the first and third case is made once; each task builds its own table of it to look keys up in.
    ///
    /// The order of rows is not specified. With `maintain_order`, it is kept where the other side is whole; elsewhere that is a mistake.
    /// `build_side` has no effect; `slice` is not for users.
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
        left_on: impl AsRef<[Expr]>,
        right_on: impl AsRef<[Expr]>,
        args: impl Into<JoinArgs>,
    ) -> Frame {
        let at = Location::caller();
        self.then(|left| {
            let right = other.plan()?.clone();
            joined(left, right, [left_on.as_ref(), right_on.as_ref()], args.into(), at)
        })
    }

    /// The rows of both frames whose keys are equal. See [`Frame::join`].
    #[track_caller]
    pub fn inner_join<E: Into<Expr>>(&self, other: &Frame, left_on: E, right_on: E) -> Frame {
        self.join(other, [left_on.into()], [right_on.into()], JoinType::Inner)
    }

    /// All rows of this frame, with those of another whose keys are equal, or nulls. See [`Frame::join`].
    #[track_caller]
    pub fn left_join<E: Into<Expr>>(&self, other: &Frame, left_on: E, right_on: E) -> Frame {
        self.join(other, [left_on.into()], [right_on.into()], JoinType::Left)
    }

    /// All rows of both frames, beside each other where their keys are equal. See [`Frame::join`].
    #[track_caller]
    pub fn full_join<E: Into<Expr>>(&self, other: &Frame, left_on: E, right_on: E) -> Frame {
        self.join(other, [left_on.into()], [right_on.into()], JoinType::Full)
    }

    /// The rows of this frame whose keys another one has, too. See [`Frame::join`].
    #[track_caller]
    pub fn semi_join<E: Into<Expr>>(&self, other: &Frame, left_on: E, right_on: E) -> Frame {
        self.join(other, [left_on.into()], [right_on.into()], JoinType::Semi)
    }

    /// The rows of this frame whose keys another one lacks. See [`Frame::join`].
    #[track_caller]
    pub fn anti_join<E: Into<Expr>>(&self, other: &Frame, left_on: E, right_on: E) -> Frame {
        self.join(other, [left_on.into()], [right_on.into()], JoinType::Anti)
    }

    /// Each row of this frame beside each row of another. The frame with fewer partitions has to fit in memory.
    #[track_caller]
    pub fn cross_join(&self, other: &Frame, suffix: Option<PlSmallStr>) -> Frame {
        let args = JoinArgs::new(JoinType::Cross).with_suffix(suffix);
        self.join(other, Vec::new(), Vec::new(), args)
    }
}

fn joined(
    left: Plan,
    right: Plan,
    on: [&[Expr]; 2],
    args: JoinArgs,
    at: At,
) -> Result<Plan, StepError> {
    let misfit = |reason: &str| Err(StepError::new("join", reason, &Default::default(), at));
    if args.slice.is_some() {
        return misfit("`slice` is not supported: take the `head` of the result");
    }
    if args.how.is_asof() {
        return misfit("the join by the nearest key has a method of its own: use `join_asof`");
    }
    let keys = Keys::check("join", [(&left, on[0]), (&right, on[1])], at)?;
    Join::plan(keys, args, left, right, at)
}
