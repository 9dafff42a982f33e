//! Tasks of many kinds: what they take and return, how they fail, and what they do inside.

use std::cell::Cell;
use std::fmt;
use std::panic::panic_any;
use std::thread;
use std::time::Duration;

use lazy_runtime::prelude::*;
use lazy_runtime::{ComputeOptions, HeapSize, Runtime, Tokenize, Tokenizer, call};
use rayon::prelude::*;
use tests::{Padded, Tally, Tracked};

/// Text that holds memory and is counted while it lives.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    bulk: Vec<u8>,
    tracked: Tracked,
}

impl Text {
    pub(crate) fn new(text: String, bulk: usize, tally: &Tally) -> Text {
        Text { text, bulk: vec![1; bulk], tracked: Tracked::new(tally, bulk as u64) }
    }

    fn weight(&self) -> u64 {
        assert_eq!(self.bulk.len() as u64, self.tracked.value(), "a value is whole while it lives");
        self.text.len() as u64 + self.bulk.len() as u64
    }
}

/// Text counts against a memory limit, and cannot be written: it has a tally.
impl HeapSize for Text {
    fn heap_size(&self) -> usize {
        self.text.heap_size() + self.bulk.heap_size()
    }
}

/// Numbers that can go to disk.
pub(crate) type Sheet = Vec<u64>;

/// An argument too large for a chunk of the arena.
pub(crate) type Wide = Padded<3000>;

/// What becomes of a task besides its value.
#[derive(Clone, Copy, PartialEq, Tokenize)]
pub(crate) enum Fate {
    Good,
    Sleeps(u64),
    Yields,
    Fails,
    Panics,
    /// Panics with a value that is counted.
    Throws,
}

/// The number of a task and what becomes of it.
#[derive(Clone)]
pub(crate) struct Will {
    pub(crate) node: u64,
    pub(crate) fate: Fate,
    pub(crate) tally: Tally,
}

/// Who counts has no bearing on the result.
impl Tokenize for Will {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        (self.node, self.fate).tokenize(tokenizer);
    }
}

/// A failure that is counted while somebody holds it.
#[derive(Debug)]
pub(crate) struct Failed(u64, #[allow(dead_code, reason = "it is counted")] Tracked);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.0)
    }
}

impl std::error::Error for Failed {}

impl Will {
    fn failed(&self) -> Failed {
        Failed(self.node, Tracked::new(&self.tally, self.node))
    }

    pub(crate) fn meet(&self) -> Result<(), Failed> {
        match self.fate {
            Fate::Good => {}
            Fate::Sleeps(micros) => thread::sleep(Duration::from_micros(micros)),
            Fate::Yields => thread::yield_now(),
            Fate::Fails => return Err(self.failed()),
            Fate::Panics => panic!("node {}", self.node),
            Fate::Throws => panic_any(Tracked::new(&self.tally, self.node)),
        }
        Ok(())
    }
}

/// Keeps the panics that are meant from being printed: what a test prints is held in memory.
pub(crate) fn quietly() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let meant = |text: &str| text.starts_with("node ") || text.starts_with("attempt to divide");
        if !payload.is::<Tracked>() && !text.is_some_and(meant) {
            hook(info);
        }
    }));
}

/// Values stay below this, so that a sum of a few does not overflow.
pub(crate) const MASK: u64 = (1 << 40) - 1;

pub(crate) fn mix(a: u64, b: u64) -> u64 {
    (a ^ b.rotate_left(7)).wrapping_mul(0x9E37_79B9_7F4A_7C15) & MASK
}

fn fold(values: impl IntoIterator<Item = u64>) -> u64 {
    values.into_iter().fold(1, mix)
}

#[delayed]
pub(crate) fn number(will: &Will, a: u64, b: &u64) -> Result<u64, Failed> {
    will.meet().map(|()| mix(a, *b))
}

#[delayed]
pub(crate) fn fold_owned(will: Will, all: Vec<u64>) -> Result<u64, Failed> {
    will.meet().map(|()| fold(all))
}

#[delayed]
pub(crate) fn fold_borrowed(all: &[u64], will: Will) -> Result<u64, Failed> {
    will.meet().map(|()| fold(all.iter().copied()))
}

