//! Seeing a run: who is told of it, and what they make of it.
//!
//! An [`Observer`] is told what happens: a run starts, tasks become ready, start and finish, caches are asked, values spilled. There are two
//! here: [`ProgressBar`] draws how far runs are, [`Profiler`] keeps what was measured for reports, pages and pictures. Any number of
//! them is given to [`RuntimeBuilder::observer`](crate::RuntimeBuilder::observer).
//!
//! Workers take notes into buffers of their own, and one thread a runtime puts these in order and calls the observers: what a task does
//! waits for no observer. A runtime without observers takes no notes.
//!
//! Nothing here ever runs a task or changes what runs.

mod clock;
mod delivery;
mod dispatcher;
mod event;
mod observer;
mod panics;
mod profile;
mod progress;
mod recorder;
#[cfg(feature = "tracing")]
mod tracing;
pub(crate) mod units;

pub(crate) use dispatcher::{Dispatcher, note_computation};
pub use event::{
    CacheEvent, CacheOutcome, RunFinish, RunId, RunOutcome, RunStart, SpillEvent, SpillOutcome,
    TaskFinished, TaskOutcome, TaskReady, TaskStarted,
};
pub use observer::Observer;
pub(crate) use profile::Measured;
pub use profile::{Profiler, Report, ReportRow, SaveError};
pub use progress::ProgressBar;
pub(crate) use recorder::{Finishing, Recorder, Recording, TaskEnd};
#[cfg(feature = "tracing")]
pub use tracing::TracingObserver;
