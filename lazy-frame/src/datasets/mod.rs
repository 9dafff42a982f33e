//! Data to try things on: it is made in the tasks of its partitions, and is read from nowhere.

mod draw;
mod time;
mod timeseries;

pub use draw::Draw;
pub use timeseries::{Timeseries, timeseries};
