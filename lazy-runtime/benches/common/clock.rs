//! Time that passes, and time that processors spend.

use std::time::Instant;

/// How long something took, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Of processors, all threads together.
    pub(crate) cpu: f64,
    /// Of the clock on the wall.
    pub(crate) wall: f64,
}

impl Span {
    /// What was not measured.
    pub(crate) const NONE: Span = Span { cpu: f64::NAN, wall: f64::NAN };
}

/// What is measured, and how long it took; the time of processors is that of the whole process.
pub(crate) fn timed<R>(work: impl FnOnce() -> R) -> (R, Span) {
    timed_by(libc::CLOCK_PROCESS_CPUTIME_ID, work)
}

/// As [`timed`], with the time of this thread alone.
pub(crate) fn timed_here<R>(work: impl FnOnce() -> R) -> (R, Span) {
    timed_by(libc::CLOCK_THREAD_CPUTIME_ID, work)
}

fn timed_by<R>(clock: libc::clockid_t, work: impl FnOnce() -> R) -> (R, Span) {
    let (cpu, wall) = (read(clock), Instant::now());
    let result = work();
    let wall = wall.elapsed().as_nanos() as f64;
    (result, Span { cpu: read(clock) - cpu, wall })
}

fn read(clock: libc::clockid_t) -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// The one in the middle; of an even number, the upper one of the two.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
