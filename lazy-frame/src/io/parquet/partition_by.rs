//! [`PartitionBy`]: where Parquet files are cut.

use std::ops::Range;

use crate::error::{Error, Result};

/// How Parquet files become partitions. They are cut between row groups, never within one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartitionBy {
    /// A file is a partition.
    File,
    /// A row group is a partition.
    RowGroup,
    /// As many row groups after each other as have together at most this many rows, but at least one. The default is
    /// `Rows(1 << 20)`, with which smaller files stay whole.
    Rows(usize),
}

impl Default for PartitionBy {
    fn default() -> Self {
        PartitionBy::Rows(1 << 20)
    }
}

impl PartitionBy {
    pub(super) fn check(self) -> Result<()> {
        match self {
            PartitionBy::Rows(0) => {
                Err(Error::Option("partition_by: partitions of 0 rows, expected at least 1".into()))
            }
            _ => Ok(()),
        }
    }

    /// The rows of the partitions of a file whose row groups have these lengths; at least one.
    pub(super) fn runs(self, groups: &[usize]) -> Vec<Range<usize>> {
        let all = groups.iter().sum();
        let limit = match self {
            PartitionBy::File => return std::iter::once(0..all).collect(),
            PartitionBy::RowGroup => 0,
            PartitionBy::Rows(limit) => limit,
        };
        let mut runs = Vec::new();
        let (mut start, mut end) = (0, 0);
        for rows in groups.iter().filter(|rows| **rows > 0) {
            if end > start && end + rows - start > limit {
                runs.push(start..end);
                start = end;
            }
            end += rows;
        }
        runs.push(start..end);
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_row_groups_have_at_most_so_many_rows_but_at_least_one_group() {
        let groups = [4, 4, 0, 4, 20, 3];
        let ends = |partition_by: PartitionBy| {
            let runs = partition_by.runs(&groups);
            assert!(runs[0].start == 0 && runs.windows(2).all(|pair| pair[0].end == pair[1].start));
            runs.into_iter().map(|run| run.end).collect::<Vec<_>>()
        };
        assert_eq!(ends(PartitionBy::File), [35]);
        assert_eq!(ends(PartitionBy::RowGroup), [4, 8, 12, 32, 35]);
        assert_eq!(ends(PartitionBy::Rows(8)), [8, 12, 32, 35]);
        assert_eq!(ends(PartitionBy::Rows(12)), [12, 32, 35]);
        assert_eq!(ends(PartitionBy::Rows(35)), [35]);
        assert_eq!(PartitionBy::default().runs(&[]).len(), 1);
    }
}
