//! Dummy values: what a type is given to find out what it asks for.

/// Numbers that are tried in turn: a type may refuse zero.
pub(super) const NUMBERS: [u8; 2] = [0, 1];

/// Texts that are tried in turn: a type may be a date, an address or a number in disguise.
pub(super) const TEXTS: [&str; 9] = [
    "",
    "0",
    "a",
    "2000-01-01",
    "2000-01-01T00:00:00",
    "2000-01-01T00:00:00Z",
    "http://a.a/",
    "00000000-0000-0000-0000-000000000000",
    "0.0.0.0",
];

/// Lengths of byte strings that are tried in turn.
pub(super) const BYTES: [&[u8]; 2] = [&[], &[0; 16]];
