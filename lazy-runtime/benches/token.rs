//! What a token costs: nanoseconds for small values, gigabytes a second for large ones, beside a plain pass over the same bytes.
//!
//! `cargo bench -p lazy-runtime --bench token -- [mib=64] [repetitions=5] [only=small,large]`. The README beside says how to read
//! the tables.

#![allow(clippy::print_stdout, reason = "a bench prints its tables")]

#[path = "common/mod.rs"]
mod common;

use std::collections::HashMap;
use std::hint::black_box;

use common::clock::{median, timed_here};
use common::options::Options;
use common::table::{Table, figure};
use lazy_runtime::{Tokenize, token};

fn main() {
    let Some(options) = Options::given(&["mib", "repetitions", "only"]) else { return };
    if options.wants("small") {
        small(&options);
    }
    if options.wants("large") {
        large(&options);
    }
}

/// What a function of a few parameters may be called with.
#[derive(Tokenize)]
struct Settings {
    rate: f64,
    depth: u32,
    folds: Option<u16>,
    kernel: Kernel,
    seed: u64,
}

#[derive(Tokenize)]
#[allow(dead_code, reason = "one of them is measured")]
enum Kernel {
    Linear,
    Gaussian { width: f64 },
}

fn small(options: &Options) {
    let title = "token of a small value: CPU time, ns";
    let table = Table::new(title, 24, &[("value", ""), ("token", "ns")]);
    let row = |name: &str, nanoseconds: f64| table.row([name, &figure(nanoseconds)]);
    let settings = Settings {
        rate: 0.5,
        depth: 4,
        folds: Some(5),
        kernel: Kernel::Gaussian { width: 1.0 },
        seed: 7,
    };
    row("(i64, u32)", each(options, &(4_i64, 5_u32)));
    row("a struct of five", each(options, &settings));
    row("&str of 10 bytes", each(options, &"2026-01.gz"));
    row("String of 100 bytes", each(options, &"x".repeat(100)));
    row("[f64; 16]", each(options, &[0.5; 16]));
    row("Vec<f64> of 100", each(options, &vec![0.5; 100]));
    row("Vec<String> of 10", each(options, &vec!["2026-01.gz".to_owned(); 10]));
    row(
        "HashMap<u32, f64> of 10",
        each(options, &(0..10).map(|n| (n, 0.5)).collect::<HashMap<u32, f64>>()),
    );
}

/// What the token of this value takes, in a loop.
fn each<T: Tokenize>(options: &Options, value: &T) -> f64 {
    const TIMES: u32 = 1_000_000;
    let measured = (0..options.or("repetitions", 5)).map(|_| {
        let ((), span) = timed_here(|| {
            for _ in 0..TIMES {
                black_box(token(black_box(value)));
            }
        });
        span.cpu / f64::from(TIMES)
    });
    median(measured)
}

fn large(options: &Options) {
    let mib: usize = options.or("mib", 64);
    let title = format!("token of {mib} MiB: CPU time, GB/s");
    let columns = [("value", ""), ("token", "GB/s"), ("copy", "GB/s"), ("sum", "GB/s")];
    let table = Table::new(&title, 10, &columns);
    let numbers = vec![0.5_f64; (mib << 20) / size_of::<f64>()];
    let text = "x".repeat(mib << 20);
    let row = |name: &str, figures: [f64; 3]| {
        table.row([name.to_owned()].into_iter().chain(figures.map(figure)));
    };
    let sum = || {
        numbers.as_chunks::<8>().0.iter().fold([0.0; 8], |mut sums, chunk| {
            sums.iter_mut().zip(chunk).for_each(|(sum, number)| *sum += number);
            sums
        })
    };
    let words_sum = || {
        let words = text.as_bytes().as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
        words.fold(0_u64, u64::wrapping_add)
    };
    let size = mib << 20;
    row(
        "Vec<f64>",
        [
            rate(options, size, || token(&numbers)),
            copy_rate(options, &numbers),
            rate(options, size, sum),
        ],
    );
    row(
        "String",
        [
            rate(options, size, || token(&text)),
            copy_rate(options, text.as_bytes()),
            rate(options, size, words_sum),
        ],
    );
}

/// How fast a pass over so many bytes is.
fn rate<R>(options: &Options, bytes: usize, pass: impl Fn() -> R) -> f64 {
    let measured = (0..options.or("repetitions", 5)).map(|_| {
        let (_, span) = timed_here(|| black_box(pass()));
        bytes as f64 / span.cpu
    });
    median(measured)
}

/// How fast the items are copied, into memory that was written to before.
fn copy_rate<T: Copy>(options: &Options, items: &[T]) -> f64 {
    let mut copy = items.to_vec();
    let measured = (0..options.or("repetitions", 5)).map(|_| {
        let ((), span) = timed_here(|| black_box(&mut copy).copy_from_slice(black_box(items)));
        size_of_val(items) as f64 / span.cpu
    });
    median(measured)
}
