//! What a profiler keeps.

use std::collections::HashMap;
use std::panic::Location;

use crate::diagnostics::event::{
    CacheEvent, RunFinish, RunId, RunOutcome, RunStart, SpillEvent, TaskFinished, TaskOutcome,
};
use crate::key::Key;

/// Tasks, runs and events, in the order in which they came. Times are in nanoseconds of the common clock.
#[derive(Clone, Default)]
pub(super) struct Data {
    pub(super) names: Vec<&'static str>,
    pub(super) places: Vec<&'static Location<'static>>,
    pub(super) runs: Vec<Run>,
    pub(super) tasks: Vec<Task>,
    pub(super) cache: Vec<CacheEvent>,
    pub(super) spills: Vec<SpillEvent>,
    name_places: HashMap<&'static str, u32>,
    /// By address: one place in the source is one static value, or a few.
    place_places: HashMap<usize, u32>,
    run_places: HashMap<RunId, u32>,
}

#[derive(Clone)]
pub(super) struct Run {
    pub(super) id: RunId,
    pub(super) started: u64,
    /// `None` while it runs.
    pub(super) ended: Option<u64>,
    pub(super) outcome: Option<RunOutcome>,
    pub(super) n_tasks: usize,
    pub(super) n_workers: usize,
}

/// A task that has ended. Names, places and runs are places in the lists above.
#[derive(Clone)]
pub(super) struct Task {
    pub(super) key: Key,
    pub(super) name: u32,
    pub(super) place: u32,
    pub(super) run: u32,
    pub(super) worker: u32,
    pub(super) ready: u64,
    pub(super) started: u64,
    pub(super) ended: u64,
    pub(super) bytes: Option<u64>,
    pub(super) held: Option<u64>,
    pub(super) outcome: TaskOutcome,
}

impl Task {
    pub(super) fn duration(&self) -> u64 {
        self.ended - self.started
    }

    /// Whether the function was called.
    pub(super) fn was_called(&self) -> bool {
        self.outcome != TaskOutcome::Skipped
    }
}

fn nanoseconds(time: std::time::Duration) -> u64 {
    time.as_nanos() as u64
}

impl Data {
    pub(super) fn start(&mut self, event: &RunStart) {
        self.run_places.insert(event.run, self.runs.len() as u32);
        self.runs.push(Run {
            id: event.run,
            started: nanoseconds(event.at),
            ended: None,
            outcome: None,
            n_tasks: event.n_tasks,
            n_workers: event.n_workers,
        });
    }

    /// Tasks of runs that began before the profiler was cleared are not kept.
    pub(super) fn finished(&mut self, event: &TaskFinished) {
        let Some(&run) = self.run_places.get(&event.run) else { return };
        let task = Task {
            key: event.key,
            name: self.name(event.key.name),
            place: self.place(event.location),
            run,
            worker: event.worker as u32,
            ready: nanoseconds(event.ready),
            started: nanoseconds(event.started),
            ended: nanoseconds(event.at),
            bytes: event.bytes,
            held: event.held,
            outcome: event.outcome,
        };
        self.tasks.push(task);
    }

    pub(super) fn finish(&mut self, event: &RunFinish) {
        if let Some(&run) = self.run_places.get(&event.run) {
            let run = &mut self.runs[run as usize];
            run.ended = Some(nanoseconds(event.at));
            run.outcome = Some(event.outcome);
        }
    }

    fn name(&mut self, name: &'static str) -> u32 {
        *self.name_places.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() as u32 - 1
        })
    }

    fn place(&mut self, place: &'static Location<'static>) -> u32 {
        *self.place_places.entry(std::ptr::from_ref(place).addr()).or_insert_with(|| {
            self.places.push(place);
            self.places.len() as u32 - 1
        })
    }

    /// From the first that is known to the last; both 0 if nothing is.
    pub(super) fn span(&self) -> (u64, u64) {
        let starts = self.runs.iter().map(|run| run.started);
        let first = starts.chain(self.tasks.iter().map(|task| task.started)).min().unwrap_or(0);
        let ends = self.runs.iter().map(|run| run.ended.unwrap_or(run.started));
        let last = ends.chain(self.tasks.iter().map(|task| task.ended)).max().unwrap_or(0);
        (first, last)
    }
}
