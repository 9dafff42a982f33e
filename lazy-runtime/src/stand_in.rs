//! [`stand_in`]: a part of a task on a thread that is not of the pool.

use std::cell::Cell;

thread_local! {
    /// Whether this thread does a part of a task that waits for it.
    static STANDS_IN: Cell<bool> = const { Cell::new(false) };
}

/// Does a part of a task on this thread, which is another than that of the task, while the task waits for it.
///
/// What is computed meanwhile on this thread, with whichever [`Runtime`](crate::Runtime), runs on this thread, one task after the other:
/// all threads of the pool may be asleep, each of them in a task that waits as this one does.
///
/// For libraries that need a thread of their own, because they keep something in it, or must not be on one of rayon's. The runtime of the
/// task is for the caller to [install](crate::Runtime::install).
///
/// # Examples
/// ```
/// use std::thread;
/// use lazy_runtime::prelude::*;
/// use lazy_runtime::{Runtime, stand_in};
///
/// /// Computes on a thread that it has for itself.
/// #[delayed]
/// fn apart(n: u64) -> lazy_runtime::Result<u64> {
///     let runtime = Runtime::current();
///     let sum = delayed(n) + 1;
///     thread::scope(|scope| {
///         let work = scope.spawn(|| stand_in(|| runtime.compute(&sum)));
///         work.join().expect("the sum does not panic")
///     })
/// }
///
/// let runtime = Runtime::builder().num_threads(1).build()?;
/// assert_eq!(runtime.compute(&apart(20))?, 21); // while the only thread of the pool waits
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
pub fn stand_in<R>(part: impl FnOnce() -> R) -> R {
    let _marked = Marked(STANDS_IN.replace(true));
    part()
}

/// Whether this thread does a part of a task that waits for it.
pub(crate) fn stands_in() -> bool {
    STANDS_IN.get()
}

/// Restores what was, also after a panic.
struct Marked(bool);

impl Drop for Marked {
    fn drop(&mut self) {
        STANDS_IN.set(self.0);
    }
}
