//! interim
use crate::codec::{Codec, CodecError};
use std::any::Any;
pub(crate) struct SpillFolder;
pub(crate) struct SpillFile(Vec<u8>);
impl SpillFolder {
    pub(crate) fn new(_: std::path::PathBuf) -> Self {
        SpillFolder
    }
    pub(crate) fn write(&self, codec: &Codec, value: &dyn Any) -> Result<SpillFile, CodecError> {
        let mut v = Vec::new();
        (codec.encode)(value, &mut v)?;
        Ok(SpillFile(v))
    }
}
impl SpillFile {
    pub(crate) fn read(&self, codec: &Codec) -> Result<Box<dyn Any + Send + Sync>, CodecError> {
        (codec.decode)(&self.0)
    }
}
