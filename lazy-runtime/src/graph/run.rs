//! A run: a snapshot and room for its results. Which task may go next on many threads is told by `shared.rs`.
//!
//! The rules that make the unsafe parts sound are types here. A task can be executed only by giving up its [`Ready`],
//! which is made once per task and run, when its last dependency has finished. So an executor is safe code:
//! it cannot run a task twice, nor too early.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::inputs::Inputs;
use super::reference::TypedRef;
use super::shared::Progress;
use super::snapshot::{DATA, Snapshot};
use super::values::Values;
use crate::error::Failure;

pub(crate) struct Run {
    pub(super) snapshot: Snapshot,
    pub(super) values: Values,
    pub(super) progress: Progress,
    /// Which tasks failed or were skipped; only where errors are collected.
    failed: Option<Box<[AtomicBool]>>,
    /// Every task of an exclusive run has made its result.
    all_made: bool,
    /// The results are taken now: only outputs can still hold values.
    complete: bool,
}

/// The right to execute one task: all it depends on has finished, and nobody else has the right. Ordered as the static order is.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ready(u32);

impl Ready {
    /// A stand-in.
    #[cfg(all(test, loom))]
    pub(crate) fn model(rank: u32) -> Self {
        Ready(rank)
    }

    /// For whoever knows that all it depends on has finished.
    #[inline]
    pub(super) fn new(task: u32) -> Self {
        Ready(task)
    }

    /// The task's place in the static order.
    #[inline]
    pub(crate) fn rank(&self) -> u32 {
        self.0
    }
}

/// A task that was executed; what waits for it can be told.
pub(crate) struct Done(u32);

impl Done {
    pub(crate) fn index(&self) -> u32 {
        self.0
    }
}

impl Run {
    /// A run for one thread, in static order: without counters.
    pub(crate) fn exclusive(snapshot: Snapshot, collect_errors: bool) -> Run {
        Self::new(snapshot, collect_errors, true)
    }

    pub(super) fn new(snapshot: Snapshot, collect_errors: bool, exclusive: bool) -> Run {
        let count = snapshot.len() as u32;
        let wide = |index| snapshot.node(index).vtable().stored.wide_words;
        let wide = snapshot.has_wide_results().then(|| (0..count).map(wide));
        let uses = if snapshot.counts_uses() { snapshot.uses() } else { Vec::new() };
        let values = Values::new(snapshot.len(), uses, wide, exclusive);
        let failed = collect_errors
            .then(|| (0..count).map(|_| AtomicBool::new(false)).collect::<Box<[_]>>());
        let progress = Progress::new();
        Run { snapshot, values, progress, failed, all_made: false, complete: false }
    }

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Runs every task in static order while `go_on` says so; `failed` hears of failures.
    pub(crate) fn run_in_order(
        &mut self,
        mut go_on: impl FnMut() -> bool,
        mut failed: impl FnMut(u32, Failure),
    ) {
        let mut all_made = true;
        for index in 0..self.snapshot.len() as u32 {
            if !self.snapshot.is_task(index) {
                continue;
            }
            if !go_on() {
                return;
            }
            // In static order all dependencies come first, and `&mut self` says that nobody else runs tasks.
            if let Some(failure) = self.execute_now(index) {
                all_made = false;
                failed(index, failure);
            }
        }
        self.all_made = all_made;
    }

    /// Makes the call of a ready task; skips it if a task it depends on has failed.
    #[inline]
    pub(crate) fn execute(&self, task: Ready) -> (Done, Option<Failure>) {
        let failure = self.execute_now(task.0);
        (Done(task.0), failure)
    }

