//! Helpers shared by the tests.

mod gate;
mod log;
mod quiet;
mod runs;
mod tracked;
mod waker;
pub mod workflow;

pub use gate::{Gate, Meeting};
pub use log::Log;
pub use quiet::quiet;
pub use runs::{LIMIT, both, in_time, on_a_small_stack, synchronous, threads};
pub use tracked::{Padded, Tally, Tracked};
pub use waker::block_on;
