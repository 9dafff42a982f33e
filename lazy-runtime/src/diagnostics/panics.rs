//! Messages of panics are printed above the bars that are shown.
//!
//! A bar is a line that is written again and again; whatever else is printed meanwhile begins in the middle of it. Most programs print nothing while they
//! wait, but for panics. So these wait until the bars are taken away, and the bars are drawn again below.

use std::panic;
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};

use super::dispatcher;
use super::progress::Bars;

/// The bars that were shown last. In nearly every program these are all there are.
static SHOWN: Mutex<Weak<Bars>> = Mutex::new(Weak::new());

/// From now on, messages of panics are printed above these bars.
pub(super) fn print_above(bars: &Arc<Bars>) {
    static WRAPPED: Once = Once::new();
    *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(bars);
    WRAPPED.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
            match shown {
                // Bars are drawn by the threads that tell observers; one of these may be drawing when it panics.
                Some(bars) if !dispatcher::is_own_thread() => bars.suspend(|| print(info)),
                _ => print(info),
            }
        }));
    });
}
