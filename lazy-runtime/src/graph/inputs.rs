//! What a task sees of a run while it is called: its inputs, in the order of its dependencies.

use std::marker::PhantomData;

use super::reference::TypedRef;
use super::run::Run;
use super::snapshot::{DATA, INDEX};
use super::values::needs_release;

/// The inputs of one task in one run. Each dependency is asked for in turn, in the order in which the task names them.
pub struct Inputs<'r> {
    run: &'r Run,
    task: u32,
    /// Position in the run's edges of the input that is asked for next.
    next: u32,
    /// Where the task's edges end.
    end: u32,
    /// Another attempt may follow: nothing is moved out.
    keep: bool,
    not_send: PhantomData<*const ()>,
}

impl<'r> Inputs<'r> {
    #[inline]
    pub(super) fn new(run: &'r Run, task: u32) -> Self {
        let (next, end) = (run.snapshot.first_edge(task), run.snapshot.first_edge(task + 1));
        Inputs { run, task, next, end, keep: false, not_send: PhantomData }
    }

    /// Back to the first input; with `keep`, values are cloned rather than moved, for another attempt may follow.
    pub(crate) fn restart(&mut self, keep: bool) {
        self.next = self.run.snapshot.first_edge(self.task);
        self.keep = keep;
    }

    /// Back to the first input, to release what was loaded.
    #[inline]
    pub(crate) fn rewind(&mut self) {
        self.next = self.run.snapshot.first_edge(self.task);
    }

    /// The run's entry for the next dependency, which must be `expected`.
    #[inline]
    fn advance<T>(&mut self, expected: &TypedRef<T>) -> u32 {
        // Beyond its own edges a task would read one type as another, so this is asked in release builds as well. That within
        // them each comes in its place is the promise of this crate's arguments.
        assert!(self.next < self.end, "a task asks for no more inputs than it names");
        let edge = self.run.snapshot.edge(self.next);
        self.next += 1;
        debug_assert!(
            self.run.snapshot.node(edge & INDEX) == expected.node().ptr(),
            "a task asks for its inputs in the order in which it names its dependencies"
        );
        edge
    }

    /// The value itself if this task is its last user, a clone otherwise.
    #[inline]
    pub(crate) fn take<T: Clone + Send + Sync + 'static>(&mut self, dependency: &TypedRef<T>) -> T {
        if needs_release::<T>() {
            return self.take_with(dependency, T::clone, |value| value);
        }
        // A clone of a value that has nothing to release is as good as the value: no need to ask who else uses it.
        let edge = self.advance(dependency);
        if edge & DATA != 0 {
            return T::clone(self.data(dependency));
        }
        // SAFETY: the dependency has finished, its type is that of the reference, and this task is its user.
        unsafe { self.run.values.get::<T>(edge) }.clone()
    }

    /// The value if this task is its last user, made an `R` by `of_owned`; otherwise what `of_shared` makes of it.
    #[inline]
    pub(crate) fn take_with<T: Send + Sync + 'static, R>(
        &mut self,
        dependency: &TypedRef<T>,
        of_shared: impl FnOnce(&T) -> R,
        of_owned: impl FnOnce(T) -> R,
    ) -> R {
        let edge = self.advance(dependency);
        if edge & DATA != 0 {
            return of_shared(self.data(dependency));
        }
        let values = &self.run.values;
        if self.keep {
            // SAFETY: the dependency has finished, its type is that of the reference, and this task is its user.
            return of_shared(unsafe { values.get::<T>(edge) });
        }
        // SAFETY: as above, and the borrow below ends before the release.
        unsafe {
            if let Some(value) = values.take_if_last::<T>(edge) {
                return of_owned(value);
            }
            let made = of_shared(values.get::<T>(edge));
            values.release::<T>(edge);
            made
        }
    }

    /// Borrows the value until this task has released it.
    #[inline]
    pub(crate) fn borrow<T: Send + Sync + 'static>(
        &mut self,
        dependency: &'r TypedRef<T>,
    ) -> &'r T {
        let edge = self.advance(dependency);
        if edge & DATA != 0 {
            return self.data(dependency);
        }
        // SAFETY: the dependency has finished, its type is that of the reference, and this task stays its user until
        // `release_borrowed`, which runs after the call has returned.
        unsafe { self.run.values.get::<T>(edge) }
    }

    fn data<'a, T: Send + Sync + 'static>(&self, dependency: &'a TypedRef<T>) -> &'a T {
        dependency.value().expect("an edge marked as data leads to a data node")
    }

    /// Gives up a value that was borrowed.
    #[inline]
    pub(crate) fn release_borrowed<T: Send + Sync + 'static>(&mut self, dependency: &TypedRef<T>) {
        let edge = self.advance(dependency);
        if edge & DATA == 0 {
            // SAFETY: the call has returned, so the borrow is over.
            unsafe { self.run.values.release::<T>(edge) };
        }
    }

    /// Gives up a value that was taken; that happened at once unless an attempt had to keep it.
    #[inline]
    pub(crate) fn release_taken<T: Send + Sync + 'static>(&mut self, dependency: &TypedRef<T>) {
        if self.keep {
            self.release_borrowed(dependency);
        } else {
            // Nothing is accessed; if this position were wrong, the next that is would say so.
            self.next += 1;
        }
    }
}
