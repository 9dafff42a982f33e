//! [`WriteIpc`].

use polars::prelude::*;

use super::Sink;
use crate::io::write::Format;

/// Arrow IPC files to be written: made by [`Frame::write_ipc`](crate::Frame::write_ipc), and written by `compute`.
#[derive(Clone)]
#[must_use = "nothing is written before `compute`"]
pub struct WriteIpc(pub(super) Sink);

impl WriteIpc {
    /// How the columns are compressed; not at all by default.
    pub fn compression(self, compression: Option<IpcCompression>) -> Self {
        WriteIpc(self.0.with(|target| match &mut target.format {
            Format::Ipc(options) => options.compression = compression,
            _ => unreachable!("the format is that of the method"),
        }))
    }
}
