//! What the benches share: shapes of graphs, bodies, clocks, yardsticks, and tables.

#![allow(dead_code, reason = "each bench is a program of its own, and none uses all of this")]

pub(crate) mod options;
pub(crate) mod table;
pub(crate) mod clock;
pub(crate) mod resident;
pub(crate) mod body;
pub(crate) mod shape;
pub(crate) mod graph;
pub(crate) mod flat;

use lazy_runtime::{Runtime, Scheduler};

/// A runtime of so many threads, which have all started; 0 stands for none, [`Scheduler::Synchronous`].
pub(crate) fn runtime(threads: usize) -> Runtime {
    let builder = Runtime::builder().num_threads(threads);
    let builder = match threads {
        0 => builder.scheduler(Scheduler::Synchronous),
        _ => builder,
    };
    let runtime = builder.build().expect("threads start");
    let warm: Vec<_> = (0..1000).map(graph::root).collect();
    runtime.compute(&warm).expect("nothing fails");
    runtime
}
