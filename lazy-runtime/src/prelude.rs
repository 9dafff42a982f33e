//! What user code needs in scope: `use lazy_runtime::prelude::*;`.

pub use crate::collection::Collection;
pub use crate::delayed::{Delayed, delayed};
pub use crate::heap_size::HeapSize;
pub use crate::token::Tokenize;
pub use lazy_macros::{HeapSize, Tokenize, delayed};
