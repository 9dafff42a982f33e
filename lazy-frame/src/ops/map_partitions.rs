//! The operator of `map_partitions`.
