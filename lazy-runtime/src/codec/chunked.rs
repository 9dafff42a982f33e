//! Bytes of a value, gathered in a buffer and handed on a chunk at a time.

use std::any::type_name;
use std::io;

use postcard::Serializer;
use postcard::ser_flavors::Flavor;
use serde::Serialize;

use super::error::CodecError;

/// Bytes handed on at once: few calls of the writer, and still in the second-level cache.
pub(super) const CHUNK: usize = 64 << 10;

/// Writes a value, and all of it.
pub(super) fn write<T: Serialize>(value: &T, writer: &mut dyn io::Write) -> Result<(), CodecError> {
    let chunks = Chunked { buffer: vec![0; CHUNK].into(), filled: 0, writer, error: None };
    let mut serializer = Serializer { output: chunks };
    let written = value.serialize(&mut serializer);
    let mut chunks = serializer.output;
    if written.is_ok() {
        chunks.hand_on();
    }
    match (chunks.error, written) {
        (Some(error), _) => Err(CodecError::Write(error)),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => {
            let fault = format!("{}", Lower(error));
            Err(CodecError::Value { of: type_name::<T>(), fault })
        }
    }
}

/// What postcard says, as a part of a sentence.
struct Lower(postcard::Error);

impl std::fmt::Display for Lower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_string().to_lowercase())
    }
}

struct Chunked<'w> {
    buffer: Box<[u8]>,
    filled: usize,
    writer: &'w mut dyn io::Write,
    /// The first error of the writer, which postcard's own error has no place for.
    error: Option<io::Error>,
}

impl Chunked<'_> {
    /// Empties the buffer into the writer.
    fn hand_on(&mut self) {
        let filled = std::mem::take(&mut self.filled);
        if self.error.is_none() {
            self.error = self.writer.write_all(&self.buffer[..filled]).err();
        }
    }

    /// What does not fit into the buffer.
    #[cold]
    #[inline(never)]
    fn extend_far(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.hand_on();
        match self.buffer.get_mut(..data.len()) {
            Some(place) => {
                place.copy_from_slice(data);
                self.filled = data.len();
            }
            None if self.error.is_none() => self.error = self.writer.write_all(data).err(),
            None => {}
        }
        match self.error {
            None => Ok(()),
            Some(_) => Err(postcard::Error::SerializeBufferFull),
        }
    }
}

impl Flavor for Chunked<'_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        let end = self.filled + data.len();
        match self.buffer.get_mut(self.filled..end) {
            Some(place) => {
                place.copy_from_slice(data);
                self.filled = end;
                Ok(())
            }
            None => self.extend_far(data),
        }
    }

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
