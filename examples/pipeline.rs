//! A pipeline that meets the real world: a station that does not answer, lines that make no sense, and an archive that
//! takes too long.
//!
//! Three weather stations send the raw readings of a sensor, each beside the temperature that a good thermometer showed
//! at the time. With these the sensor is calibrated: a line through the readings tells the temperature that a raw value
//! stands for. On the way: `retries`, functions that fail, what an error tells, `#[delayed]` on an `impl` block, and a
//! time limit.
//!
//! ```text
//! cargo run -p examples --example pipeline
//! ```
//!
//! It prints:
//!
//! ```text
//! 1. Three stations are asked for their logs. The line to the east is bad.
//!    north sent 6 lines
//!    east sent 5 lines
//!    south sent 6 lines
//!    east was asked 3 times, thanks to `retries`
//!
//! 2. Each line is parsed by a task of its own. The first that fails stops the run.
//!    As it prints:
//!      task `parse` (made at examples/pipeline.rs:183:56) failed, needed by `fit` <- `score`: line 3 of east is not two numbers: "4I0 21.0"
//!    In parts:
//!      task_name  parse
//!      location   examples/pipeline.rs:183:56
//!      path       fit <- score
//!      source     BadLine with station "east", line "4I0 21.0"
//!
//! 3. To mend the logs, all that is wrong with them is wanted at once.
//!    line 3 of east is not two numbers: "4I0 21.0"
//!    line 2 of south is not two numbers: "377  n/a"
//!    line 4 of south is not two numbers: "488"
//!
//! 4. Until then, bad lines are left out. From the stations to the result in one graph:
//!    12 tasks, drawn to /home/you/lazy/target/pipeline.svg
//!    temperature = 0.1001 * raw - 20.04, within 0.10 degrees
//!    raw value 400: 20.0 C, 68.0 F
//!
//! 5. The archive has more readings, but nobody waits for ever.
//!    no answer within 200ms, so on we go after 200.1ms
//! ```

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{fmt, fs, thread};

use lazy_runtime::prelude::*;
use lazy_runtime::{ComputeOptions, Error, Runtime, Scheduler};

/// What the stations measured: the raw value of the sensor, and the temperature in degrees Celsius.
const LOGS: [(&str, &str); 3] = [
    ("north", "302 10.3\n358 15.7\n412 21.1\n455 25.6\n501 30.0\n548 34.9"),
    ("east", "287  8.8\n331 13.0\n4I0 21.0\n463 26.2\n519 32.0"),
    ("south", "296  9.5\n377  n/a\n429 23.0\n488\n533 33.2\n560 36.1"),
];

/// How often the station in the east was asked.
static ASKED_EAST: AtomicU32 = AtomicU32::new(0);

/// Fetches the log of a station. The line to the east is bad, so a call that fails is made again, twice at most.
#[delayed(retries = 2)]
fn download(station: &str) -> Result<String, NoAnswer> {
    let is_down = station == "east" && ASKED_EAST.fetch_add(1, Ordering::Relaxed) < 2;
    match LOGS.iter().find(|(name, _)| *name == station) {
        Some((_, log)) if !is_down => Ok((*log).to_owned()),
        _ => Err(NoAnswer(station.to_owned())),
    }
}

/// One measurement.
#[derive(Clone, Copy)]
struct Reading {
    raw: f64,
    celsius: f64,
}

/// Reads a line of a log. `eager` gives the function itself another name, so that `clean` can call it.
#[delayed(eager = "parse_now")]
fn parse(station: &str, number: usize, line: &str) -> Result<Reading, BadLine> {
    let bad = || BadLine { station: station.to_owned(), number, line: line.to_owned() };
    let value = |text: &str| text.trim().parse().map_err(|_| bad());
    let (raw, celsius) = line.split_once(' ').ok_or_else(bad)?;
    Ok(Reading { raw: value(raw)?, celsius: value(celsius)? })
}

/// The readings of a log, without the lines that make no sense.
#[delayed]
fn clean(station: &str, log: &str) -> Vec<Reading> {
    let lines = log.lines().zip(1..);
    lines.filter_map(|(line, number)| parse_now(station, number, line).ok()).collect()
}

