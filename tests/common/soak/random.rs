//! Numbers without end, the same for the same seed.

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// One of `0..limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of them, half of the time one of the last few: so there are long chains as well as wide fans.
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let near = if self.once_in(2) { all.len().min(6) } else { all.len() };
        &all[all.len() - 1 - self.below(near)]
    }

    /// Up to five of them, perhaps some twice.
    pub(crate) fn some<T: Clone>(&mut self, all: &[T]) -> Vec<T> {
        (0..self.below(6)).map(|_| self.pick(all).clone()).collect()
    }

    /// Another sequence, which depends on this one.
    pub(crate) fn fork(&mut self) -> Random {
        Random(self.next())
    }
}
