//! Values to bytes and back, through serde.
//!
//! The format is postcard: compact, and not self-describing. Bytes say nothing of what they mean, so a codec guards in two ways against
//! bytes that would be read as something else. The [shape](Shape) of a type stands for everything that reading it depends on: whoever
//! keeps bytes keeps the shape beside them, and believes them only under the same shape. And before a value is written it is walked once
//! without writing, to refuse what would not come back.
//!
//! Serialising is the user's code: its panics are caught here and become errors.

mod chunked;
mod error;
mod leaf;
mod shape;
mod tracer;
mod walk;
mod wire;

use std::any::{Any, type_name};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::message;
pub(crate) use error::CodecError;
pub(crate) use shape::Shape;

/// How values of one type become bytes and come back.
#[derive(Clone, Copy)]
pub(crate) struct Codec {
    /// Writes a value of the codec's type. What was written before an error is of no use.
    pub(crate) encode: fn(&dyn Any, &mut dyn io::Write) -> Result<(), CodecError>,
    /// Reads what `encode` wrote, all of it and nothing more.
    pub(crate) decode: fn(&[u8]) -> Result<Box<dyn Any + Send + Sync>, CodecError>,
    /// What bytes of the type depend on. Found once for each type.
    pub(crate) shape: fn() -> Shape,
}

impl Codec {
    /// The codec of a type.
    pub(crate) const fn of<T: Serialize + DeserializeOwned + Send + Sync + 'static>() -> Codec {
        Codec { encode: encode::<T>, decode: decode::<T>, shape: Shape::of::<T> }
    }
}

/// # Panics
/// If the value is of another type: it was made by the function whose codec this is.
fn encode<T: Serialize + DeserializeOwned + 'static>(
    value: &dyn Any,
    writer: &mut dyn io::Write,
) -> Result<(), CodecError> {
    let value: &T = value.downcast_ref().expect("a codec is given values of its own type");
    if let Some(fault) = Shape::of::<T>().fault {
        return Err(CodecError::Type { of: type_name::<T>(), fault });
    }
    guarded(type_name::<T>(), || {
        walk::check(value).map_err(|fault| CodecError::Value { of: type_name::<T>(), fault })?;
        chunked::write(value, writer)
    })
}

fn decode<T: DeserializeOwned + Send + Sync + 'static>(
    bytes: &[u8],
) -> Result<Box<dyn Any + Send + Sync>, CodecError> {
    let of = type_name::<T>();
    guarded(of, || match postcard::take_from_bytes::<T>(bytes) {
        Ok((value, [])) => Ok(Box::new(value) as Box<dyn Any + Send + Sync>),
        Ok((_, rest)) => {
            let reason = format!("{} too many", rest.len());
            Err(CodecError::Damaged { of, reason })
        }
        Err(error) => Err(CodecError::Damaged { of, reason: error.to_string().to_lowercase() }),
    })
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
