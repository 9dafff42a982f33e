//! [`Series`]: one column of a frame.
