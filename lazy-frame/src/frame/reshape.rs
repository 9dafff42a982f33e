//! Methods: reshape.
