//! Methods: sort.
