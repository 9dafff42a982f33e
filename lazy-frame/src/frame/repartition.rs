//! Frames put together, and partitions cut anew.

use std::borrow::Borrow;
use std::panic::Location;

use lazy_runtime::prelude::*;
use polars::prelude::*;

use super::Frame;
use super::divisions::{IntoBounds, divisions};
use crate::error::{StepError, reason};
use crate::ops::concat::Concat;
use crate::ops::partitions::Partitions;
use crate::ops::repartition::{Cuts, Repartition};

/// The rows of several frames, one after the other; they have the same columns, of the same types.
///
/// # Examples
/// ```
/// use lazy_frame::polars::df;
/// use lazy_frame::prelude::*;
///
/// let frame = |x: i32| Ok::<_, PolarsError>(Frame::from_polars(df!["x" => [x]]?, 1));
/// let both = lazy_frame::concat([frame(1)?, frame(2)?]);
/// assert_eq!((both.npartitions(), both.compute()?), (2, df!["x" => [1, 2]]?));
/// # use lazy_frame::polars::prelude::PolarsError;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Without any frame there are no columns, which is a mistake.
#[track_caller]
pub fn concat(frames: impl IntoIterator<Item = impl Borrow<Frame>>) -> Frame {
    let at = Location::caller();
    let plans: Result<Vec<_>, _> =
        frames.into_iter().map(|frame| frame.borrow().plan().cloned()).collect();
    Frame::new(plans.and_then(|plans| match plans.is_empty() {
        true => {
            Err(StepError::new("concat", "there is no frame to begin with", &Schema::default(), at))
        }
        false => Concat::plan(plans, at),
    }))
}

impl Frame {
    /// The rows of this frame, and after them those of another.
    #[track_caller]
    pub fn concat(&self, other: &Frame) -> Frame {
        concat([self, other])
    }

    /// The same rows in `n` partitions: neighbours are joined, or each is cut, so that `n` result.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 3, 4]]?, 4).repartition(3).persist()?;
    /// assert_eq!((frame.npartitions(), frame.graph().n_tasks()), (3, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn repartition(&self, n: usize) -> Frame {
        let at = Location::caller();
        self.then(|input| match n {
            0 => Err(input.misfit("repartition", "a frame has at least one partition, not 0", at)),
            n => Ok(Repartition::plan(Cuts::Number(n), input, at)),
        })
    }

    /// The same rows in partitions of about so many bytes in memory: small neighbours are joined, large ones cut.
    ///
    /// How large they are has to be known for that: they are computed now, once, and not kept. Call it on what is
    /// [persisted](Collection::persist), or cheap to make.
    #[track_caller]
    pub fn repartition_bytes(&self, bytes: usize) -> Frame {
        let at = Location::caller();
        self.then(|input| {
            let misfit = |reason: String| input.misfit("repartition_bytes", reason, at);
            if bytes == 0 {
                return Err(misfit("a partition has more than 0 bytes".into()));
            }
            let all = Partitions::all("repartition_bytes", input.clone(), at)?;
            let size = |task: &Delayed<DataFrame>| task.map_ref(DataFrame::estimated_size);
            let sizes: Vec<_> = all.tasks().iter().map(size).collect();
            let sizes =
                sizes.compute().map_err(|e| misfit(format!("sizes could not be computed: {e}")))?;
            let parts: Vec<_> = sizes.iter().map(|size| size.div_ceil(bytes).max(1)).collect();
            let total: usize = sizes.iter().sum();
            let cut = Repartition::plan(Cuts::Parts(parts.clone().into()), input, at);
            let n = total.div_ceil(bytes).clamp(1, parts.iter().sum());
            Ok(match n < cut.npartitions() {
                true => Repartition::plan(Cuts::Number(n), cut, at),
                false => cut,
            })
        })
    }

    /// The same rows with other bounds, in the column of the [divisions](Frame::divisions) that are known.
    ///
    /// # Errors
    /// Kept until the frame is used: no known divisions, bounds that are not sorted or of another type, or that leave rows out.
    #[track_caller]
    pub fn repartition_divisions(&self, bounds: impl IntoBounds) -> Frame {
        let (at, bounds) = (Location::caller(), bounds.into_bounds());
        self.then(|input| {
            let misfit = |reason: String| input.misfit("repartition_divisions", reason, at);
            let Some(old) = input.divisions() else {
                return Err(misfit(UNKNOWN.into()));
            };
            let divisions = divisions(old.column(), bounds, &input).map_err(misfit)?;
            let bounds = divisions.bounds();
            let (first, last) = (&old.bounds()[0], &old.bounds()[old.npartitions()]);
            if bounds[0] > *first || bounds[bounds.len() - 1] < *last {
                return Err(misfit(format!(
                    "the bounds leave out rows: there are some from {first} to {last}"
                )));
            }
            Ok(Repartition::plan(Cuts::Divisions(divisions), input, at))
        })
    }

    /// The same rows in partitions of a span of time each, such as `"1d"` or `"6h"` (as in Polars: months `mo`, weeks `w`, minutes `m`),
    /// beginning with the first [division](Frame::divisions), which has to be known and of a time.
    #[track_caller]
    pub fn repartition_time(&self, every: &str) -> Frame {
        let at = Location::caller();
        let bounds = |input: &crate::plan::Plan| -> Result<_, String> {
            let old = input.divisions().ok_or(UNKNOWN)?;
            crate::divisions::every(old, every).map_err(|e| reason(&e))
        };
        self.then(|input| match bounds(&input) {
            Err(reason) => Err(input.misfit("repartition_time", reason, at)),
            Ok(divisions) => Ok(Repartition::plan(Cuts::Divisions(divisions), input, at)),
        })
    }
}

const UNKNOWN: &str = "the divisions are not known; `set_divisions` makes them known";
