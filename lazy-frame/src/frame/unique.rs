//! [`Frame::unique`].

use std::panic::Location;

use polars::prelude::UniqueKeepStrategy;

use super::Frame;
use crate::names::IntoNames;
use crate::ops::unique::Unique;

impl Frame {
    /// One row of those that are equal in the columns `subset`, or in all columns: the first, the last, or any; with
    /// [`UniqueKeepStrategy::None`] only rows that have no equal.
    ///
    /// Nulls are equal, and so are NaNs. The rows that are kept stay in order, in one partition: partitions are freed
    /// of what is equal first, and then merged. Where most rows differ, [shuffle](Frame::shuffle) the frame by `subset`
    /// beforehand: then each partition is done by itself, and there are as many partitions as before.
    /// `UniqueKeepStrategy::None` shuffles in any case.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::polars::prelude::UniqueKeepStrategy;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 1], "y" => ["a", "b", "c"]]?, 2);
    /// let last = frame.unique(Some(&["x"]), UniqueKeepStrategy::Last).compute()?;
    /// assert_eq!(last, df!["x" => [2, 1], "y" => ["b", "c"]]?);
    /// assert_eq!(frame.unique(None, UniqueKeepStrategy::Any).compute()?.height(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn unique(&self, subset: Option<&[&str]>, keep: UniqueKeepStrategy) -> Frame {
        let (at, subset) = (Location::caller(), subset.map(|names| names.into_names().into()));
        self.then(|input| Unique::plan(subset, keep, input, at))
    }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::{Collection, delayed};
    use polars::prelude::*;

    use super::*;

    fn table() -> DataFrame {
        let number = |i: u32| match i % 7 {
            0 => None,
            1 => Some(f64::NAN),
            2 => Some(if i > 20 { 0.0 } else { -0.0 }),
            n => Some(f64::from(n)),
        };
        df![
            "x" => (0..40).chain([100, 101]).map(number).collect::<Vec<_>>(),
            "s" => (0..42).map(|i| (i % 4 > 0).then_some(["a", "b"][i % 2])).collect::<Vec<_>>(),
            "i" => (0..42).map(|i| if i == 17 { 99 } else { i / 3 }).collect::<Vec<u32>>()
        ]
        .unwrap()
    }

    fn frames() -> Vec<Frame> {
        let table = table();
        let cut = |cuts: &[usize]| {
            let piece = |pair: &[usize]| delayed(table.slice(pair[0] as i64, pair[1] - pair[0]));
            Frame::from_delayed(cuts.windows(2).map(piece).collect(), table.schema().clone())
        };
        vec![cut(&[0, 42]), cut(&[0, 0, 11, 11, 42]), Frame::from_polars(table.clone(), 20)]
    }

    const KEEPS: [UniqueKeepStrategy; 3] =
        [UniqueKeepStrategy::First, UniqueKeepStrategy::Last, UniqueKeepStrategy::Any];

    fn subsets() -> [Option<&'static [&'static str]>; 4] {
        [None, Some(&["x"]), Some(&["s", "x"]), Some(&["i"])]
    }

    fn whole(subset: Option<&[&str]>, keep: UniqueKeepStrategy) -> DataFrame {
        let subset: Option<Vec<_>> =
            subset.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        table().unique_stable(subset.as_deref(), keep, None).unwrap()
    }

    fn sorted(rows: DataFrame) -> DataFrame {
        rows.sort(["i", "s", "x"], SortMultipleOptions::new()).unwrap()
    }

    #[test]
    fn kept_rows_are_those_of_the_whole_in_order() {
        for (subset, keep) in subsets().into_iter().flat_map(|s| KEEPS.map(|keep| (s, keep))) {
            let expected = whole(subset, keep);
            for frame in frames() {
                let rows = frame.unique(subset, keep);
                assert_eq!(rows.npartitions(), 1);
                let rows = rows.compute().unwrap();
                assert!(rows.equals_missing(&expected), "{subset:?} {keep:?}\n{rows}\n{expected}");
            }
        }
    }

    #[test]
    fn rows_without_an_equal_are_those_of_the_whole() {
        for subset in subsets() {
            let expected = sorted(whole(subset, UniqueKeepStrategy::None));
            for frame in frames() {
                let rows = frame.unique(subset, UniqueKeepStrategy::None).compute().unwrap();
                assert!(sorted(rows).equals_missing(&expected), "{subset:?}");
            }
        }
    }

    #[test]
    fn shuffled_partitions_are_done_by_themselves() {
        for keep in KEEPS {
            let frame = frames().remove(1).shuffle("x", 3).unique(Some(&["x", "s"]), keep);
            assert_eq!(frame.npartitions(), 3);
            let expected = sorted(whole(Some(&["x", "s"]), keep));
            assert!(sorted(frame.compute().unwrap()).equals_missing(&expected));
        }
        let twice = frames().remove(1).shuffle("x", 3).unique(Some(&["x"]), KEEPS[0]);
        assert_eq!(twice.shuffle("x", None).graph().n_tasks(), twice.graph().n_tasks());
    }

    #[test]
    fn a_filter_gives_the_same_rows_wherever_it_runs() {
        let subset: Option<&[&str]> = Some(&["x"]);
        for predicate in [col("x").is_not_nan(), col("s").eq(lit("b"))] {
            let rows = frames().remove(2).unique(subset, KEEPS[0]).filter(predicate.clone());
            let expected = whole(subset, KEEPS[0]).lazy().filter(predicate).collect().unwrap();
            assert!(rows.compute().unwrap().equals_missing(&expected));
        }
    }

    #[test]
    fn mistakes_are_told_before_anything_runs() {
        let message = |frame: Frame| frame.schema().unwrap_err().to_string();
        let frame = Frame::from_polars(table(), 2);
        assert!(
            message(frame.unique(Some(&["q"]), KEEPS[0]))
                .starts_with("unique: there is no column `q`")
        );
        assert!(message(frame.unique(Some(&[]), KEEPS[0])).contains("name the columns"));
    }
}
