//! Text files in parts that end at line ends.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::PolarsError;
use polars_io::utils::compression::{ByteSourceReader, SupportedCompression};

use super::lines::{LineRules, Lines};
use super::stamp::{self, Stamp};
use crate::error::FileError;

/// A file of lines, which may be compressed.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) path: PathBuf,
    stamp: Stamp,
    compression: Option<SupportedCompression>,
}

impl TextFile {
    /// The file, which has to be there and must not be empty.
    pub(crate) fn find(path: &Path) -> Result<Self, FileError> {
        let stamp = Stamp::of(path)?;
        let mut start = Vec::new();
        let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
        read.map_err(|e| FileError::of(path, "read the file", e))?;
        match start[..] {
            [] => Err(FileError::new(path, "the file is empty")),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                Err(FileError::new(path, "the file is UTF-16, expected UTF-8: convert it"))
            }
            _ => Ok(TextFile { path: path.to_owned(), stamp, compression: compression(&start) }),
        }
    }

    /// Its text from a place on.
    pub(crate) fn open(&self, at: u64) -> Result<Box<dyn BufRead>, FileError> {
        self.open_at(at).map_err(|e| self.unreadable(e))
    }

    fn open_at(&self, at: u64) -> io::Result<Box<dyn BufRead>> {
        let mut file = File::open(&self.path)?;
        if self.compression.is_none() {
            file.seek(SeekFrom::Start(at))?;
            return Ok(Box::new(BufReader::with_capacity(1 << 16, file)));
        }
        let file = BufReader::new(file);
        let mut text: Box<dyn Read> = match ByteSourceReader::try_new(file, self.compression)? {
            ByteSourceReader::Gzip(text) => Box::new(text),
            ByteSourceReader::Zlib(text) => Box::new(text),
            ByteSourceReader::Zstd(text) => Box::new(text),
            ByteSourceReader::UncompressedStream(_)
            | ByteSourceReader::UncompressedMemory { .. } => {
                unreachable!("a compressed file has a decoder")
            }
        };
        io::copy(&mut text.by_ref().take(at), &mut io::sink())?;
        Ok(Box::new(BufReader::with_capacity(1 << 16, text)))
    }

    pub(crate) fn unreadable(&self, error: io::Error) -> FileError {
        FileError::of(&self.path, "read the file", error)
    }

    /// The number of the line that begins at a place, from 1.
    pub(crate) fn line_number(&self, at: u64, end: u8) -> Result<u64, FileError> {
        let mut text = self.open(0)?.take(at);
        let mut number = 1;
        let mut block = vec![0; 1 << 16];
        loop {
            match text.read(&mut block).map_err(|e| self.unreadable(e))? {
                0 => return Ok(number),
                n => number += block[..n].iter().filter(|byte| **byte == end).count() as u64,
            }
        }
    }

    /// Where the first `n` rows end that begin at a place, and how many rows there are up to there.
    pub(crate) fn end_of_rows(
        &self,
        at: u64,
        n: usize,
        rules: &LineRules,
    ) -> Result<(u64, usize), FileError> {
        let mut lines = Lines::new(self.open(at)?, at, rules);
        let (mut end, mut rows) = (at, 0);
        while rows < n {
            let Some(line) = lines.next().map_err(|e| self.unreadable(e))? else { break };
            rows += usize::from(rules.is_row(line.text));
            end = line.at + line.text.len() as u64;
        }
        Ok((end, rows))
    }

    /// Cuts the text from `start` on into parts of about `bytes` bytes. What is compressed is one part.
    pub(crate) fn parts(
        self: &Arc<Self>,
        start: u64,
        end: Option<u64>,
        bytes: u64,
        rules: &LineRules,
    ) -> Result<Vec<Part>, FileError> {
        let whole = end.is_none();
        let (end, cuts) = match self.compression {
            Some(_) => (end.unwrap_or(u64::MAX), Vec::new()),
            None => {
                let end = end.unwrap_or(self.stamp.bytes).max(start);
                (end, self.cuts(start..end, bytes, rules).map_err(|e| self.unreadable(e))?)
            }
        };
        let starts: Vec<_> = [start].into_iter().chain(cuts).collect();
        let ends = starts[1..].iter().copied().chain([end]);
        let part = |(start, to): (&u64, u64)| Part {
            file: self.clone(),
            range: *start..to,
            is_last: whole && to == end,
        };
        Ok(starts.iter().zip(ends).map(part).collect())
    }

    fn cuts(&self, part: Range<u64>, bytes: u64, rules: &LineRules) -> io::Result<Vec<u64>> {
        let length = part.end - part.start;
        match length.div_ceil(bytes) {
            0 | 1 => Ok(Vec::new()),
            n => rules.cuts(File::open(&self.path)?, part, length.div_ceil(n)),
        }
    }
}

