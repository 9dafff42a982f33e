//! Sources and sinks, one a file.

mod csv;
mod ipc;
mod ndjson;
mod parquet;
mod paths;
mod write;
