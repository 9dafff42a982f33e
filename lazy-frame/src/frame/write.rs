//! Methods: write.
