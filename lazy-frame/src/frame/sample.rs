//! Methods: sample.
