//! A folder of CSV files, looked at, cleaned, joined with a table, written as Parquet, and summed up by group.
//!
//! Without an argument it makes a folder as folders are: the orders of a shop, a file for each month, with names in all
//! spellings, prices such as `$1,250.00`, and `n/a` where something is not known; and beside it a table of the products.
//! Any other folder will do, too:
//!
//! ```text
//! cargo run --release -p examples --features frames --example csv_folder
//! cargo run --release -p examples --features frames --example csv_folder -- FOLDER --by city
//! cargo run --release -p examples --features frames --example csv_folder -- FOLDER --by country --table cities.csv --on city
//! ```
//!
//! Cells without text, `n/a` and the like are null, columns of dates are found, text is trimmed and in lower case. Columns
//! named by `--numbers` become numbers, whatever stands around the digits. Rows without the key of the join or of the
//! groups are dropped. All of this is one task for each file, or for each 64 MiB of a large one.

mod program;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use std::{fs, io};

use lazy_frame::prelude::*;
use lazy_runtime::diagnostics::ProgressBar;
use lazy_runtime::{RankDir, Runtime};
use program::Arguments;

fn main() -> ExitCode {
    program::start("csv_folder", USAGE, Options::parse, run)
}

fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    fs::create_dir_all(&options.out)?;
    let runtime = Runtime::builder().observer(ProgressBar::new()).build()?;
    let job = match &options.job {
        Some(job) => job.clone(),
        None => made_up(&options.out.join("shop"))?,
    };

    let raw = read(&job.folder)?;
    inspect(&runtime, &raw)?;

    let rows = with_table(clean(&raw, &job)?, &job)?;
    for named in job.numbers.iter().chain(&job.by).chain(&job.of) {
        rows.column(named).schema()?; // a column that is not there is told here, before anything is written
    }
    println!("Cleaned{}:\n\n{rows}\n", if job.table.is_some() { " and joined" } else { "" });
    let writing = rows.write_parquet(options.out.join("clean")).overwrite(true);
    let picture = options.out.join("graph.svg");
    writing.visualize().rankdir(RankDir::LR).collapse_outputs(true).save(&picture)?;
    let begin = Instant::now();
    let written = runtime.compute(&writing)?;
    println!(
        "{} rows written to {} files, {} KiB, in {:.1?}; the graph is drawn in {}\n",
        written.rows,
        written.files.len(),
        written.bytes.div_ceil(1024),
        begin.elapsed(),
        picture.display()
    );

    // The files are clean now, and hold columns by themselves: the next question reads only those that it needs.
    let rows = Frame::read_parquet(options.out.join("clean")).build()?;
    if let Some(unmatched) = unmatched(&rows, &job)? {
        println!("What the table lacks:\n\n{}\n", runtime.compute(&unmatched)?);
    }
    println!("Summed up:\n\n{}", runtime.compute(&summed_up(&rows, &job)?)?);
    Ok(())
}

/// The files as they are, but for what is not known and what looks like dates.
fn read(folder: &Path) -> Result<Frame, lazy_frame::Error> {
    Frame::read_csv(folder)
        .null_values(["", "n/a", "N/A", "NA", "null", "-"])
        .infer_schema_length(Some(10_000))
        .try_parse_dates(true)
        .build()
}

fn inspect(runtime: &Runtime, raw: &Frame) -> Result<(), Box<dyn std::error::Error>> {
    println!("As it is:\n\n{raw}\n");
    println!("{}\n", runtime.compute(&raw.head(5))?);
    println!("{}\n", runtime.compute(&raw.describe())?);
    Ok(())
}

/// Text trimmed and in lower case, numbers out of text, and no row without its keys.
fn clean(raw: &Frame, job: &Job) -> Result<Frame, lazy_frame::Error> {
    let schema = raw.schema()?;
    let text = schema.iter().filter(|(_, dtype)| dtype.is_string()).map(|(name, _)| name);
    let cleaned: Vec<Expr> = text
        .map(|name| match job.numbers.iter().any(|number| number == name.as_str()) {
            true => number(col(name.clone())),
            false => tidy(col(name.clone())),
        })
        .collect();
    let keys: Vec<&str> = match (&job.on, &job.by) {
        (Some(on), _) => vec![on],
        (None, Some(by)) => vec![by],
        (None, None) => vec![],
    };
    let rows = if cleaned.is_empty() { raw.clone() } else { raw.with_columns(cleaned) };
    Ok(if keys.is_empty() { rows } else { rows.drop_nulls(Some(&keys)) })
}

/// ` Big  Lamp` and `big lamp` are the same.
fn tidy(text: Expr) -> Expr {
    let spaces = text.str().replace_all(lit(r"\s+"), lit(" "), false);
    spaces.str().strip_chars(lit(NULL)).str().to_lowercase()
}

/// 1250 for `$1,250.00`.
fn number(text: Expr) -> Expr {
    text.str().replace_all(lit("[^0-9.eE+-]"), lit(""), false).strict_cast(DataType::Float64)
}

/// The rows, beside those of the table that have the same key.
fn with_table(rows: Frame, job: &Job) -> Result<Frame, lazy_frame::Error> {
    match (&job.table, &job.on) {
        (Some(table), Some(on)) => {
            let table = clean(&read(table)?, job)?;
            Ok(rows.join(&table, [col(on.as_str())], [col(on.as_str())], JoinType::Left))
        }
        _ => Ok(rows),
    }
}

