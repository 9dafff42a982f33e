//! Text as JSON carries it, also within a page.

use std::fmt::{Display, Write as _};

/// A string in quotation marks. `<`, `>` and `&` are written as escapes, so that no text can end the element of a page it stands in.
pub(super) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '<' | '>' | '&' | '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", char as u32);
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A list of what is printed as it stands.
pub(super) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let mut out = String::from("[");
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        let _ = write!(out, "{item}");
    }
    out.push(']');
    out
}

/// A list of strings.
pub(super) fn strings<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    list(items.into_iter().map(string))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_string_ends_it_or_its_element() {
        assert_eq!(string("a\"b\\c\n"), r#""a\"b\\c\u000a""#);
        assert_eq!(string("</script>&"), r#""\u003c/script\u003e\u0026""#);
    }
}
