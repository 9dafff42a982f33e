//! Keys: the stable name of a task, `name-token`.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

/// The stable name of a node: what it calls, and a 128-bit token that no other call has.
///
/// It prints as `exponent-05d8b489554c44e09a2c7a52b7b3a00d`. Two calls of one function have two keys, and
/// [`persist`](crate::Collection::persist) keeps the key. The name is for
/// people: it never decides whether two nodes are the same.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
///
/// let x = delayed(1);
/// assert!(x.key().to_string().starts_with("i32-"));
/// assert_ne!(x.key(), delayed(1).key());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub(crate) name: &'static str,
    token: u128,
}

impl Key {
    /// The key of the node with this number: unpredictable between processes, unique within one.
    pub(crate) fn numbered(name: &'static str, number: u64) -> Key {
        static SEED: OnceLock<u64> = OnceLock::new();
        let seed = *SEED.get_or_init(|| RandomState::new().hash_one("lazy-runtime"));
        // The high half is a bijection of the number, so no two numbers share a token; bit 0 says that it means nothing elsewhere.
        let high = mix(number ^ seed);
        let low = mix(number.wrapping_add(seed.rotate_left(32))) | 1;
        Key { name, token: u128::from(high) << 64 | u128::from(low) }
    }

    /// The key of a call that has this token, bit 0 of which says that it means nothing to another process.
    pub(crate) fn of_token(name: &'static str, token: u128) -> Key {
        Key { name, token }
    }

    /// What it calls: the function's name, or the name given with `#[delayed(name = "...")]`.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The part that tells it from every other key.
    pub fn token(&self) -> u128 {
        self.token
    }

    /// Whether another process would give the same call the same key.
    ///
    /// So it is for calls of pure functions whose arguments are values, or such calls in turn. A call that is not pure, and data made a node, have
    /// keys that are theirs alone, and so has everything that depends on them.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    ///
    /// assert!(!delayed(1).key().is_stable());
    /// ```
    pub fn is_stable(&self) -> bool {
        self.token & 1 == 0
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:032x}", self.name, self.token)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}
