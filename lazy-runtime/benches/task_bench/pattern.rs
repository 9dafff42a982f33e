//! The patterns of Task Bench: which points of a step there are, and which of the step before each of them needs.

use std::ops::Range;

use crate::common::body::mix;

/// How many neighbours `nearest`, `spread` and `random_nearest` look at.
const RADIX: u32 = 5;

/// After so many steps `spread` and `random_nearest` repeat.
const PERIOD: u32 = 3;

/// One in so many neighbours is needed in `random_nearest`, beside the point itself.
const ONE_IN: u64 = 4;

/// The fewest columns in which no pattern names a point twice.
pub(crate) const NARROWEST: u32 = RADIX;

/// A pattern: how the points of a step need those of the step before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    Trivial,
    NoComm,
    Stencil1d,
    Stencil1dPeriodic,
    Dom,
    Tree,
    Fft,
    AllToAll,
    Nearest,
    Spread,
    RandomNearest,
}

/// All of them, by the names they have in Task Bench.
pub(crate) const PATTERNS: [(&str, Pattern); 11] = [
    ("trivial", Pattern::Trivial),
    ("no_comm", Pattern::NoComm),
    ("stencil_1d", Pattern::Stencil1d),
    ("stencil_1d_periodic", Pattern::Stencil1dPeriodic),
    ("dom", Pattern::Dom),
    ("tree", Pattern::Tree),
    ("fft", Pattern::Fft),
    ("all_to_all", Pattern::AllToAll),
    ("nearest", Pattern::Nearest),
    ("spread", Pattern::Spread),
    ("random_nearest", Pattern::RandomNearest),
];

impl Pattern {
    /// The points of a step: all columns, but a sweep (`dom`) begins and ends in a corner and a tree grows from its root.
    pub(crate) fn points(self, step: u32, width: u32, steps: u32) -> Range<u32> {
        match self {
            Pattern::Dom => {
                let start = (step + width).saturating_sub(steps);
                start..start + width.min(step + 1).min(steps - step)
            }
            Pattern::Tree => 0..width.min(1u32.checked_shl(step).unwrap_or(width)),
            _ => 0..width,
        }
    }

    /// The points of the step before that a point needs, as far as there are such points. A grid is as wide as [`NARROWEST`]
    /// at least.
    pub(crate) fn needs(self, step: u32, point: u32, width: u32) -> Vec<u32> {
        // Signed, and beyond the edges: the ends are cut off below.
        let (p, w, radix) = (i64::from(point), i64::from(width), i64::from(RADIX));
        let neighbours = p - radix / 2..=p + (radix - 1) / 2;
        let found: Vec<i64> = match self {
            Pattern::Trivial => vec![],
            Pattern::NoComm => vec![p],
            Pattern::Stencil1d => vec![p - 1, p, p + 1],
            Pattern::Stencil1dPeriodic => vec![(p - 1).rem_euclid(w), p, (p + 1) % w],
            Pattern::Dom => vec![p - 1, p],
            Pattern::Tree => vec![p / 2],
            Pattern::Fft => {
                let stages = width.next_power_of_two().ilog2();
                let reach = 1i64 << ((step + stages - 1) % stages);
                vec![p - reach, p, p + reach]
            }
            Pattern::AllToAll => (0..w).collect(),
            Pattern::Nearest => neighbours.collect(),
            Pattern::Spread => {
                let turn = i64::from(step % PERIOD.min(width.div_ceil(RADIX)));
                let shift = |i| i * w / radix + if i > 0 { turn } else { 0 };
                (0..radix).map(|i| (p + shift(i)) % w).collect()
            }
            Pattern::RandomNearest => {
                let turn = u64::from(step % PERIOD);
                neighbours.filter(|&other| other == p || is_picked(turn, other, p)).collect()
            }
        };
        found.into_iter().filter(|other| (0..w).contains(other)).map(|other| other as u32).collect()
    }
}

/// Chance, but the same in each run. (Task Bench draws other numbers; the share is its own.)
fn is_picked(turn: u64, other: i64, point: i64) -> bool {
    let seed = [turn, other as u64, point as u64].into_iter().fold(1, mix);
    let mixed = mix(seed ^ (seed >> 29), 0);
    mixed < u64::MAX / ONE_IN
}
