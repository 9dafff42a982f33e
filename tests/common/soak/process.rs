//! What the system says of this process, and what it was told.

use std::fs::read_to_string;

/// Bytes of a page as `/proc` counts them, on the systems where the soak looks there.
const PAGE: u64 = 4096;

/// Bytes that the process holds in memory; `None` where the system does not say.
pub(crate) fn resident() -> Option<u64> {
    let sizes = read_to_string("/proc/self/statm").ok()?;
    sizes.split(' ').nth(1)?.parse::<u64>().ok().map(|pages| pages * PAGE)
}

/// Threads of the process; `None` where the system does not say.
pub(crate) fn n_threads() -> Option<usize> {
    let status = read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Threads:"))?;
    line.trim().parse().ok()
}

/// A number from the environment.
pub(crate) fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} should be a number, not `{text}`")))
}
