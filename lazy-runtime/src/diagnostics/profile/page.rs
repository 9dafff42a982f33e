//! A profile as one page that needs nothing else: style, program and data stand in it.

use std::fmt::Write as _;

use super::data::{Data, Task};
use super::json;
use super::lanes;
use super::palette;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const PROGRAM: &str = include_str!("page.js");

/// The page. What stands for the data comes last in it, so that no name can be taken for one of the marks.
pub(super) fn print(data: &Data) -> String {
    let style = STYLE
        .replace("/* light colours */", &palette::variables(false))
        .replace("/* dark colours */", &palette::variables(true));
    let page = PAGE.replace("/* style */", &style).replace("/* program */", PROGRAM);
    let (before, after) = page.split_once("/* data */").expect("the page has a place for its data");
    format!("{before}{}{after}", print_data(data))
}

/// Names once, tasks as columns of numbers: a task takes some fifty bytes.
fn print_data(data: &Data) -> String {
    let begin = data.span().0;
    let rows = lanes::rows(data);
    let mut placed: Vec<(u32, &Task)> = Vec::with_capacity(data.tasks.len());
    for (row, of) in rows.iter().enumerate() {
        placed.extend(of.tasks.iter().map(|&task| (row as u32, &data.tasks[task as usize])));
    }
    placed.sort_by_key(|(_, task)| task.started);
    let of = |number: fn(&Task) -> u64| json::list(placed.iter().map(|(_, task)| number(task)));
    // -1 where a size is not known.
    let size = |size: fn(&Task) -> Option<u64>| {
        json::list(placed.iter().map(|(_, task)| size(task).map_or(-1, |size| size as i64)))
    };
    let mut before = begin;
    // Differences are short.
    let starts = json::list(
        placed.iter().map(|(_, task)| task.started - std::mem::replace(&mut before, task.started)),
    );
    let mut out = String::from("{");
    let mut field = |name: &str, value: String| {
        let _ = writeln!(out, "\"{name}\":{value},");
    };
    field("names", json::strings(data.names.iter().copied()));
    field("colors", json::list(palette::places(&data.names)));
    let places: Vec<_> = data.places.iter().map(ToString::to_string).collect();
    field("places", json::strings(places.iter().map(String::as_str)));
    field("runs", json::list(data.runs.iter().map(|run| print_run(run, begin))));
    field("rows", json::list(rows.iter().map(|row| format!("[{},{}]", row.worker, row.level))));
    field("cache", json::list(cache(data, begin)));
    field("spills", json::list(spills(data, begin)));
    field("row", json::list(placed.iter().map(|(row, _)| row)));
    field("name", of(|task| task.name.into()));
    field("place", of(|task| task.place.into()));
    field("run", of(|task| task.run.into()));
    field("start", starts);
    field("time", of(Task::duration));
    field("wait", of(|task| task.started.saturating_sub(task.ready)));
    field("outcome", of(|task| task.outcome as u64));
    field("bytes", size(|task| task.bytes));
    field("held", size(|task| task.held));
    // The beginnings of the keys' tokens tell tasks apart, and lead to them in a log.
    let keys = placed.iter().map(|(_, task)| format!("{:08x}", task.key.token() >> 96));
    let _ = write!(out, "\"keys\":\"{}\"}}", keys.collect::<String>());
    out
}

fn print_run(run: &super::data::Run, begin: u64) -> String {
    let ended = run.ended.map_or(-1, |ended| (ended - begin) as i64);
    let outcome = run.outcome.map_or("not ended", |outcome| outcome.name());
    let (number, started) = (run.id.number(), run.started - begin);
    format!("[{number},{started},{ended},\"{outcome}\",{}]", run.n_tasks)
}

fn cache(data: &Data, begin: u64) -> impl Iterator<Item = String> + '_ {
    data.cache.iter().map(move |event| {
        let at = (event.at.as_nanos() as u64).saturating_sub(begin);
        let (name, what) = (json::string(event.key.name()), json::string(event.outcome.name()));
        format!("[{at},{name},{what}]")
    })
}

fn spills(data: &Data, begin: u64) -> impl Iterator<Item = String> + '_ {
    data.spills.iter().map(move |event| {
        let at = (event.at.as_nanos() as u64).saturating_sub(begin);
        let (name, what) = (json::string(event.key.name()), json::string(event.outcome.name()));
        format!("[{at},{name},{what},{}]", event.bytes)
    })
}
