//! Text as it is drawn: characters that can be shown, lines, and how wide they will be.

/// Size of labels, in pixels.
pub(crate) const FONT_SIZE: f64 = 13.0;
/// Height of one line.
pub(crate) const LINE_HEIGHT: f64 = 16.0;

/// A label is shortened in the middle beyond this many characters a line; the whole of it stays in
/// the tooltip.
const LONGEST_LINE: usize = 36;
const MOST_LINES: usize = 4;

/// The lines of a label: control characters become their pictures
/// (`␀`), tabs become spaces, long lines lose their middle, and lines beyond a few are dropped.
pub(crate) fn lines(label: &str) -> Vec<String> {
    let label = label.trim_matches(['\n', '\r']);
    if label.is_empty() {
        return Vec::new();
    }
    let mut lines: Vec<String> =
        label.lines().take(MOST_LINES).map(|line| shortened(&printable(line))).collect();
    if label.lines().nth(MOST_LINES).is_some()
        && let Some(last) = lines.last_mut()
    {
        last.push('…');
    }
    lines
}

/// The label with every character that neither XML nor DOT can carry replaced by its picture.
/// Line ends are kept.
pub(crate) fn printable(label: &str) -> String {
    label.chars().filter(|&char| char != '\r').map(shown).collect()
}

fn shown(char: char) -> char {
    match char {
        '\n' => '\n',
        '\t' => ' ',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + char as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        other => other,
    }
}

fn shortened(line: &str) -> String {
    let length = line.chars().count();
    if length <= LONGEST_LINE {
        return line.to_owned();
    }
    let tail = LONGEST_LINE / 3;
    let head = LONGEST_LINE - 1 - tail;
    let chars = line.chars();
    chars.clone().take(head).chain(['…']).chain(chars.skip(length - tail)).collect()
}

/// Advance widths of the printable ASCII characters of a common sans-serif face, in thousandths
/// of its size. Faces differ by a tenth; shapes are padded by more than that.
#[rustfmt::skip]
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, //   ! " # ... /
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, // 0 1 2 3 ... ?
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, // @ A B C ... O
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, // P Q R S ... _
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, // ` a b c ... o
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,      // p q r s ... ~
];

/// Width of one line at `size` pixels, estimated.
pub(crate) fn width(line: &str, size: f64) -> f64 {
    let total: u32 = line.chars().map(advance).sum();
    f64::from(total) * size / 1000.0
}

fn advance(char: char) -> u32 {
    match char {
        ' '..='~' => u32::from(WIDTHS[char as usize - 32]),
        // Marks that sit on the character before them, joiners and variation selectors.
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        // Wide scripts (Chinese, Japanese, Korean) and their full-width forms.
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' => 1000,
        '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' => 1000,
        // Emoji are set a little wider than their size by most faces.
        '\u{2600}'..='\u{27bf}' | '\u{1f000}'.. => 1250,
        _ => 650,
    }
}

/// A number with its thousands apart: `999,999`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn wide_characters_are_as_wide_as_they_are_tall() {
        assert_eq!(width("語", 10.0), 10.0);
        assert_eq!(width("ii", 10.0), 4.44);
        assert!(width("e\u{301}", 10.0) == width("e", 10.0));
    }

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(printable("a\0b\u{1b}c\td\r\ne"), "a␀b␛c d\ne");
    }

    #[test]
    fn long_lines_lose_their_middle() {
        let line = &lines(&"x".repeat(500))[0];
        assert_eq!(line.chars().count(), LONGEST_LINE);
        assert!(line.contains('…'));
    }

    #[test]
    fn labels_break_at_line_ends() {
        assert_eq!(lines("a\nb"), ["a", "b"]);
        assert_eq!(lines("\n").len(), 0);
        assert_eq!(lines("1\n2\n3\n4\n5"), ["1", "2", "3", "4…"]);
    }
}
