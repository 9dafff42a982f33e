//! The graph: nodes in chunked arenas, handles that count references, and the snapshot a run works on.
//!
//! Words: a *node* is a task (a call to be made) or data (a value that is there). Its *dependencies* are the
//! nodes it needs, its *dependents* the ones that need it. A *snapshot* is the part of the graph that some
//! outputs reach, in static order, with dense indices and flat edges. A *run* is a snapshot with room for
//! results. Nodes never change after they are made; all that a run changes is in the run.
//!
//! All `unsafe` of the crate is in this folder; `README.md` beside this file argues why it is sound.
//! This module never runs a task on its own and knows no threads.

#[cfg(all(test, loom))]
mod watched;
mod arena;
mod claims;
mod countdown;
mod firsts;
mod inputs;
mod keeping;
mod live;
mod node;
pub(crate) mod pages;
mod paths;
mod plan;
mod reach;
mod reference;
mod references;
mod run;
mod shared;
mod snapshot;
mod traits;
mod uses;
mod values;
mod view;

pub(crate) use inputs::Inputs;
pub(crate) use keeping::{Keeper, Keeping};
pub(crate) use node::{Dependencies, Kind, Payload, ShowLiteral};
pub(crate) use node::{may_have_cached, short_type_name};
pub(crate) use plan::Candidate;
pub(crate) use reference::{NodeRef, TypedRef};
pub(crate) use run::{Done, Finished, Ready, Run};
pub(crate) use shared::{InOrder, Step};
pub(crate) use snapshot::Snapshot;
pub use view::Graph;
