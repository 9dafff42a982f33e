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
use super::keeping::Keeping;
use super::reference::TypedRef;
use super::shared::Progress;
use super::snapshot::{DATA, HELD, INDEX, Snapshot};
use super::values::Values;
use crate::error::Failure;
use crate::store::{Pins, SpillFailed};

pub(crate) struct Run {
    pub(super) snapshot: Snapshot,
    pub(super) values: Values,
    pub(super) progress: Progress,
    /// What the run keeps beyond results in slots, if anything.
    pub(super) keeping: Option<Box<Keeping>>,
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
    pub(crate) fn exclusive(
        snapshot: Snapshot,
        keeping: Option<Box<Keeping>>,
        collect_errors: bool,
    ) -> Run {
        Self::new(snapshot, keeping, collect_errors, true)
    }

    pub(super) fn new(
        snapshot: Snapshot,
        keeping: Option<Box<Keeping>>,
        collect_errors: bool,
        exclusive: bool,
    ) -> Run {
        let count = snapshot.len() as u32;
        let wide = |index| snapshot.node(index).vtable().stored.wide_words;
        let wide = snapshot.has_wide_results().then(|| (0..count).map(wide));
        let uses = if snapshot.counts_uses() { snapshot.uses() } else { Vec::new() };
        let values = Values::new(snapshot.len(), uses, wide, exclusive);
        let failed = collect_errors
            .then(|| (0..count).map(|_| AtomicBool::new(false)).collect::<Box<[_]>>());
        let progress = Progress::new();
        Run { snapshot, values, progress, keeping, failed, all_made: false, complete: false }
    }

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Runs every task in static order while `go_on`, asked before each, says so; `executed` hears of each, and how it failed.
    pub(crate) fn run_in_order(
        &mut self,
        mut go_on: impl FnMut(u32) -> bool,
        mut executed: impl FnMut(&Run, u32, Option<Failure>),
    ) {
        let mut all_made = true;
        for index in 0..self.snapshot.len() as u32 {
            if !self.snapshot.is_task(index) {
                continue;
            }
            if !go_on(index) {
                return;
            }
            // In static order all dependencies come first, and `&mut self` says that nobody else runs tasks.
            match self.execute_now(index) {
                None => executed(self, index, None),
                Some(failure) => {
                    all_made = false;
                    executed(self, index, Some(failure));
                }
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
            return self.skip(index);
        }
        // A panic leaves the task without a result and its inputs unreleased; both are as the run's end expects.
        // Either way has its own look at the outcome, which would else be copied to one place first: that is two to six nanoseconds a task.
        match &self.keeping {
            None => self.failure_of(index, catch_unwind(AssertUnwindSafe(|| self.call(index)))),
            Some(keeping) => self.execute_kept(index, keeping),
        }
    }

    /// How a call has failed, if it has.
    #[inline]
    fn failure_of(
        &self,
        index: u32,
        outcome: std::thread::Result<Result<(), Failure>>,
    ) -> Option<Failure> {
        match outcome {
            Ok(Ok(())) => {
                self.progress.note_made(index);
                None
            }
            Ok(Err(failure)) => Some(self.note_failed(index, failure)),
            Err(payload) => Some(self.note_failed(index, Failure::Panicked(payload))),
        }
    }

    /// Gives up a task that depends on one that has failed.
    #[cold]
    fn skip(&self, index: u32) -> Option<Failure> {
        self.mark_failed(index);
        let outcome = self.give_up_inputs(index);
        self.keeping.iter().for_each(|keeping| keeping.end(&self.snapshot, index));
        outcome.err().map(Failure::Panicked)
    }

    #[cold]
    fn note_failed(&self, index: u32, failure: Failure) -> Failure {
        self.mark_failed(index);
        failure
    }

    fn mark_failed(&self, index: u32) {
        if let Some(failed) = &self.failed {
            failed[index as usize].store(true, Ordering::Relaxed);
        }
    }

    /// Calls the task of `index`, which must be ready, and is called once.
    #[inline]
    fn call(&self, index: u32) -> Result<(), Failure> {
        let mut inputs = Inputs::new(self, index, None);
        // SAFETY: `index` is the node's place in this run; by the contract of this function its dependencies have
        // finished and nobody else runs it, so its slot is empty and ours.
        unsafe { self.snapshot.node(index).run(&mut inputs, &self.values, index) }
    }

    /// Makes the call in a run that keeps something.
    #[inline(never)]
    fn execute_kept(&self, index: u32, keeping: &Keeping) -> Option<Failure> {
        let call = || self.call_with_pins(index, keeping);
        let outcome = catch_unwind(AssertUnwindSafe(call));
        keeping.end(&self.snapshot, index);
        self.failure_of(index, outcome)
    }

    /// [`Run::call`] with all that is held for the task in memory.
    fn call_with_pins(&self, index: u32, keeping: &Keeping) -> Result<(), Failure> {
        let held = |&edge: &u32| (edge & HELD != 0).then_some(edge & INDEX);
        let pins = Pins::new(&keeping.held, self.snapshot.edges_of(index).iter().map(held));
        let pins = pins.map_err(|error| Failure::Returned(Box::new(error)))?;
        keeping.make_room();
        let mut inputs = Inputs::new(self, index, Some(&pins));
        // SAFETY: as in `call`.
        unsafe { self.snapshot.node(index).run_kept(&mut inputs, &self.values, index) }
    }

    /// Whether a task that was executed has failed or was skipped; only where errors are collected.
    pub(crate) fn has_failed(&self, index: u32) -> bool {
        self.failed.as_ref().is_some_and(|failed| failed[index as usize].load(Ordering::Relaxed))
    }

    /// How large the result of a task is, if its type says and somebody watches the run.
    pub(crate) fn bytes_of(&self, index: u32) -> Option<u64> {
        self.keeping.as_ref()?.bytes_of(index)
    }

    /// The most bytes that the runtime's results took since this was asked last, if they are counted.
    pub(crate) fn bytes_held(&self) -> Option<u64> {
        self.keeping.as_ref()?.most_used()
    }

    /// Gives up the inputs of a task that will not be run. The error is that of a value whose drop panicked.
    fn give_up_inputs(&self, index: u32) -> std::thread::Result<()> {
        let mut outcome = Ok(());
        for edge in self.snapshot.edges_of(index).iter().filter(|&edge| edge & DATA == 0) {
            let stored = &self.snapshot.node(*edge & INDEX).vtable().stored;
            let released = catch_unwind(AssertUnwindSafe(|| {
                if let (true, Some(keeping)) = (edge & HELD != 0, &self.keeping) {
                    return keeping.held.give_up(edge & INDEX);
                }
                // SAFETY: the task counts as a user of its dependencies, and will never borrow them. For one that failed,
                // the count keeps its mark of emptiness and nothing is dropped.
                unsafe { self.values.release_stored(*edge, stored) };
            }));
            outcome = outcome.and(released);
        }
        outcome
    }

    /// The results, when every output has been made; or the output that is on disk and could not be read back.
    ///
    /// # Panics
    /// If an output has not been made.
    pub(crate) fn finished(mut self) -> Result<Finished, Box<(u32, Failure, Run)>> {
        for at in 0..self.snapshot.outputs().len() {
            let output = self.snapshot.outputs()[at];
            let is_there =
                !self.snapshot.is_task(output) || self.all_made || self.progress.is_made(output);
            assert!(is_there, "a run that goes well makes all its outputs");
        }
        if let Err((output, error)) = self.bring_back_outputs() {
            return Err(Box::new((output, Failure::Returned(Box::new(error)), self)));
        }
        self.complete = true;
        Ok(Finished { run: self, next: 0, shared: HashMap::new() })
    }

    fn bring_back_outputs(&self) -> Result<(), (u32, SpillFailed)> {
        let Some(keeping) = &self.keeping else { return Ok(()) };
        let mut held = self.snapshot.outputs().iter().filter(|&&i| keeping.held.is_held(i));
        held.try_for_each(|&output| {
            keeping.held.bring_back(output).map_err(|error| (output, error))
        })
    }
}

impl Drop for Run {
    /// Drops the values that nobody came for: after a failure or cancellation, or outputs that were not taken.
    fn drop(&mut self) {
        let mut outcome = self.keeping.as_ref().map_or(Ok(()), |keeping| keeping.held.clear());
        if !self.snapshot.holds_memory() {
            return resume(outcome);
        }
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
        resume(outcome);
    }
}

/// Goes on with the panic of a value's drop, unless there is one under way.
fn resume(outcome: std::thread::Result<()>) {
    if let Err(panic) = outcome
        && !std::thread::panicking()
    {
        resume_unwind(panic);
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
    fn advance<T: 'static>(&mut self, output: &TypedRef<T>) -> u32 {
        let index = self.run.snapshot.outputs().get(self.next).copied();
        let index = index.filter(|&index| self.run.snapshot.stands_for(index, output.node().ptr()));
        self.next += 1;
        index.expect("a collection takes its results in the order in which it names its outputs")
    }

    /// The value of an output that lies in no slot of the run.
    fn apart<T: Send + Sync + 'static>(&self, index: u32) -> Option<Arc<T>> {
        if let Some(value) = self.run.snapshot.value::<T>(index) {
            return Some(Arc::clone(value));
        }
        let shared = self.shared.get(&index).cloned().or_else(|| {
            let keeping = self.run.keeping.as_ref()?;
            keeping.held.is_held(index).then(|| keeping.held.output(index))
        });
        shared.map(|value| value.downcast().expect("shared as its own type"))
    }

    /// The value: moved out where nobody else needs it, cloned otherwise.
    pub(crate) fn take<T: Clone + Send + Sync + 'static>(&mut self, output: &TypedRef<T>) -> T {
        let index = self.advance(output);
        if let Some(value) = self.apart(index) {
            return Arc::unwrap_or_clone(value);
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
        if let Some(value) = self.apart(index) {
            return value;
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
