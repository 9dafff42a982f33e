use lazy_runtime::prelude::*;
use std::borrow::Cow;
use std::path::Path;
use std::str::Chars;

#[delayed]
fn first_word(line: &str) -> &str {
    line.split(' ').next().unwrap_or(line)
}

#[delayed]
fn longest<'a>(lines: &'a [String]) -> Option<&'a String> {
    lines.iter().max_by_key(|line| line.len())
}

#[delayed]
fn parent(path: &Path) -> Result<&Path, String> {
    path.parent().ok_or_else(|| "no parent".to_owned())
}

#[delayed]
fn clean(line: &str) -> Cow<'_, str> {
    Cow::Borrowed(line)
}

#[delayed]
fn chars<'a>(line: &'a str) -> Chars<'a> {
    line.chars()
}

fn main() {
    let _ = first_word("a b").compute();
    let _ = longest(vec![String::new()]);
    let _ = parent(std::path::PathBuf::new());
    let _ = clean("a b").compute();
    let _ = chars("a b");
}
