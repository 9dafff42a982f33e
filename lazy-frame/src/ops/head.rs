//! The operator of `head`.
