//! What is written for a value, as far as reading depends on it.

/// One thing that stands in the bytes of a value.
///
/// Names and braces leave no trace in the bytes, so a value may be written as a struct and read as a tuple.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wire {
    /// A byte as it is: `u8`, `i8`, `bool`.
    Byte,
    /// An unsigned integer of variable length.
    Unsigned,
    /// A signed integer of variable length.
    Signed,
    /// Four bytes.
    Float,
    /// Eight bytes.
    Double,
    /// Whether there is something.
    Option(bool),
    /// A length and that many bytes: text and byte strings. What they say may change when they are read, as dates do.
    Text,
    /// How many elements or entries follow.
    Length(usize),
    /// Which variant of an enum.
    Variant(u32),
}
