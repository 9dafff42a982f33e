//! Sources and sinks, one a file.

mod csv;
mod folders;
mod ipc;
mod lines;
mod ndjson;
mod parquet;
mod paths;
mod stamp;
mod tables;
mod text;
mod texts;
pub(crate) mod write;

pub use csv::ReadCsv;
pub use ipc::ReadIpc;
pub use ndjson::ReadNdjson;
pub use parquet::{PartitionBy, ReadParquet};
pub use write::Written;
