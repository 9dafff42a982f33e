//! Values that tell how many of them live and how often they were cloned.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};

/// Counts the [`Tracked`] values made with it. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    live: AtomicIsize,
    peak: AtomicIsize,
    clones: AtomicUsize,
}

impl Tally {
    /// Nothing lives yet.
    pub fn new() -> Tally {
        Tally::default()
    }

    /// How many values live now.
    pub fn live(&self) -> isize {
        self.0.live.load(Ordering::SeqCst)
    }

    /// The most values that lived at once.
    pub fn peak(&self) -> isize {
        self.0.peak.load(Ordering::SeqCst)
    }

    /// How many values were made by cloning one.
    pub fn clones(&self) -> usize {
        self.0.clones.load(Ordering::SeqCst)
    }

    /// Starts counting the peak and the clones anew.
    pub fn restart(&self) {
        self.0.peak.store(self.live(), Ordering::SeqCst);
        self.0.clones.store(0, Ordering::SeqCst);
    }

    fn born(&self) {
        let live = self.0.live.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.peak.fetch_max(live, Ordering::SeqCst);
    }
}

/// A number whose life is counted.
#[derive(Debug)]
pub struct Tracked {
    value: u64,
    tally: Tally,
}

impl Tracked {
    /// One more value lives.
    pub fn new(tally: &Tally, value: u64) -> Tracked {
        tally.born();
        Tracked { value, tally: tally.clone() }
    }

    /// The number.
    pub fn value(&self) -> u64 {
        self.value
    }

    /// What it is counted by.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The same value with another number: nothing is born.
    pub fn with(mut self, value: u64) -> Tracked {
        self.value = value;
        self
    }
}

impl Clone for Tracked {
    fn clone(&self) -> Tracked {
        self.tally.0.clones.fetch_add(1, Ordering::SeqCst);
        Tracked::new(&self.tally, self.value)
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        let live = self.tally.0.live.fetch_sub(1, Ordering::SeqCst);
        assert!(live > 0, "dropped more often than made");
    }
}

/// A tracked value in company: as wide as one likes, and aligned more strictly than most.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Padded<const N: usize> {
    /// The value.
    pub tracked: Tracked,
    /// What makes it wide.
    pub padding: [u8; N],
}
