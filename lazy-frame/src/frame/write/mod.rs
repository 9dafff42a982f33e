//! Frames written to folders.

mod csv;
mod ipc;
mod parquet;

use std::panic::Location;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use lazy_runtime::{Collection, Compute, Delayed, Outputs, Results, Visualize};
use polars::prelude::*;

use super::Frame;
use crate::error::{Error, Result, StepError, lacking};
use crate::io::Written;
use crate::io::write::{Format, Target, is_key};
use crate::plan::{At, Plan};

pub use csv::WriteCsv;
pub use ipc::WriteIpc;
pub use parquet::WriteParquet;

impl Frame {
    /// Writes the partitions into a folder, a Parquet file each, when it is computed.
    ///
    /// All files have temporary names in the folder until the last one is written: a run that fails, or is cancelled,
    /// leaves none. What is written is not forced to the disk.
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
        WriteParquet(Sink::new("write_parquet", self, folder.as_ref(), format))
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
        WriteCsv(Sink::new("write_csv", self, folder.as_ref(), format))
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
        WriteIpc(Sink::new("write_ipc", self, folder.as_ref(), format))
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
        for (i, key) in keys.iter().enumerate() {
            if let Some(reason) = unfit(key, schema.try_get(key)?, &keys[..i]) {
                return misfit(format!("partition_by: `{key}` {reason}"));
            }
        }
        if let Some((name, dtype)) = schema.iter().find(|(_, dtype)| !self.target.format.has(dtype))
        {
            return misfit(format!(
                "`{name}` is {dtype}, which CSV has no text for: leave it out, or write Parquet"
            ));
        }
        self.target.format.check().map_err(Error::Option)?;
        Ok(self.target.check()?)
    }
}

/// Why a column cannot be a key, after others.
fn unfit(key: &PlSmallStr, dtype: &DataType, before: &[PlSmallStr]) -> Option<String> {
    if before.contains(key) {
        return Some("is there twice".into());
    }
    if !is_key(key) {
        return Some("cannot be part of the name of a folder `key=value`: rename it".into());
    }
    let nameless =
        dtype.is_nested() || dtype.is_binary() || dtype.is_duration() || *dtype == DataType::Time;
    nameless.then(|| format!("is {dtype}, which makes no folder names"))
}

macro_rules! sinks {
    ($($sink:ident)*) => {$(
        impl $sink {
            /// Whether the files of this kind in the folder, and in its folders `key=value`, are replaced once all new
            /// ones are written; off by default, when a folder that is not empty is an error before anything runs.
            /// Other files stay.
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

            /// A picture of the tasks, also when the folder has its files already.
            fn visualize(&self) -> Visualize {
                match self.0.task() {
                    Some(task) => task.visualize(),
                    // It tells the mistake.
                    None => Frame::new(self.0.input.clone()).visualize(),
                }
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

#[cfg(test)]
mod tests;
