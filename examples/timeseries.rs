//! How far values spread, by name: a month of random values, a row each second, in a partition for each day.
//!
//! A frame is made, filtered and grouped, and nothing runs before `compute`. What is printed of it in between is its
//! structure: columns and types, partitions and the times they begin with, the last step, and how many tasks there are.
//!
//! ```text
//! cargo run --release -p examples --features frames --example timeseries               # 30 days, 2.6 million rows
//! cargo run --release -p examples --features frames --example timeseries -- --days 366 # 32 million rows
//! ```

mod program;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use lazy_frame::datasets;
use lazy_frame::polars::prelude::DataFrame;
use lazy_frame::prelude::*;
use lazy_runtime::RankDir;
use program::Arguments;

fn main() -> ExitCode {
    program::start("timeseries", USAGE, Options::parse, run)
}

fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let df = datasets::timeseries().end(day(options.days)).seed(7).build()?;
    println!("The series:\n\n{df}\n");

    let df2 = df.filter(col("y").gt(lit(0.0)));
    println!(
        "Those with y above 0: the filter is part of the task that makes the rows:\n\n{df2}\n"
    );

    let df3 = df2.group_by(["name"]).agg([col("x").std(1)]);
    println!("How far x spreads by name, as a frame:\n\n{df3}\n");

    let begin = Instant::now();
    let spread: DataFrame = df3.sort(["name"], Default::default()).compute()?;
    println!("Computed in {:.1?}:\n\n{spread}\n", begin.elapsed());

    let series = df2.group_by(["name"]).column("x").std(1);
    println!("The same as a series:\n\n{series}\n");
    let begin = Instant::now();
    let values = series.compute()?;
    println!(
        "Computed in {:.1?}: {} values, the mean of which is {:.4}\n",
        begin.elapsed(),
        values.len(),
        values.mean().unwrap_or(f64::NAN)
    );

    fs::create_dir_all(&options.out)?;
    let picture = options.out.join("std.svg");
    df3.visualize().rankdir(RankDir::LR).collapse_outputs(true).save(&picture)?;
    println!("What ran is drawn in {}\n", picture.display());

    let df4 = df3.repartition(3);
    println!("In 3 partitions, before anything of it has run:\n\n{df4}\n");
    let begin = Instant::now();
    let df4 = df4.persist()?;
    println!(
        "Persisted in {:.1?}: partitions that are there, and no tasks:\n\n{df4}\n",
        begin.elapsed()
    );
    assert_eq!((df4.npartitions(), df4.graph().n_tasks()), (3, 0));

    let begin = Instant::now();
    let again = df4.compute()?;
    println!("{} rows of it computed in {:.1?}", again.height(), begin.elapsed());
    Ok(())
}

const USAGE: &str = "\
usage: timeseries [--days N] [--out FOLDER]

  --days N      how many days of the year 2000 there are, each a partition of 86,400 rows (30)
  --out FOLDER  where the picture goes (target/timeseries)";

struct Options {
    days: u32,
    out: PathBuf,
}

impl Options {
    fn parse(mut arguments: Arguments) -> Result<Options, String> {
        let mut options = Options { days: 30, out: program::folder("timeseries") };
        while let Some(name) = arguments.next() {
            let mut value = || program::value(&mut arguments, &name);
            match name.as_str() {
                "--days" => options.days = days(&value()?)?,
                "--out" => options.out = value()?.into(),
                _ => return Err(format!("there is no option {name}")),
            }
        }
        Ok(options)
    }
}

fn days(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(days @ 1..=366) => Ok(days),
        _ => Err(format!("the year 2000 has 1 to 366 days, not {text:?}")),
    }
}

/// The day after so many days of the year 2000.
fn day(mut days: u32) -> String {
    for (month, length) in [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate()
    {
        if days < length {
            return format!("2000-{:02}-{:02}", month + 1, days + 1);
        }
        days -= length;
    }
    "2001-01-01".to_owned()
}
