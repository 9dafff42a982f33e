//! Tasks in lanes: one a worker, with further rows for what runs within a task, so that no two in a row overlap.

use super::data::Data;

/// A row of a picture of tasks over time.
pub(super) struct Row {
    pub(super) worker: u32,
    /// 0 for the worker itself, 1 for tasks that run within one of its tasks, and so on.
    pub(super) level: u32,
    /// Places of tasks, in order of time.
    pub(super) tasks: Vec<u32>,
}

/// Every task that was called in its row; rows are in order of worker and level, and every worker has one.
pub(super) fn rows(data: &Data) -> Vec<Row> {
    let most = data.runs.iter().map(|run| run.n_workers as u32).max().unwrap_or(0);
    let tasks = || (0..data.tasks.len() as u32).filter(|&at| data.tasks[at as usize].was_called());
    let last = tasks().map(|at| data.tasks[at as usize].worker + 1).max().unwrap_or(0);
    let mut by_worker: Vec<Vec<u32>> = vec![Vec::new(); most.max(last) as usize];
    tasks().for_each(|at| by_worker[data.tasks[at as usize].worker as usize].push(at));
    let rows = by_worker.into_iter().enumerate();
    rows.flat_map(|(worker, tasks)| rows_of(data, worker as u32, tasks)).collect()
}

fn rows_of(data: &Data, worker: u32, mut tasks: Vec<u32>) -> Vec<Row> {
    let of = |at: u32| &data.tasks[at as usize];
    // Of two that start at once the longer one is around the other.
    tasks.sort_by_key(|&at| (of(at).started, std::cmp::Reverse(of(at).ended)));
    let row = |level| Row { worker, level, tasks: Vec::new() };
    let mut rows = vec![row(0)];
    for task in tasks {
        let is_free =
            |row: &Row| row.tasks.last().is_none_or(|&last| of(last).ended <= of(task).started);
        let level = rows.iter().position(is_free).unwrap_or_else(|| {
            rows.push(row(rows.len() as u32));
            rows.len() - 1
        });
        rows[level].tasks.push(task);
    }
    rows
}