/// Puts every third reading aside, to check with it what is learnt from the others.
#[delayed]
fn split(stations: Vec<Vec<Reading>>) -> (Vec<Reading>, Vec<Reading>) {
    let (mut learn, mut check) = (Vec::new(), Vec::new());
    for (reading, turn) in stations.into_iter().flatten().zip([0, 1, 2].into_iter().cycle()) {
        if turn == 2 { check.push(reading) } else { learn.push(reading) }
    }
    (learn, check)
}

/// The line that turns a raw value into a temperature.
#[derive(Clone, Copy)]
struct Calibration {
    slope: f64,
    offset: f64,
}

/// The block is kept as it is. Beside it, the methods are there for `Delayed<Calibration>`, under the same names.
#[delayed]
impl Calibration {
    /// The line with the least squared error.
    fn fit(readings: &[Reading]) -> Result<Calibration, TooFew> {
        let n = readings.len() as f64;
        let mean = |of: &dyn Fn(&Reading) -> f64| readings.iter().map(of).sum::<f64>() / n;
        let (raw, celsius) = (mean(&|r| r.raw), mean(&|r| r.celsius));
        let variance = mean(&|r| (r.raw - raw).powi(2));
        let covariance = mean(&|r| (r.raw - raw) * (r.celsius - celsius));
        let slope = covariance / variance;
        match slope.is_finite() {
            true => Ok(Calibration { slope, offset: celsius - slope * raw }),
            false => Err(TooFew(readings.len())),
        }
    }

    /// How far off the line typically is, in degrees: the root of the mean squared error.
    fn score(&self, readings: &[Reading]) -> f64 {
        let squares = readings.iter().map(|r| (self.temperature(r.raw) - r.celsius).powi(2));
        (squares.sum::<f64>() / readings.len() as f64).sqrt()
    }

    /// The same line for degrees Fahrenheit.
    fn in_fahrenheit(self) -> Calibration {
        Calibration { slope: self.slope * 1.8, offset: self.offset * 1.8 + 32.0 }
    }

