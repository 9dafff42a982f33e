//! Room for what is as large as a graph, on huge pages where the system has them.
//!
//! The first touch of a page costs a fault, and by pages of 4 KiB the faults of a large run cost more than its tasks do: some 20 of
//! 50 ns a task were measured. A page of 2 MiB costs little more than a small one. Linux gives them to those who ask for them; where it
//! does not, and on other systems, nothing changes but the time.

use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::Mutex;

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};

/// Bytes in a huge page, and its alignment.
const HUGE: usize = 2 << 20;

/// An empty vector with room for so many.
pub(crate) fn room<T>(capacity: usize) -> Vec<T> {
    let room: Vec<T> = Vec::with_capacity(capacity);
    ask(room.as_ptr().addr(), capacity * size_of::<T>());
    room
}

/// [`room`] whose pages are touched now, and not by the tasks of a run: some hundred microseconds for a huge page look like a long task
/// to whoever watches how long they take.
pub(super) fn touched_room<T>(capacity: usize) -> Vec<T> {
    let mut touched = room::<T>(capacity);
    let bytes = touched.spare_capacity_mut();
    let (start, count) = (bytes.as_mut_ptr().cast::<u8>(), size_of_val(bytes));
    for at in (0..count).step_by(SMALL) {
        // SAFETY: the byte is in the room, where nothing is initialised yet. Volatile, for nobody reads it.
        unsafe { start.add(at).write_volatile(0) };
    }
    touched
}

/// A vector of so many equal elements.
pub(crate) fn filled<T: Copy>(value: T, count: usize) -> Vec<T> {
    let mut filled = room(count);
    filled.resize(count, value);
    filled
}

/// Bytes in the smallest page there is.
const SMALL: usize = 4 << 10;

/// Asks for huge pages where whole ones fit into the range of addresses.
fn ask(start: usize, bytes: usize) {
    let (start, end) = (start.next_multiple_of(HUGE), (start + bytes) / HUGE * HUGE);
    if start < end {
        advise(start, end - start);
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
fn advise(start: usize, bytes: usize) {
    let start = std::ptr::without_provenance_mut(start);
    // SAFETY: the range is memory of ours. The advice says how to back it and leaves what is in it alone; a system without huge
    // pages refuses, which is as well.
    unsafe { libc::madvise(start, bytes, libc::MADV_HUGEPAGE) };
}

#[cfg(any(not(target_os = "linux"), miri))]
fn advise(_: usize, _: usize) {}

/// Bytes in a chunk, and its alignment.
pub(super) const CHUNK: usize = 64 << 10;

const CHUNKS: u32 = (HUGE / CHUNK) as u32;
const ALL: u32 = u32::MAX;
const _: () = assert!(CHUNKS == ALL.count_ones(), "a bit for each chunk of a block");

/// So many chunks come from the allocator one by one, before blocks are begun: a small program should not take 2 MiB.
const SINGLES: usize = 16;

/// So many free blocks are kept for later graphs: 32 MiB.
const KEPT: usize = 16;

/// Chunks that can be had without asking the allocator.
struct Blocks {
    /// Blocks with free chunks: address, and a bit for each chunk that is free.
    free: BTreeMap<usize, u32>,
    /// How many of them are free as a whole.
    n_idle: usize,
    n_singles: usize,
}

static BLOCKS: Mutex<Blocks> =
    Mutex::new(Blocks { free: BTreeMap::new(), n_idle: 0, n_singles: 0 });

/// Where a chunk's memory came from, to be given back with it.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    Single,
    Block,
}

const fn layout(size: usize) -> Layout {
    match Layout::from_size_align(size, size) {
        Ok(layout) => layout,
        Err(_) => panic!("the size is a power of two"),
    }
}

fn allocate(layout: Layout) -> NonNull<u8> {
    // SAFETY: the layout has a size above zero.
    let memory = unsafe { alloc(layout) };
    NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(layout))
}

/// Memory for one chunk.
pub(super) fn take_chunk() -> (NonNull<u8>, Origin) {
    BLOCKS.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take()
}

