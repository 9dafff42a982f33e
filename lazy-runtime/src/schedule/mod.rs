//! Which ready task goes next, and to whom: roots in static order, and work offered by one worker to others.
//!
//! It knows ready tasks and workers, never what a task does. `README.md` beside this file states the states and
//! transitions, and why no task is lost.

mod offers;
mod stop;

pub(crate) use offers::{Demand, Offers};
pub(crate) use stop::{Reason, Stop};
