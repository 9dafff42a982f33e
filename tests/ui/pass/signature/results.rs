//! Every form of result.

use lazy_runtime::prelude::*;
use std::num::ParseIntError;

type Parsed<T> = std::result::Result<T, ParseIntError>;

#[delayed]
fn nothing(_line: &str) {}

#[delayed]
fn unit() -> () {}

#[delayed]
fn plain(x: i64) -> i64 {
    x
}

#[delayed]
fn lives_forever() -> &'static str {
    "forever"
}

#[delayed]
fn pair(xs: Vec<f64>) -> (Vec<f64>, Vec<f64>) {
    (xs.clone(), xs)
}

#[delayed]
fn parse(line: &str) -> Result<i64, ParseIntError> {
    line.trim().parse()
}

#[delayed]
fn read(path: &std::path::Path) -> std::io::Result<String> {
    std::fs::read_to_string(path)
}

#[delayed(fallible)]
fn parse_by_alias(line: &str) -> Parsed<i64> {
    line.trim().parse()
}

#[delayed(infallible)]
fn parse_to_result(line: &str) -> Result<i64, ParseIntError> {
    line.trim().parse()
}

#[delayed]
fn boxed() -> Box<dyn Fn(i64) -> i64 + Send + Sync> {
    Box::new(|x| x + 1)
}

fn main() {
    let _: Delayed<()> = nothing("x");
    let _: Delayed<()> = unit();
    let _: Delayed<i64> = plain(4);
    let _: Delayed<&'static str> = lives_forever();
    let _: Delayed<(Vec<f64>, Vec<f64>)> = pair(vec![1.0]);
    let _: Delayed<i64> = parse("4");
    let _: Delayed<String> = read(std::path::PathBuf::from("a.txt"));
    let _: Delayed<i64> = parse_by_alias("4");
    let _: Delayed<Result<i64, ParseIntError>> = parse_to_result("4");
    let _: Delayed<Box<dyn Fn(i64) -> i64 + Send + Sync>> = boxed();
}
