//! The operator of `overlap`.
