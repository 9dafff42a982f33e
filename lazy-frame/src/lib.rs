//! Partitioned data on task graphs.

mod engine;
mod error;
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
pub use names::{IntoExprs, IntoNames};
pub use ops::border::Overlap;
pub use polars;
pub use series::Series;
