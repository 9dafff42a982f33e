//! Where a case runs: on every kind of runtime, with a time limit, on a small stack.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use lazy_runtime::{Runtime, Scheduler};

/// Longer than anything here takes: what has not happened by then never will.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A runtime on the calling thread: the reference.
pub fn synchronous() -> Runtime {
    let runtime = Runtime::builder().scheduler(Scheduler::Synchronous).build();
    runtime.expect("it needs no threads")
}

/// A runtime with so many threads.
pub fn threads(count: usize) -> Runtime {
    Runtime::builder().num_threads(count).build().expect("the system gives a few threads")
}

/// Runs a case on both schedulers, on the second with 1, 2 and 4 threads; each runtime is new and installed.
pub fn both(case: impl Fn(&Runtime)) {
    for runtime in [synchronous(), threads(1), threads(2), threads(4)] {
        let told = Told(format!("{runtime:?}"));
        runtime.install(|| case(&runtime));
        drop(told);
    }
}

/// Says on which runtime a case failed.
struct Told(String);

impl Drop for Told {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("failed on {}", self.0);
        }
    }
}

/// Runs a case on a thread of its own and fails if it hangs.
#[track_caller]
pub fn in_time<R: Send + 'static>(case: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, result) = channel();
    let thread = thread::spawn(move || {
        // Nobody listens any more when the time is over.
        let _ = done.send(case());
    });
    match result.recv_timeout(LIMIT) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(RecvTimeoutError::Disconnected) => {
            let panic = thread.join().expect_err("it ended without a result");
            std::panic::resume_unwind(panic)
        }
    }
}

/// Runs a case where anything that recurses over a long chain overflows the stack.
pub fn on_a_small_stack<R: Send + 'static>(case: impl FnOnce() -> R + Send + 'static) -> R {
    let thread = thread::Builder::new().stack_size(256 << 10).spawn(case);
    match thread.expect("the system gives a thread").join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
