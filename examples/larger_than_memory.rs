//! A table of several times the memory that a runtime may take: grouped by many keys, sorted, and joined.
//!
//! Readings are written as Parquet first. Then each of three jobs has to move all rows to where their like are, which
//! cannot be done within the limit: what does not fit goes to disk, and comes back in time.
//!
//! ```text
//! cargo run --release -p examples --features frames --example larger_than_memory                # 128 MiB with a limit of 32
//! cargo run --release -p examples --features frames --example larger_than_memory -- 256 --times 8  # 2 GiB with a limit of 256
//! ```
//!
//! Look at the peaks of memory, beside the limit and the size of the table. The limit counts what waits between tasks and in
//! shuffles; what the tasks that run have in hand, some partitions for each thread, comes on top of it. Built without
//! `--release`, it prints:
//!
//! ```text
//! 128 MiB of readings, 4194304 rows in 32 partitions, with a limit of 32 MiB
//!
//! job             rows      time    peak of memory    went to disk
//! nothing            0    41.0µs            11 MiB           0 MiB
//! write        4194304      9.7s            34 MiB           0 MiB
//! group        1813565     21.6s            94 MiB         117 MiB
//! sort         4194304     32.0s           148 MiB         232 MiB
//! join         4194304      7.2s           114 MiB          81 MiB
//!
//! readings are 0.2175 off the mean of their sensor
//! the sorted rows are in order, and no spilled file is left
//! ```

mod program;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use lazy_frame::polars::df;
use lazy_frame::polars::prelude::{DataFrame, Schema};
use lazy_frame::prelude::*;
use lazy_runtime::Runtime;
use lazy_runtime::diagnostics::ProgressBar;
use program::Arguments;

const MIB: usize = 1 << 20;

/// Of a reading: when it was, its sensor, and two numbers.
const BYTES_A_ROW: usize = 4 * 8;

fn main() -> ExitCode {
    program::start("larger_than_memory", USAGE, Options::parse, run)
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (folder, spill) = (|name| options.out.join(name), options.out.join("spill"));
    fs::create_dir_all(&spill)?;
    let sizes = Sizes::of(options);
    let runtime = Runtime::builder()
        .memory_limit(options.limit)
        .spill_dir(&spill)
        .observer(ProgressBar::new())
        .build()?;
    println!(
        "{} of readings, {} rows in {} partitions, with a limit of {}\n",
        mib(options.limit * options.times),
        sizes.rows,
        sizes.npartitions,
        mib(options.limit)
    );
    watch_memory();
    println!("job             rows      time    peak of memory    went to disk");
    Job::begin("nothing").end(0, 0);

    let job = Job::begin("write");
    let written =
        runtime.compute(&made_up(&sizes).write_parquet(folder("readings")).overwrite(true))?;
    job.end(written.rows, written.bytes);
    let readings = Frame::read_parquet(folder("readings")).build()?;

    // So many groups are a large table themselves: they stay in partitions.
    let job = Job::begin("group");
    let sensors = readings
        .group_by("sensor")
        .npartitions(sizes.npartitions)
        .agg([len().alias("readings"), col("x").mean().alias("mean")]);
    let written = runtime.compute(&sensors.write_parquet(folder("sensors")).overwrite(true))?;
    job.end(written.rows, written.bytes);
    let sensors = Frame::read_parquet(folder("sensors")).build()?;

    let job = Job::begin("sort");
    let sorted = readings.sort("x", SortMultipleOptions::new());
    let written = runtime.compute(&sorted.write_parquet(folder("sorted")).overwrite(true))?;
    job.end(written.rows, written.bytes);
    let sorted = Frame::read_parquet(folder("sorted")).build()?;

    // How far readings are from the mean of their sensor: both sides are cut by sensor, and meet in pieces.
    let job = Job::begin("join");
    let joined = readings.join(&sensors, [col("sensor")], [col("sensor")], JoinType::Inner);
    let off = (col("x") - col("mean")).pow(2.0).mean().sqrt();
    let found = runtime.compute(&joined.select([len().alias("rows"), off.alias("off")]))?;
    let rows = found.column("rows")?.u32()?.get(0).unwrap_or(0) as usize;
    job.end(rows, 0);

    assert_eq!(rows, sizes.rows, "each reading has a sensor");
    assert_eq!(runtime.compute(&sorted.len())?, sizes.rows, "each reading is sorted");
    let ends: Vec<_> = sorted.select("x").to_delayed()?.iter().map(|rows| ends(rows)).collect();
    let in_order = runtime.compute(&ends)?.is_sorted_by(|a, b| a.1 <= b.0);
    assert!(in_order, "the partitions are not in order");
    assert_eq!(fs::read_dir(&spill)?.count(), 0, "files are left in {}", spill.display());
    let off = found.column("off")?.f64()?.get(0).unwrap_or(f64::NAN);
    println!("\nreadings are {off:.4} off the mean of their sensor");
    println!("the sorted rows are in order, and no spilled file is left");
    Ok(())
}

