//! The operator of `sort`.
