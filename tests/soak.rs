//! Random graphs of tasks that are pure, cached or neither, with random failures, panics, cancellations, time limits and nested
//! computations, on many threads with caches, memory limits and observers for a given time, compared with the synchronous scheduler;
//! in the end nothing is left over.
//!
//! - `SOAK_SECONDS`: how long, 5 by default.
//! - `SOAK_SEED`: the seed of the first iteration; each one after it has the next. A failure tells its own.
//! - `SOAK_SLACK`: how many megabytes more the process may hold in the end than it did at the most in the first part. 24 by default; what
//!   it is for is told at `SLACK`.
//!
//! `SOAK_SECONDS=600 cargo test --release -p tests --test soak -- --nocapture` soaks for ten minutes.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use lazy_runtime::prelude::*;
use tests::{LIMIT, in_time};

#[path = "common/soak/mod.rs"]
mod common;

use common::{Runtimes, iteration, n_threads, quietly, resident, setting};

/// Megabytes that the process may grow by after the first part of the soak: for large graphs that were not yet met, whose blocks of 2 MiB
/// the library keeps, and for what the allocator keeps for each thread. One or two are common.
const SLACK: u64 = 24;

/// With fewer iterations nothing can be said of memory.
const ENOUGH: u64 = 100;

/// Tells how to do it again, unless it went well.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!(
                "to repeat: SOAK_SEED={} SOAK_SECONDS=1 cargo test -p tests --test soak",
                self.0
            );
        }
    }
}

/// What the process holds at most in the first part of the soak, and at least in the last.
#[derive(Default)]
struct Memory {
    first: u64,
    last: Option<u64>,
}

impl Memory {
    fn note(&mut self, passed: f64) {
        let Some(now) = resident() else { return };
        if passed < 0.4 {
            self.first = self.first.max(now);
        } else if passed > 0.75 {
            self.last = Some(self.last.map_or(now, |last| last.min(now)));
        }
    }
}

#[test]
fn nothing_goes_wrong_and_nothing_is_left_over() {
    quietly();
    let seconds = setting("SOAK_SECONDS").unwrap_or(5);
    let seed = setting("SOAK_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.map_or(0, |now| now.as_millis() as u64) % 1_000_000_000
    });
    eprintln!("soaking for {seconds} s from SOAK_SEED={seed}");
    start_global_threads();
    let (threads_before, mut memory) = (n_threads(), Memory::default());

    let all = Runtimes::new();
    let runtimes = all.all().to_vec();
    let (start, length) = (Instant::now(), Duration::from_secs(seconds));
    let mut done = 0;
    while done == 0 || start.elapsed() < length {
        let (told, runtimes) = (Told(seed + done), runtimes.clone());
        // On a thread of its own, whose memory must come back, too.
        in_time(move || iteration(seed + done, &runtimes));
        drop(told);
        done += 1;
        memory.note(start.elapsed().as_secs_f64() / length.as_secs_f64());
    }
    let ended = in_time(move || {
        drop(runtimes);
        all.end()
    });
    wait_for_threads(threads_before);
    ended.check();

    let (first, last) = (memory.first >> 20, memory.last.unwrap_or_default() >> 20);
    eprintln!("{done} iterations; at most {first} MB in the first part, {last} MB in the last");
    let slack = setting("SOAK_SLACK").unwrap_or(SLACK);
    assert!(done < ENOUGH || last <= first + slack, "{last} MB after {first} MB");
}

/// Starts what lasts as long as the process: the default runtime and rayon's own pool.
fn start_global_threads() {
    assert_eq!((delayed(1) + 1).compute().expect("nothing fails"), 2);
    rayon::join(|| (), || ());
}

/// Fails if there remain more threads than there were.
fn wait_for_threads(before: Option<usize>) {
    let start = Instant::now();
    while n_threads() > before {
        let now = n_threads();
        assert!(start.elapsed() < LIMIT, "there are {now:?} threads, there were {before:?}");
        thread::sleep(Duration::from_millis(1));
    }
}
