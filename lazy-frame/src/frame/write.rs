//! Frames written to folders.

use std::panic::Location;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use lazy_runtime::{Collection, Compute, Delayed, Outputs, Results};
use polars::prelude::*;

use super::Frame;
use crate::error::{Error, Result, StepError, lacking};
use crate::io::Written;
use crate::io::write::{Format, Target};
use crate::plan::{At, Plan};

impl Frame {
    /// Writes the partitions into a folder, a Parquet file each, when it is computed.
    ///
    /// All files have temporary names in the folder until the last one is written: a run that fails, or is cancelled, leaves none. What is
    /// written is not forced to the disk.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 3]]?, 2);
    /// let written = frame.write_parquet(folder.path()).compute()?;
    /// assert_eq!((written.files.len(), written.rows), (2, 3));
    /// assert!(written.files[0].ends_with("part-0000.parquet"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn write_parquet(&self, folder: impl AsRef<Path>) -> WriteParquet {
        let format = Format::Parquet(ParquetWriteOptions::default());
        WriteParquet(Sink::new("write-parquet", self, folder.as_ref(), format))
    }

    /// Writes the partitions into a folder, a CSV file each, when it is computed. Files get their names as in
    /// [`write_parquet`](Frame::write_parquet).
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let frame = Frame::from_polars(df!["x" => [1, 2], "y" => ["a", "b"]]?, 1);
    /// let written = frame.write_csv(folder.path()).separator(b';').compute()?;
    /// assert_eq!(std::fs::read_to_string(&written.files[0])?, "x;y\n1;a\n2;b\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn write_csv(&self, folder: impl AsRef<Path>) -> WriteCsv {
        let format = Format::Csv(CsvWriterOptions::default());
        WriteCsv(Sink::new("write-csv", self, folder.as_ref(), format))
    }

    /// Writes the partitions into a folder, an Arrow IPC file each, when it is computed. Files get their names as in
    /// [`write_parquet`](Frame::write_parquet).
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let frame = Frame::from_polars(df!["x" => [1, 2, 3]]?, 2);
    /// let written = frame.write_ipc(folder.path()).compute()?;
    /// assert!(written.files[1].ends_with("part-0001.arrow"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn write_ipc(&self, folder: impl AsRef<Path>) -> WriteIpc {
        let format = Format::Ipc(IpcWriterOptions::default());
        WriteIpc(Sink::new("write-ipc", self, folder.as_ref(), format))
    }
}

/// What is written where, and how.
#[derive(Clone)]
struct Sink {
    step: &'static str,
    input: Result<Plan, StepError>,
    target: Target,
    at: At,
    /// Made once, so that what is drawn is what runs.
    task: OnceLock<Delayed<Written>>,
}

impl Sink {
    #[track_caller]
    fn new(step: &'static str, frame: &Frame, folder: &Path, format: Format) -> Sink {
        let target = Target { folder: folder.into(), overwrite: false, format, keys: Arc::new([]) };
        let input = frame.plan().cloned();
        Sink { step, input, target, at: Location::caller(), task: OnceLock::new() }
    }

    /// The same with other options.
    fn with(mut self, change: impl FnOnce(&mut Target)) -> Sink {
        change(&mut self.target);
        self.task = OnceLock::new();
        self
    }

    /// None after a mistake, which `check` tells.
    fn task(&self) -> Option<&Delayed<Written>> {
        let plan = self.input.as_ref().ok()?;
        Some(self.task.get_or_init(|| {
            lazy_runtime::at(self.at, || crate::ops::write::tasks(plan, &self.target))
        }))
    }

    fn check(&self) -> Result<()> {
        let plan = self.input.as_ref().map_err(Clone::clone)?;
        let misfit = |reason: String| Err(plan.misfit(self.step, reason, self.at).into());
        let (schema, keys) = (plan.schema(), &*self.target.keys);
        if let Some(reason) = lacking(keys, schema) {
            return misfit(format!("partition_by: {reason}"));
        }
        if !keys.is_empty() && schema.iter_names().all(|name| keys.contains(name)) {
            return misfit("partition_by: no column is left for the files".into());
        }
        for (name, dtype) in schema.iter() {
            let nested = dtype.is_nested() || dtype.is_binary();
            if keys.contains(name) && nested {
                return misfit(format!(
                    "partition_by: `{name}` is {dtype}, which makes no folder names"
                ));
            }
            if nested && matches!(self.target.format, Format::Csv(_)) {
                return misfit(format!(
                    "`{name}` is {dtype}, which CSV has no text for: leave it out, or write Parquet"
                ));
            }
        }
        if let Format::Parquet(ParquetWriteOptions { row_group_size: Some(0), .. }) =
            self.target.format
        {
            return Err(Error::Option("row_group_size: 0 rows, expected at least 1".into()));
        }
        Ok(self.target.check()?)
    }
}

