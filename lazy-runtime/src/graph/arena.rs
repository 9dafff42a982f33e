//! Memory for nodes: bump allocation in chunks, one open chunk a thread.
//!
//! Allocating a node moves a pointer. Freeing one counts it on its chunk; a chunk whose nodes are all
//! free goes back to the allocator. A node is found again from nothing but its own address: chunks are
//! aligned to their size, so clearing the low bits of a node's address gives its chunk.

use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::live::Live;
use super::pages::{CHUNK, Origin, give_chunk_back, take_chunk};

/// The largest node a chunk takes; what is larger keeps its payload in a box.
pub(super) const MAX_NODE: usize = 1 << 10;

/// The alignment of every node.
pub(super) const ALIGN: usize = 8;

/// Nodes are numbered by their place: a chunk owns as many numbers as it has places. Unique in a process.
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

#[repr(C)]
struct Chunk {
    live: Live,
    first_id: u64,
    /// Where a snapshot that is being made keeps what it knows of this chunk; see `reach.rs`.
    mark: AtomicU32,
    origin: Origin,
}

impl Chunk {
    fn allocate() -> NonNull<Chunk> {
        let (memory, origin) = take_chunk();
        let chunk = memory.cast::<Chunk>();
        let first_id = NEXT_ID.fetch_add((CHUNK / ALIGN) as u64, Ordering::Relaxed);
        let (live, mark) = (Live::open(), AtomicU32::new(0));
        // SAFETY: the memory is ours, large enough and aligned for a `Chunk`.
        unsafe { chunk.write(Chunk { live, first_id, mark, origin }) };
        chunk
    }

    /// Gives up nodes, or the openness, and the memory when nothing is left.
    ///
    /// # Safety
    /// The chunk lives, and what `give_up` takes from the count is given up by the caller.
    #[inline]
    unsafe fn give_up(chunk: NonNull<Chunk>, give_up: impl FnOnce(&Live) -> bool) {
        // SAFETY: what the caller still has keeps the chunk alive.
        let Chunk { live, origin, .. } = unsafe { chunk.as_ref() };
        let origin = *origin;
        if give_up(live) {
            // SAFETY: nobody else has a node in it.
            unsafe { give_chunk_back(chunk.cast(), origin) };
        }
    }
}

/// The chunk a thread allocates from.
struct Open {
    chunk: Cell<Option<NonNull<Chunk>>>,
    at: Cell<usize>,
    allocated: Cell<usize>,
}

thread_local! {
    static OPEN_CHUNK: Open =
        const { Open { chunk: Cell::new(None), at: Cell::new(CHUNK), allocated: Cell::new(0) } };
}

impl Open {
    /// `size` bytes, a multiple of [`ALIGN`], at most [`MAX_NODE`].
    #[inline]
    fn allocate(&self, size: usize) -> NonNull<u8> {
        debug_assert!(size.is_multiple_of(ALIGN) && size <= MAX_NODE);
        if self.at.get() + size > CHUNK {
            self.renew();
        }
        let at = self.at.get();
        self.at.set(at + size);
        self.allocated.set(self.allocated.get() + 1);
        let chunk = self.chunk.get().expect("a chunk is open after `renew`");
        // SAFETY: `at + size` lies within the chunk, as just checked.
        unsafe { chunk.cast::<u8>().add(at) }
    }

    #[cold]
    fn renew(&self) {
        self.close();
        self.chunk.set(Some(Chunk::allocate()));
        self.at.set(size_of::<Chunk>().next_multiple_of(ALIGN));
    }

    fn close(&self) {
        if let Some(chunk) = self.chunk.take() {
            // SAFETY: the openness is ours to give up; what was allocated stays counted.
            unsafe { Chunk::give_up(chunk, |live| live.close(self.allocated.replace(0))) };
        }
        self.at.set(CHUNK);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close();
    }
}

