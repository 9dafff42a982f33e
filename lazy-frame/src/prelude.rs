//! What user code needs in scope: `use lazy_frame::prelude::*;`.

pub use crate::frame::Frame;
pub use lazy_runtime::prelude::*;
pub use polars::prelude::{Expr, NULL, all, col, cols, concat_str, len, lit, when};