/// The keys that the table lacks, and how many rows have them.
fn unmatched(rows: &Frame, job: &Job) -> Result<Option<Frame>, lazy_frame::Error> {
    let (Some(table), Some(on)) = (&job.table, &job.on) else { return Ok(None) };
    let table = clean(&read(table)?, job)?;
    let lacking = rows.anti_join(&table, col(on.as_str()), col(on.as_str()));
    Ok(Some(lacking.value_counts(on.as_str()).top_k(10, "count", Default::default())))
}

/// How many rows each group has, and of columns of numbers the sum and the mean.
fn summed_up(rows: &Frame, job: &Job) -> Result<Frame, lazy_frame::Error> {
    let schema = rows.schema()?;
    let is_summed = |name: &str| match &job.of[..] {
        [] => schema.get(name).is_some_and(DataType::is_numeric) && Some(name) != job.by.as_deref(),
        of => of.iter().any(|column| column == name),
    };
    let of_column = |name: &str| {
        let column = || col(name);
        [
            column().sum().alias(format!("{name}, sum")),
            column().mean().alias(format!("{name}, mean")),
        ]
    };
    let mut aggs = vec![len().alias("rows")];
    let summed = schema.iter_names().map(|name| name.as_str()).filter(|name| is_summed(name));
    aggs.extend(summed.flat_map(of_column));
    let largest_first = SortMultipleOptions::new().with_order_descending(true);
    Ok(match &job.by {
        Some(by) => rows.group_by(by.as_str()).agg(aggs).sort("rows", largest_first),
        None => rows.select(aggs),
    })
}

const USAGE: &str = "\
usage: csv_folder [FOLDER] [options]

  FOLDER                where the CSV files are; all have the same columns (a folder is made)
  --numbers COLUMN,..   columns of text that hold a number each
  --table FILE          a further CSV file, to be joined
  --on COLUMN           the column that the files and the table have in common
  --by COLUMN           the column to sum up by (all rows together)
  --of COLUMN,..        the columns to sum up (all that have numbers)
  --out FOLDER          where Parquet files and the picture go (target/csv_folder)";

struct Options {
    /// None: a folder is made.
    job: Option<Job>,
    out: PathBuf,
}

/// What is to be done with which files.
#[derive(Clone, Default, PartialEq)]
struct Job {
    folder: PathBuf,
    numbers: Vec<String>,
    table: Option<PathBuf>,
    on: Option<String>,
    by: Option<String>,
    of: Vec<String>,
}

impl Options {
    fn parse(mut arguments: Arguments) -> Result<Options, String> {
        let mut out = program::folder("csv_folder");
        let (mut folder, mut job) = (None, Job::default());
        while let Some(name) = arguments.next() {
            let mut value = || program::value(&mut arguments, &name);
            match name.as_str() {
                "--numbers" => job.numbers = names(&value()?),
                "--table" => job.table = Some(value()?.into()),
                "--on" => job.on = Some(value()?),
                "--by" => job.by = Some(value()?),
                "--of" => job.of = names(&value()?),
                "--out" => out = value()?.into(),
                _ if name.starts_with('-') => return Err(format!("there is no option {name}")),
                _ => folder = Some(PathBuf::from(name)),
            }
        }
        if job.table.is_some() != job.on.is_some() {
            return Err("--table and --on need each other".to_owned());
        }
        let job = match folder {
            Some(folder) => Some(Job { folder, ..job }),
            None if job == Job::default() => None,
            None => {
                return Err("which folder? The one that is made has options of its own".to_owned());
            }
        };
        Ok(Options { job, out })
    }
}

fn names(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

/// The orders of a shop, a file for each month, and a table of its products.
fn made_up(folder: &Path) -> io::Result<Job> {
    let orders = folder.join("orders");
    fs::create_dir_all(&orders)?;
    for month in 1..=12 {
        fs::write(orders.join(format!("2024-{month:02}.csv")), month_of_orders(month))?;
    }
    let table = folder.join("products.csv");
    fs::write(
        &table,
        "product,category,stock\nbig lamp,light,12\ncandle,light,800\noak table,furniture,3\nchair,furniture,40\nteapot,kitchen,25\n",
    )?;
    println!("A folder was made: {}\n", orders.display());
    Ok(Job {
        folder: orders,
        numbers: names("price"),
        table: Some(table),
        on: Some("product".into()),
        by: Some("category".into()),
        of: names("quantity,price"),
    })
}

fn month_of_orders(month: usize) -> String {
    let products = [
        ["Big Lamp", " big  lamp", "BIG LAMP"],
        ["candle", "Candle ", "candle"],
        ["Oak table", "oak table", " Oak Table"],
        ["chair", "Chair", "n/a"],
        ["teapot", "Teapot", "tea pot"],
    ];
    let prices = ["$49.90", "$2.50", "\"$1,250.00\"", "$99.00", "$18.75"];
    let mut text = "order,day,product,quantity,price\n".to_owned();
    for i in 0..2000 {
        // As if at random: the same each time.
        let dice = ((i + 7919 * month) * 2_654_435_761 % (1 << 32)) >> 7;
        let (kind, spelling, day) = (dice % 5, dice / 5 % 3, dice / 15 % 28 + 1);
        let quantity =
            if dice.is_multiple_of(41) { "n/a".to_owned() } else { (dice % 4 + 1).to_string() };
        let price = if dice.is_multiple_of(53) { "" } else { prices[kind] };
        let product = products[kind][spelling];
        text += &format!(
            "{},2024-{month:02}-{day:02},{product},{quantity},{price}\n",
            month * 10_000 + i
        );
    }
    text
}
