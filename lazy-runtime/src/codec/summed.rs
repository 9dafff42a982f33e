//! Bytes that are counted and summed on their way to a file and back.

use std::io::{self, Read, Write};

use twox_hash::XxHash3_128;

use super::chunked::CHUNK;

/// A writer or reader, and the checksum (XXH3-128) of what went through.
pub(crate) struct Summed<F> {
    file: F,
    hasher: XxHash3_128,
    bytes: u64,
    limit: u64,
}

impl<F> Summed<F> {
    pub(crate) fn new(file: F) -> Self {
        Summed::up_to(u64::MAX, file)
    }

    /// One that refuses to write more than this.
    pub(crate) fn up_to(limit: u64, file: F) -> Self {
        Summed { file, hasher: XxHash3_128::new(), bytes: 0, limit }
    }

    /// Bytes that went through, or should have when there was no more room.
    pub(crate) fn n_bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn checksum(&self) -> u128 {
        self.hasher.finish_128()
    }
}

impl<F: Write> Write for Summed<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        if self.bytes > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.hasher.write(bytes);
        self.file.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl<F: Read> Read for Summed<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.bytes += count as u64;
        self.hasher.write(&buffer[..count]);
        Ok(count)
    }
}

/// The checksum of what a reader has left, and how many bytes that is.
pub(crate) fn checksum_of(reader: impl Read) -> io::Result<(u128, u64)> {
    let mut summed = Summed::new(reader);
    let mut buffer = vec![0; CHUNK];
    while summed.read(&mut buffer)? > 0 {}
    Ok((summed.checksum(), summed.n_bytes()))
}
