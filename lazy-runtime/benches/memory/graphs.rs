//! The graphs, what they give, and how few of their values can be alive at once.

use lazy_runtime::prelude::*;

use crate::chunk::Chunk;

/// A graph that is measured.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) graph: fn() -> Delayed<u64>,
    /// What the graph gives, found without one.
    pub(crate) by_hand: fn() -> u64,
    /// The fewest values that some order on one thread has alive at once, those being made included. With more threads, each
    /// holds what its task works on.
    pub(crate) smallest: fn() -> usize,
    /// How many values there are; of the stencil, in all steps.
    pub(crate) values: usize,
    /// Bytes of each.
    pub(crate) size: usize,
}

const VALUES: u64 = 4_000;
const LARGE: usize = 1 << 20;

const LEAVES: u64 = 20_000;
const MIDDLE: usize = 64 << 10;
const FAN_IN: usize = 8;

const SIDE: usize = 64;
const STEPS: usize = 50;
const SMALL: usize = 4 << 10;

pub(crate) const ROWS: [Row; 6] = [
    // Each value alone is made, then reduced to a number.
    Row {
        name: "one by one",
        graph: one_by_one,
        by_hand: || (0..VALUES).map(|seed| sum(&bytes(seed, LARGE))).sum(),
        smallest: || 1,
        values: VALUES as usize,
        size: LARGE,
    },
    // Two neighbours, of which the later one stays for the next pair.
    Row {
        name: "pairs",
        graph: pairs,
        by_hand: pairs_by_hand,
        smallest: || 2,
        values: VALUES as usize,
        size: LARGE,
    },
    // The sum, which is changed in place, and the value to be added.
    Row {
        name: "running",
        graph: running,
        by_hand: || joined_by_hand(VALUES, LARGE),
        smallest: || 2,
        values: VALUES as usize,
        size: LARGE,
    },
    Row {
        name: "merges",
        graph: || merged(VALUES, LARGE, 2),
        by_hand: || joined_by_hand(VALUES, LARGE),
        smallest: || fewest_of_tree(VALUES as usize, 2),
        values: VALUES as usize,
        size: LARGE,
    },
    Row {
        name: "reduction",
        graph: || merged(LEAVES, MIDDLE, FAN_IN),
        by_hand: || joined_by_hand(LEAVES, MIDDLE),
        smallest: || fewest_of_tree(LEAVES as usize, FAN_IN),
        values: LEAVES as usize,
        size: MIDDLE,
    },
    // Row by row, layer by layer: when a chunk is being made, those of its layer that stand before it are there, and of the layer
    // below those from the one above it (in the square) onwards. That is one layer, one row, and the chunk itself. Other ways
    // through space and time hold more: a front that leans on one side of the square has two rows of each of 50 layers.
    Row {
        name: "stencil",
        graph: stencil,
        by_hand: stencil_by_hand,
        smallest: || SIDE * SIDE + SIDE + 1,
        values: SIDE * SIDE * (STEPS + 1),
        size: SMALL,
    },
];

/// The fewest values alive at once when a tree is reduced in groups of neighbours, level by level, each group merged into its
/// first value.
///
/// A group needs all its values at once, and while the i-th of them is worked on, i others are there. It is best to begin
/// with the one that needs most (Sethi and Ullman's numbers of registers).
fn fewest_of_tree(leaves: usize, fan_in: usize) -> usize {
    let mut level = vec![1; leaves];
    while level.len() > 1 {
        level = level.chunks_mut(fan_in).map(fewest_of_group).collect();
    }
    level[0]
}

fn fewest_of_group(group: &mut [usize]) -> usize {
    group.sort_unstable_by(|a, b| b.cmp(a));
    let held = group.iter().enumerate().map(|(others, needed)| others + needed);
    held.max().expect("a group has values")
}

#[delayed]
fn load(seed: u64, size: usize) -> Chunk {
    Chunk::new(size, || bytes(seed, size))
}

#[delayed]
fn total(a: &Chunk) -> u64 {
    sum(a.bytes())
}

#[delayed]
fn both(a: &Chunk, b: &Chunk) -> u64 {
    difference(a.bytes(), b.bytes())
}

