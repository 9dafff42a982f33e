//! [`Delivery`]: notes of all workers and runs, put in order and told.

use std::sync::Arc;
use std::time::Duration;

use super::clock;
use super::dispatcher::{Active, Audience};
use super::event::{
    CacheEvent, RunFinish, RunId, RunOutcome, RunStart, SpillEvent, TaskFinished, TaskOutcome,
    TaskReady, TaskStarted,
};
use super::recorder::{Note, Rare, RareNote, What};

/// How often observers are told the time, in nanoseconds.
const TICK: u64 = 100_000_000;

/// What is told at a look, and what waits for the next.
#[derive(Default)]
pub(super) struct Delivery {
    pub(super) runs: Vec<Active>,
    notes: Vec<Entry>,
    /// Buffers to be filled again: their pages are there already.
    empty: Vec<Vec<Note>>,
    counts: Vec<Counts>,
    next_tick: u64,
}

/// A note with what it is about.
struct Entry {
    run: RunId,
    worker: u32,
    what: About,
}

enum About {
    Task(Note),
    Run(Box<RareNote>),
}

/// What a run has come to.
#[derive(Default)]
struct Counts {
    started: u64,
    by_outcome: [usize; 4],
}

impl Entry {
    fn at(&self) -> u64 {
        match &self.what {
            About::Task(note) => note.at,
            About::Run(note) => note.at,
        }
    }

    /// The order in which notes are told. Where the clock says the same of two, a dependency comes before its dependents, for that is
    /// the order of their indices, and a task is ready before it starts.
    fn order(&self) -> (u64, u8, u64, u32, Option<What>) {
        match &self.what {
            About::Task(note) => (note.at, 1, self.run.0, note.index, Some(note.what)),
            About::Run(note) => {
                let place = match note.what {
                    Rare::Start => 0,
                    Rare::Cache(..) | Rare::Spill { .. } => 1,
                    Rare::End(_) => 2,
                };
                (note.at, place, self.run.0, u32::MAX, None)
            }
        }
    }
}

impl Delivery {
    /// Tells what was noted before `now`, and says which runs have ended with it.
    pub(super) fn tell_until(&mut self, now: u64, audience: &mut Audience<'_>) -> Vec<RunId> {
        self.counts.resize_with(self.runs.len(), Counts::default);
        self.gather();
        self.notes.sort_by_key(Entry::order);
        let complete = self.notes.partition_point(|entry| entry.at() < now);
        let mut ended = Vec::new();
        let later = self.notes.split_off(complete);
        for entry in std::mem::replace(&mut self.notes, later) {
            if let Some(run) = self.tell(entry, audience) {
                ended.push(run);
            }
        }
        self.tick(audience);
        ended
    }

    fn gather(&mut self) {
        for active in &self.runs {
            let recorder = &active.recorder;
            let run = recorder.run;
            for worker in 0..recorder.n_workers() {
                let mut notes = recorder.take(worker, self.empty.pop().unwrap_or_default());
                let worker = worker as u32;
                let entry = |note| Entry { run, worker, what: About::Task(note) };
                self.notes.extend(notes.drain(..).map(entry));
                self.empty.push(notes);
            }
            let entry = |note| Entry { run, worker: 0, what: About::Run(Box::new(note)) };
            self.notes.extend(recorder.take_rare().into_iter().map(entry));
        }
    }

    /// Says which run has ended with it, if one has.
    fn tell(&mut self, entry: Entry, audience: &mut Audience<'_>) -> Option<RunId> {
        let place = self.runs.iter().position(|active| active.recorder.run == entry.run);
        let place = place.expect("a run is known until its end is told");
        match entry.what {
            About::Task(note) => {
                self.tell_task(place, entry.worker as usize, note, audience);
                None
            }
            About::Run(note) => self.tell_run(place, *note, audience),
        }
    }

    fn tell_task(&mut self, place: usize, worker: usize, note: Note, audience: &mut Audience<'_>) {
        let Active { recorder, tasks } = &mut self.runs[place];
        let (run, at) = (recorder.run, Duration::from_nanos(note.at));
        let task = &mut tasks[note.index as usize];
        let (key, location) = (task.key, task.location);
        if matches!(note.what, What::Ready | What::StartedInOrder) {
            task.ready = note.at;
            let event = TaskReady { run, key, location, at };
            audience.tell(|observer| observer.ready(&event));
        }
        match note.what {
            What::Ready => (),
            What::Started | What::StartedInOrder => {
                task.started = note.at;
                let event = TaskStarted { run, key, location, worker, at };
                audience.tell(|observer| observer.started(&event));
            }
            What::Finished => {
                self.counts[place].by_outcome[note.outcome as usize] += 1;
                let event = TaskFinished {
                    run,
                    key,
                    location,
                    worker,
                    ready: Duration::from_nanos(task.ready),
                    started: Duration::from_nanos(task.started),
                    at,
                    bytes: note.bytes(),
                    held: note.held(),
                    outcome: note.outcome,
                };
                audience.tell(|observer| observer.finished(&event));
            }
        }
    }

    fn tell_run(
        &mut self,
        place: usize,
        note: RareNote,
        audience: &mut Audience<'_>,
    ) -> Option<RunId> {
        let recorder = Arc::clone(&self.runs[place].recorder);
        let (run, at) = (recorder.run, Duration::from_nanos(note.at));
        match note.what {
            Rare::Start => {
                self.counts[place].started = note.at;
                let (n_tasks, n_workers) = (recorder.n_tasks, recorder.n_workers());
                let event = RunStart { run, at, n_tasks, n_workers };
                audience.tell(|observer| observer.start(&event));
            }
            Rare::Cache(key, outcome) => {
                let event = CacheEvent { run, key, at, outcome };
                audience.tell(|observer| observer.cache(&event));
            }
            Rare::Spill { key, outcome, bytes, duration } => {
                let event = SpillEvent { run, key, at, outcome, bytes, duration };
                audience.tell(|observer| observer.spill(&event));
            }
            Rare::End(outcome) => {
                let event = self.counts[place].finish(run, at, outcome, recorder.n_tasks);
                audience.tell(|observer| observer.finish(&event));
                self.runs.swap_remove(place);
                self.counts.swap_remove(place);
                return Some(run);
            }
        }
        None
    }

    fn tick(&mut self, audience: &mut Audience<'_>) {
        let now = clock::now();
        if !self.runs.is_empty() && now >= self.next_tick {
            self.next_tick = now + TICK;
            audience.tell(|observer| observer.tick(Duration::from_nanos(now)));
        }
    }
}

impl Counts {
    fn finish(&self, run: RunId, at: Duration, outcome: RunOutcome, n_tasks: usize) -> RunFinish {
        let count = |outcome: TaskOutcome| self.by_outcome[outcome as usize];
        RunFinish {
            run,
            started: Duration::from_nanos(self.started),
            at,
            outcome,
            n_tasks,
            made: count(TaskOutcome::Made),
            failed: count(TaskOutcome::Failed),
            panicked: count(TaskOutcome::Panicked),
            skipped: count(TaskOutcome::Skipped),
        }
    }
}
