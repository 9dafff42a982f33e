//! Parquet files as a source.

mod footer;
mod partition_by;

use std::panic::Location;
use std::path::{Path, PathBuf};

use polars::prelude::*;

pub use partition_by::PartitionBy;

use self::footer::Footer;
use super::folders::Found;
use super::tables::{Kind, Options, Part, Tables};
use crate::divisions::Divisions;
use crate::error::{Error, FileError, Result};
use crate::frame::Frame;
use crate::plan::{At, Bounds, Source};

impl Frame {
    /// Reads Parquet files: a file, all `*.parquet` of a folder and of its folders `key=value`, or a pattern such as
    /// `data/2024-*.parquet`. The files are sorted by their paths.
    ///
    /// [`ReadParquet::build`] reads the ends of the files, which tell their columns, and how many rows there are with
    /// which smallest and largest values. The rows themselves are read in tasks, and of them only the columns and row
    /// groups that are needed.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let squares = Frame::from_polars(df!["x" => [1, 2, 3], "square" => [1, 4, 9]]?, 2);
    /// squares.write_parquet(folder.path()).compute()?;
    ///
    /// let frame = Frame::read_parquet(folder.path()).build()?;
    /// assert_eq!(frame.npartitions(), 2);
    /// assert_eq!(frame.filter(col("x").gt(lit(1))).compute()?.height(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn read_parquet(path: impl AsRef<Path>) -> ReadParquet {
        ReadParquet {
            path: path.as_ref().to_owned(),
            options: Options::default(),
            partition_by: PartitionBy::default(),
            divisions: None,
            at: Location::caller(),
        }
    }
}

/// How Parquet files are read: made by [`Frame::read_parquet`].
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `build`"]
pub struct ReadParquet {
    path: PathBuf,
    pub(super) options: Options,
    partition_by: PartitionBy,
    divisions: Option<PlSmallStr>,
    at: At,
}

impl ReadParquet {
    /// How files are cut into partitions; by default at row groups, if a file has more than about a million rows.
    pub fn partition_by(self, partition_by: PartitionBy) -> Self {
        ReadParquet { partition_by, ..self }
    }

    /// Takes the [divisions](Frame::divisions) from the statistics of this column, which must show that it rises from
    /// partition to partition, without values that two of them share, and without nulls.
    pub fn divisions(self, column: impl Into<PlSmallStr>) -> Self {
        ReadParquet { divisions: Some(column.into()), ..self }
    }

    /// The frame. Reads the ends of all files, and no rows.
    ///
    /// # Errors
    /// [`Error::File`] if there is no file, if one is empty, cut off, or not Parquet, if one has other columns than the
    /// first, or if the statistics do not show the divisions that were asked for; [`Error::Option`] if an option makes
    /// no sense.
    pub fn build(self) -> Result<Frame> {
        self.partition_by.check()?;
        let found = Found::at(&self.path, &["parquet"], self.options.hive)?;
        let footers = found.files.iter().map(|file| Footer::read(file));
        let footers = footers.collect::<Result<Vec<_>, FileError>>()?;
        let schemas: Vec<_> = footers.iter().map(Footer::schema).collect();
        let parts = footers.iter().enumerate().flat_map(|(file, footer)| {
            let runs = self.partition_by.runs(&footer.group_rows());
            let whole = runs.len() == 1;
            runs.into_iter().map(move |rows| Part { file, rows, whole })
        });
        let parts = parts.collect();
        let mut files = Tables::new(Parquet { footers }, found, &schemas, parts, &self.options)?;
        files.divisions = self.divisions.map(|column| divisions(&files, column)).transpose()?;
        Ok(Frame::from_source(files, self.at))
    }
}

/// Parquet files, each cut at row groups.
struct Parquet {
    footers: Vec<Footer>,
}

impl Kind for Parquet {
    const NAME: &'static str = "read-parquet";

    /// Row groups are skipped by their statistics, and what a predicate needs is read before the rest.
    fn scan(sources: ScanSources, arguments: UnifiedScanArgs) -> PolarsResult<LazyFrame> {
        let options = ParquetOptions { use_statistics: true, ..Default::default() };
        Ok(DslBuilder::scan_parquet(sources, options, arguments)?.build().into())
    }

    fn bounds(&self, part: &Part, column: &str) -> Option<Bounds> {
        self.footers[part.file].bounds(&part.rows, column)
    }
}

/// The divisions that the statistics show.
fn divisions(files: &Tables<Parquet>, column: PlSmallStr) -> Result<Divisions> {
    if !files.schema().contains(&column) {
        return Err(Error::Option(format!("divisions: there is no column `{column}`")));
    }
    let mut bounds: Vec<AnyValue<'static>> = Vec::with_capacity(files.npartitions() + 1);
    let mut last: Option<AnyValue<'static>> = None;
    for partition in 0..files.npartitions() {
        let unfit = |reason: String| {
            let file = files.file(partition);
            FileError::new(file, format!("divisions: {reason}")).column(column.as_str())
        };
        let Some(found) = files.bounds(partition, &column) else {
            let reason = format!("partition {partition} has no statistics that can be relied on");
            return Err(unfit(reason).into());
        };
        if found.nulls > 0 {
            return Err(unfit(format!("partition {partition} has nulls")).into());
        }
        if let Some(last) = last.filter(|last| *last >= found.min) {
            let reason = format!(
                "partition {partition} begins with {}, and the one before ends with {last}: \
                use `set_divisions`, which sorts",
                found.min
            );
            return Err(unfit(reason).into());
        }
        bounds.push(found.min);
        last = Some(found.max);
    }
    bounds.extend(last);
    Ok(Divisions::new(column, bounds))
}

#[cfg(test)]
mod tests;
