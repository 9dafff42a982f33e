//! The operator of `cumulative`.
