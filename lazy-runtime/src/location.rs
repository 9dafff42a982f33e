//! Where tasks are told to be made: at the call in the user's code, or where [`at`] says.

use std::cell::Cell;
use std::panic::Location;

type Place = Option<&'static Location<'static>>;

thread_local! {
    /// What [`at`] says on this thread.
    static TOLD: Cell<Place> = const { Cell::new(None) };
}

/// Makes tasks on behalf of a call at `location`: that is where those are told to be made that `make` makes on this thread, in
/// errors, pictures and by [`Delayed::location`](crate::Delayed::location).
///
/// For libraries: a function of yours may make many tasks for one call of your user, who knows that call and not your code. Of nested
/// ones the innermost counts. Tasks that are run meanwhile, and what they make, are not meant; neither is what the runtime makes anew
/// from tasks that are there, such as the nodes of [`persist`](crate::Collection::persist).
///
/// # Examples
/// ```
/// use std::panic::Location;
/// use lazy_runtime::prelude::*;
///
/// #[delayed]
/// fn parse(text: &str) -> Result<f64, std::num::ParseFloatError> {
///     text.parse()
/// }
///
/// #[track_caller]
/// fn sum_of(texts: &[&str]) -> Delayed<f64> {
///     lazy_runtime::at(Location::caller(), || texts.iter().map(|text| parse(text.to_string())).sum())
/// }
///
/// let line = line!() + 1;
/// let sum = sum_of(&["1.5", "two"]);
/// let error = sum.compute().unwrap_err().to_string();
/// assert!(error.contains(&format!("task `parse` (made at {}:{line}:", file!())), "{error}");
/// ```
pub fn at<R>(location: &'static Location<'static>, make: impl FnOnce() -> R) -> R {
    let _told = Told::set(Some(location));
    make()
}

/// Where a node is told to be made by a call at `caller`. To be asked for every node: it costs a load and a choice.
#[inline]
pub(crate) fn told(caller: &'static Location<'static>) -> &'static Location<'static> {
    TOLD.get().unwrap_or(caller)
}

/// Sets what is told on this thread, until dropped.
pub(crate) struct Told {
    before: Place,
}

impl Told {
    fn set(place: Place) -> Self {
        Told { before: TOLD.replace(place) }
    }

    /// Back to the user's calls: tasks are run.
    pub(crate) fn nothing() -> Self {
        Told::set(None)
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        TOLD.set(self.before);
    }
}
