//! Rows in order: [`Frame::sort`], [`Frame::top_k`], [`Frame::bottom_k`].

use std::panic::Location;

use polars::prelude::SortMultipleOptions;

use super::Frame;
use crate::names::IntoNames;
use crate::ops::sort::{Sort, Sorting};
use crate::ops::top_k::TopK;
use crate::plan::At;

impl Frame {
    /// All rows in the order of some columns, in as many partitions as before: each in order, and one after the other.
    ///
    /// With [`maintain_order`](SortMultipleOptions::with_maintain_order) rows that are equal in these columns stay in
    /// the order that they had. NaN counts as the largest number. Where to cut is told by some rows of each partition,
    /// so the partitions are of about the same number of rows, even if all are equal; the input is made once. What does
    /// not fit into memory, where a limit is set, waits on disk.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::polars::prelude::SortMultipleOptions;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["name" => ["b", "a", "c"], "x" => [2, 1, 2]]?, 2);
    /// let options = SortMultipleOptions::new().with_order_descending_multi([true, false]);
    /// let sorted = frame.sort(["x", "name"], options).compute()?;
    /// assert_eq!(sorted, df!["name" => ["b", "c", "a"], "x" => [2, 2, 1]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn sort(&self, by: impl IntoNames, options: SortMultipleOptions) -> Frame {
        let (at, by) = (Location::caller(), sorting(by, options));
        self.then(|input| Sort::plan(by, input, at))
    }

    /// The `k` largest rows by some columns, the largest first, in one partition. Nulls come after all values.
    ///
    /// The options are those of a sort that would put the smallest first: `descending` turns them around. Which of
    /// equal rows are taken is not told, unless the order is [maintained](SortMultipleOptions::with_maintain_order):
    /// then those that come first.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [3, 1, 4, 1, 5]]?, 3);
    /// assert_eq!(frame.top_k(2, "x", Default::default()).compute()?, df!["x" => [5, 4]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn top_k(&self, k: usize, by: impl IntoNames, options: SortMultipleOptions) -> Frame {
        let by = sorting(by, options.with_order_reversed().with_nulls_last(true));
        self.first_by("top_k", k, by, Location::caller())
    }

    /// The `k` smallest rows by some columns, the smallest first, in one partition. Nulls come after all values.
    ///
    /// As [`top_k`](Frame::top_k) otherwise.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["x" => [3, 1, 4, 1, 5]]?, 3);
    /// assert_eq!(frame.bottom_k(3, "x", Default::default()).compute()?, df!["x" => [1, 1, 3]]?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn bottom_k(&self, k: usize, by: impl IntoNames, options: SortMultipleOptions) -> Frame {
        let by = sorting(by, options.with_nulls_last(true));
        self.first_by("bottom_k", k, by, Location::caller())
    }

    fn first_by(&self, name: &'static str, k: usize, by: Sorting, at: At) -> Frame {
        self.then(|input| TopK::plan(name, k, by, input, at))
    }
}

