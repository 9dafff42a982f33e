//! Sources and sinks, one a file.

mod csv;
mod folders;
mod ipc;
mod ndjson;
mod parquet;
mod paths;
mod tables;
pub(crate) mod write;

pub use ipc::ReadIpc;
pub use parquet::{PartitionBy, ReadParquet};
pub use write::Written;
