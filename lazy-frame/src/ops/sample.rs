//! The operator of `sample`.
