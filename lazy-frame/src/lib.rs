//! Partitioned data frames on Polars: lazy, parallel, larger than memory.
//!
//! A [`Frame`] is a table in partitions, each a Polars `DataFrame` that a task of a graph makes; a [`Series`] is one column of it. Their methods are
//! those of Dask's and of Polars' data frames, their expressions Polars' own. They build a plan and compute nothing;
//! [`compute`](lazy_runtime::Collection::compute) runs it on all cores, [`persist`](lazy_runtime::Collection::persist) keeps the partitions,
//! [`visualize`](lazy_runtime::Collection::visualize) draws the tasks.
//!
//! ```
//! use lazy_frame::datasets;
//! use lazy_frame::prelude::*;
//!
//! let df = datasets::timeseries().end("2000-01-04").freq("1m").seed(7).build()?; // 3 partitions, a day each
//! let spread = df.filter(col("y").gt(lit(0.0))).group_by("name").agg([col("x").std(1)]);
//! println!("{spread}"); // its structure: nothing has run yet
//! let widest = spread.top_k(3, "x", Default::default());
//! assert_eq!(widest.compute()?.shape(), (3, 2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is where
//!
//! - Sources: [`Frame::read_csv`], [`Frame::read_parquet`], [`Frame::read_ipc`], [`Frame::read_ndjson`], [`Frame::from_polars`], [`Frame::from_delayed`],
//!   [`Frame::from_map`], [`datasets::timeseries`]. Sinks: [`Frame::write_parquet`], [`Frame::write_csv`], [`Frame::write_ipc`].
//! - Steps: [`Frame::select`], [`Frame::filter`], [`Frame::group_by`], [`Frame::join`], [`Frame::sort`] and others. Row-wise ones are one task a partition
//!   together; others become reductions, shuffles, or hand rows on to neighbours.
//! - Partitions: [`Frame::repartition`], [`Frame::divisions`], [`Frame::map_partitions`]; [`Frame::to_delayed`] gives them to `#[delayed]` functions.
//! - [`Frame::explain`] shows the plan as written and as it runs.
//!
//! The guide has more: `docs/frames.md` for those who know Dask or pandas, `docs/polars.md` for those who know Polars, and `docs/methods.md` with all methods.
//!
//! # Mistakes
//!
//! Methods return frames, not results. The first mistake, such as a column that is not there, is kept, and comes out of whatever asks for a result next, before any
//! task runs: [`Frame::schema`], `compute`, `persist`, `visualize`. It names the step, the columns there are, and the line.
//!
//! ```
//! use lazy_frame::polars::df;
//! use lazy_frame::prelude::*;
//!
//! let df = Frame::from_polars(df!["x" => [1, 2]]?, 2);
//! let message = df.select([col("z")]).head(5).compute().unwrap_err().to_string();
//! assert!(message.starts_with("select: there is no column `z`; the columns are x: i32\n  at "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Larger than memory
//!
//! With a [`memory_limit`](lazy_runtime::RuntimeBuilder::memory_limit) partitions that wait, and the rows of sorts, shuffles and joins, go to disk and come back.
//! Without one they stay in memory.
//!
//! # Limits
//!
//! - Expressions that need all rows, such as `rank` and `reverse`, are refused, with a message that says what to use.
//! - Groups, and rows after a join or a shuffle, come in no promised order.
//! - A partition has fewer than 2^32 rows, and fits into memory together with what a step makes of it.
//! - Which features of Polars there are is told by this crate's dependency; yours adds others.

// In the order in which a step becomes tasks; a module may use what stands before it.
mod error;
mod engine;
mod divisions;
mod names;
mod aggregate;
mod shuffle;
mod plan;
mod ops;
mod frame;
mod series;
mod group_by;
mod io;
pub mod datasets;
pub mod prelude;

pub use divisions::Divisions;
pub use error::{Error, FileError, Result, StepError};
pub use frame::divisions::IntoBounds;
pub use frame::repartition::concat;
pub use frame::{Frame, Rolling, WriteCsv, WriteIpc, WriteParquet};
pub use group_by::{GroupBy, GroupByColumn};
pub use io::{PartitionBy, ReadCsv, ReadIpc, ReadNdjson, ReadParquet, Written};
pub use names::{IntoExpr, IntoExprs, IntoNames};
pub use ops::border::Overlap;
pub use polars;
pub use series::Series;

/// The programs of the guide compile and run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/frames.md")]
#[doc = include_str!("../../docs/polars.md")]
struct Guide;
