//! Parquet files as a source.

mod footer;
mod partition_by;

use std::fmt;
use std::panic::Location;
use std::path::{Path, PathBuf};

use polars::prelude::*;

pub use partition_by::PartitionBy;

use self::footer::Footer;
use super::folders::Found;
use super::tables::{Options, Part, Tables, first_rows};
use crate::divisions::Divisions;
use crate::error::{Error, FileError, Result};
use crate::frame::Frame;
use crate::names::IntoNames;
use crate::plan::{At, Bounds, Source, Wanted};

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
    options: Options,
    partition_by: PartitionBy,
    divisions: Option<PlSmallStr>,
    at: At,
}

impl ReadParquet {
    /// These columns alone, in this order. Not needed for speed: what nobody uses is not read.
    pub fn columns(self, names: impl IntoNames) -> Self {
        let columns = Some(names.into_names());
        ReadParquet { options: Options { columns, ..self.options }, ..self }
    }

    /// The columns of the files and their types, instead of those of the first file. Files may have more columns, which
    /// are not read.
    pub fn schema(self, schema: impl Into<SchemaRef>) -> Self {
        let schema = Some(schema.into());
        ReadParquet { options: Options { schema, ..self.options }, ..self }
    }

    /// Whether a column that a file lacks is read as null; off by default, when it is an error.
    pub fn allow_missing_columns(self, missing_columns: bool) -> Self {
        ReadParquet { options: Options { missing_columns, ..self.options }, ..self }
    }

    /// How files are cut into partitions; by default at row groups, if a file has more than about a million rows.
    pub fn partition_by(self, partition_by: PartitionBy) -> Self {
        ReadParquet { partition_by, ..self }
    }

    /// Whether folders `key=value` are columns; by default where there are such folders below the one that was asked
    /// for.
    pub fn hive(self, hive: bool) -> Self {
        ReadParquet { options: Options { hive: Some(hive), ..self.options }, ..self }
    }

    /// A further column of this name, with the path of the file that a row is from.
    pub fn include_file_paths(self, name: impl Into<PlSmallStr>) -> Self {
        let file_paths = Some(name.into());
        ReadParquet { options: Options { file_paths, ..self.options }, ..self }
    }

    /// The first `n` rows of all files, and no others.
    pub fn n_rows(self, n: usize) -> Self {
        ReadParquet { options: Options { rows: Some(n), ..self.options }, ..self }
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
        let tables = Tables::new(&found, &schemas, &self.options)?;
        let parts = footers.iter().enumerate().flat_map(|(file, footer)| {
            let runs = self.partition_by.runs(&footer.group_rows());
            let whole = runs.len() == 1;
            runs.into_iter().map(move |rows| Part { file, rows, whole })
        });
        let parts = first_rows(parts.collect(), self.options.rows);
        let mut files = ParquetFiles { path: self.path, tables, footers, parts, divisions: None };
        files.divisions = self.divisions.map(|column| files.find_divisions(column)).transpose()?;
        Ok(Frame::from_source(files, self.at))
    }
}

/// Parquet files, each cut at row groups.
struct ParquetFiles {
    path: PathBuf,
    tables: Tables,
    footers: Vec<Footer>,
    parts: Vec<Part>,
    divisions: Option<Divisions>,
}

impl fmt::Debug for ParquetFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read-parquet {}", self.describe())
    }
}

impl Source for ParquetFiles {
    fn name(&self) -> &'static str {
        "read-parquet"
    }

    fn describe(&self) -> String {
        match self.tables.len() {
            1 => self.path.display().to_string(),
            n => format!("{}, {n} files", self.path.display()),
        }
    }

    fn schema(&self) -> &SchemaRef {
        self.tables.schema()
    }

    fn npartitions(&self) -> usize {
        self.parts.len()
    }

    fn divisions(&self) -> Option<Divisions> {
        self.divisions.clone()
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        Some(self.parts[partition].rows.len())
    }

    fn bounds(&self, partition: usize, column: &str) -> Option<Bounds> {
        let part = &self.parts[partition];
        match self.tables.is_constant(part, column) {
            true => self.tables.bounds(part, column),
            false => self.footers[part.file].bounds(&part.rows, column),
        }
    }

    fn explain(&self, partition: usize, _: &Wanted, error: PolarsError) -> PolarsError {
        self.tables.explain(&self.parts[partition], error)
    }

    fn streams(&self) -> bool {
        true
    }

    fn scan(&self, partition: usize, wanted: &Wanted) -> PolarsResult<LazyFrame> {
        self.tables.scan(&self.parts[partition], wanted, scan)
    }

    fn scan_all(&self, partitions: &[usize], wanted: &Wanted) -> PolarsResult<LazyFrame> {
        let parts: Vec<_> = partitions.iter().map(|partition| &self.parts[*partition]).collect();
        self.tables.scan_all(&parts, wanted, scan)
    }
}

/// Row groups are skipped by their statistics, and what a predicate needs is read before the rest.
fn scan(sources: ScanSources, arguments: UnifiedScanArgs) -> PolarsResult<LazyFrame> {
    let options = ParquetOptions { use_statistics: true, ..Default::default() };
    Ok(DslBuilder::scan_parquet(sources, options, arguments)?.build().into())
}

impl ParquetFiles {
    fn find_divisions(&self, column: PlSmallStr) -> Result<Divisions> {
        if !self.schema().contains(&column) {
            return Err(Error::Option(format!("divisions: there is no column `{column}`")));
        }
        let mut bounds: Vec<AnyValue<'static>> = Vec::with_capacity(self.parts.len() + 1);
        let mut last: Option<AnyValue<'static>> = None;
        for partition in 0..self.parts.len() {
            let unfit = |reason: String| {
                let file = self.tables.path(self.parts[partition].file);
                FileError::new(file, format!("divisions: {reason}")).column(column.as_str())
            };
            let Some(found) = self.bounds(partition, &column) else {
                let reason =
                    format!("partition {partition} has no statistics that can be relied on");
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
}

#[cfg(test)]
mod tests;
