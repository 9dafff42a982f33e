//! Resident memory of this process, in bytes; 0 where the system does not tell.

/// What it holds now.
pub(crate) fn now() -> f64 {
    status("VmRSS:")
}

/// The most it ever held.
pub(crate) fn peak() -> f64 {
    status("VmHWM:")
}

fn status(field: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.unwrap_or(0.0) * 1024.0
}
