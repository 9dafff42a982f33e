//! The operator of `aggregate`.
