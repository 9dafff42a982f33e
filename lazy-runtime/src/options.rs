//! Options of one computation.

use std::time::Duration;

/// What one computation does differently: see [`compute_with`](crate::Collection::compute_with).
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use lazy_runtime::prelude::*;
/// use lazy_runtime::{ComputeOptions, Error};
///
/// #[delayed]
/// fn check(n: u32) -> Result<u32, String> {
///     if n % 2 == 0 { Ok(n) } else { Err(format!("{n} is odd")) }
/// }
///
/// let checks: Vec<_> = (0..4).map(check).collect();
/// let options = ComputeOptions::new().collect_errors(true).timeout(Duration::from_secs(60));
/// match checks.compute_with(options) {
///     Err(Error::Many(errors)) => assert_eq!(errors.len(), 2),
///     other => panic!("two checks fail, but got {other:?}"),
/// }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until they are given to a computation"]
pub struct ComputeOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) collect_errors: bool,
}

impl ComputeOptions {
    /// The defaults: no time limit, and the first failure stops what has not started.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives up after this time with [`Error::Timeout`](crate::Error::Timeout). Default: never.
    ///
    /// No task starts after that. Tasks that are running are not interrupted; on the default scheduler the caller gets
    /// the error at once while they finish in the background. A computation that a task makes, and one on
    /// [`Scheduler::Synchronous`](crate::Scheduler::Synchronous), return when the running task has finished.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Whether to go on after a failure with everything that does not depend on it, and return all failures as
    /// [`Error::Many`](crate::Error::Many). Default: no.
    pub fn collect_errors(mut self, collect: bool) -> Self {
        self.collect_errors = collect;
        self
    }
}
