//! Results of 8 times the memory that they may take: 512 MiB, with a limit of 64.
//!
//! Which readings stand out is known only when all have been seen: first their mean and deviation are taken, then each
//! reading is held against them. So every block of readings is needed twice, and all are to be kept in between. With a
//! limit, the blocks that are needed last go to disk, and come back when it is their turn.
//!
//! ```text
//! cargo run --release -p examples --example memory_limit             # 512 MiB with a limit of 64 MiB
//! cargo run --release -p examples --example memory_limit -- 64 none  # 512 MiB without a limit
//! cargo run --release -p examples --example memory_limit -- 8        # 64 MiB with a limit of 8 MiB
//! ```
//!
//! Look at three things: the peak of memory, beside that without a limit; how much went to disk and came back, which an
//! observer adds up; and that no file is left. It prints:
//!
//! ```text
//! 512 MiB of results, limit: 64 MiB
//! 649 outliers, found in 1.0s
//! peak of memory:  85 MiB, the program and all
//! went to disk:    57 blocks, 457 MiB
//! came back:       57 blocks, 457 MiB
//! the outliers are those of a plain loop
//! no file is left
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use std::{env, fs, io};

use lazy_runtime::Runtime;
use lazy_runtime::diagnostics::{Observer, SpillEvent, SpillOutcome};
use lazy_runtime::prelude::*;

const MIB: usize = 1 << 20;
const N_BLOCKS: u64 = 64;

/// A block of this many readings: noise, with a spike now and then, and the same each time.
#[delayed(eager = "read_now")]
fn read(block: u64, len: usize) -> Vec<f64> {
    let mut state = (block + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut uniform = || {
        // Marsaglia, "Xorshift RNGs", 2003.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..len).map(|_| if uniform() < 1e-5 { 9.0 } else { uniform() + uniform() - 1.0 }).collect()
}

/// How many readings, their sum, and that of their squares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Moments {
    n: f64,
    sum: f64,
    squares: f64,
}

#[delayed(eager = "moments_now")]
fn moments(readings: &[f64]) -> Moments {
    let of_one =
        |m: Moments, x: &f64| Moments { n: m.n + 1.0, sum: m.sum + x, squares: m.squares + x * x };
    readings.iter().fold(Moments::default(), of_one)
}

#[delayed(eager = "merge_now")]
fn merge(of_blocks: Vec<Moments>) -> Moments {
    let add = |a: Moments, b: Moments| Moments {
        n: a.n + b.n,
        sum: a.sum + b.sum,
        squares: a.squares + b.squares,
    };
    of_blocks.into_iter().fold(Moments::default(), add)
}

/// How many readings are more than four deviations off the mean.
#[delayed(eager = "count_outliers_now")]
fn count_outliers(readings: &[f64], all: &Moments) -> usize {
    let mean = all.sum / all.n;
    let deviation = (all.squares / all.n - mean * mean).sqrt();
    readings.iter().filter(|x| (**x - mean).abs() > 4.0 * deviation).count()
}

/// Adds up what goes to disk and comes back.
#[derive(Default)]
struct Traffic {
    n_out: AtomicU64,
    out: AtomicU64,
    n_back: AtomicU64,
    back: AtomicU64,
}

impl Observer for Traffic {
    fn spill(&self, event: &SpillEvent) {
        let (count, bytes) = match event.outcome {
            SpillOutcome::Out => (&self.n_out, &self.out),
            SpillOutcome::Back => (&self.n_back, &self.back),
            // A limit that cannot be kept is said on standard error.
            _ => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
        bytes.fetch_add(event.bytes, Ordering::Relaxed);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let limit = arguments.first().map_or(Ok(64), |mib| mib.parse::<usize>())? * MIB;
    let is_limited = arguments.get(1).is_none_or(|word| word != "none");

    let (traffic, spill_dir) = (Arc::new(Traffic::default()), spill_dir()?);
    let builder = Runtime::builder().spill_dir(&spill_dir).observer(Arc::clone(&traffic));
    let runtime = if is_limited { builder.memory_limit(limit) } else { builder }.build()?;
    print!("{} of results", mib(8 * limit));
    println!(", limit: {}", if is_limited { mib(limit) } else { "none".to_owned() });

    let begin = Instant::now();
    let len = 8 * limit / N_BLOCKS as usize / size_of::<f64>();
    let found = runtime.compute(&outliers(len))?;
    println!("{} outliers, found in {:.1?}", found.iter().sum::<usize>(), begin.elapsed());
    report(&traffic);

    assert!(outliers_now(len).eq(found), "the limit changed a result");
    println!("the outliers are those of a plain loop");
    assert_eq!(fs::read_dir(&spill_dir)?.count(), 0, "files are left in {}", spill_dir.display());
    println!("no file is left");
    fs::remove_dir(&spill_dir)?;
    Ok(())
}

/// The outliers of each block. Nothing runs here.
fn outliers(len: usize) -> Vec<Delayed<usize>> {
    let blocks: Vec<_> = (0..N_BLOCKS).map(|block| read(block, len)).collect();
    let all = merge(blocks.iter().map(moments).collect::<Vec<_>>());
    blocks.iter().map(|block| count_outliers(block, &all)).collect()
}

/// The same as a plain loop, which has memory for one block at a time and so reads each twice.
fn outliers_now(len: usize) -> impl Iterator<Item = usize> {
    let blocks = move || (0..N_BLOCKS).map(move |block| read_now(block, len));
    let all = merge_now(blocks().map(|block| moments_now(&block)).collect());
    blocks().map(move |block| count_outliers_now(&block, &all))
}

fn report(traffic: &Traffic) {
    let read = |sum: &AtomicU64| sum.load(Ordering::Relaxed) as usize;
    match peak() {
        Some(bytes) => println!("peak of memory:  {}, the program and all", mib(bytes)),
        None => println!("peak of memory:  not known on this system"),
    }
    println!("went to disk:    {} blocks, {}", read(&traffic.n_out), mib(read(&traffic.out)));
    println!("came back:       {} blocks, {}", read(&traffic.n_back), mib(read(&traffic.back)));
}

/// The most resident memory that this process has had so far, which Linux tells.
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// A folder of this process alone below `target`. That for temporary files is memory on some systems.
fn spill_dir() -> io::Result<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target");
    let dir = target.join(format!("spill-{}", std::process::id()));
    fs::create_dir_all(&dir)?;
    Ok(dir)
}

fn mib(bytes: usize) -> String {
    format!("{} MiB", bytes.div_ceil(MIB))
}
