//! Values that count their bytes.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Some bytes, counted from before they are allocated until they are dropped.
pub(crate) struct Chunk {
    bytes: Vec<u8>,
}

/// Bytes alive now.
pub(crate) fn live() -> usize {
    LIVE.load(SeqCst)
}

/// The most bytes that were ever alive at once.
pub(crate) fn peak() -> usize {
    PEAK.load(SeqCst)
}

impl Chunk {
    /// So many bytes, made by the function.
    pub(crate) fn new(size: usize, make: impl FnOnce() -> Vec<u8>) -> Self {
        PEAK.fetch_max(LIVE.fetch_add(size, SeqCst) + size, SeqCst);
        let bytes = make();
        assert_eq!(bytes.len(), size);
        Chunk { bytes }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Clone for Chunk {
    fn clone(&self) -> Self {
        Chunk::new(self.bytes.len(), || self.bytes.clone())
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        LIVE.fetch_sub(self.bytes.len(), SeqCst);
    }
}
