//! Where the lines of a text end, and where a long text may be cut.
//!
//! A line end within quotes is none: a line is a row, and may go over several lines of the file. Whether a place is
//! within quotes is known from the number of quotes before it, a doubled quote being two of them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

use polars::prelude::PlSmallStr;

/// What ends a line, and what hides that.
#[derive(Clone, Debug)]
pub(crate) struct LineRules {
    pub(crate) end: u8,
    pub(crate) quote: Option<u8>,
    /// A line that begins so is no row, and its quotes are none.
    pub(crate) comment: Option<PlSmallStr>,
    pub(crate) blank_is_row: bool,
}

/// A line, with its end.
pub(crate) struct Line<'a> {
    pub(crate) text: &'a [u8],
    /// How many bytes are before it.
    pub(crate) at: u64,
    /// Its number in the file, from 1.
    pub(crate) number: u64,
}

/// The lines of an input, one after the other.
pub(crate) struct Lines<'r, R> {
    input: R,
    rules: &'r LineRules,
    line: Vec<u8>,
    at: u64,
    number: u64,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl<'r, R: BufRead> Lines<'r, R> {
    /// `at` is where the input begins in its file: a byte order mark is skipped at the start.
    pub(crate) fn new(input: R, at: u64, rules: &'r LineRules) -> Self {
        Lines { input, rules, line: Vec::new(), at, number: 1 }
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let number = self.number;
        self.line.clear();
        let mut quoted = false;
        loop {
            let from = self.line.len();
            if self.input.read_until(self.rules.end, &mut self.line)? == 0 {
                break;
            }
            if self.at == 0 && from == 0 && self.line.starts_with(BYTE_ORDER_MARK) {
                self.line.drain(..BYTE_ORDER_MARK.len());
                self.at = BYTE_ORDER_MARK.len() as u64;
            }
            self.number += 1;
            quoted ^= self.rules.opens_quote(&self.line[from..]);
            if !quoted || from == 0 && self.rules.is_comment(&self.line) {
                break;
            }
        }
        let (text, at) = (&self.line[..], self.at);
        self.at += text.len() as u64;
        Ok((!text.is_empty()).then_some(Line { text, at, number }))
    }
}

impl LineRules {
    pub(crate) fn is_comment(&self, line: &[u8]) -> bool {
        self.comment.as_ref().is_some_and(|prefix| line.starts_with(prefix.as_bytes()))
    }

    pub(crate) fn is_row(&self, line: &[u8]) -> bool {
        !self.is_comment(line) && (self.blank_is_row || !line.trim_ascii().is_empty())
    }

    /// Whether there is a quote in the text that it does not close.
    pub(crate) fn opens_quote(&self, text: &[u8]) -> bool {
        self.quote.is_some_and(|quote| is_odd(text, quote))
    }

    /// The lines of a text, by their place in it.
    pub(crate) fn ranges(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut lines = Lines::new(text, u64::MAX / 2, self);
        let (mut ranges, mut from) = (Vec::new(), 0);
        while let Ok(Some(line)) = lines.next() {
            ranges.push(from..from + line.text.len());
            from += line.text.len();
        }
        ranges
    }

    /// The last line of a text.
    pub(crate) fn last_line<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        let mut start = text.len();
        let mut end = text.strip_suffix(&[self.end]).unwrap_or(text).len();
        let mut quoted = false;
        loop {
            let from = text[..end].iter().rposition(|byte| *byte == self.end).map_or(0, |i| i + 1);
            quoted ^= self.opens_quote(&text[from..start]);
            if !quoted || from == 0 {
                return &text[from..];
            }
            (start, end) = (from, from - 1);
        }
    }

    /// Where lines begin in a part of a file, about every `step` bytes; neither the part's start nor its end.
    ///
    /// Where there are quotes, all of them before the last cut are counted, which takes about as long as reading the
    /// file; where there are comments too, the part is read line by line.
    pub(crate) fn cuts(&self, file: File, part: Range<u64>, step: u64) -> io::Result<Vec<u64>> {
        match (self.quote, &self.comment) {
            (None, _) => self.cuts_anywhere(file, part, step),
            (Some(quote), None) => self.cuts_outside(quote, file, part, step),
            (Some(_), Some(_)) => self.cuts_by_line(file, part, step),
        }
    }

    fn cuts_anywhere(&self, file: File, part: Range<u64>, step: u64) -> io::Result<Vec<u64>> {
        let mut input = BufReader::new(file);
        let mut cuts = Vec::new();
        let mut cut = part.start;
        while cut + step < part.end {
            let from = cut + step - 1;
            input.seek(SeekFrom::Start(from))?;
            cut = from + input.skip_until(self.end)? as u64;
            cuts.push(cut);
        }
        Ok(before(cuts, part.end))
    }

    fn cuts_outside(
        &self,
        quote: u8,
        mut file: File,
        part: Range<u64>,
        step: u64,
    ) -> io::Result<Vec<u64>> {
        file.seek(SeekFrom::Start(part.start))?;
        let mut block = vec![0; 1 << 18];
        let (mut cuts, mut quoted) = (Vec::new(), false);
        // Where the block begins, and from where on the next line end is wanted.
        let (mut at, mut wanted) = (part.start, part.start + step - 1);
        while wanted < part.end {
            let n = file.read(&mut block)?;
            if n == 0 {
                break;
            }
            let mut known = 0;
            while wanted < at + n as u64 {
                let from = (wanted - at) as usize;
                quoted ^= is_odd(&block[known..from], quote);
                let end = block[from..n].iter().position(|byte| {
                    quoted ^= *byte == quote;
                    *byte == self.end && !quoted
                });
                known = end.map_or(n, |end| from + end + 1);
                wanted = at + known as u64;
                if end.is_some() {
                    cuts.push(wanted);
                    wanted += step - 1;
                }
            }
            quoted ^= is_odd(&block[known..n], quote);
            at += n as u64;
        }
        Ok(before(cuts, part.end))
    }

    fn cuts_by_line(&self, mut file: File, part: Range<u64>, step: u64) -> io::Result<Vec<u64>> {
        file.seek(SeekFrom::Start(part.start))?;
        let mut lines = Lines::new(BufReader::with_capacity(1 << 18, file), part.start, self);
        let (mut cuts, mut last) = (Vec::new(), part.start);
        while let Some(line) = lines.next()?.filter(|line| line.at < part.end) {
            if line.at - last >= step {
                cuts.push(line.at);
                last = line.at;
            }
        }
        Ok(cuts)
    }
}

