//! What a kept result is found by.

use std::any::TypeId;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// The token of the call that made a result, and the type of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id {
    pub(crate) token: u128,
    pub(crate) of: TypeId,
}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A token is a hash, both halves of it; the type hardly ever tells two apart.
        state.write_u64((self.token >> 64) as u64);
    }
}

/// Hashers for what is a hash already.
pub(crate) type ByToken = BuildHasherDefault<Token>;

/// Takes the bits it is given.
#[derive(Default)]
pub(crate) struct Token(u64);

impl Hasher for Token {
    fn write(&mut self, bytes: &[u8]) {
        unreachable!("an Id hashes as one number, not as {} bytes", bytes.len())
    }

    #[inline]
    fn write_u64(&mut self, bits: u64) {
        self.0 = bits;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
