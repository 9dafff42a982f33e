//! What `soak.rs` is made of: random choices, tasks of every kind, graphs of them, ways to run these, and what the system
//! says of the process.

mod graph;
mod process;
mod random;
mod runtimes;
mod tasks;
mod ways;

pub(crate) use process::{n_threads, resident, setting};
pub(crate) use runtimes::Runtimes;
pub(crate) use tasks::quietly;
pub(crate) use ways::iteration;
