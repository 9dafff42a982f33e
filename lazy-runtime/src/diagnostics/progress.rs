//! [`ProgressBar`]: how far runs are, on standard error.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressDrawTarget, ProgressStyle};

use super::event::{RunFinish, RunId, RunStart, TaskFinished, TaskStarted};
use super::observer::Observer;
use super::panics;
use super::units;
use crate::key::Key;

/// How long a run goes on before it is shown: what is over by then need not be waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// The most names of running tasks that are shown.
const MOST_NAMES: usize = 3;

/// An [`Observer`] that shows on standard error how far each run is: tasks that have ended, tasks a second, the time that is left at
/// this pace, and what runs now, the longest-running first.
///
/// Runs of less than half a second are not shown, and nothing is where standard error is no terminal. A bar goes away when its run has
/// ended, well or not. While bars are shown, the message of a panic is printed above them: for this the first bar of a process wraps its panic hook.
///
/// # Examples
/// ```
/// use lazy_runtime::Runtime;
/// use lazy_runtime::diagnostics::ProgressBar;
/// use lazy_runtime::prelude::*;
///
/// let runtime = Runtime::builder().observer(ProgressBar::new()).build()?;
/// assert_eq!(runtime.compute(&(delayed(20) + 1))?, 21);
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[derive(Debug)]
pub struct ProgressBar {
    bars: Arc<Bars>,
    patience: Duration,
}

/// Runs and their bars. Nothing is drawn without the lock.
#[derive(Debug)]
pub(super) struct Bars {
    lines: MultiProgress,
    runs: Mutex<HashMap<RunId, Run>>,
}

impl Bars {
    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Run>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the bars away, does something else with the terminal, and lets the next tick draw them again.
    pub(super) fn suspend(&self, work: impl FnOnce()) {
        let _nobody_draws = self.lock();
        // On a thread of its own: one that panics draws nothing.
        std::thread::scope(|scope| {
            let clear = std::thread::Builder::new().spawn_scoped(scope, || self.lines.clear());
            // If it fails, there is half a line more.
            let _ = clear.map(std::thread::ScopedJoinHandle::join);
        });
        work();
    }
}

/// A run that goes on.
#[derive(Debug)]
struct Run {
    started: Duration,
    n_tasks: usize,
    n_done: usize,
    /// What runs, in the order in which it began.
    running: Vec<Key>,
    /// Once it has gone on for long enough.
    bar: Option<indicatif::ProgressBar>,
}

impl Default for ProgressBar {
    fn default() -> Self {
        Self::new()
    }
}

impl ProgressBar {
    /// Draws to standard error, if that is a terminal.
    pub fn new() -> Self {
        Self::with_target(ProgressDrawTarget::stderr_with_hz(20))
    }

    /// Draws elsewhere, as tests do.
    pub fn with_target(target: ProgressDrawTarget) -> Self {
        let lines = MultiProgress::with_draw_target(target);
        let bars = Arc::new(Bars { lines, runs: Mutex::default() });
        ProgressBar { bars, patience: PATIENCE }
    }

    /// Shows runs when they have gone on for this long. Default: half a second.
    pub fn after(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn new_bar(&self, n_tasks: usize) -> indicatif::ProgressBar {
        if !self.bars.lines.is_hidden() {
            panics::print_above(&self.bars);
        }
        let style = ProgressStyle::with_template("{bar:28} {pos}/{len} {wide_msg}");
        let style = style.expect("the template is in order").progress_chars("=> ");
        let hidden = ProgressDrawTarget::hidden();
        let bar = indicatif::ProgressBar::with_draw_target(Some(n_tasks as u64), hidden);
        self.bars.lines.add(bar.with_style(style))
    }
}

impl Run {
    /// `120/s, 3.2 s left: load, fit (2)`
    fn message(&self, now: Duration) -> String {
        let elapsed = now.saturating_sub(self.started).as_secs_f64();
        let mut message = match self.n_done {
            0 => format!("after {}", units::time(elapsed * 1e9)),
            done => {
                let pace = done as f64 / elapsed.max(1e-9);
                let left = self.n_tasks.saturating_sub(done) as f64 / pace;
                format!("{}/s, {} left", short(pace), units::time(left * 1e9))
            }
        };
        let names = self.running_names();
        if !names.is_empty() {
            message.push_str(": ");
            message.push_str(&names);
        }
        message
    }

    /// The names of what runs, each with how many there are of it.
    fn running_names(&self) -> String {
        let mut names: Vec<(&str, usize)> = Vec::new();
        for key in &self.running {
            match names.iter_mut().find(|(name, _)| *name == key.name) {
                Some((_, count)) => *count += 1,
                None => names.push((key.name, 1)),
            }
        }
        let shown = names.iter().take(MOST_NAMES).map(|(name, count)| match count {
            1 => one_line(name),
            count => format!("{} ({count})", one_line(name)),
        });
        let shown = shown.collect::<Vec<_>>().join(", ");
        if names.len() > MOST_NAMES { format!("{shown}, ...") } else { shown }
    }
}

/// A name may hold anything; in a bar it is one line without escapes.
fn one_line(name: &str) -> String {
    name.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

fn short(pace: f64) -> String {
    if pace < 10.0 { format!("{pace:.1}") } else { format!("{pace:.0}") }
}

impl Observer for ProgressBar {
    fn start(&self, event: &RunStart) {
        let run = Run {
            started: event.at,
            n_tasks: event.n_tasks,
            n_done: 0,
            running: Vec::new(),
            bar: None,
        };
        self.bars.lock().insert(event.run, run);
    }

    fn started(&self, event: &TaskStarted) {
        if let Some(run) = self.bars.lock().get_mut(&event.run) {
            run.running.push(event.key);
        }
    }

    fn finished(&self, event: &TaskFinished) {
        if let Some(run) = self.bars.lock().get_mut(&event.run) {
            run.n_done += 1;
            run.running.retain(|key| *key != event.key);
        }
    }

    fn finish(&self, event: &RunFinish) {
        let mut runs = self.bars.lock();
        if let Some(bar) = runs.remove(&event.run).and_then(|run| run.bar) {
            bar.finish_and_clear();
            self.bars.lines.remove(&bar);
        }
    }

    fn tick(&self, now: Duration) {
        let mut runs = self.bars.lock();
        let mut shown: Vec<_> = runs
            .values_mut()
            .filter(|run| now.saturating_sub(run.started) >= self.patience && run.n_tasks > 0)
            .collect();
        shown.sort_by_key(|run| run.started);
        for run in shown {
            let message = run.message(now);
            let bar = run.bar.get_or_insert_with(|| self.new_bar(run.n_tasks));
            bar.set_position(run.n_done as u64);
            bar.set_message(message);
        }
    }
}
