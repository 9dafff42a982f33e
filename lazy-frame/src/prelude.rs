//! What user code needs in scope: `use lazy_frame::prelude::*;`.
//!
//! Beside the types of this crate these are Polars' expressions, and the options that methods here take.

pub use crate::frame::Frame;
pub use crate::series::Series;
pub use lazy_runtime::prelude::*;
pub use polars::prelude::{
    AsOfOptions, DataType, Expr, JoinArgs, JoinType, NULL, QuantileMethod, SortMultipleOptions,
    UniqueKeepStrategy, all, as_struct, by_name, coalesce, col, cols, concat_list, concat_str, len,
    lit, when,
};
