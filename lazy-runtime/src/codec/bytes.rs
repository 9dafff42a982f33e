//! Byte strings, which serde would take one byte at a time.
//!
//! `Vec<u8>` is a list to serde. It is written the same as bytes that go in one piece: their number, and then each as it is.

use std::any::Any;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// Bytes that are written in one piece.
pub(super) struct Bytes<'b>(&'b [u8]);

/// Bytes that are read in one piece.
pub(super) struct Buffer(pub(super) Vec<u8>);

impl<'b> Bytes<'b> {
    /// The bytes of a value, if it is a byte string.
    pub(super) fn of(value: &'b dyn Any) -> Option<Self> {
        value.downcast_ref::<Vec<u8>>().map(|bytes| Bytes(bytes))
    }
}

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(Whole).map(Buffer)
    }
}

struct Whole;

impl Visitor<'_> for Whole {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }
}
