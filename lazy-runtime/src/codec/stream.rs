//! Values read from a file a chunk at a time, so that the bytes are not all in memory beside the value.

use std::io::{self, Read};

use postcard::de_flavors::Flavor;
use postcard::{Deserializer, Error};
use serde::de::DeserializeOwned;

use super::chunked::CHUNK;

/// Why a value could not be read.
pub(super) enum Unread {
    /// The type wants to borrow from the bytes while it is read, so these have to be in memory.
    Borrows,
    /// Bytes that are no value, or not all of them used.
    Damaged(String),
    Read(io::Error),
}

/// Reads a value of so many bytes, all of them.
pub(super) fn read<T: DeserializeOwned>(reader: &mut dyn Read, bytes: u64) -> Result<T, Unread> {
    let mut why = None;
    let source =
        Chunks { reader, unread: bytes, buffer: vec![0; CHUNK], at: 0, filled: 0, why: &mut why };
    let mut deserializer = Deserializer::from_flavor(source);
    let value = T::deserialize(&mut deserializer);
    let left = deserializer.finalize().expect("this source always says what is left");
    match (why, value) {
        (Some(why), _) => Err(why),
        (None, Ok(value)) if left == 0 => Ok(value),
        (None, Ok(_)) => Err(Unread::Damaged(format!("{left} too many"))),
        (None, Err(error)) => Err(Unread::Damaged(error.to_string().to_lowercase())),
    }
}

/// The next bytes of a reader.
struct Chunks<'r> {
    reader: &'r mut dyn Read,
    /// Bytes that are not in the buffer yet.
    unread: u64,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    /// What went wrong, which postcard's own error has no place for.
    why: &'r mut Option<Unread>,
}

impl Chunks<'_> {
    fn left(&self) -> u64 {
        self.unread + (self.filled - self.at) as u64
    }

    /// Makes so many bytes stand in the buffer from its beginning on.
    #[cold]
    #[inline(never)]
    fn fill(&mut self, count: usize) -> postcard::Result<()> {
        if count as u64 > self.left() {
            return Err(Error::DeserializeUnexpectedEnd);
        }
        self.buffer.copy_within(self.at..self.filled, 0);
        (self.at, self.filled) = (0, self.filled - self.at);
        if count > self.buffer.len() {
            self.buffer.resize(count, 0);
        }
        let room = (self.buffer.len() - self.filled) as u64;
        let end = self.filled + room.min(self.unread) as usize;
        if let Err(error) = self.reader.read_exact(&mut self.buffer[self.filled..end]) {
            *self.why = Some(Unread::Read(error));
            return Err(Error::DeserializeUnexpectedEnd);
        }
        self.unread -= (end - self.filled) as u64;
        self.filled = end;
        Ok(())
    }
}

impl<'r> Flavor<'r> for Chunks<'r> {
    /// Bytes that were not used.
    type Remainder = u64;
    type Source = ();

    #[inline]
    fn pop(&mut self) -> postcard::Result<u8> {
        self.try_take_n_temp(1).map(|bytes| bytes[0])
    }

    fn size_hint(&self) -> Option<usize> {
        usize::try_from(self.left()).ok()
    }

    fn try_take_n(&mut self, _: usize) -> postcard::Result<&'r [u8]> {
        *self.why = Some(Unread::Borrows);
        Err(Error::WontImplement)
    }

    #[inline]
    fn try_take_n_temp<'a>(&'a mut self, count: usize) -> postcard::Result<&'a [u8]>
    where
        'r: 'a,
    {
        if count > self.filled - self.at {
            self.fill(count)?;
        }
        let at = self.at;
        self.at += count;
        Ok(&self.buffer[at..at + count])
    }

    fn finalize(self) -> postcard::Result<u64> {
        Ok(self.left())
    }
}
