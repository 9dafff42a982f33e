//! Results that lie apart from the slots of a run: those that others may have too, and those that may go to disk.
//!
//! A *held* value is shared ([`Arc`](std::sync::Arc)) and knows its users. In a run with a memory limit it is counted, and may be *away*: written
//! to the spill folder, to come back when a task needs it. A task *pins* what it needs before it runs; what is pinned stays.
//! Nothing here knows nodes: a value is known by its place in the run.

mod build;
mod error;
mod folder;
mod held;
mod leftover;
mod memory;
mod pins;
mod slot;

pub(crate) use build::HeldBuilder;
pub(crate) use folder::SpillFolder;
pub(crate) use held::{Held, SpillFailed};
pub(crate) use memory::Memory;
pub(crate) use pins::{Pins, Taken};