struct Sizes {
    rows: usize,
    npartitions: usize,
}

impl Sizes {
    /// Partitions small enough that several of them fit into the limit.
    fn of(options: &Options) -> Sizes {
        let npartitions = options.times * 8;
        let rows = options.limit * options.times / BYTES_A_ROW / npartitions * npartitions;
        Sizes { rows, npartitions }
    }
}

/// Readings in the order of time, each of one of half as many sensors.
fn made_up(sizes: &Sizes) -> Frame {
    let &Sizes { rows, npartitions } = sizes;
    let schema = Schema::from_iter([
        ("row".into(), DataType::Int64),
        ("sensor".into(), DataType::Int64),
        ("x".into(), DataType::Float64),
        ("y".into(), DataType::Float64),
    ]);
    Frame::from_map(0..npartitions, schema, move |partition| {
        let rows_of_it = || {
            (partition * rows / npartitions..(partition + 1) * rows / npartitions)
                .map(|row| row as i64)
        };
        let sensor = |row| (dice(3 * row) * rows as f64 / 2.0) as i64;
        df![
            "row" => rows_of_it().collect::<Vec<_>>(),
            "sensor" => rows_of_it().map(sensor).collect::<Vec<_>>(),
            "x" => rows_of_it().map(|row| dice(3 * row + 1)).collect::<Vec<_>>(),
            "y" => rows_of_it().map(|row| dice(3 * row + 2)).collect::<Vec<_>>(),
        ]
    })
}

/// From 0 to 1, as if at random, the same for the same number (Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", 2014).
fn dice(number: i64) -> f64 {
    let mut bits = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The first and the last `x`, of rows that have to be in its order.
#[delayed]
fn ends(rows: &DataFrame) -> Result<(f64, f64), Box<dyn Error + Send + Sync>> {
    let x: Vec<f64> = rows.column("x")?.f64()?.into_no_null_iter().collect();
    match (x.is_sorted(), x.first(), x.last()) {
        (true, Some(first), Some(last)) => Ok((*first, *last)),
        (true, ..) => Err("a partition has no rows".into()),
        (false, ..) => Err("a partition is not in order".into()),
    }
}

/// A job that is measured: its time, the most memory that the program had meanwhile, and what it wrote besides its result.
struct Job {
    name: &'static str,
    begin: Instant,
    written: Option<usize>,
}

impl Job {
    fn begin(name: &'static str) -> Job {
        PEAK.store(0, Ordering::Relaxed);
        Job { name, begin: Instant::now(), written: written() }
    }

    fn end(self, rows: usize, result: u64) {
        let time = format!("{:.1?}", self.begin.elapsed());
        look_at_memory();
        let peak = Some(PEAK.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0);
        let written = written().zip(self.written).map(|(now, before)| now - before);
        let spilled = written.map(|bytes| bytes.saturating_sub(result as usize));
        let known = |bytes: Option<usize>| bytes.map_or("unknown".to_owned(), mib);
        println!(
            "{:<8} {rows:>11} {time:>9} {:>17} {:>15}",
            self.name,
            known(peak),
            known(spilled)
        );
    }
}

/// The most bytes since a job began.
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Looks a hundred times a second, as long as the program runs.
fn watch_memory() {
    thread::spawn(|| {
        loop {
            look_at_memory();
            thread::sleep(Duration::from_millis(10));
        }
    });
}

/// Resident memory, but for what is a part of files: the program itself, and tables that Polars maps. Linux tells it, and
/// no other system.
fn look_at_memory() {
    let bytes = told("/proc/self/status", "RssAnon:").map_or(0, |kib| kib * 1024);
    PEAK.fetch_max(bytes, Ordering::Relaxed);
}

/// How much the program has written so far.
fn written() -> Option<usize> {
    told("/proc/self/io", "wchar:")
}

fn told(file: &str, name: &str) -> Option<usize> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn mib(bytes: usize) -> String {
    format!("{} MiB", (bytes + MIB / 2) / MIB)
}

const USAGE: &str = "\
usage: larger_than_memory [LIMIT] [--times N] [--out FOLDER]

  LIMIT         how many MiB the runtime may hold (32)
  --times N     how many times as much the table has (4)
  --out FOLDER  where the files go (target/larger_than_memory)";

struct Options {
    limit: usize,
    times: usize,
    out: PathBuf,
}

impl Options {
    fn parse(mut arguments: Arguments) -> Result<Options, String> {
        let mut options =
            Options { limit: 32 * MIB, times: 4, out: program::folder("larger_than_memory") };
        while let Some(name) = arguments.next() {
            let mut value = || program::value(&mut arguments, &name);
            match name.as_str() {
                "--times" => options.times = number(&value()?)?,
                "--out" => options.out = value()?.into(),
                _ if name.starts_with('-') => return Err(format!("there is no option {name}")),
                _ => options.limit = number(&name)? * MIB,
            }
        }
        Ok(options)
    }
}

fn number(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1_000_000) => Ok(number),
        _ => Err(format!("expected a number from 1, found {text:?}")),
    }
}
