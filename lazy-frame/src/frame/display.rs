//! What a frame prints: its structure.
