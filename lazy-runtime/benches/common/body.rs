//! What tasks do: a settable number of multiplications, which no compiler can shorten.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::clock::{Span, median, timed};

const K: u64 = 0x9E37_79B9_7F4A_7C15;

static ITERATIONS: AtomicU64 = AtomicU64::new(0);

/// Sets the length of every body from now on.
pub(crate) fn set_iterations(iterations: u64) {
    ITERATIONS.store(iterations, Relaxed);
}

/// Joins two values to one; the order matters.
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    (a ^ b).wrapping_mul(K)
}

/// The body of a task.
pub(crate) fn work(x: u64) -> u64 {
    multiply(x, ITERATIONS.load(Relaxed))
}

/// So many chains keep the multiplier busy. While it waits for the last of a single one, the processor would already do what comes
/// after the body, and the cost of a short task would hide behind its work.
const CHAINS: usize = 8;

fn multiply(x: u64, iterations: u64) -> u64 {
    if iterations == 0 {
        return x;
    }
    let mut chains: [u64; CHAINS] = std::array::from_fn(|chain| x ^ chain as u64);
    for _ in 0..iterations {
        chains = chains.map(|x| (x ^ (x >> 31)).wrapping_mul(K));
    }
    chains.into_iter().fold(0, |x, y| x ^ y)
}

/// How many iterations a processor does in a microsecond.
pub(crate) fn iterations_per_us() -> f64 {
    const MANY: u64 = 1_000_000;
    let us = |_| timed(|| black_box(multiply(black_box(1), MANY))).1.cpu / 1e3;
    MANY as f64 / median((0..9).map(us))
}

/// So many bodies without a graph, in equal parts on so many threads: what a run would take if it cost nothing.
pub(crate) fn alone(bodies: usize, threads: usize) -> Span {
    let part = |thread: usize| {
        let bodies = bodies / threads + usize::from(thread < bodies % threads);
        (0..bodies as u64).for_each(|id| _ = black_box(work(black_box(id))));
    };
    let all = || {
        std::thread::scope(|scope| {
            (1..threads).for_each(|thread| _ = scope.spawn(move || part(thread)));
            part(0);
        });
    };
    timed(all).1
}
