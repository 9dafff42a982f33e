//! One clock for all runs of a process.

use std::sync::LazyLock;
use std::time::Instant;

static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Nanoseconds since the clock began, which is when it was first looked at. It never goes back, whichever threads look.
#[inline]
pub(super) fn now() -> u64 {
    let begin = *BEGIN;
    begin.elapsed().as_nanos() as u64
}
