//! Which nodes some outputs reach, in the order in which they were made.
//!
//! The nodes of a chunk are a set of bits, one a place. Chunks are swept from the newest to the oldest, places from the last to the
//! first: a node is made after all it depends on, so a sweep usually comes by each node once, in the order of memory, and never
//! jumps about as a depth-first walk does. Where threads share nodes a dependency may stand in a newer chunk; that chunk is then
//! swept again for what was added.
//!
//! A node's number is its rank among the bits; it is stored nowhere, so a snapshot reads nodes and writes none.
//!
//! A chunk carries a `mark`, the index of its sweep. It is believed only if that sweep is of this very chunk, so nothing is
//! cleared between snapshots (the sparse set of Briggs and Torczon, "An efficient representation for sparse sets", 1993).

use std::collections::BinaryHeap;
use std::sync::atomic::Ordering;

use super::arena::{ChunkPtr, PLACES};
use super::node::{Kind, NodePtr};

const WORDS: usize = PLACES / 64;

/// What is known of one chunk.
struct Sweep {
    chunk: ChunkPtr,
    reached: [u64; WORDS],
    /// Reached, and its dependencies not yet looked at.
    open: [u64; WORDS],
    /// Which of the reached are data.
    data: [u64; WORDS],
    /// How many nodes there are before each word, in all older chunks and in this one.
    before: [u32; WORDS],
    is_queued: bool,
}

/// The nodes that are reached. Made, and asked, under the lock of the marks.
#[derive(Default)]
pub(super) struct Reach {
    sweeps: Vec<Sweep>,
    /// The sweeps from the oldest chunk to the newest.
    by_age: Vec<u32>,
    /// Chunks with open nodes, as (number of the first place, index of the sweep): the newest is next.
    queue: BinaryHeap<(u64, u32)>,
    found: Vec<NodePtr>,
    len: usize,
    n_edges: usize,
}

impl Reach {
    pub(super) fn of(outputs: impl Iterator<Item = NodePtr>) -> Self {
        let mut reach = Reach::default();
        outputs.for_each(|output| reach.add(output));
        while let Some((_, index)) = reach.queue.pop() {
            reach.sweep(index as usize);
        }
        reach.count();
        reach
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// How many edges there are between them.
    pub(super) fn n_edges(&self) -> usize {
        self.n_edges
    }

    /// The number of a reached node, and whether it is data.
    #[inline]
    pub(super) fn number(&self, node: NodePtr) -> (u32, bool) {
        let (chunk, place) = ChunkPtr::of(node.0.cast());
        let sweep = &self.sweeps[chunk.mark().load(Ordering::Relaxed) as usize];
        debug_assert!(sweep.chunk == chunk, "the mark of a reached chunk is this reach's");
        let (word, bit) = (place / 64, 1u64 << (place % 64));
        let rank = (sweep.reached[word] & (bit - 1)).count_ones();
        (sweep.before[word] + rank, sweep.data[word] & bit != 0)
    }

    /// The nodes by number: as they were made by each thread; chunks of several threads take turns.
    pub(super) fn for_each(&self, mut visit: impl FnMut(NodePtr)) {
        for &index in &self.by_age {
            let sweep = &self.sweeps[index as usize];
            for (word, &bits) in sweep.reached.iter().enumerate() {
                let mut bits = bits;
                while bits != 0 {
                    let place = word * 64 + bits.trailing_zeros() as usize;
                    visit(NodePtr(sweep.chunk.node_at(place).cast()));
                    bits &= bits - 1;
                }
            }
        }
    }

    /// Gives each node its number.
    fn count(&mut self) {
        self.by_age = (0..self.sweeps.len() as u32).collect();
        self.by_age.sort_unstable_by_key(|&index| self.sweeps[index as usize].chunk.first_id());
        for &index in &self.by_age {
            let sweep = &mut self.sweeps[index as usize];
            for (before, bits) in sweep.before.iter_mut().zip(&sweep.reached) {
                *before = u32::try_from(self.len).expect("a graph has fewer than 2^31 nodes");
                self.len += bits.count_ones() as usize;
            }
        }
    }

    #[inline]
    fn add(&mut self, node: NodePtr) {
        let (chunk, place) = ChunkPtr::of(node.0.cast());
        let index = self.index(chunk);
        let sweep = &mut self.sweeps[index];
        if sweep.open(place) && !sweep.is_queued {
            sweep.is_queued = true;
            self.queue.push((chunk.first_id(), index as u32));
        }
    }

    #[inline]
    fn index(&mut self, chunk: ChunkPtr) -> usize {
        // Relaxed: marks are read and written under the lock only.
        let mark = chunk.mark().load(Ordering::Relaxed) as usize;
        match self.sweeps.get(mark) {
            Some(sweep) if sweep.chunk == chunk => mark,
            _ => self.enter(chunk),
        }
    }

    #[cold]
    fn enter(&mut self, chunk: ChunkPtr) -> usize {
        let index = self.sweeps.len();
        chunk.mark().store(index as u32, Ordering::Relaxed);
        let [reached, open, data] = [[0; WORDS]; 3];
        let before = [0; WORDS];
        self.sweeps.push(Sweep { chunk, reached, open, data, before, is_queued: false });
        index
    }

    /// Looks at the dependencies of all open nodes of a chunk, also of those that open while it does.
    fn sweep(&mut self, index: usize) {
        let chunk = self.sweeps[index].chunk;
        let mut found = std::mem::take(&mut self.found);
        for word in (0..WORDS).rev() {
            while let Some(place) = self.sweeps[index].close_last(word) {
                let node = NodePtr(chunk.node_at(place).cast());
                if node.vtable().kind == Kind::Data {
                    self.sweeps[index].data[word] |= 1 << (place % 64);
                    continue;
                }
                node.dependencies(&mut found);
                self.n_edges += found.len();
                for dependency in found.drain(..) {
                    let (other, place) = ChunkPtr::of(dependency.0.cast());
                    if other == chunk {
                        self.sweeps[index].open(place);
                    } else {
                        self.add(dependency);
                    }
                }
            }
        }
        self.found = found;
        let sweep = &mut self.sweeps[index];
        // A dependency stands before its dependents, in one chunk as well: nothing opened behind the sweep.
        debug_assert!(sweep.open.iter().all(|&bits| bits == 0));
        sweep.is_queued = false;
    }
}

impl Sweep {
    /// Opens the node at a place, unless it has been reached before.
    #[inline]
    fn open(&mut self, place: usize) -> bool {
        let (word, bit) = (place / 64, 1 << (place % 64));
        let is_new = self.reached[word] & bit == 0;
        self.reached[word] |= bit;
        self.open[word] |= if is_new { bit } else { 0 };
        is_new
    }

    /// Closes the last open node of a word; its place.
    #[inline]
    fn close_last(&mut self, word: usize) -> Option<usize> {
        let bit = self.open[word].checked_ilog2()?;
        self.open[word] &= !(1 << bit);
        Some(word * 64 + bit as usize)
    }
}
