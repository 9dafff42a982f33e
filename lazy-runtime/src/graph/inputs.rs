//! What a task sees of a run while it is called: its inputs, in the order of its dependencies.

use std::marker::PhantomData;
use std::sync::Arc;

use super::keeping::Keeping;
use super::node::NodePtr;
use super::reference::TypedRef;
use super::run::Run;
use super::snapshot::{APART, DATA, INDEX};
use super::values::needs_release;
use crate::store::{Pins, Taken};

/// The inputs of one task in one run. Each dependency is asked for in turn, in the order in which the task names them.
pub struct Inputs<'r> {
    run: &'r Run,
    /// What is held for the task, in a run that keeps more than results.
    pins: Option<&'r Pins<'r>>,
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
    pub(super) fn new(run: &'r Run, task: u32, pins: Option<&'r Pins<'r>>) -> Self {
        let (next, end) = (run.snapshot.first_edge(task), run.snapshot.first_edge(task + 1));
        Inputs { run, pins, task, next, end, keep: false, not_send: PhantomData }
    }

    /// What the run keeps.
    pub(super) fn keeping(&self) -> &'r Keeping {
        self.run.keeping.as_deref().expect("a run with pinned values keeps something")
    }

    /// Whether the result of the task is to be read from disk.
    pub(super) fn is_loaded(&self, node: NodePtr) -> bool {
        self.run.snapshot.is_loaded(node)
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
            self.run.snapshot.stands_for(edge & INDEX, expected.node().ptr()),
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
        if edge & APART != 0 {
            return self.take_apart(edge, T::clone, |value| value);
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
        if edge & APART != 0 {
            return self.take_apart(edge, of_shared, of_owned);
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

    /// [`Inputs::take_with`] of a value that does not lie in its slot; the edge is the one before `next`. Out of line, so that the rest is
    /// inlined into tasks.
    #[inline(never)]
    fn take_apart<T: Send + Sync + 'static, R>(
        &self,
        edge: u32,
        of_shared: impl FnOnce(&T) -> R,
        of_owned: impl FnOnce(T) -> R,
    ) -> R {
        if edge & DATA != 0 || self.keep {
            return of_shared(self.apart(edge));
        }
        let value = self.held().take::<T>(edge & INDEX);
        // Whoever else has it, a cache for one, has it as a shared value.
        match value {
            Taken::Last(value) => match Arc::try_unwrap(value) {
                Ok(value) => of_owned(value),
                Err(value) => of_shared(&value),
            },
            Taken::Shared(value) => of_shared(&value),
        }
    }

    /// Borrows the value until this task has released it.
    #[inline]
    pub(crate) fn borrow<T: Send + Sync + 'static>(
        &mut self,
        dependency: &'r TypedRef<T>,
    ) -> &'r T {
        let edge = self.advance(dependency);
        if edge & APART != 0 {
            return self.apart(edge);
        }
        // SAFETY: the dependency has finished, its type is that of the reference, and this task stays its user until
        // `release_borrowed`, which runs after the call has returned.
        unsafe { self.run.values.get::<T>(edge) }
    }

    /// A value that does not lie in its slot; the edge is the one before `next`.
    #[inline(never)]
    fn apart<T: Send + Sync + 'static>(&self, edge: u32) -> &'r T {
        if edge & DATA != 0 {
            // SAFETY: the edge leads to the data node that the task named, or to one of the same output that stands for what it
            // named; the run keeps both.
            return unsafe { self.run.snapshot.node(edge & INDEX).data::<T>() };
        }
        let position = self.next - 1 - self.run.snapshot.first_edge(self.task);
        self.held().borrow(position, edge & INDEX)
    }

    fn held(&self) -> &'r Pins<'r> {
        self.pins.expect("a run whose edges lead to held values has pinned them")
    }

    /// Gives up a value that was borrowed.
    #[inline]
    pub(crate) fn release_borrowed<T: Send + Sync + 'static>(&mut self, dependency: &TypedRef<T>) {
        let edge = self.advance(dependency);
        if edge & APART == 0 {
            // SAFETY: the call has returned, so the borrow is over.
            unsafe { self.run.values.release::<T>(edge) };
        } else if edge & DATA == 0 {
            self.held().give_up(edge & INDEX);
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
