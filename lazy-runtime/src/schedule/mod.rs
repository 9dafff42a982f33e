//! Which ready task goes next, and to whom: roots in static order, and tasks that a worker has to spare.
//!
//! It knows ready tasks and workers, never what a task does. `README.md` beside this file states the states and
//! transitions, and why no task is lost.

mod ranked;
mod workers;
mod spares;
mod stop;
mod watch;

pub(crate) use spares::{Limit, Seat, Spares};
pub(crate) use stop::{Reason, Stop};
pub(crate) use watch::Watch;