    /// The task of `index` must be ready, and be executed by nobody else.
    #[inline]
    fn execute_now(&self, index: u32) -> Option<Failure> {
        if let Some(failed) = &self.failed
            && self.snapshot.dependencies(index).any(|i| failed[i as usize].load(Ordering::Relaxed))
        {
            failed[index as usize].store(true, Ordering::Relaxed);
            return self.give_up_inputs(index).err().map(Failure::Panicked);
        }
        let node = self.snapshot.node(index);
        let mut inputs = Inputs::new(self, index);
        // A panic leaves the task without a result and its inputs unreleased; both are as the run's end expects.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: `index` is the node's place in this run; by the contract of this function its dependencies have
            // finished and nobody else runs it, so its slot is empty and ours.
            unsafe { node.run(&mut inputs, &self.values, index) }
        }));
        let failure = match outcome {
            Ok(Ok(())) => {
                self.progress.note_made(index);
                return None;
            }
            Ok(Err(failure)) => failure,
            Err(payload) => Failure::Panicked(payload),
        };
        if let Some(failed) = &self.failed {
            failed[index as usize].store(true, Ordering::Relaxed);
        }
        Some(failure)
    }

    /// Gives up the inputs of a task that will not be run. The error is that of a value whose drop panicked.
    fn give_up_inputs(&self, index: u32) -> std::thread::Result<()> {
        let mut outcome = Ok(());
        for edge in self.snapshot.edges_of(index).iter().filter(|&edge| edge & DATA == 0) {
            let stored = &self.snapshot.node(*edge).vtable().stored;
            let released = catch_unwind(AssertUnwindSafe(|| {
                // SAFETY: the task counts as a user of its dependencies, and will never borrow them. For one that failed,
                // the count keeps its mark of emptiness and nothing is dropped.
                unsafe { self.values.release_stored(*edge, stored) };
            }));
            outcome = outcome.and(released);
        }
        outcome
    }

    /// The results, when every output has been made.
    ///
    /// # Panics
    /// If an output has not been made.
    pub(crate) fn finished(mut self) -> Finished {
        for at in 0..self.snapshot.outputs().len() {
            let output = self.snapshot.outputs()[at];
            let is_there =
                !self.snapshot.is_task(output) || self.all_made || self.progress.is_made(output);
            assert!(is_there, "a run that goes well makes all its outputs");
        }
        self.complete = true;
        Finished { run: self, next: 0, shared: HashMap::new() }
    }
}

impl Drop for Run {
    /// Drops the values that nobody came for: after a failure or cancellation, or outputs that were not taken.
    fn drop(&mut self) {
        if !self.snapshot.holds_memory() {
            return;
        }
        let mut outcome = Ok(());
        let mut clear = |index: u32| {
            let stored = &self.snapshot.node(index).vtable().stored;
            let values = &mut self.values;
            // One value's drop may panic; the others are dropped all the same.
            let cleared = catch_unwind(AssertUnwindSafe(|| {
                // SAFETY: the slot is that of this node's output.
                unsafe { values.clear(index, stored) };
            }));
            if outcome.is_ok() {
                outcome = cleared;
            }
        };
        if self.complete {
            self.snapshot.outputs().iter().for_each(|&index| clear(index));
        } else {
            (0..self.snapshot.len() as u32).for_each(clear);
        }
        if let Err(panic) = outcome
            && !std::thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}

/// The outputs of a run in which all went well, taken one after the other in the order in which they were named.
pub(crate) struct Finished {
    run: Run,
    next: usize,
    /// Outputs named more than once that were asked for as shared values.
    shared: HashMap<u32, Arc<dyn Any + Send + Sync>>,
}

impl Finished {
    /// The next output, which must be that of `output`.
    fn advance<T>(&mut self, output: &TypedRef<T>) -> u32 {
        let index = self.run.snapshot.outputs().get(self.next).copied();
        let index = index.filter(|&index| self.run.snapshot.node(index) == output.node().ptr());
        self.next += 1;
        index.expect("a collection takes its results in the order in which it names its outputs")
    }

    /// The value: moved out where nobody else needs it, cloned otherwise.
    pub(crate) fn take<T: Clone + Send + Sync + 'static>(&mut self, output: &TypedRef<T>) -> T {
        let index = self.advance(output);
        if let Some(value) = output.value() {
            return T::clone(value);
        }
        if let Some(shared) = self.shared.get(&index) {
            return shared.downcast_ref::<T>().expect("shared as its own type").clone();
        }
        // SAFETY: the run is over and all outputs are made; the type is that of the reference; each output counts as one use.
        unsafe {
            self.run.values.take_if_last::<T>(index).unwrap_or_else(|| {
                let value = self.run.values.get::<T>(index).clone();
                self.run.values.release::<T>(index);
                value
            })
        }
    }

    /// The value behind an [`Arc`], without cloning it; the same one for an output that is named twice.
    pub(crate) fn take_shared<T: Send + Sync + 'static>(&mut self, output: &TypedRef<T>) -> Arc<T> {
        let index = self.advance(output);
        if let Some(value) = output.value() {
            return Arc::clone(value);
        }
        if let Some(shared) = self.shared.get(&index) {
            return Arc::clone(shared).downcast().expect("shared as its own type");
        }
        let again = self.run.snapshot.outputs().len() > 1 && self.run.values.may_be_shared(index);
        // SAFETY: the run is over, all outputs are made, the type is that of the reference, and the value is either this
        // output's alone or handed to the later ones through `shared`.
        let value = Arc::new(unsafe { self.run.values.take_all::<T>(index) });
        if again {
            self.shared.insert(index, Arc::clone(&value) as _);
        }
        value
    }
}
