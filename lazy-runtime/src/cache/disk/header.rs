//! How an entry's file begins, and whether a file is an entry of ours.

/// First bytes of every entry. The high bit and the line ends are damaged first by tools that take it for text.
const MAGIC: [u8; 8] = *b"\xB1lazy\r\n\x1A";
/// Changed with everything that is read otherwise.
const VERSION: u32 = 1;
/// Bytes before the path of the function.
pub(super) const FIXED: usize = 56;
/// Bytes of a checksum. The file ends in two: that of the result, and that of everything else.
pub(super) const CHECKSUM: usize = 16;

/// What stands before the bytes of a result.
///
/// All numbers are little endian: magic, format version (4 bytes), length of the path (4), token (16), shape (16), length of the
/// result (8), then the path of the function. The result follows, its checksum, and the checksum of everything else.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub(super) token: u128,
    pub(super) shape: u128,
    pub(super) length: u64,
    pub(super) path: String,
}

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Start {
    pub(super) token: u128,
    pub(super) shape: u128,
    pub(super) length: u64,
    pub(super) path_length: u32,
}

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Entry(Start),
    /// An entry that another version of this library wrote, or will.
    OtherVersion,
    /// One of ours that is damaged.
    Damaged,
    /// None of ours.
    Foreign,
}

impl Header {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FIXED + self.path.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((self.path.len() as u32).to_le_bytes());
        bytes.extend(self.token.to_le_bytes());
        bytes.extend(self.shape.to_le_bytes());
        bytes.extend(self.length.to_le_bytes());
        bytes.extend(self.path.as_bytes());
        bytes
    }
}

impl Start {
    /// How long the file of such an entry is; `None` if that is no length of a file.
    pub(super) fn file_length(&self) -> Option<u64> {
        let around = FIXED as u64 + u64::from(self.path_length) + 2 * CHECKSUM as u64;
        self.length.checked_add(around)
    }
}

/// What the file of this token is, of which these are the first bytes, at most [`FIXED`].
///
/// It is ours by the magic or by the token, so that one damaged byte does not make it a stranger that is never touched again.
pub(super) fn kind(bytes: &[u8], token: u128) -> Kind {
    let Ok(fixed) = <&[u8; FIXED]>::try_from(bytes) else {
        let common = bytes.len().min(MAGIC.len());
        return if bytes[..common] == MAGIC[..common] { Kind::Damaged } else { Kind::Foreign };
    };
    let start = Start {
        token: u128::from_le_bytes(part(fixed, 16)),
        shape: u128::from_le_bytes(part(fixed, 32)),
        length: u64::from_le_bytes(part(fixed, 48)),
        path_length: u32::from_le_bytes(part(fixed, 12)),
    };
    let version = u32::from_le_bytes(part(fixed, 8));
    match (fixed[..8] == MAGIC, start.token == token) {
        (true, true) if version == VERSION => Kind::Entry(start),
        (true, true) => Kind::OtherVersion,
        (false, false) => Kind::Foreign,
        _ => Kind::Damaged,
    }
}

fn part<const N: usize>(bytes: &[u8; FIXED], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the parts lie inside of the header")
}
