//! What the works are done on: files, made once and kept in the build folder.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use lazy_frame::datasets;
use lazy_frame::polars::prelude::*;
use lazy_frame::prelude::{Collection, Frame};
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use super::options::Options;

/// How much data there is, and where.
pub(crate) struct Data {
    folder: PathBuf,
    /// Of the tables of the group-by and join questions.
    rows: usize,
    pub(crate) partitions: usize,
    /// Files of the time series: few, and many.
    days: usize,
    many: usize,
    /// Of the table that does not fit into the memory that is allowed.
    large: usize,
    /// In bytes.
    pub(crate) limit: usize,
}

impl Data {
    pub(crate) fn of(options: &Options) -> Self {
        let folder = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench-data");
        Data {
            folder: options.text("data").map_or_else(folder, PathBuf::from),
            rows: options.or("rows", 10_000_000),
            partitions: options.or("partitions", 20),
            days: options.or("days", 30),
            many: options.or("many", 365),
            large: options.or("large", 20_000_000),
            limit: options.or("limit", 512) << 20,
        }
    }

    /// A day of seconds a file, in Parquet.
    pub(crate) fn days(&self) -> PathBuf {
        self.timeseries(self.days)
    }

    /// As [`days`](Data::days), more of them.
    pub(crate) fn many_days(&self) -> PathBuf {
        self.timeseries(self.many)
    }

    /// As [`days`](Data::days), in CSV.
    pub(crate) fn days_as_csv(&self) -> PathBuf {
        let days = self.days();
        self.once(&format!("timeseries-{}-csv", self.days), |folder| {
            let frame = Frame::read_parquet(&days).build().expect("files that were written");
            frame.write_csv(folder).compute().expect("files can be written");
        })
    }

    fn timeseries(&self, days: usize) -> PathBuf {
        self.once(&format!("timeseries-{days}"), |folder| {
            let year = datasets::timeseries().end("2001-01-01").seed(1);
            let days = year.build().expect("a year").partitions(0..days);
            days.write_parquet(folder).compute().expect("files can be written");
        })
    }

    /// The table of the group-by questions: columns of 100 values, and of a hundredth as many as there are rows.
    pub(crate) fn groups(&self) -> PathBuf {
        self.once(&format!("groups-{}", self.rows), |folder| {
            let (few, many) = (100, (self.rows / 100).max(1) as i64);
            write(folder, self.partitions, self.rows, |draw, rows| {
                let name = |id: i64| format!("id{id:03}");
                let long = |id: i64| format!("id{id:010}");
                df![
                    "id1" => texts(&draw.numbers(1, few, rows), name),
                    "id2" => texts(&draw.numbers(1, few, rows), name),
                    "id3" => texts(&draw.numbers(1, many, rows), long),
                    "id4" => draw.numbers(1, few, rows),
                    "id5" => draw.numbers(1, few, rows),
                    "id6" => draw.numbers(1, many, rows),
                    "v1" => draw.numbers(1, 5, rows),
                    "v2" => draw.numbers(1, 15, rows),
                    "v3" => draw.floats(rows),
                ]
            });
        })
    }

