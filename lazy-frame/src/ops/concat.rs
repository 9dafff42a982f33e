//! The operator of `concat`.
