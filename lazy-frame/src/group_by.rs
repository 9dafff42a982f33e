//! [`GroupBy`]: rows that have the same key.