macro_rules! sinks {
    ($($sink:ident)*) => {$(
        impl $sink {
            /// Whether the files of this kind in the folder, and in its folders `key=value`, are replaced once all new ones are written; off
            /// by default, when a folder that is not empty is an error before anything runs. Other files stay.
            pub fn overwrite(self, overwrite: bool) -> Self {
                $sink(self.0.with(|target| target.overwrite = overwrite))
            }
        }

        impl Collection for $sink {
            type Output = Written;
            type Persisted = Delayed<Written>;

            fn check(&self) -> lazy_runtime::Result<()> {
                self.0.check().map_err(lazy_runtime::Error::invalid)
            }

            fn outputs(&self, outputs: &mut Outputs) {
                self.0.task().outputs(outputs);
            }

            fn persisted(&self, results: &mut Results) -> Delayed<Written> {
                self.0.task().expect(CHECKED).persisted(results)
            }
        }

        impl Compute for $sink {
            fn take(&self, results: &mut Results) -> Written {
                self.0.task().expect(CHECKED).take(results)
            }
        }
    )*};
}

const CHECKED: &str = "a sink runs after its check";

sinks!(WriteParquet WriteCsv WriteIpc);

/// Parquet files to be written: made by [`Frame::write_parquet`], and written by `compute`.
#[derive(Clone)]
#[must_use = "nothing is written before `compute`"]
pub struct WriteParquet(Sink);

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

    /// Whether the smallest and the largest value, and the number of nulls, are written for each row group; on by default. Readers skip
    /// row groups by them.
    pub fn statistics(self, statistics: bool) -> Self {
        self.with(|options| {
            options.statistics = match statistics {
                true => StatisticsOptions::default(),
                false => StatisticsOptions::empty(),
            }
        })
    }

    /// Writes the rows of each partition that have the same values in these columns to a file of their own, in folders `key=value`
    /// instead of the columns. A partition without rows has no file then.
    pub fn partition_by<N: Into<PlSmallStr>>(self, columns: impl IntoIterator<Item = N>) -> Self {
        WriteParquet(
            self.0.with(|target| target.keys = columns.into_iter().map(Into::into).collect()),
        )
    }
}

/// CSV files to be written: made by [`Frame::write_csv`], and written by `compute`.
#[derive(Clone)]
#[must_use = "nothing is written before `compute`"]
pub struct WriteCsv(Sink);

impl WriteCsv {
    fn with(self, change: impl FnOnce(&mut CsvWriterOptions)) -> Self {
        WriteCsv(self.0.with(|target| match &mut target.format {
            Format::Csv(options) => change(options),
            _ => unreachable!("the format is that of the method"),
        }))
    }

    fn with_style(self, change: impl FnOnce(&mut SerializeOptions)) -> Self {
        self.with(|options| change(Arc::make_mut(&mut options.serialize_options)))
    }

    /// Whether each file begins with the names of the columns; on by default.
    pub fn header(self, header: bool) -> Self {
        self.with(|options| options.include_header = header)
    }

    /// What stands between values; a comma by default.
    pub fn separator(self, separator: u8) -> Self {
        self.with_style(|style| style.separator = separator)
    }

    /// What stands around values that need it; `"` by default.
    pub fn quote_char(self, quote: u8) -> Self {
        self.with_style(|style| style.quote_char = quote)
    }

    /// Which values are quoted; by default those that need it.
    pub fn quote_style(self, quote_style: QuoteStyle) -> Self {
        self.with_style(|style| style.quote_style = quote_style)
    }

    /// The text of a null; empty by default.
    pub fn null_value(self, text: impl Into<PlSmallStr>) -> Self {
        self.with_style(|style| style.null = text.into())
    }

    /// What ends a line; `"\n"` by default.
    pub fn line_terminator(self, text: impl Into<PlSmallStr>) -> Self {
        self.with_style(|style| style.line_terminator = text.into())
    }

    /// The format of dates, such as `"%d.%m.%Y"`.
    pub fn date_format(self, format: impl Into<PlSmallStr>) -> Self {
        self.with_style(|style| style.date_format = Some(format.into()))
    }

    /// The format of times of day, such as `"%H:%M"`.
    pub fn time_format(self, format: impl Into<PlSmallStr>) -> Self {
        self.with_style(|style| style.time_format = Some(format.into()))
    }

    /// The format of datetimes, such as `"%d.%m.%Y %H:%M"`.
    pub fn datetime_format(self, format: impl Into<PlSmallStr>) -> Self {
        self.with_style(|style| style.datetime_format = Some(format.into()))
    }

    /// How many digits floating point numbers have after the point; as many as they need by default.
    pub fn float_precision(self, digits: usize) -> Self {
        self.with_style(|style| style.float_precision = Some(digits))
    }
}

/// Arrow IPC files to be written: made by [`Frame::write_ipc`], and written by `compute`.
#[derive(Clone)]
#[must_use = "nothing is written before `compute`"]
pub struct WriteIpc(Sink);

impl WriteIpc {
    /// How the columns are compressed; not at all by default.
    pub fn compression(self, compression: Option<IpcCompression>) -> Self {
        WriteIpc(self.0.with(|target| match &mut target.format {
            Format::Ipc(options) => options.compression = compression,
            _ => unreachable!("the format is that of the method"),
        }))
    }
}
