use lazy_runtime::prelude::*;
use std::borrow::Cow;

struct Parser<'a>(&'a str);

#[delayed]
fn clean(line: Cow<'_, str>) -> String {
    line.into_owned()
}

#[delayed]
fn join(words: Vec<&str>, by: &[&str]) -> String {
    words.join(by[0])
}

#[delayed]
fn run<'a>(parser: Parser<'a>, other: &Parser<'a>) -> usize {
    parser.0.len() + other.0.len()
}

fn main() {
    let line = String::from("a b");
    let _ = clean(Cow::Borrowed(&line));
    let _ = join(vec![&line], &[&line]);
    let _ = run(Parser(&line), Parser(&line));
}
