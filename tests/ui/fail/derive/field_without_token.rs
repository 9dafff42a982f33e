use lazy_runtime::prelude::*;

struct Date {
    days: u64,
}

#[derive(Tokenize)]
struct Settings {
    rate: f64,
    since: Date,
    progress: fn(f64),
}

#[derive(Tokenize)]
enum Span {
    Always,
    Since(Option<Date>),
}

fn main() {}
