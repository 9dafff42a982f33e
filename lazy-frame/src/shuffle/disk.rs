//! [`Disk`]: rows that do not fit into memory.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
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

fn failed(doing: &str, error: std::io::Error) -> PolarsError {
    let message = format!("cannot {doing} rows of a shuffle, which go to disk for want of memory");
    PolarsError::IO { error: Arc::new(error), msg: Some(message.into()) }
}
