//! Methods: head.
