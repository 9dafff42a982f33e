//! Why a value could not be written, or not be read.

use std::fmt;
use std::io;

/// A value could not be written as bytes, or bytes could not be read as a value.
#[derive(Debug)]
pub(crate) enum CodecError {
    /// No value of the type can be kept as bytes.
    Type { of: &'static str, fault: &'static str },
    /// This value cannot be kept as bytes; others of its type may.
    Value { of: &'static str, fault: String },
    /// The user's `Serialize` or `Deserialize` panicked.
    Panic { of: &'static str, message: String },
    /// The bytes are not those of a value of the type.
    Damaged { of: &'static str, reason: String },
    /// The type borrows from the bytes while it is read, so they have to be in memory.
    Borrows,
    /// The bytes could not be written.
    Write(io::Error),
    /// The bytes could not be read.
    Read(io::Error),
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodecError::Type { of, fault } => {
                write!(f, "values of `{of}` cannot be kept as bytes: {fault}")
            }
            CodecError::Value { of, fault } => {
                write!(f, "this value of `{of}` cannot be kept as bytes: {fault}")
            }
            CodecError::Panic { of, message } => {
                write!(f, "the serde implementation of `{of}` panicked: {message}")
            }
            CodecError::Damaged { of, reason } => {
                write!(f, "the bytes are no value of `{of}`: {reason}")
            }
            CodecError::Borrows => f.write_str("the type needs all of its bytes in memory"),
            CodecError::Write(source) | CodecError::Read(source) => write!(f, "{source}"),
        }
    }
}

impl std::error::Error for CodecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CodecError::Write(source) | CodecError::Read(source) => Some(source),
            _ => None,
        }
    }
}
