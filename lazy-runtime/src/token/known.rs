//! Values of any type that may turn out to be one that is known.

use std::any::Any;
use std::path::PathBuf;
use std::time::Duration;

use super::{Tokenize, Tokenizer};

/// Writes the value as [`Tokenize`] would if it is of one of these types, and says whether it is.
macro_rules! known {
    ($($T:ty),* $(,)?) => {
        /// Writes the value as [`Tokenize`] would, or nothing: whether its type is one that is known here.
        ///
        /// A caller that knows the type at compile time pays for the one line that fits.
        #[inline(always)]
        pub(crate) fn tokenize_known(value: &dyn Any, tokenizer: &mut Tokenizer) -> bool {
            $(if let Some(value) = value.downcast_ref::<$T>() {
                value.tokenize(tokenizer);
                return true;
            })*
            false
        }
    };
}

known! {
    i64, f64, usize, i32, u64, u32, f32, u8, i8, u16, i16, u128, i128, isize, bool, char, (),
    String, &'static str, PathBuf, Duration,
    Vec<f64>, Vec<f32>, Vec<i64>, Vec<i32>, Vec<u64>, Vec<u32>, Vec<usize>, Vec<u8>, Vec<bool>, Vec<String>,
}
