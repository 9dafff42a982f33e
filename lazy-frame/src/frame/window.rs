//! Methods: window.
