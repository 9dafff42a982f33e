//! Methods: summary.