fn before(mut cuts: Vec<u64>, end: u64) -> Vec<u64> {
    cuts.retain(|cut| *cut < end);
    cuts
}

/// Whether a byte occurs an odd number of times. Each of the lanes counts alone, which the compiler turns into one
/// instruction for many bytes: twenty times as fast as a count from byte to byte.
fn is_odd(bytes: &[u8], sign: u8) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    let mut lanes = [0; 64];
    for block in blocks {
        for (lane, byte) in lanes.iter_mut().zip(block) {
            *lane ^= u8::from(*byte == sign);
        }
    }
    let rest = rest.iter().map(|byte| u8::from(*byte == sign));
    lanes.into_iter().chain(rest).fold(0, |odd, lane| odd ^ lane) == 1
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn rules(quote: Option<u8>, comment: Option<&str>) -> LineRules {
        LineRules { end: b'\n', quote, comment: comment.map(Into::into), blank_is_row: true }
    }

    fn cuts(rules: &LineRules, text: &str, step: u64) -> Vec<u64> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        rules.cuts(file, 0..text.len() as u64, step).unwrap()
    }

    #[test]
    fn a_line_end_within_quotes_is_none() {
        let text = "a,\"b\n\"\"\n\"\nc\n\"\n\"";
        assert_eq!(cuts(&rules(Some(b'"'), None), text, 1), [10, 12]);
        assert_eq!(cuts(&rules(None, None), text, 1), [5, 8, 10, 12, 14]);
        assert_eq!(cuts(&rules(Some(b'\''), None), text, 6), [8, 14]);
    }

    #[test]
    fn a_quote_in_a_comment_is_none() {
        let text = "#\"\na\n\"\n#\"\nb\n";
        assert_eq!(cuts(&rules(Some(b'"'), Some("#")), text, 1), [3, 5, 10]);
    }

    #[test]
    fn cuts_are_the_same_across_blocks() {
        // Of the shorter ones, the first block ends within quotes.
        for row in ["\"\n\",12345\n", "\"\n\",1234\n"] {
            let text = row.repeat(60_000);
            for step in [9, 10, 11, 100_000, 262_144, 300_001] {
                let found = cuts(&rules(Some(b'"'), None), &text, step);
                assert_eq!(found, cuts(&rules(Some(b'"'), Some("#")), &text, step), "{step}");
            }
        }
    }

    #[test]
    fn quotes_are_counted_wherever_they_are() {
        for length in [0, 1, 63, 64, 65, 200] {
            let mut text = vec![b'a'; length];
            assert!(!is_odd(&text, b'"'));
            for n in 1..=length {
                text[n - 1] = b'"';
                assert_eq!(is_odd(&text, b'"'), n % 2 == 1, "{n} of {length}");
            }
        }
    }

    #[test]
    fn lines_know_their_place() {
        let rules = rules(Some(b'"'), None);
        let mut lines = Lines::new(&b"\xef\xbb\xbfa\n\"\n\"\nb"[..], 0, &rules);
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push((line.at, line.number, line.text.to_vec()));
        }
        let expected = [(3, 1, &b"a\n"[..]), (5, 2, b"\"\n\"\n"), (9, 4, b"b")];
        assert_eq!(found, expected.map(|(at, number, text)| (at, number, text.to_vec())));
    }

    #[test]
    fn the_last_line_may_hold_line_ends() {
        let rules = rules(Some(b'"'), None);
        assert_eq!(rules.last_line(b"a\nb,\"\nc\""), b"b,\"\nc\"");
        assert_eq!(rules.last_line(b"a\nb\n"), b"b\n");
        assert_eq!(rules.last_line(b"a"), b"a");
        assert_eq!(rules.last_line(b""), b"");
        assert_eq!(rules.last_line(b"a\n\n"), b"\n");
        assert_eq!(rules.last_line(b"a,\"\nb\n"), b"b\n");
        assert_eq!(rules.last_line(b"a,\"\nb"), b"b");
        // Each line is looked at once, not once for each line after it.
        let long = format!("a,\"{}", "\n".repeat(1 << 20));
        assert_eq!(rules.last_line((long.clone() + "\"").as_bytes()).len(), long.len() + 1);
    }
}
