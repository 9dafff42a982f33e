//! Arrow IPC files, also called Feather, as a source.

use std::fs::File;
use std::panic::Location;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::folders::Found;
use super::tables::{Kind, Options, Part, Tables};
use crate::error::{FileError, Result};
use crate::frame::Frame;
use crate::plan::At;

impl Frame {
    /// Reads Arrow IPC files: a file, all `*.arrow`, `*.ipc` and `*.feather` of a folder and of its folders
    /// `key=value`, or a pattern. The files are sorted by their paths; each is a partition.
    ///
    /// [`ReadIpc::build`] reads the columns of the files and the numbers of rows; the rows are read in tasks.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::polars::df;
    /// use lazy_frame::prelude::*;
    ///
    /// let folder = tempfile::tempdir()?;
    /// Frame::from_polars(df!["x" => [1, 2, 3]]?, 2).write_ipc(folder.path()).compute()?;
    ///
    /// let frame = Frame::read_ipc(folder.path()).build()?;
    /// assert_eq!((frame.npartitions(), frame.compute()?), (2, df!["x" => [1, 2, 3]]?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn read_ipc(path: impl AsRef<Path>) -> ReadIpc {
        let (path, at) = (path.as_ref().to_owned(), Location::caller());
        ReadIpc { path, options: Options::default(), at }
    }
}

/// How Arrow IPC files are read: made by [`Frame::read_ipc`].
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `build`"]
pub struct ReadIpc {
    path: PathBuf,
    pub(super) options: Options,
    at: At,
}

impl ReadIpc {
    /// The frame. Reads the heads of the files and of their record batches, and no rows.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if there is no file, if one is empty, cut off, or not Arrow IPC, or if one
    /// has other columns than the first; [`Error::Option`](crate::Error::Option) if an option makes no sense.
    pub fn build(self) -> Result<Frame> {
        let found = Found::at(&self.path, &["arrow", "ipc", "feather"], self.options.hive)?;
        let mut schemas = Vec::with_capacity(found.files.len());
        let mut parts = Vec::with_capacity(found.files.len());
        for (file, path) in found.files.iter().enumerate() {
            let (schema, rows) = head(path)?;
            schemas.push(schema);
            parts.push(Part { file, rows: 0..rows, whole: true });
        }
        let tables = Tables::new(Ipc, found, &schemas, parts, &self.options)?;
        Ok(Frame::from_source(tables, self.at))
    }
}

/// The columns of a file, and how many rows it has.
fn head(path: &Path) -> Result<(Schema, usize), FileError> {
    let open = || File::open(path).map_err(|e| FileError::of(path, "open the file", e));
    let unreadable =
        |e| FileError::of(path, "read the end of the Arrow IPC file, which may be cut off", e);
    let length = open()?.metadata().map_err(|e| FileError::of(path, "open the file", e))?.len();
    if length == 0 {
        return Err(FileError::new(path, "the file is empty, expected Arrow IPC"));
    }
    let columns = IpcReader::new(open()?).schema().map_err(unreadable)?;
    // Without columns, the lengths of the record batches are all that is read.
    let none = IpcReader::new(open()?).with_projection(Some(Vec::new())).finish();
    Ok((Schema::from_arrow_schema(&columns), none.map_err(unreadable)?.height()))
}

/// Arrow IPC files, each a partition.
struct Ipc;

impl Kind for Ipc {
    const NAME: &'static str = "read-ipc";

    fn scan(sources: ScanSources, arguments: UnifiedScanArgs) -> PolarsResult<LazyFrame> {
        LazyFrame::scan_ipc_sources(sources, IpcScanOptions::default(), arguments)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use lazy_runtime::Collection;

    use super::*;

    fn table() -> DataFrame {
        df!["x" => [1, 2, 3, 4], "y" => [Some("a"), None, Some("c"), Some("d")]].unwrap()
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        Frame::from_polars(table(), 3).write_ipc(folder.path()).compute().unwrap();
        folder
    }

    fn error(path: &Path) -> String {
        Frame::read_ipc(path).build().unwrap_err().to_string()
    }

    #[test]
    fn files_are_partitions_whose_rows_are_counted() {
        let folder = folder();
        let frame = Frame::read_ipc(folder.path()).build().unwrap();
        let source = &frame.plan().unwrap().operator().scan().unwrap().source;
        let rows: Vec<_> = (0..3).map(|i| source.rows(i)).collect();
        assert_eq!(rows, [Some(1), Some(1), Some(2)]);
        assert_eq!(frame.compute().unwrap(), table());
        let large = frame.filter(col("x").gt(lit(1)).and(col("y").is_not_null()));
        assert_eq!(large.compute().unwrap(), table().slice(2, 2));
        let some = Frame::read_ipc(folder.path()).columns(["y"]).n_rows(3).build().unwrap();
        assert_eq!(some.compute().unwrap(), table().select(["y"]).unwrap().head(Some(3)));
    }

    #[test]
    fn missing_empty_and_damaged_files_are_errors_that_name_them() {
        let folder = folder();
        let file = folder.path().join("part-0003.arrow");
        assert!(error(&file).contains("part-0003.arrow: there is no such file or folder"));
        fs::write(&file, "").unwrap();
        assert!(
            error(folder.path())
                .ends_with("part-0003.arrow: the file is empty, expected Arrow IPC")
        );
        let whole = fs::read(folder.path().join("part-0002.arrow")).unwrap();
        for part in [&whole[..whole.len() / 2], &whole[..5]] {
            fs::write(&file, part).unwrap();
            let message = error(folder.path());
            assert!(
                message.contains("part-0003.arrow: cannot read the end of the Arrow IPC file"),
                "{message}"
            );
        }
        let mut other = df!["x" => ["1"], "y" => ["a"]].unwrap();
        IpcWriter::new(fs::File::create(&file).unwrap()).finish(&mut other).unwrap();
        let message = error(folder.path());
        assert!(
            message.contains("part-0003.arrow, column `x`: the column is str here, and i32 in "),
            "{message}"
        );
    }

    #[test]
    fn folders_with_keys_are_columns() {
        let folder = folder();
        for (i, key) in ["k=1", "k=2"].iter().enumerate() {
            let to = folder.path().join("all").join(key);
            fs::create_dir_all(&to).unwrap();
            let from = folder.path().join(format!("part-000{}.arrow", i + 1));
            fs::copy(from, to.join("x.ipc")).unwrap();
        }
        let frame = Frame::read_ipc(folder.path().join("all")).build().unwrap();
        let expected =
            df!["x" => [2, 3, 4], "y" => [None, Some("c"), Some("d")], "k" => [1_i64, 2, 2]];
        assert_eq!(frame.compute().unwrap(), expected.unwrap());
        let keys = Frame::read_ipc(folder.path().join("all")).columns(["k"]).build().unwrap();
        assert_eq!(keys.compute().unwrap(), df!["k" => [1_i64, 2, 2]].unwrap());
    }
}