/// Gives a chunk's memory back.
///
/// # Safety
/// It came from [`take_chunk`] with this origin, and nobody uses it any more.
pub(super) unsafe fn give_chunk_back(chunk: NonNull<u8>, origin: Origin) {
    let mut blocks = BLOCKS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    // SAFETY: by contract.
    unsafe { blocks.give_back(chunk, origin) }
}

impl Blocks {
    fn take(&mut self) -> (NonNull<u8>, Origin) {
        if self.n_singles < SINGLES {
            self.n_singles += 1;
            return (allocate(layout(CHUNK)), Origin::Single);
        }
        let (block, mut free) = self.free.pop_first().unwrap_or_else(|| {
            let block = allocate(layout(HUGE)).expose_provenance().get();
            advise(block, HUGE);
            self.n_idle += 1;
            (block, ALL)
        });
        self.n_idle -= usize::from(free == ALL);
        let chunk = block + free.trailing_zeros() as usize * CHUNK;
        free &= free - 1;
        if free != 0 {
            self.free.insert(block, free);
        }
        let chunk = NonNull::new(std::ptr::with_exposed_provenance_mut(chunk));
        (chunk.expect("a block is not at address zero"), Origin::Block)
    }

    /// # Safety
    /// As for [`give_chunk_back`].
    unsafe fn give_back(&mut self, chunk: NonNull<u8>, origin: Origin) {
        if let Origin::Single = origin {
            self.n_singles -= 1;
            // SAFETY: by contract; singles were allocated with this layout.
            return unsafe { dealloc(chunk.as_ptr(), layout(CHUNK)) };
        }
        let (block, place) = (chunk.addr().get() / HUGE * HUGE, chunk.addr().get() % HUGE / CHUNK);
        let free = self.free.entry(block).or_insert(0);
        *free |= 1 << place;
        if *free != ALL {
            return;
        }
        if self.n_idle < KEPT {
            self.n_idle += 1;
        } else {
            self.free.remove(&block);
            // SAFETY: all chunks of the block are free, and it was allocated with this layout.
            unsafe { dealloc(std::ptr::with_exposed_provenance_mut(block), layout(HUGE)) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_of_blocks_are_apart_and_blocks_are_given_back() {
        let mut blocks = Blocks { free: BTreeMap::new(), n_idle: 0, n_singles: 0 };
        let count = SINGLES + (KEPT + 2) * CHUNKS as usize;
        let chunks: Vec<_> = (0..count).map(|_| blocks.take()).collect();
        for (at, (chunk, _)) in chunks.iter().enumerate() {
            assert_eq!(chunk.addr().get() % CHUNK, 0);
            // SAFETY: the chunk is ours, and that large.
            unsafe { chunk.cast::<[usize; CHUNK / 8]>().write([at; CHUNK / 8]) };
        }
        for (at, &(chunk, origin)) in chunks.iter().enumerate() {
            // SAFETY: as above; written before, and given back once.
            unsafe {
                assert_eq!(chunk.cast::<[usize; CHUNK / 8]>().read(), [at; CHUNK / 8]);
                blocks.give_back(chunk, origin);
            }
        }
        assert_eq!((blocks.n_singles, blocks.n_idle, blocks.free.len()), (0, KEPT, KEPT));
        for (block, free) in blocks.free {
            assert_eq!(free, ALL);
            // SAFETY: the block is free and the last to know it.
            unsafe { dealloc(std::ptr::with_exposed_provenance_mut(block), layout(HUGE)) };
        }
    }

    #[test]
    fn vectors_have_their_room() {
        let filled = filled(7u32, 3 << 20);
        assert!(filled.iter().all(|&element| element == 7));
        assert!(room::<u64>(100).capacity() >= 100);
        let mut touched = touched_room::<u64>(1 << 20);
        touched.resize(1 << 20, 3);
        assert!(touched.iter().all(|&element| element == 3));
        assert!(touched_room::<u64>(0).is_empty());
    }
}
