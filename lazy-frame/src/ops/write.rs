//! The operator of `write`.
