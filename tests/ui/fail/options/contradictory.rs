use lazy_runtime::prelude::*;

#[delayed(fallible, infallible)]
fn parse(line: &str) -> Result<i64, std::num::ParseIntError> {
    line.parse()
}

#[delayed(fallible)]
fn print(line: String) {
    println!("{line}");
}

#[delayed(fallible)]
fn count(line: &str) -> usize {
    line.len()
}

#[delayed(eager = "double")]
fn double(x: i64) -> i64 {
    2 * x
}

fn main() {
    let _ = parse("4");
    let _ = print("4");
    let _ = count("4");
    let _ = double(4);
}
