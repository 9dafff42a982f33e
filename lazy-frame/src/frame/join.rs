//! Methods: join.
