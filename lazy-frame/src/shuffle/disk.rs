//! [`Disk`]: rows that do not fit into memory.

use std::fs::File;
use std::io::{Cursor, ErrorKind, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polars::prelude::{DataFrame, PolarsError, PolarsResult};

use super::space::Space;
use crate::engine;

/// A file that grows, made when it is first written to.
#[derive(Default)]
pub(super) struct Disk(Mutex<Option<Open>>);

struct Open {
    file: File,
    end: u64,
}

/// Where in the file a frame is.
pub(super) struct Stretch {
    offset: u64,
    length: usize,
}

impl Disk {
    /// Writes a frame, as an Arrow stream.
    pub(super) fn write(&self, space: &Space, mut rows: DataFrame) -> PolarsResult<Stretch> {
        let bytes = engine::alone(move || {
            rows.rechunk_mut();
            rows.serialize_to_bytes()
        })?;
        let offset = self.append(space, &bytes).map_err(|e| failed("write", e))?;
        Ok(Stretch { offset, length: bytes.len() })
    }

    /// Reads a frame back.
    pub(super) fn read(&self, stretch: &Stretch) -> PolarsResult<DataFrame> {
        let bytes = self.bytes(stretch).map_err(|e| failed("read", e))?;
        engine::alone(move || DataFrame::deserialize_from_reader(&mut Cursor::new(bytes)))
    }

    fn append(&self, space: &Space, bytes: &[u8]) -> std::io::Result<u64> {
        let mut open = self.lock();
        let Open { file, end } = match &mut *open {
            Some(open) => open,
            none => none.insert(Open { file: space.file()?, end: 0 }),
        };
        file.seek(SeekFrom::Start(*end))?;
        file.write_all(bytes)?;
        let offset = *end;
        *end += bytes.len() as u64;
        Ok(offset)
    }

    fn bytes(&self, stretch: &Stretch) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; stretch.length];
        let mut open = self.lock();
        let open = open.as_mut().expect("what is read was written");
        open.file.seek(SeekFrom::Start(stretch.offset))?;
        open.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The message says what the system said: that alone is printed.
fn failed(doing: &str, error: std::io::Error) -> PolarsError {
    let remedy = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "; make room there, or spill elsewhere with `spill_dir(\"...\")`"
        }
        _ => "",
    };
    let message = format!(
        "cannot {doing} rows of a shuffle, which go to disk for want of memory: {error}{remedy}"
    );
    PolarsError::IO { error: Arc::new(error), msg: Some(message.into()) }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::{Collection, Runtime};
    use polars::prelude::df;

    use super::*;
    use crate::Frame;

    #[test]
    fn a_folder_that_cannot_be_written_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "a file").unwrap();
        let runtime = Runtime::builder().memory_limit(1).spill_dir(&path).build().unwrap();
        let frame = Frame::from_polars(df!["x" => [1, 2, 3]].unwrap(), 2).shuffle(["x"], 2);
        let error = runtime.compute(&frame).unwrap_err().to_string();
        assert!(error.contains("cannot create a file in `"), "{error}");
        assert!(error.contains("`spill_dir(\"...\")`"), "{error}");
        assert_eq!(frame.compute().unwrap().height(), 3);
    }

    #[test]
    fn a_full_disk_says_what_to_do() {
        let error = failed("write", ErrorKind::StorageFull.into()).to_string();
        assert!(error.starts_with("cannot write rows of a shuffle"), "{error}");
        assert!(error.contains("memory: no storage space; make room there"), "{error}");
    }
}
