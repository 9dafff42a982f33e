//! The operator of `shuffle`.