#[delayed]
pub(crate) fn wide(will: &Will, wide: &Wide, n: u64) -> Result<u64, Failed> {
    will.meet().map(|()| mix(wide.padding.iter().map(|x| u64::from(*x)).sum(), n))
}

#[delayed]
pub(crate) fn wide_owned(will: &Will, wide: Wide, n: u64) -> Result<u64, Failed> {
    will.meet().map(|()| mix(wide.tracked.value(), n))
}

#[delayed]
pub(crate) fn measure(will: &Will, text: &Text, more: &[Text]) -> Result<u64, Failed> {
    will.meet().map(|()| fold([text].into_iter().chain(more).map(Text::weight)))
}

#[delayed]
pub(crate) fn render(will: &Will, n: u64) -> Result<Text, Failed> {
    let bulk = if n.is_multiple_of(8) { n % 8192 } else { n % 64 };
    will.meet().map(|()| Text::new(n.to_string(), bulk as usize, &will.tally))
}

#[delayed]
pub(crate) fn append(will: &Will, mut a: Text, b: Text) -> Result<Text, Failed> {
    will.meet()?;
    a.text.push_str(&b.text);
    a.text.truncate(40);
    Ok(a)
}

#[delayed]
pub(crate) fn splice(will: Will, a: &Text, b: Text, n: &u64) -> Result<Text, Failed> {
    will.meet()?;
    let text: String =
        a.text.chars().skip(a.text.len() / 2).chain(b.text.chars().take(5)).collect();
    Ok(Text::new(format!("{text}{}", n % 10), b.bulk.len() / 2, &will.tally))
}

#[delayed]
pub(crate) fn split(will: &Will, whole: Text) -> Result<Vec<Text>, Failed> {
    will.meet()?;
    let (a, b) = whole.text.split_at(whole.text.len() / 2);
    let parts = [a, b].map(|part| Text::new(part.to_owned(), 10, &will.tally));
    Ok(parts.into_iter().chain([whole]).collect())
}

#[delayed]
pub(crate) fn join_owned(will: &Will, all: Vec<Text>) -> Result<Text, Failed> {
    will.meet()?;
    Ok(joined(&all, &will.tally))
}

#[delayed]
pub(crate) fn join_borrowed(will: &Will, all: &[Text]) -> Result<Text, Failed> {
    will.meet()?;
    Ok(joined(all, &will.tally))
}

fn joined(all: &[Text], tally: &Tally) -> Text {
    let text: String =
        all.iter().map(|text| text.text.chars().take(3).collect::<String>()).collect();
    Text::new(text.chars().take(40).collect(), all.len(), tally)
}

#[delayed]
pub(crate) fn pair(will: &Will, text: Text, n: u64) -> Result<(Text, u64), Failed> {
    will.meet()?;
    let n = mix(text.weight(), n);
    Ok((text, n))
}

#[delayed(cache)]
pub(crate) fn number_kept(will: &Will, a: u64, b: &u64) -> Result<u64, Failed> {
    will.meet().map(|()| mix(a, *b))
}

#[delayed(cache)]
pub(crate) fn render_kept(will: &Will, n: u64) -> Result<Text, Failed> {
    will.meet().map(|()| Text::new(n.to_string(), (n % 3000) as usize, &will.tally))
}

#[delayed(pure)]
pub(crate) fn append_pure(will: &Will, mut a: Text, b: &Text) -> Result<Text, Failed> {
    will.meet()?;
    a.text.push_str(&b.text);
    a.text.truncate(40);
    Ok(a)
}

#[delayed(cache)]
pub(crate) fn join_kept(will: &Will, all: Vec<Text>) -> Result<Text, Failed> {
    will.meet()?;
    Ok(joined(&all, &will.tally))
}

#[delayed]
pub(crate) fn sheet(will: &Will, n: u64) -> Result<Sheet, Failed> {
    will.meet().map(|()| (0..n % 600).map(|i| mix(i, n)).collect())
}

#[delayed(cache = "disk")]
pub(crate) fn sheet_kept(will: &Will, n: u64) -> Result<Sheet, Failed> {
    will.meet().map(|()| (0..n % 600).map(|i| mix(n, i)).collect())
}

