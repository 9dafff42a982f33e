//! What user code needs in scope: `use lazy_runtime::prelude::*;`.

pub use crate::collection::Collection;
pub use crate::delayed::{Delayed, delayed};
pub use lazy_macros::delayed;
