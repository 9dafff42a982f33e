//! Group-bys, joins, sorts and scans beside Polars' own engines, in the same run, on the same data.
//!
//! `cargo bench -p lazy-frame --profile release --bench frames -- [only=q1,j5,..] [rows=10000000] ..`. The README beside tells the options
//! and how to read the table.

#![allow(clippy::print_stdout, reason = "a bench prints its tables")]

#[path = "../../../lazy-runtime/benches/common/clock.rs"]
#[allow(dead_code, reason = "what the benches of the workspace share")]
mod clock;
mod data;
mod measure;
#[path = "../../../lazy-runtime/benches/common/options.rs"]
#[allow(dead_code, reason = "what the benches of the workspace share")]
mod options;
#[path = "../../../lazy-runtime/benches/common/resident.rs"]
mod resident;
#[path = "../../../lazy-runtime/benches/common/table.rs"]
mod table;
mod works;

use data::Data;
use measure::{Engine, Times, measure, peak};
use options::{Options, hand_over};
use table::{Table, figure};
use works::{GROUPS, Group, Work};

const OPTIONS: [&str; 10] = [
    "rows",
    "partitions",
    "days",
    "many",
    "large",
    "limit",
    "repetitions",
    "peaks",
    "data",
    "only",
];

const COLUMNS: [(&str, &str); 12] = [
    ("work", ""),
    ("lazy", "ms"),
    ("in-memory", "ms"),
    ("streaming", "ms"),
    ("ratio", "to best"),
    ("target", ""),
    ("lazy", "ms CPU"),
    ("in-memory", "ms CPU"),
    ("streaming", "ms CPU"),
    ("lazy", "peak MB"),
    ("in-memory", "peak MB"),
    ("streaming", "peak MB"),
];

fn main() {
    let Some(options) = Options::given(&OPTIONS) else { return };
    let data = Data::of(&options);
    if let Some(row) = options.text("row") {
        return hand_over(&[peak_of(row, &data).to_string()]);
    }
    let repetitions = options.or("repetitions", 5);
    let title = format!("frames: {data}; median of {repetitions}");
    let table = Table::new(&title, 14, &COLUMNS);
    for group in &GROUPS {
        group_of(group, &options, &data, repetitions, &table);
    }
}

/// The rows of works that need the same data. Times are measured in this process, each peak in one of its own.
fn group_of(group: &Group, options: &Options, data: &Data, repetitions: usize, table: &Table) {
    if !group.names.iter().any(|name| options.wants(name)) {
        return;
    }
    let works = (group.load)(data).into_iter().filter(|work| options.wants(work.name));
    let measured: Vec<_> =
        works.map(|work| (work.name, work.target, measure(&work, repetitions))).collect();
    for (name, target, times) in measured {
        let peaks = match options.or("peaks", 1) {
            0 => [f64::NAN; 3],
            _ => Engine::ALL.map(|engine| peak_in_child(options, name, engine)),
        };
        table.row(row(name, target, &times, peaks));
    }
}

fn row(name: &str, target: f64, times: &Times, peaks: [f64; 3]) -> Vec<String> {
    let of = |ns: f64| figure(ns / 1e6);
    let [lazy, others @ ..] = times.map(|time| time.wall);
    let best = others.into_iter().fold(f64::INFINITY, f64::min);
    let mut cells = vec![name.to_owned()];
    cells.extend(times.map(|time| of(time.wall)));
    cells.extend([figure(lazy / best), figure(target)]);
    cells.extend(times.map(|time| of(time.cpu)));
    cells.extend(peaks.map(figure));
    cells
}

fn peak_in_child(options: &Options, name: &str, engine: Engine) -> f64 {
    let cells = options.row([("row", format!("{name}:{}", engine.name()))]);
    cells[0].parse().expect("a row hands a number over")
}

fn peak_of(row: &str, data: &Data) -> f64 {
    let (name, engine) = row.split_once(':').expect("a row is a work and an engine");
    let group = GROUPS.iter().find(|group| group.names.contains(&name)).expect("a known work");
    let engine =
        Engine::ALL.into_iter().find(|known| known.name() == engine).expect("a known engine");
    let works: Vec<Work> = (group.load)(data);
    let work = works.into_iter().find(|work| work.name == name).expect("a known work");
    peak(&work, engine)
}