/// A limit would cut each partition.
fn sorting(by: impl IntoNames, options: SortMultipleOptions) -> Sorting {
    Sorting { by: by.into_names(), options: SortMultipleOptions { limit: None, ..options } }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::{Collection, delayed};
    use polars::prelude::*;

    use super::*;

    /// Numbers with nulls, NaNs and both zeros; strings; few values, so that many rows are equal.
    fn table() -> DataFrame {
        let number = |i: u32| match i * 7 % 11 {
            0 => None,
            1 => Some(f64::NAN),
            2 => Some(-0.0),
            n => Some(f64::from(n) - 6.0),
        };
        let name = |i: u32| {
            (i % 5 < 4).then(|| ["", "b", "a", "a longer name than most"][(i * i % 4) as usize])
        };
        df![
            "x" => (0..60).map(number).collect::<Vec<_>>(),
            "s" => (0..60).map(name).collect::<Vec<_>>(),
            "i" => (0..60).collect::<Vec<u32>>()
        ]
        .unwrap()
    }

    /// The rows cut at these, with partitions that have none.
    fn cut(table: &DataFrame, cuts: &[usize]) -> Frame {
        let mut cuts = cuts.to_vec();
        cuts.push(table.height());
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let cut = |(start, end): (usize, &usize)| delayed(table.slice(start as i64, end - start));
        Frame::from_delayed(starts.zip(&cuts).map(cut).collect(), table.schema().clone())
    }

    const CUTS: [&[usize]; 4] = [&[], &[30], &[0, 1, 1, 40], &[60, 60]];

    fn stable() -> SortMultipleOptions {
        SortMultipleOptions::new().with_maintain_order(true)
    }

    #[test]
    fn partitions_in_order_are_the_whole_in_order() {
        let table = table();
        let cases = [
            (vec!["x"], stable()),
            (vec!["x"], stable().with_order_descending(true)),
            (vec!["x"], stable().with_nulls_last(true)),
            (vec!["s"], stable().with_order_descending(true).with_nulls_last(true)),
            (vec!["s", "x"], stable().with_order_descending_multi([false, true])),
            (vec!["x", "s"], stable().with_nulls_last_multi([true, false])),
            (vec!["i"], SortMultipleOptions::new().with_order_descending(true)),
        ];
        for (by, options) in cases {
            let expected = table.sort(&by, options.clone()).unwrap();
            for cuts in CUTS {
                let sorted = cut(&table, cuts).sort(&by, options.clone()).compute().unwrap();
                assert!(sorted.equals_missing(&expected), "{by:?} {options:?} {cuts:?}\n{sorted}");
            }
        }
    }

    #[test]
    fn equal_rows_are_cut_evenly_and_stay_in_order() {
        let table = df!["x" => [1; 400], "i" => (0..400).collect::<Vec<i32>>()].unwrap();
        let frame = Frame::from_polars(table.clone(), 4).sort("x", stable());
        let partitions = frame.to_delayed().unwrap().compute().unwrap();
        let heights: Vec<_> = partitions.iter().map(DataFrame::height).collect();
        assert!(heights.iter().all(|rows| rows.abs_diff(100) < 40), "{heights:?}");
        assert!(frame.compute().unwrap().equals(&table));
    }

    #[test]
    fn an_empty_frame_stays_empty() {
        let frame = cut(&table().slice(0, 0), &[0, 0]);
        let sorted = frame.sort("x", stable()).compute().unwrap();
        assert_eq!((sorted.height(), sorted.schema()), (0, table().schema()));
        assert_eq!(frame.top_k(3, "x", stable()).compute().unwrap().height(), 0);
    }

    #[test]
    fn the_input_of_a_sort_is_made_once() {
        let frame = cut(&table(), &[20, 40]).filter(col("i").gt(lit(3)));
        // Check, filter, sample, split, take and sort each of 3; the bounds; the beginning and the end of the split.
        assert_eq!(frame.sort("x", stable()).graph().n_tasks(), 6 * 3 + 1 + 2);
        assert_eq!(frame.sort("x", stable()).compute().unwrap().height(), 56);
    }

    #[test]
    fn the_first_rows_of_an_order_are_those_of_the_whole() {
        let table = table();
        for (by, options) in [
            (vec!["x"], stable()),
            (vec!["s", "x"], stable().with_order_descending_multi([true, false])),
        ] {
            for (k, cuts) in
                [(0, CUTS[1]), (1, CUTS[2]), (25, CUTS[2]), (59, CUTS[3]), (99, CUTS[2])]
            {
                let exprs: Vec<_> = by.iter().map(|name| col(*name)).collect();
                let rows = || table.clone().lazy();
                let top = rows().top_k(k, &exprs, options.clone()).collect().unwrap();
                let bottom = rows().bottom_k(k, &exprs, options.clone()).collect().unwrap();
                let frame = cut(&table, cuts);
                let ours = frame.top_k(k as usize, &by, options.clone()).compute().unwrap();
                assert!(ours.equals_missing(&top), "{k} {by:?} {cuts:?}\n{ours}\n{top}");
                let ours = frame.bottom_k(k as usize, &by, options.clone()).compute().unwrap();
                assert!(ours.equals_missing(&bottom), "{k} {by:?} {cuts:?}\n{ours}\n{bottom}");
            }
        }
    }

    #[test]
    fn a_limit_among_the_options_cuts_nothing() {
        let options = SortMultipleOptions { limit: Some(2), ..stable() };
        assert_eq!(cut(&table(), &[30]).sort("x", options).compute().unwrap().height(), 60);
    }

    #[test]
    fn mistakes_are_told_before_anything_runs() {
        let frame = Frame::from_polars(table(), 2);
        let message = |frame: Frame| frame.schema().unwrap_err().to_string();
        assert!(message(frame.sort("q", stable())).starts_with("sort: there is no column `q`"));
        assert!(
            message(frame.top_k(1, "q", stable())).starts_with("top_k: there is no column `q`")
        );
        assert!(message(frame.sort(["x", "x"], stable())).contains("`x` is named twice"));
        let options = stable().with_order_descending_multi([true, false, true]);
        assert!(
            message(frame.sort(["x", "s"], options)).contains("`descending` has 3 values for 2")
        );
    }

    #[test]
    fn columns_that_nobody_wants_are_not_moved() {
        let frame = Frame::from_polars(table(), 3).sort("x", stable()).select([col("i")]);
        let expected = table().sort(["x"], stable()).unwrap().select(["i"]).unwrap();
        assert!(frame.compute().unwrap().equals(&expected));
    }
}