/// How a file is compressed that begins so. A text may begin as a compressed file does, such as `x^2`, but goes on as a
/// text.
fn compression(start: &[u8]) -> Option<SupportedCompression> {
    let is_text = start.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    SupportedCompression::check(start).filter(|_| !is_text)
}

/// Lines of a file.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) file: Arc<TextFile>,
    range: Range<u64>,
    /// Whether the file ends here.
    pub(crate) is_last: bool,
}

impl Part {
    /// Puts its text after what is in `text`.
    pub(crate) fn read(&self, text: &mut Vec<u8>) -> Result<(), FileError> {
        let length = self.range.end - self.range.start;
        let unreadable = |e| self.file.unreadable(e);
        self.file.stamp.check(&self.file.path)?;
        if self.file.compression.is_some() {
            let mut rest = self.file.open(self.range.start)?.take(length);
            return rest.read_to_end(text).map(|_| ()).map_err(unreadable);
        }
        let mut file = File::open(&self.file.path).map_err(unreadable)?;
        file.seek(SeekFrom::Start(self.range.start)).map_err(unreadable)?;
        text.reserve_exact(length as usize);
        let read = file.take(length).read_to_end(text).map_err(unreadable)?;
        match read as u64 == length {
            true => Ok(()),
            false => Err(stamp::changed(&self.file.path)),
        }
    }

    /// The same, up to the end of the first `n` rows.
    pub(crate) fn read_rows(
        &self,
        n: usize,
        rules: &LineRules,
        text: &mut Vec<u8>,
    ) -> Result<(), FileError> {
        let (end, _) = self.file.end_of_rows(self.range.start, n, rules)?;
        let range = self.range.start..end.min(self.range.end);
        Part { file: self.file.clone(), range, is_last: false }.read(text)
    }

    /// The number in the file of the line that begins at a place of this part's text.
    pub(crate) fn line_number(&self, at: usize, end: u8) -> Result<u64, FileError> {
        self.file.line_number(self.range.start + at as u64, end)
    }
}

/// The files in a line: `data/*.csv (3 files, 12 MiB)`.
pub(crate) fn describe(pattern: &Path, parts: &[Part]) -> String {
    let mut files: Vec<_> = parts.iter().map(|part| &part.file).collect();
    files.dedup_by(|a, b| Arc::ptr_eq(a, b));
    let bytes: u64 = files.iter().map(|file| file.stamp.bytes).sum();
    let count = match files.len() {
        1 => String::new(),
        n => format!("{n} files, "),
    };
    format!("{} ({count}{})", pattern.display(), size(bytes))
}

fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let power = (bytes.max(1).ilog2() / 10).min(units.len() as u32);
    match power {
        0 => format!("{bytes} B"),
        power => {
            let number = bytes as f64 / (1_u64 << (10 * power)) as f64;
            let decimals = usize::from(number < 9.95);
            format!("{number:.decimals$} {}", units[power as usize - 1])
        }
    }
}

/// The first of some lines with which something fails, found by halving; `None` if it does not fail with all of them.
pub(crate) fn first_bad(
    lines: &[Range<usize>],
    fails: impl Fn(Range<usize>) -> bool,
) -> Option<Range<usize>> {
    let fails = |lines: &[Range<usize>]| fails(lines[0].start..lines[lines.len() - 1].end);
    if lines.is_empty() || !fails(lines) {
        return None;
    }
    let mut bad = lines;
    while bad.len() > 1 {
        let (first, second) = bad.split_at(bad.len() / 2);
        bad = if fails(first) { first } else { second };
    }
    Some(bad[0].clone())
}

/// As an error of a task; the text is that of the `FileError`, which is its source.
impl From<FileError> for PolarsError {
    fn from(error: FileError) -> Self {
        io::Error::other(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let shown = [0, 1023, 1024, 12 << 20, (3 << 30) + (1 << 29), 1 << 50].map(size);
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KiB", "12 MiB", "3.5 GiB", "1024 TiB"]);
    }

    #[test]
    fn halving_finds_the_first_bad_line() {
        let lines: Vec<_> = (0..9).map(|i| i..i + 1).collect();
        for bad in 0..9 {
            let fails = |part: Range<usize>| part.contains(&bad) || part.contains(&8);
            assert_eq!(first_bad(&lines, fails), Some(bad..bad + 1));
        }
        assert_eq!(first_bad(&lines, |_| false), None);
        assert_eq!(first_bad(&[], |_| true), None);
    }
}
