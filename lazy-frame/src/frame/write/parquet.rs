//! [`WriteParquet`].

use polars::prelude::*;

use super::Sink;
use crate::io::write::Format;
use crate::names::IntoNames;

/// Parquet files to be written: made by [`Frame::write_parquet`](crate::Frame::write_parquet), and written by `compute`.
#[derive(Clone)]
#[must_use = "nothing is written before `compute`"]
pub struct WriteParquet(pub(super) Sink);

impl WriteParquet {
    fn with(self, change: impl FnOnce(&mut ParquetWriteOptions)) -> Self {
        WriteParquet(self.0.with(|target| match &mut target.format {
            Format::Parquet(options) => change(options),
            _ => unreachable!("the format is that of the method"),
        }))
    }

    /// How the columns are compressed; Zstandard by default.
    pub fn compression(self, compression: ParquetCompression) -> Self {
        self.with(|options| options.compression = compression)
    }

    /// How many rows a row group has at most; 262,144 by default.
    pub fn row_group_size(self, rows: usize) -> Self {
        self.with(|options| options.row_group_size = Some(rows))
    }

    /// Whether the smallest and the largest value, and the number of nulls, are written for each row group; on by
    /// default. Readers skip row groups by them.
    pub fn statistics(self, statistics: bool) -> Self {
        self.with(|options| {
            options.statistics = match statistics {
                true => StatisticsOptions::default(),
                false => StatisticsOptions::empty(),
            }
        })
    }

    /// Writes the rows of each partition that have the same values in these columns to a file of their own, in folders
    /// `key=value` instead of the columns. A partition without rows has no file then. Values are written as text, and
    /// have the type of what they look like when they are read, if no schema is given; lists, structs, bytes, times and
    /// durations make no folders.
    pub fn partition_by(self, columns: impl IntoNames) -> Self {
        WriteParquet(self.0.with(|target| target.keys = columns.into_names().into()))
    }
}
