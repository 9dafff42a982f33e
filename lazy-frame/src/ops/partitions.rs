//! The operator of `partitions`.