    /// The tables of the join questions in folders: `x`, `big` with as many rows, `medium` with a thousandth, `small` with a
    /// millionth. The keys of each but `x` are unique, and nine of ten are in `x`.
    pub(crate) fn joins(&self) -> PathBuf {
        let big = self.rows as i64;
        let [small, medium] = [1_000_000, 1_000].map(|part| (big / part).max(10));
        let name = |id: i64| format!("id{id}");
        self.once(&format!("joins-{big}"), |folder| {
            let of_x = Draw::from(1).shuffled(0, big);
            let of_big = Draw::from(2).shuffled(big / 10, big);
            for (table, value, ids) in [("x", "v1", of_x), ("big", "v2", of_big)] {
                let mut ids = ids.chunks(ids.len().div_ceil(self.partitions));
                write(&folder.join(table), self.partitions, self.rows, |draw, _| {
                    let id3 = ids.next().unwrap_or_default();
                    let id1 = draw.numbers(0, small - 1, id3.len());
                    let id2 = draw.numbers(0, medium - 1, id3.len());
                    df![
                        "id4" => texts(&id1, name), "id5" => texts(&id2, name), "id6" => texts(id3, name),
                        "id1" => id1, "id2" => id2, "id3" => id3, value => draw.floats(id3.len()),
                    ]
                });
            }
            write(&folder.join("medium"), 1, medium as usize, |draw, rows| {
                let id1 = draw.numbers(0, small - 1, rows);
                let id2 = draw.shuffled(medium / 10, medium);
                df![
                    "id4" => texts(&id1, name), "id5" => texts(&id2, name),
                    "id1" => id1, "id2" => id2, "v2" => draw.floats(rows),
                ]
            });
            write(&folder.join("small"), 1, small as usize, |draw, rows| {
                let id1 = draw.shuffled(small / 10, small);
                df!["id4" => texts(&id1, name), "id1" => id1, "v2" => draw.floats(rows)]
            });
        })
    }

    /// A table of which ten rows have the same `key` on average.
    pub(crate) fn large(&self) -> PathBuf {
        self.once(&format!("large-{}", self.large), |folder| {
            let keys = (self.large / 10).max(1) as i64;
            write(folder, self.large.div_ceil(500_000), self.large, |draw, rows| {
                df![
                    "key" => draw.numbers(0, keys - 1, rows), "x" => draw.floats(rows), "y" => draw.floats(rows),
                ]
            });
        })
    }

    /// For what a work writes.
    pub(crate) fn written(&self) -> PathBuf {
        self.folder.join("written")
    }

    /// The folder of this name, which is filled if it is not there. One that is not complete has another name.
    fn once(&self, name: &str, fill: impl FnOnce(&Path)) -> PathBuf {
        let (folder, unfinished) = (self.folder.join(name), self.folder.join("unfinished"));
        if !folder.exists() {
            let _ = fs::remove_dir_all(&unfinished);
            fs::create_dir_all(&unfinished).expect("the build folder can be written to");
            fill(&unfinished);
            fs::rename(&unfinished, &folder).expect("a folder can be renamed");
        }
        folder
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Data { rows, partitions, days, many, large, limit, .. } = self;
        write!(
            f,
            "{rows} rows in {partitions} partitions, {days} and {many} files, {large} rows within {} MiB",
            limit >> 20
        )
    }
}

/// Some `rows` in `n` files of a folder. `part` makes so many of them.
fn write(
    folder: &Path,
    n: usize,
    rows: usize,
    mut part: impl FnMut(&mut Draw, usize) -> PolarsResult<DataFrame>,
) {
    fs::create_dir_all(folder).expect("the build folder can be written to");
    for i in 0..n {
        let rows = (i + 1) * rows / n - i * rows / n;
        let mut part = part(&mut Draw::from(i as u64), rows).expect("columns of one height");
        let file = File::create(folder.join(format!("part-{i:04}.parquet")));
        let file = file.expect("the build folder can be written to");
        ParquetWriter::new(file).finish(&mut part).expect("a file can be written");
    }
}

fn texts(ids: &[i64], text: impl Fn(i64) -> String) -> StringChunked {
    StringChunked::from_iter_values(PlSmallStr::EMPTY, ids.iter().map(|id| text(*id)))
}

/// Values at random, the same in every run.
struct Draw(Xoshiro256PlusPlus);

impl Draw {
    fn from(seed: u64) -> Self {
        Draw(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    fn numbers(&mut self, low: i64, high: i64, n: usize) -> Vec<i64> {
        (0..n).map(|_| self.0.random_range(low..=high)).collect()
    }

    fn floats(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.0.random_range(0.0..100.0)).collect()
    }

    /// So many numbers from `low`, each once.
    fn shuffled(&mut self, low: i64, n: i64) -> Vec<i64> {
        let mut numbers: Vec<i64> = (low..low + n).collect();
        numbers.shuffle(&mut self.0);
        numbers
    }
}
