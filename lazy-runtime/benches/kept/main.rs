//! What it costs to keep results: pure calls, the cache in memory, the cache on disk, and a memory limit, each beside a yardstick.
//!
//! `cargo bench -p lazy-runtime --bench kept -- [calls=100000] [mib=64] [repetitions=3] [only=pure,memory,latency,disk,spill,limit]`: `calls` is
//! how many calls or tasks a graph has where they are short, `mib` how large a large result is. The README beside says how to read the
//! tables.

#![allow(clippy::print_stdout, reason = "a bench prints its tables")]

#[path = "../common/mod.rs"]
mod common;
mod disk;
mod latency;
mod limit;
mod memory;
mod pure;
mod spill;

use common::clock::median;
use common::options::Options;
use tempfile::TempDir;

/// A table by name.
type Named = (&'static str, fn(&Options));

fn main() {
    let known = ["calls", "mib", "repetitions", "only"];
    let Some(options) = Options::given(&known) else { return };
    let tables: [Named; 6] = [
        ("pure", pure::table),
        ("memory", memory::table),
        ("latency", latency::table),
        ("disk", disk::table),
        ("spill", spill::table),
        ("limit", limit::table),
    ];
    tables.iter().filter(|(name, _)| options.wants(name)).for_each(|(_, table)| table(&options));
}

/// How often each row is measured; the median is told.
fn repetitions(options: &Options) -> usize {
    options.or("repetitions", 3)
}

/// How many calls or tasks a graph has.
fn calls(options: &Options) -> u64 {
    options.or("calls", 100_000)
}

/// Each figure's median over the repetitions.
fn medians<const N: usize>(options: &Options, once: impl FnMut(usize) -> [f64; N]) -> [f64; N] {
    let all: Vec<_> = (0..repetitions(options)).map(once).collect();
    std::array::from_fn(|at| median(all.iter().map(|figures| figures[at])))
}

/// A folder on the disk that holds the build: that for temporary files may be memory.
fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder can be made beside the build")
}
