//! What random comparisons with Polars are made of: tables and how they are cut, expressions, steps, and when two results are the same.

pub(crate) mod case;
pub(crate) mod chain;
pub(crate) mod compare;
pub(crate) mod dice;
pub(crate) mod exprs;
pub(crate) mod groups;
pub(crate) mod large;
pub(crate) mod origins;
pub(crate) mod reductions;
pub(crate) mod steps;
pub(crate) mod tables;
pub(crate) mod whole;
pub(crate) mod windows;

use lazy_frame::polars::prelude::DataFrame;
use lazy_frame::prelude::Frame;
use lazy_runtime::{Collection, Compute, Runtime, Scheduler};
use proptest::prelude::ProptestConfig;

/// 24 cases for each property, unless `PROPTEST_CASES` says otherwise.
pub(crate) fn config() -> ProptestConfig {
    let told = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: told.unwrap_or(24),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// For cases that take a while: an eighth of the others. What fails is told as it is.
pub(crate) fn few() -> ProptestConfig {
    let config = config();
    ProptestConfig { cases: config.cases.div_ceil(8), max_shrink_iters: 0, ..config }
}

/// One thread, two threads, or so little memory that everything waits on disk.
pub(crate) fn runtime(which: u64) -> Runtime {
    let builder = Runtime::builder().num_threads(2);
    let builder = match which % 4 {
        0 | 1 => builder.scheduler(Scheduler::Synchronous),
        2 => builder.scheduler(Scheduler::Threads),
        _ => builder.scheduler(Scheduler::Threads).memory_limit(2000),
    };
    builder.build().expect("a runtime without a folder of its own")
}

/// What a frame gives, on a runtime chosen by number.
pub(crate) fn compute(frame: &Frame, which: u64) -> Result<DataFrame, String> {
    computed(frame, which)
}

/// What a collection gives, on a runtime chosen by number.
pub(crate) fn computed<C: Collection + Compute>(
    collection: &C,
    which: u64,
) -> Result<C::Output, String> {
    runtime(which).compute(collection).map_err(|error| error.to_string())
}
