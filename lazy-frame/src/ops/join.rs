//! The operator of `join`.
