//! The operator of `asof`.
