//! Rows move to where their like are.

use std::panic::Location;

use super::Frame;
use crate::names::IntoNames;
use crate::ops::shuffle::Shuffle;

impl Frame {
    /// The same rows in `npartitions`, or in as many as there are, where rows of equal keys are in the same partition.
    ///
    /// Which partition that is follows from the hash of the keys: nulls are equal, NaNs are equal, zeros of either sign
    /// are equal. Within a partition rows stand in the order that they had in the frame. A frame that is shuffled by
    /// these columns, or by some of them, into as many partitions stays as it is.
    ///
    /// What does not fit into memory, where a limit is set, waits on disk.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let frame = Frame::from_polars(df!["name" => ["a", "b", "a", "b"], "x" => [1, 2, 3, 4]]?, 2);
    /// let shuffled = frame.shuffle(["name"], None);
    /// for partition in shuffled.to_delayed()?.compute()? {
    ///     assert!([0, 2, 4].contains(&partition.height())); // all rows of a name, or none
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn shuffle(&self, keys: impl IntoNames, npartitions: impl Into<Option<usize>>) -> Frame {
        let at = Location::caller();
        let keys = keys.into_names().into();
        self.then(|input| Shuffle::plan(keys, npartitions.into(), input, at))
    }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::Collection;
    use polars::prelude::*;

    use super::*;

    fn frame() -> Frame {
        let keys = [Some("a"), None, Some("b"), Some("a"), None];
        Frame::from_polars(
            df!["k" => keys, "i" => [0, 1, 2, 3, 4], "j" => [0, 1, 0, 1, 0]].unwrap(),
            3,
        )
    }

    #[test]
    fn equal_keys_are_in_one_partition_in_order() {
        for n in [1, 2, 7] {
            let partitions = frame().shuffle(["k"], n).to_delayed().unwrap().compute().unwrap();
            assert_eq!(partitions.len(), n);
            let keys = |p: &DataFrame| p.column("k").unwrap().n_unique().unwrap();
            assert_eq!(partitions.iter().map(keys).sum::<usize>(), 3);
            let ordered = |p: &DataFrame| p.column("i").unwrap().i32().unwrap().iter().is_sorted();
            assert!(partitions.iter().all(ordered));
        }
    }

    #[test]
    fn a_shuffle_of_what_is_shuffled_is_none() {
        let once = frame().shuffle(["k"], 4);
        let tasks = once.graph().n_tasks();
        for twice in [once.shuffle(["k"], None), once.shuffle(["i", "k"], 4)] {
            assert_eq!(twice.graph().n_tasks(), tasks);
        }
        let filtered = once.filter(col("i").gt(lit(1))).shuffle(["k"], None);
        assert_eq!(filtered.compute().unwrap().height(), 3);
        for other in [once.shuffle(["i"], None), once.shuffle(["k"], 5)] {
            assert!(other.graph().n_tasks() > tasks);
            assert_eq!(other.compute().unwrap().height(), 5);
        }
    }

    #[test]
    fn mistakes_are_told_before_anything_runs() {
        let message = |frame: Frame| frame.schema().unwrap_err().to_string();
        assert!(
            message(frame().shuffle(["q"], None)).starts_with("shuffle: there is no column `q`")
        );
        assert!(message(frame().shuffle(["k"], 0)).contains("at least 1 partition"));
        assert!(
            message(frame().shuffle(Vec::<PlSmallStr>::new(), None)).contains("name the columns")
        );
    }
}