    /// The temperature that a raw value stands for.
    fn temperature(&self, raw: f64) -> f64 {
        self.slope * raw + self.offset
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("1. Three stations are asked for their logs. The line to the east is bad.");
    let logs = ask_the_stations()?;

    println!("\n2. Each line is parsed by a task of its own. The first that fails stops the run.");
    stop_at_the_first_error(&logs)?;

    println!("\n3. To mend the logs, all that is wrong with them is wanted at once.");
    collect_all_errors(&logs)?;

    println!(
        "\n4. Until then, bad lines are left out. From the stations to the result in one graph:"
    );
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target");
    fs::create_dir_all(&target)?;
    calibrate(&target.join("pipeline.svg"))?;

    println!("\n5. The archive has more readings, but nobody waits for ever.");
    give_up_in_time()?;
    Ok(())
}

/// `compute` takes any collection of delayed values. The three downloads run at once.
fn ask_the_stations() -> Result<[String; 3], Error> {
    let logs = LOGS.map(|(station, _)| download(station)).compute()?;
    for ((station, _), log) in LOGS.iter().zip(&logs) {
        println!("   {station} sent {} lines", log.lines().count());
    }
    println!("   east was asked {} times, thanks to `retries`", ASKED_EAST.load(Ordering::Relaxed));
    Ok(logs)
}

/// A task for each line. What a task borrows must live as long as the graph, hence the owned copies.
fn parse_all(logs: &[String; 3]) -> Vec<Delayed<Reading>> {
    let logs = LOGS.iter().map(|(station, _)| *station).zip(logs);
    let lines = logs.flat_map(|(station, log)| {
        log.lines().zip(1..).map(move |(line, number)| parse(station, number, line.to_owned()))
    });
    lines.collect()
}

/// An error says which task failed, where the task was made, what needed it, and why it failed.
fn stop_at_the_first_error(logs: &[String; 3]) -> Result<(), Error> {
    // A list of delayed readings is passed where `fit` takes a slice of readings.
    let readings = parse_all(logs);
    let model = Delayed::<Calibration>::fit(&readings);
    let score = model.score(&readings);

    // One task after the other on this thread, so that it is the same error each time.
    let one_by_one = Runtime::builder().scheduler(Scheduler::Synchronous).build()?;
    match one_by_one.compute(&score) {
        Ok(score) => {
            println!("   all lines are good; the calibration is off by {score:.2} degrees")
        }
        Err(error) => {
            println!("   As it prints:\n     {error}");
            let Error::Task(error) = error else { return Err(error) };
            println!("   In parts:");
            println!("     task_name  {}", error.task_name());
            println!("     location   {}", error.location());
            println!("     path       {}", error.path().join(" <- "));
            // The source is the `Err` that the function returned, as its own type.
            if let Some(bad) = error.source().and_then(|source| source.downcast_ref::<BadLine>()) {
                println!(
                    "     source     BadLine with station {:?}, line {:?}",
                    bad.station, bad.line
                );
            }
        }
    }
    Ok(())
}

/// With `collect_errors`, a run goes on after a failure with whatever does not depend on it.
fn collect_all_errors(logs: &[String; 3]) -> Result<(), Error> {
    let options = ComputeOptions::new().collect_errors(true);
    match parse_all(logs).compute_with(options) {
        Ok(readings) => println!("   all {} lines are good", readings.len()),
        Err(Error::Many(errors)) => {
            for error in &errors {
                if let Error::Task(error) = error
                    && let Some(source) = error.source()
                {
                    println!("   {source}");
                }
            }
        }
        Err(other) => return Err(other),
    }
    Ok(())
}

/// The whole pipeline. Nothing runs until `compute`, which runs what the three results share once.
fn calibrate(picture: &Path) -> Result<(), Error> {
    let cleaned = LOGS.map(|(station, _)| clean(station, download(station)));
    let (learn, check) = split(cleaned).unzip();
    let model = Delayed::<Calibration>::fit(&learn);
    let score = model.score(&check);
    let fahrenheit = model.in_fahrenheit();
    let results = (&model, &score, &fahrenheit);

    results.visualize().title("Calibrating a sensor").save(picture)?;
    println!("   {} tasks, drawn to {}", results.graph().n_tasks(), picture.display());

    let (model, score, fahrenheit) = results.compute()?;
    println!("   {model}, within {score:.2} degrees");
    println!(
        "   raw value 400: {:.1} C, {:.1} F",
        model.temperature(400.0),
        fahrenheit.temperature(400.0)
    );
    Ok(())
}

/// Much slower than anybody's patience.
#[delayed]
fn search_archive(station: &str) -> usize {
    thread::sleep(Duration::from_secs(3));
    station.len()
}

/// A task cannot be interrupted, but waiting for it can: it ends in the background, its result unused.
fn give_up_in_time() -> Result<(), Error> {
    let begin = Instant::now();
    let options = ComputeOptions::new().timeout(Duration::from_millis(200));
    match search_archive("north").compute_with(options) {
        Ok(n) => println!("   {n} more readings"),
        Err(Error::Timeout(limit)) => {
            println!("   no answer within {limit:?}, so on we go after {:.1?}", begin.elapsed());
        }
        Err(other) => return Err(other),
    }
    Ok(())
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.offset < 0.0 { '-' } else { '+' };
        write!(f, "temperature = {:.4} * raw {sign} {:.2}", self.slope, self.offset.abs())
    }
}

// The errors of the tasks: whatever implements `std::error::Error`, or a `String`.

/// A station did not answer.
#[derive(Debug)]
struct NoAnswer(String);

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer from station {}", self.0)
    }
}

impl std::error::Error for NoAnswer {}

/// A line of a log is not two numbers.
#[derive(Debug)]
struct BadLine {
    station: String,
    number: usize,
    line: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BadLine { station, number, line } = self;
        write!(f, "line {number} of {station} is not two numbers: {line:?}")
    }
}

impl std::error::Error for BadLine {}

/// No line can be drawn through so few different readings.
#[derive(Debug)]
struct TooFew(usize);

impl fmt::Display for TooFew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no line goes through {} readings with fewer than two different raw values",
            self.0
        )
    }
}

impl std::error::Error for TooFew {}
