//! [`Report`]: what was measured, by task name.

use std::fmt;
use std::time::Duration;

use super::data::Data;
use super::lanes;
use crate::diagnostics::event::{SpillOutcome, TaskOutcome};
use crate::diagnostics::units;
use crate::visualize::text;

/// What a [`Profiler`](super::Profiler) measured, by task name. Its `Display` is a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// One row a name, the one that took most time first.
    pub rows: Vec<ReportRow>,
    /// How many runs there were.
    pub n_runs: usize,
    /// How many tasks were called.
    pub n_tasks: usize,
    /// From the start of the first run to the end of the last.
    pub wall: Duration,
    /// How many workers there were.
    pub n_workers: usize,
    /// How long each worker was in tasks.
    pub busy: Vec<Duration>,
    /// How many values came out of a cache.
    pub cache_hits: usize,
    /// How many values were put into a cache.
    pub cache_kept: usize,
    /// How many results were not kept on disk, because what they depend on is not pure.
    pub cache_not_stable: usize,
    /// How many bytes went to disk to make room.
    pub spilled: u64,
}

/// All tasks of one name.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReportRow {
    /// The name.
    pub name: String,
    /// How many were called.
    pub count: usize,
    /// How many of these returned `Err` or panicked.
    pub failed: usize,
    /// How long they took together. A task that computes counts all of that as its own.
    pub total: Duration,
    /// How long they took on average.
    pub mean: Duration,
    /// How long the longest took.
    pub max: Duration,
    /// How large their results were together, where that is known of all.
    pub bytes: Option<u64>,
    /// Which part of the time of all tasks was theirs, from 0 to 1.
    pub share: f64,
}

impl Report {
    pub(super) fn of(data: &Data) -> Report {
        let mut sums = vec![Sum::default(); data.names.len()];
        for task in data.tasks.iter().filter(|task| task.was_called()) {
            let sum = &mut sums[task.name as usize];
            sum.count += 1;
            sum.failed += usize::from(task.outcome != TaskOutcome::Made);
            sum.total += task.duration();
            sum.max = sum.max.max(task.duration());
            if task.outcome == TaskOutcome::Made {
                sum.bytes = sum.bytes.zip(task.bytes).map(|(sum, more)| sum + more);
            }
        }
        let all: u64 = sums.iter().map(|sum| sum.total).sum();
        let named = sums.iter().zip(&data.names).filter(|(sum, _)| sum.count > 0);
        let mut rows: Vec<_> = named.map(|(sum, name)| sum.row(name, all)).collect();
        rows.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.name.cmp(&b.name)));
        let (first, last) = data.span();
        let busy = busy(data);
        Report {
            n_runs: data.runs.len(),
            n_tasks: rows.iter().map(|row| row.count).sum(),
            rows,
            wall: Duration::from_nanos(last - first),
            n_workers: busy.len(),
            busy,
            cache_hits: data.cache.iter().filter(|event| event.outcome.is_hit()).count(),
            cache_kept: data.cache.iter().filter(|event| event.outcome.is_kept()).count(),
            cache_not_stable: data
                .cache
                .iter()
                .filter(|event| event.outcome.is_not_stable())
                .count(),
            spilled: spilled(data),
        }
    }

    /// The row of this name.
    pub fn row(&self, name: &str) -> Option<&ReportRow> {
        self.rows.iter().find(|row| row.name == name)
    }
}

/// How long each worker was in tasks: what runs within a task is not counted again.
fn busy(data: &Data) -> Vec<Duration> {
    let rows = lanes::rows(data);
    let of = |row: &lanes::Row| {
        row.tasks.iter().map(|&task| data.tasks[task as usize].duration()).sum::<u64>()
    };
    rows.iter().filter(|row| row.level == 0).map(|row| Duration::from_nanos(of(row))).collect()
}

fn spilled(data: &Data) -> u64 {
    let out = data.spills.iter().filter(|event| event.outcome == SpillOutcome::Out);
    out.map(|event| event.bytes).sum()
}

#[derive(Clone)]
struct Sum {
    count: usize,
    failed: usize,
    total: u64,
    max: u64,
    bytes: Option<u64>,
}

impl Default for Sum {
    fn default() -> Self {
        Sum { count: 0, failed: 0, total: 0, max: 0, bytes: Some(0) }
    }
}

impl Sum {
    fn row(&self, name: &str, all: u64) -> ReportRow {
        ReportRow {
            name: name.to_owned(),
            count: self.count,
            failed: self.failed,
            total: Duration::from_nanos(self.total),
            mean: Duration::from_nanos(self.total / self.count as u64),
            max: Duration::from_nanos(self.max),
            bytes: self.bytes,
            share: if all == 0 { 0.0 } else { self.total as f64 / all as f64 },
        }
    }
}

const HEADINGS: [&str; 7] = ["name", "count", "total", "mean", "max", "bytes", "share"];

impl ReportRow {
    fn cells(&self) -> [String; 7] {
        let time = |time: Duration| units::time(time.as_nanos() as f64);
        let count = match self.failed {
            0 => text::grouped(self.count as u64),
            failed => format!("{} ({failed} failed)", text::grouped(self.count as u64)),
        };
        [
            self.name.clone(),
            count,
            time(self.total),
            time(self.mean),
            time(self.max),
            self.bytes.map_or_else(|| "-".to_owned(), |bytes| units::bytes(bytes as f64)),
            format!("{:.1} %", self.share * 100.0),
        ]
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.n_runs == 0 {
            return f.write_str("nothing was run");
        }
        let cells = self.rows.iter().map(ReportRow::cells);
        let lines: Vec<_> = [HEADINGS.map(str::to_owned)].into_iter().chain(cells).collect();
        let mut widths = [0; HEADINGS.len()];
        for line in &lines {
            let lengths = line.iter().map(|cell| cell.chars().count());
            widths.iter_mut().zip(lengths).for_each(|(width, length)| *width = length.max(*width));
        }
        for line in &lines {
            write!(f, "{:<width$}", line[0], width = widths[0])?;
            for (cell, width) in line.iter().zip(widths).skip(1) {
                write!(f, "  {cell:>width$}")?;
            }
            writeln!(f)?;
        }
        self.write_sum(f)
    }
}

impl Report {
    fn write_sum(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        write!(
            f,
            "{} task{} in {} run{}, {} on {} worker{}",
            text::grouped(self.n_tasks as u64),
            plural(self.n_tasks),
            text::grouped(self.n_runs as u64),
            plural(self.n_runs),
            units::time(self.wall.as_nanos() as f64),
            self.n_workers,
            plural(self.n_workers),
        )?;
        let all = self.wall.as_secs_f64() * self.n_workers as f64;
        if all > 0.0 {
            let busy: Duration = self.busy.iter().sum();
            write!(f, ", {:.0} % busy", busy.as_secs_f64() / all * 100.0)?;
        }
        if self.cache_hits + self.cache_kept > 0 {
            write!(f, "; {} from a cache, {} kept there", self.cache_hits, self.cache_kept)?;
        }
        if self.cache_not_stable > 0 {
            let count = self.cache_not_stable;
            write!(f, "; {count} not kept on disk, for what they depend on is not pure")?;
        }
        if self.spilled > 0 {
            write!(f, "; {} spilled", units::bytes(self.spilled as f64))?;
        }
        Ok(())
    }
}