/// Memory for one node of `size` bytes, at most [`MAX_NODE`], aligned to [`ALIGN`].
#[inline]
pub(super) fn allocate(size: usize) -> NonNull<u8> {
    let size = size.next_multiple_of(ALIGN);
    OPEN_CHUNK.try_with(|open| open.allocate(size)).unwrap_or_else(|_| {
        // The thread is ending and its chunk is closed: a chunk for this node alone.
        let open = Open { chunk: Cell::new(None), at: Cell::new(CHUNK), allocated: Cell::new(0) };
        open.allocate(size)
    })
}

/// How many places a chunk has; a node is named by the first of those it takes.
pub(super) const PLACES: usize = CHUNK / ALIGN;

/// A chunk's address. Whoever has one keeps a node in it alive.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ChunkPtr(NonNull<Chunk>);

impl ChunkPtr {
    /// The chunk of a node, and the node's place in it.
    #[inline]
    pub(super) fn of(node: NonNull<u8>) -> (ChunkPtr, usize) {
        let chunk = chunk_of(node);
        (ChunkPtr(chunk), (node.addr().get() - chunk.addr().get()) / ALIGN)
    }

    /// The address of the node at a place.
    #[inline]
    pub(super) fn node_at(self, place: usize) -> NonNull<u8> {
        debug_assert!(place < PLACES);
        // SAFETY: the place is within the chunk.
        unsafe { self.0.cast::<u8>().add(place * ALIGN) }
    }

    #[inline]
    fn chunk(&self) -> &Chunk {
        // SAFETY: by the promise of the type, a node keeps the chunk alive.
        unsafe { self.0.as_ref() }
    }

    /// The number of its first place. Chunks that a thread opened later have higher numbers.
    pub(super) fn first_id(self) -> u64 {
        self.chunk().first_id
    }

    #[inline]
    pub(super) fn mark(&self) -> &AtomicU32 {
        &self.chunk().mark
    }
}

#[inline]
fn chunk_of(node: NonNull<u8>) -> NonNull<Chunk> {
    let start = node.as_ptr().map_addr(|address| address & !(CHUNK - 1));
    NonNull::new(start.cast()).expect("a chunk does not start at address zero")
}

/// The number of the node at this address.
pub(super) fn id(node: NonNull<u8>) -> u64 {
    let (chunk, place) = ChunkPtr::of(node);
    chunk.first_id() + place as u64
}

/// Counts freed nodes and tells their chunks; neighbours in one chunk cost one atomic instruction together.
#[derive(Default)]
pub(super) struct Freed {
    chunk: Option<NonNull<Chunk>>,
    count: usize,
}

impl Freed {
    /// Frees one node's memory.
    ///
    /// # Safety
    /// `node` came from [`allocate`], is not freed yet, and nobody uses it any more.
    pub(super) unsafe fn free(&mut self, node: NonNull<u8>) {
        let chunk = chunk_of(node);
        if self.chunk != Some(chunk) {
            self.flush();
            self.chunk = Some(chunk);
        }
        self.count += 1;
    }

    fn flush(&mut self) {
        if let Some(chunk) = self.chunk.take() {
            // SAFETY: `count` nodes of this chunk were freed and not yet counted, so it lives.
            unsafe { Chunk::give_up(chunk, |live| live.free(std::mem::take(&mut self.count))) };
        }
    }
}

impl Drop for Freed {
    fn drop(&mut self) {
        self.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_bumped_and_numbered_apart() {
        let (a, b) = (allocate(40), allocate(48));
        assert_eq!(b.addr().get() % ALIGN, 0);
        assert_ne!(id(a), id(b));
        let mut freed = Freed::default();
        // SAFETY: both came from `allocate` and are unused.
        unsafe {
            freed.free(a);
            freed.free(b);
        }
    }

    #[test]
    fn nodes_may_be_freed_by_another_thread_after_their_own_ended() {
        let nodes = std::thread::spawn(|| {
            (0..5_000).map(|_| allocate(64).as_ptr() as usize).collect::<Vec<_>>()
        })
        .join()
        .expect("allocating does not panic");
        let mut freed = Freed::default();
        for address in nodes {
            let node =
                NonNull::new(std::ptr::with_exposed_provenance_mut(address)).expect("not null");
            // SAFETY: allocated above, freed once.
            unsafe { freed.free(node) };
        }
    }
}
