//! Tokens: 128 bits that stand for a value, the same in every process.
//!
//! A value writes a stream of bytes to a [`Tokenizer`]; the token is the hash of that stream, XXH3 with 128 bits and seed 0. The streams are laid
//! down at [`token()`] and do not change within a major version: what a disk cache holds stays reachable.
//!
//! Nothing here looks at a type: where types may differ, they are written beside the value, as the key of a pure call does.

mod tokenizer;
mod plain;
mod containers;
mod known;

#[cfg(test)]
mod tests;

pub(crate) use known::tokenize_known;
pub use tokenizer::Tokenizer;

/// A value that has a token: what makes two calls of a pure function with equal arguments one call.
///
/// Derive it for your own types; [`macro@Tokenize`](derive@crate::Tokenize) says how. Equal values have to write equal bytes, and values
/// that a function could tell apart have to write different ones. The bytes depend on nothing but the value: no address, no order of a
/// hash map, no time. What is written for the types of `std` is [laid down](crate::token()).
///
/// # Examples
/// ```
/// use lazy_runtime::{Tokenize, Tokenizer, token};
///
/// /// A word in which case does not matter.
/// struct Word(String);
///
/// impl Tokenize for Word {
///     fn tokenize(&self, tokenizer: &mut Tokenizer) {
///         tokenizer.write_str(&self.0.to_lowercase());
///     }
/// }
///
/// assert_eq!(token(&Word("Lazy".to_owned())), token(&Word("LAZY".to_owned())));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of the key of a pure function",
    label = "`{Self}` has no token",
    note = "derive `Tokenize` for a type of your own, or implement it; for a field of a type of another crate, write \
            `#[tokenize(with = path::to::function)]`; or remove `pure` or `cache` from the function",
    note = "what a closure captures cannot be hashed: let the function take that as arguments"
)]
pub trait Tokenize {
    /// Writes the value.
    fn tokenize(&self, tokenizer: &mut Tokenizer);

    /// Writes the items of a list, without their number. Lists call this rather than [`tokenize`](Self::tokenize), so that plain numbers are
    /// written as one block; what is written is the same.
    fn tokenize_slice(items: &[Self], tokenizer: &mut Tokenizer)
    where
        Self: Sized,
    {
        items.iter().for_each(|item| item.tokenize(tokenizer));
    }
}

/// The token of a value: the same in every process, on every platform, with every version of Rust.
///
/// It is the XXH3-128 hash of the bytes that the value writes. Chance does not bring two values to one token; somebody who wants to can, for XXH3
/// is no cryptographic hash.
///
/// | a value of | writes |
/// |---|---|
/// | an integer | its bytes, lowest first; `usize` and `isize` as 64 bits |
/// | `bool`, `char` | a byte 0 or 1; the code point as `u32` |
/// | `f32`, `f64` | its bits, as an integer |
/// | `str`, `String`, `Path`, `OsStr`, `CStr` | the length in bytes as `u64`, and the bytes |
/// | `[T]`, `[T; N]`, `Vec`, `VecDeque`, `LinkedList` | the number of items as `u64`, and the items |
/// | `HashMap`, `HashSet`, `BinaryHeap` | the number of entries as `u64`, and the tokens of the entries as `u128`, in ascending order |
/// | `BTreeMap`, `BTreeSet` | the number of entries as `u64`, and the entries in order |
/// | a tuple, the entry of a map, a struct that derives | the fields, in order |
/// | an enum that derives | the variant's name as text, and its fields |
/// | `Option`, `Result` | a byte 0 (`None`, `Ok`) or 1 (`Some`, `Err`), and what is inside |
/// | references, `Box`, `Rc`, `Arc`, `Cow`, `NonZero`, `Wrapping`, `Saturating`, `Reverse` | what is inside |
/// | `Duration` | seconds as `u64`, nanoseconds as `u32` |
/// | `SystemTime` | a byte 1 before 1970 and 0 after, and the distance to 1970 as a `Duration` |
/// | `Ordering` | -1, 0 or 1 as `i8` |
/// | `Bound` | a byte 0 for included, 1 for excluded, 2 for unbounded, and what is inside |
/// | ranges | what bounds there are; the end of a `RangeInclusive` as a `Bound` |
/// | `IpAddr`, `SocketAddr` | a byte 4 or 6, and the address |
/// | `Ipv4Addr`, `Ipv6Addr` | the octets |
/// | `SocketAddrV4`, `SocketAddrV6` | the address, the port as `u16`; flow information and scope as `u32` |
/// | `()`, `PhantomData`, `RangeFull` | nothing |
///
/// So a `Vec<f64>` has the token of the `[f64; 3]` with the same items, a `String` that of a `&str`, and a struct of one field that of the field: where
/// types may differ, write them, too.
///
/// A float is its bits: `0.0` and `-0.0` are two values, since `1.0 / x` tells them apart, and a NaN equals a NaN of the same bits. Which
/// bits a NaN has that comes out of a computation is up to the machine. A path that is no Unicode has the token of its bytes, which
/// another system would write differently. A [`Delayed`](crate::Delayed) is written as the token of its key, so what depends on a call that is not
/// pure has another token in every process.
///
/// # Examples
/// ```
/// use lazy_runtime::token;
///
/// assert_eq!(token(&vec![1.0, 2.0]), token(&[1.0, 2.0]));
/// assert_ne!(token(&0.0), token(&-0.0));
/// assert_eq!(token("a.csv"), 0x2a29_59e4_b8a2_9b38_88c4_43b0_9384_3404); // here, and everywhere
/// ```
pub fn token<T: Tokenize + ?Sized>(value: &T) -> u128 {
    let mut tokenizer = Tokenizer::new();
    value.tokenize(&mut tokenizer);
    tokenizer.finish()
}