#[delayed(cache)]
pub(crate) fn stack(will: &Will, mut a: Sheet, b: &Sheet) -> Result<Sheet, Failed> {
    will.meet()?;
    a.extend(b);
    a.truncate(1000);
    Ok(a)
}

#[delayed(pure)]
pub(crate) fn fold_sheets(will: &Will, all: &[Sheet]) -> Result<u64, Failed> {
    will.meet().map(|()| fold(all.iter().flatten().copied()))
}

thread_local! {
    /// Whether the attempt before this one has failed. Attempts follow each other on one thread.
    static TRIED: Cell<bool> = const { Cell::new(false) };
}

/// Fails at first, by an error or by a panic, and makes it at the second attempt.
#[delayed(retries = 1)]
pub(crate) fn flaky(will: &Will, n: u64) -> Result<u64, Failed> {
    match TRIED.replace(true) {
        false if n % 2 == 1 => Err(will.failed()),
        false => panic!("node {}", will.node),
        true => {
            TRIED.set(false);
            Ok(mix(n, 3))
        }
    }
}

/// Uses rayon inside.
#[delayed]
pub(crate) fn parallel(will: &Will, n: u64) -> Result<u64, Failed> {
    let (a, b) = match n % 3 {
        0 => rayon::join(|| mix(n, 1), || mix(n, 2)),
        1 => ((0..300_u64).into_par_iter().map(|x| mix(x, n) >> 10).sum(), 1),
        _ => {
            let mut parts = [0; 4];
            rayon::scope(|scope| {
                for (i, part) in (0..).zip(&mut parts) {
                    scope.spawn(move |_| *part = mix(n, i));
                }
            });
            (fold(parts), 2)
        }
    };
    will.meet().map(|()| mix(a, b))
}

/// What a task computes inside.
#[derive(Clone)]
pub(crate) enum Inner {
    /// A graph of its own, whose tasks do the same, so deep.
    Fresh(u32),
    /// A node that lies in the outer graph as well.
    Shared(Delayed<u64>),
    Kept(Delayed<u64>),
    Limited(Delayed<u64>),
    Joined(Delayed<u64>),
    Cancelled(Delayed<u64>),
    Abandoned(Delayed<u64>),
    /// Threads of rayon's own pool, if it comes to them, would use the default runtime and fill its caches.
    InRayon(Delayed<u64>, Runtime),
    Elsewhere(Delayed<u64>, Runtime),
}

fn fresh(depth: u32, from: u64) -> u64 {
    if depth == 0 {
        return mix(from, from);
    }
    let parts: Vec<_> = (0..3).map(|n| call(fresh, (depth - 1, mix(from, n)))).collect();
    fold_now(parts.compute().expect("nothing fails"))
}

fn fold_now(values: Vec<u64>) -> u64 {
    fold(values)
}

/// Computes inside.
#[delayed]
pub(crate) fn nested(will: &Will, inner: &Inner, n: u64) -> Result<u64, Failed> {
    will.meet()?;
    let here = Runtime::current;
    let found = match inner {
        Inner::Fresh(depth) => Ok(fresh(*depth, n)),
        Inner::Shared(node) => (node ^ n).compute(),
        Inner::Kept(node) => node.persist().and_then(|kept| (kept ^ n).compute()),
        Inner::Limited(node) => {
            let hour = Duration::from_secs(3600);
            node.compute_with(ComputeOptions::new().timeout(hour).collect_errors(true))
        }
        Inner::Joined(node) => here().spawn(&(node ^ n)).join(),
        Inner::Cancelled(node) => {
            let handle = here().spawn(node);
            handle.cancel();
            drop(handle.join());
            Ok(n)
        }
        Inner::Abandoned(node) => {
            drop(here().spawn(node));
            Ok(n)
        }
        Inner::InRayon(node, runtime) => {
            let found = (0..6).into_par_iter().map(|i| runtime.compute(&(node ^ i)));
            found.try_reduce(|| 0, |a, b| Ok(a ^ b))
        }
        Inner::Elsewhere(node, runtime) => runtime.compute(&(node ^ n)),
    };
    found.map(|found| mix(found, n)).map_err(|_| will.failed())
}
