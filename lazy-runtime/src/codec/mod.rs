//! Values to bytes and back, through serde.
//!
//! The format is postcard: compact, and not self-describing. Bytes say nothing of what they mean, so a codec guards in two ways against
//! bytes that would be read as something else. The [shape](Shape) of a type stands for everything that reading it depends on: whoever
//! keeps bytes keeps the shape beside them, and believes them only under the same shape. And before a value is written it is walked once
//! without writing, to refuse what would not come back.
//!
//! Serialising is the user's code: its panics are caught here and become errors.

mod bytes;
mod chunked;
mod error;
mod leaf;
mod shape;
mod stream;
mod summed;
mod tracer;
mod walk;
mod wire;

use std::any::{Any, TypeId, type_name};
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde::de::DeserializeOwned;
use twox_hash::XxHash3_128;

use crate::error::message;
#[cfg(feature = "polars")]
use crate::frames::is_frame;
use bytes::{Buffer, Bytes};
pub(crate) use error::CodecError;
pub(crate) use shape::Shape;
use stream::Unread;
pub(crate) use summed::{Summed, checksum_of};

/// How values of one type become bytes and come back.
#[derive(Clone, Copy)]
pub(crate) struct Codec {
    /// Writes a value of the codec's type. What was written before an error is of no use.
    pub(crate) encode: fn(&dyn Any, &mut dyn io::Write) -> Result<(), CodecError>,
    /// Reads what `encode` wrote, all of it and nothing more.
    pub(crate) decode: fn(&[u8]) -> Result<Value, CodecError>,
    /// As `decode`, from a reader that has so many bytes, a chunk at a time. `Borrows` if the type needs them all at once.
    decode_chunks: fn(&mut dyn Read, u64) -> Result<Value, CodecError>,
    /// What bytes of the type depend on. Found once for each type.
    pub(crate) shape: fn() -> Shape,
}

impl Codec {
    /// The codec of a type.
    pub(crate) const fn of<T: Serialize + DeserializeOwned + Send + Sync + 'static>() -> Codec {
        Codec {
            encode: encode::<T>,
            decode: decode::<T>,
            decode_chunks: decode_chunks::<T>,
            shape: Shape::of::<T>,
        }
    }

    /// Reads a value from so many bytes of a file, from this place on. These are never all in memory, unless the type needs that.
    ///
    /// `None` if they do not have this checksum; then they were not looked at otherwise.
    pub(crate) fn read(
        &self,
        file: &mut (impl Read + Seek),
        from: u64,
        bytes: u64,
        checksum: u128,
    ) -> Result<Option<Value>, CodecError> {
        seek(file, from)?;
        let found = checksum_of(file.by_ref().take(bytes)).map_err(CodecError::Read)?;
        if found != (checksum, bytes) {
            return Ok(None);
        }
        seek(file, from)?;
        let mut summed = Summed::new(file.by_ref().take(bytes));
        match (self.decode_chunks)(&mut summed, bytes) {
            Err(CodecError::Borrows) => {}
            // Somebody may have written to the file in between.
            Ok(_) if summed.checksum() != checksum => return Ok(None),
            read => return read.map(Some),
        }
        seek(file, from)?;
        let mut all = Vec::new();
        let length = usize::try_from(bytes).unwrap_or(usize::MAX);
        // No memory for it is an error, not the end of the process.
        let room = all.try_reserve_exact(length).map_err(io::Error::other);
        let read = room.and_then(|()| file.by_ref().take(bytes).read_to_end(&mut all));
        read.map_err(CodecError::Read)?;
        match XxHash3_128::oneshot(&all) == checksum {
            true => (self.decode)(&all).map(Some),
            false => Ok(None),
        }
    }
}

/// A value that was read.
pub(crate) type Value = Box<dyn Any + Send + Sync>;

fn seek(file: &mut impl Seek, to: u64) -> Result<(), CodecError> {
    file.seek(SeekFrom::Start(to)).map(|_| ()).map_err(CodecError::Read)
}

/// # Panics
/// If the value is of another type: it was made by the function whose codec this is.
fn encode<T: Serialize + DeserializeOwned + 'static>(
    value: &dyn Any,
    writer: &mut dyn io::Write,
) -> Result<(), CodecError> {
    if let Some(bytes) = Bytes::of(value) {
        return chunked::write(&bytes, writer);
    }
    let value: &T = value.downcast_ref().expect("a codec is given values of its own type");
    if let Some(fault) = Shape::of::<T>().fault {
        return Err(CodecError::Type { of: type_name::<T>(), fault });
    }
    guarded(type_name::<T>(), || {
        // A frame becomes one byte string in a format of its own: nothing in it is refused, and to walk it would be to write it twice.
        if !is_frame(TypeId::of::<T>()) {
            walk::check(value)
                .map_err(|fault| CodecError::Value { of: type_name::<T>(), fault })?;
        }
        chunked::write(value, writer)
    })
}

fn decode<T: DeserializeOwned + Send + Sync + 'static>(bytes: &[u8]) -> Result<Value, CodecError> {
    let of = type_name::<T>();
    let read = |bytes| match is_bytes::<T>() {
        true => postcard::take_from_bytes::<Buffer>(bytes)
            .map(|(Buffer(value), rest)| (Box::new(value) as Value, rest)),
        false => postcard::take_from_bytes::<T>(bytes)
            .map(|(value, rest)| (Box::new(value) as Value, rest)),
    };
    guarded(of, || match read(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => {
            let reason = format!("{} too many", rest.len());
            Err(CodecError::Damaged { of, reason })
        }
        Err(error) => Err(CodecError::Damaged { of, reason: error.to_string().to_lowercase() }),
    })
}

fn decode_chunks<T: DeserializeOwned + Send + Sync + 'static>(
    reader: &mut dyn Read,
    bytes: u64,
) -> Result<Value, CodecError> {
    let of = type_name::<T>();
    let read = |reader| match is_bytes::<T>() {
        true => stream::read(reader, bytes).map(|Buffer(value)| Box::new(value) as Value),
        false => stream::read::<T>(reader, bytes).map(|value| Box::new(value) as Value),
    };
    guarded(of, || match read(reader) {
        Ok(value) => Ok(value),
        Err(Unread::Borrows) => Err(CodecError::Borrows),
        Err(Unread::Damaged(reason)) => Err(CodecError::Damaged { of, reason }),
        Err(Unread::Read(error)) => Err(CodecError::Read(error)),
    })
}

/// Whether values of the type go in one piece.
fn is_bytes<T: 'static>() -> bool {
    TypeId::of::<T>() == TypeId::of::<Vec<u8>>()
}

/// Only with the feature `polars` there are frames.
#[cfg(not(feature = "polars"))]
fn is_frame(_: TypeId) -> bool {
    false
}

/// Runs code of the user's; its panic is an error.
fn guarded<R>(
    of: &'static str,
    work: impl FnOnce() -> Result<R, CodecError>,
) -> Result<R, CodecError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let message = message(&*payload);
        // The payload is the user's as well, and its drop may panic.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
        Err(CodecError::Panic { of, message })
    })
}

#[cfg(test)]
mod tests;
