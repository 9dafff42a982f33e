//! The operator of `unique`.
