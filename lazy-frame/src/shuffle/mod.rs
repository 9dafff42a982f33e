//! Rows of all partitions split by key, and put together again.