#[delayed]
fn accumulate(new: &Chunk, mut sum: Chunk) -> Chunk {
    join(sum.bytes_mut(), new.bytes());
    sum
}

#[delayed]
fn star(here: &Chunk, above: &Chunk, below: &Chunk, left: &Chunk, right: &Chunk) -> Chunk {
    let around = [above, below, left, right].map(Chunk::bytes);
    Chunk::new(SMALL, || starred(here.bytes(), around))
}

fn one_by_one() -> Delayed<u64> {
    (0..VALUES).map(|seed| total(load(seed, LARGE))).sum()
}

fn pairs() -> Delayed<u64> {
    let loads: Vec<_> = (0..VALUES).map(|seed| load(seed, LARGE)).collect();
    loads.windows(2).map(|pair| both(&pair[0], &pair[1])).sum()
}

fn pairs_by_hand() -> u64 {
    let pair = |seed| difference(&bytes(seed, LARGE), &bytes(seed + 1, LARGE));
    (0..VALUES - 1).map(pair).sum()
}

/// A running sum whose new value is named first.
fn running() -> Delayed<u64> {
    let mut loads: Vec<_> = (0..VALUES).map(|seed| load(seed, LARGE)).collect();
    let first = loads.remove(0);
    total(loads.into_iter().fold(first, |sum, new| accumulate(new, sum)))
}

fn merged(leaves: u64, size: usize, fan_in: usize) -> Delayed<u64> {
    let loads = (0..leaves).map(|seed| load(seed, size));
    total(lazy_runtime::reduce(loads, fan_in, |mut a: Chunk, b: Chunk| {
        join(a.bytes_mut(), b.bytes());
        a
    }))
}

fn joined_by_hand(leaves: u64, size: usize) -> u64 {
    let mut joined = vec![0; size];
    (0..leaves).for_each(|seed| join(&mut joined, &bytes(seed, size)));
    sum(&joined)
}

fn stencil() -> Delayed<u64> {
    let mut layer: Vec<_> = (0..SIDE * SIDE).map(|seed| load(seed as u64, SMALL)).collect();
    for _ in 0..STEPS {
        let next = |at: usize| {
            let [above, below, left, right] = neighbours(at).map(|other| &layer[other]);
            star(&layer[at], above, below, left, right)
        };
        layer = (0..layer.len()).map(next).collect();
    }
    layer.iter().map(|chunk| total(chunk)).sum()
}

fn stencil_by_hand() -> u64 {
    let mut layer: Vec<_> = (0..SIDE * SIDE).map(|seed| bytes(seed as u64, SMALL)).collect();
    for _ in 0..STEPS {
        let next = |at: usize| starred(&layer[at], neighbours(at).map(|other| &layer[other][..]));
        layer = (0..layer.len()).map(next).collect();
    }
    layer.iter().map(|chunk| sum(chunk)).sum()
}

/// The chunks above, below, to the left and to the right; at the edge, the chunk itself stands for the one that is not there.
fn neighbours(at: usize) -> [usize; 4] {
    let (row, column) = (at / SIDE, at % SIDE);
    let last = SIDE - 1;
    [
        if row > 0 { at - SIDE } else { at },
        if row < last { at + SIDE } else { at },
        if column > 0 { at - 1 } else { at },
        if column < last { at + 1 } else { at },
    ]
}

fn bytes(seed: u64, size: usize) -> Vec<u8> {
    (0..size).map(|i| (seed as usize + i) as u8).collect()
}

fn sum(a: &[u8]) -> u64 {
    a.iter().map(|&x| u64::from(x)).sum()
}

fn difference(a: &[u8], b: &[u8]) -> u64 {
    a.iter().zip(b).map(|(&x, &y)| u64::from(x ^ y)).sum()
}

fn join(a: &mut [u8], b: &[u8]) {
    a.iter_mut().zip(b).for_each(|(x, y)| *x ^= y);
}

fn starred(here: &[u8], around: [&[u8]; 4]) -> Vec<u8> {
    let mut sum = here.to_vec();
    for other in around {
        sum.iter_mut().zip(other).for_each(|(x, y)| *x = x.wrapping_add(*y));
    }
    sum
}
