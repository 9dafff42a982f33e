//! The hash of a stream of bytes, written in pieces.

use twox_hash::xxhash3_128::{DEFAULT_SECRET_LENGTH, Hasher, RawHasher, SecretBuffer};

use super::Tokenize;

/// Takes the bytes that stand for a value, and makes a token of them.
///
/// How the bytes are cut into pieces is of no consequence, so write lengths before whatever has no fixed one: [`write_str`](Self::write_str)
/// and the impls for lists do.
///
/// # Examples
/// ```
/// use lazy_runtime::{Tokenize, Tokenizer};
///
/// let mut one = Tokenizer::new();
/// one.write_u64(7);
/// let mut other = Tokenizer::new();
/// 7_u64.tokenize(&mut other);
/// assert_eq!(one.finish(), other.finish());
/// ```
pub struct Tokenizer {
    /// What `long` does not know yet: the first `filled` bytes.
    buffer: [u8; SHORT],
    filled: usize,
    /// The state of a stream that did not fit into the buffer.
    long: Option<Box<Long>>,
    /// Whether every node written has the same token in another process.
    is_stable: bool,
}

/// The longest stream that is hashed in one go. Most arguments are shorter, and a state of XXH3 is several times as large.
const SHORT: usize = 128;

type Long = RawHasher<&'static [u8; DEFAULT_SECRET_LENGTH]>;

impl Tokenizer {
    /// A tokenizer that nothing was written to.
    #[inline]
    pub fn new() -> Self {
        Tokenizer { buffer: [0; SHORT], filled: 0, long: None, is_stable: true }
    }

    /// Writes bytes as they are, without their number.
    #[inline]
    pub fn write_bytes(&mut self, bytes: &[u8]) {
        let end = self.filled + bytes.len();
        match self.buffer.get_mut(self.filled..end) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.filled = end;
            }
            None => self.write_long(bytes),
        }
    }

    /// Hands on what the buffer has no room for.
    #[inline(never)]
    fn write_long(&mut self, bytes: &[u8]) {
        let long =
            self.long.get_or_insert_with(|| Box::new(RawHasher::new(SecretBuffer::default())));
        long.write(&self.buffer[..self.filled]);
        self.filled = 0;
        match self.buffer.get_mut(..bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.filled = bytes.len();
            }
            None => long.write(bytes),
        }
    }

    /// Writes a byte, such as the tag of a variant.
    #[inline]
    pub fn write_u8(&mut self, byte: u8) {
        self.write_bytes(&[byte]);
    }

    /// Writes a number as eight bytes, the lowest first.
    #[inline]
    pub fn write_u64(&mut self, number: u64) {
        self.write_bytes(&number.to_le_bytes());
    }

    /// Writes a length or a count, as 64 bits on every platform.
    #[inline]
    pub fn write_length(&mut self, length: usize) {
        self.write_u64(length as u64);
    }

    /// Writes text: its length in bytes, and the bytes.
    #[inline]
    pub fn write_str(&mut self, text: &str) {
        self.write_text(text.as_bytes());
    }

    #[inline]
    pub(crate) fn write_text(&mut self, bytes: &[u8]) {
        self.write_length(bytes.len());
        self.write_bytes(bytes);
    }

    /// Writes the items of a collection whose order means nothing: their number, and their tokens in ascending order.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::Tokenizer;
    ///
    /// let token = |words: [&str; 2]| {
    ///     let mut tokenizer = Tokenizer::new();
    ///     tokenizer.write_unordered(words);
    ///     tokenizer.finish()
    /// };
    /// assert_eq!(token(["a", "b"]), token(["b", "a"]));
    /// ```
    pub fn write_unordered<T: Tokenize>(&mut self, items: impl IntoIterator<Item = T>) {
        let tokens = items.into_iter().map(|item| self.token_apart(&item));
        let mut tokens: Vec<u128> = tokens.collect();
        tokens.sort_unstable();
        self.write_length(tokens.len());
        Tokenize::tokenize_slice(&tokens, self);
    }

    /// The token of an item by itself, of which only whether it is stable is remembered.
    fn token_apart(&mut self, item: &impl Tokenize) -> u128 {
        let mut apart = Tokenizer::new();
        item.tokenize(&mut apart);
        self.is_stable &= apart.is_stable;
        apart.finish()
    }

    /// Writes the token of a node, whose bit 0 says that it means nothing to another process.
    #[inline]
    pub(crate) fn write_node(&mut self, token: u128) {
        self.is_stable &= token & 1 == 0;
        self.write_bytes(&token.to_le_bytes());
    }

    /// The token of everything written.
    #[inline]
    pub fn finish(self) -> u128 {
        match self.long {
            None => Hasher::oneshot(&self.buffer[..self.filled]),
            Some(mut long) => {
                long.write(&self.buffer[..self.filled]);
                long.finish_128()
            }
        }
    }

    /// The token of a key: bit 0 is not that of the hash, but says that the key means nothing to another process.
    #[inline]
    pub(crate) fn finish_key(self) -> u128 {
        let is_bound_to_process = u128::from(!self.is_stable);
        self.finish() & !1 | is_bound_to_process
    }
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}
