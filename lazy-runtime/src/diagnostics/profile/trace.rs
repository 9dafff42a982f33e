//! A profile in the trace-event format, which Perfetto and other viewers open.
//!
//! "Trace Event Format", Google, 2016. Times are in microseconds, with nanoseconds as decimals.

use super::data::{Data, Task};
use super::json;
use super::lanes::{self, Row};

/// Between the numbers of two workers' threads: rows within a worker come after its own.
const ROWS: u32 = 1000;

/// All that was measured as one JSON object.
pub(super) fn print(data: &Data) -> String {
    let begin = data.span().0;
    let mut events = vec![String::from(
        r#"{"ph":"M","pid":1,"tid":0,"name":"process_name","args":{"name":"lazy-runtime"}}"#,
    )];
    for row in lanes::rows(data) {
        events.push(thread_name(&row));
        let task = |&at: &u32| complete(data, &data.tasks[at as usize], &row, begin);
        events.extend(row.tasks.iter().map(task));
    }
    events.extend(runs(data, begin));
    events.extend(counters(data, begin));
    events.extend(instants(data, begin));
    format!("{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{}\n]}}\n", events.join(",\n"))
}

fn thread(row: &Row) -> u32 {
    row.worker * ROWS + row.level + 1
}

fn thread_name(row: &Row) -> String {
    let name = match row.level {
        0 => format!("worker {}", row.worker),
        level => format!("worker {}, within a task ({level})", row.worker),
    };
    let (tid, name) = (thread(row), json::string(&name));
    format!(
        r#"{{"ph":"M","pid":1,"tid":{tid},"name":"thread_name","args":{{"name":{name}}}}},
{{"ph":"M","pid":1,"tid":{tid},"name":"thread_sort_index","args":{{"sort_index":{tid}}}}}"#
    )
}

fn microseconds(nanoseconds: u64) -> String {
    format!("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000)
}

fn complete(data: &Data, task: &Task, row: &Row, begin: u64) -> String {
    let bytes = task.bytes.map_or(String::new(), |bytes| format!(r#","bytes":{bytes}"#));
    format!(
        r#"{{"ph":"X","pid":1,"tid":{},"cat":"task","name":{},"ts":{},"dur":{},"args":{{"key":{},"place":{},"run":{},"waited us":{},"outcome":"{}"{bytes}}}}}"#,
        thread(row),
        json::string(data.names[task.name as usize]),
        microseconds(task.started - begin),
        microseconds(task.duration()),
        json::string(&task.key.to_string()),
        json::string(&data.places[task.place as usize].to_string()),
        data.runs[task.run as usize].id.number(),
        microseconds(task.started.saturating_sub(task.ready)),
        task.outcome.name(),
    )
}

/// Runs may overlap without being nested, so they are not slices of a thread.
fn runs(data: &Data, begin: u64) -> impl Iterator<Item = String> + '_ {
    data.runs.iter().flat_map(move |run| {
        let (number, start) = (run.id.number(), microseconds(run.started - begin));
        let event = |phase, at: &str| {
            format!(
                r#"{{"ph":"{phase}","pid":1,"tid":0,"cat":"run","name":"run {number}","id":{number},"ts":{at}}}"#
            )
        };
        let end = run.ended.map(|ended| event('e', &microseconds(ended - begin)));
        [event('b', &start)].into_iter().chain(end)
    })
}

fn counters(data: &Data, begin: u64) -> Vec<String> {
    let mut tasks: Vec<_> = data.tasks.iter().collect();
    tasks.sort_by_key(|task| task.ended);
    let mut made = 0;
    let counter = |name: &str, at: u64, bytes: u64| {
        let at = microseconds(at - begin);
        format!(r#"{{"ph":"C","pid":1,"name":"{name}","ts":{at},"args":{{"bytes":{bytes}}}}}"#)
    };
    let of = |task: &Task| {
        let held = task.held.map(|held| counter("bytes held", task.ended, held));
        let made = task.bytes.map(|bytes| {
            made += bytes;
            counter("bytes made", task.ended, made)
        });
        held.into_iter().chain(made)
    };
    tasks.into_iter().flat_map(of).collect()
}

fn instants(data: &Data, begin: u64) -> impl Iterator<Item = String> + '_ {
    let instant = move |at: std::time::Duration, text: String| {
        let at = microseconds((at.as_nanos() as u64).saturating_sub(begin));
        format!(r#"{{"ph":"i","s":"p","pid":1,"tid":0,"name":{},"ts":{at}}}"#, json::string(&text))
    };
    let cache = data.cache.iter().map(move |event| {
        instant(event.at, format!("{}: {}", event.key.name(), event.outcome.name()))
    });
    cache.chain(data.spills.iter().map(move |event| {
        instant(event.at, format!("{}: {}", event.key.name(), event.outcome.name()))
    }))
}
