//! The count of a chunk's live nodes.

use crate::sync::{AtomicUsize, Ordering};

/// Counts as that many live nodes while a thread still allocates from the chunk.
const OPEN: usize = 1 << (usize::BITS - 8);

/// Nodes of a chunk not yet freed, plus [`OPEN`] while the chunk is open, minus what was allocated in it so far.
///
/// The thread that allocates counts privately and settles once, when it closes the chunk; so an
/// allocation needs no atomic instruction.
pub(super) struct Live(AtomicUsize);

impl Live {
    /// Of a chunk that its thread allocates from.
    pub(super) fn open() -> Self {
        Live(AtomicUsize::new(OPEN))
    }

    /// Some nodes were freed. True when nothing is left: the chunk is the caller's to give back, and all uses of it are over.
    #[inline]
    pub(super) fn free(&self, nodes: usize) -> bool {
        self.give_up(nodes)
    }

    /// No further node will be allocated; so many were. True as for [`Live::free`].
    #[inline]
    pub(super) fn close(&self, allocated: usize) -> bool {
        self.give_up(OPEN - allocated)
    }

    #[inline]
    fn give_up(&self, count: usize) -> bool {
        self.0.fetch_sub(count, Ordering::AcqRel) == count
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;
    use loom::sync::atomic::AtomicU32;
    use loom::thread;

    use super::*;
    use crate::graph::references::References;
    use crate::graph::watched::Watched;

    struct Chunk {
        live: Live,
        memory: [Watched; 3],
        given_back: AtomicU32,
    }

    impl Chunk {
        fn new() -> Arc<Self> {
            let memory = [(); 3].map(|()| Watched::new());
            Arc::new(Chunk { live: Live::open(), memory, given_back: AtomicU32::new(0) })
        }

        /// Drops nodes and frees their memory together, as `Freed` does.
        fn free(&self, nodes: &[usize]) {
            nodes.iter().for_each(|&node| self.memory[node].write());
            self.give_back_if(self.live.free(nodes.len()));
        }

        fn close(&self, allocated: usize) {
            self.give_back_if(self.live.close(allocated));
        }

        fn give_back_if(&self, last: bool) {
            if last {
                self.memory.iter().for_each(Watched::write);
                self.given_back.fetch_add(1, Ordering::Relaxed);
            }
        }

        fn is_given_back(&self) -> bool {
            self.given_back.load(Ordering::Relaxed) == 1
        }
    }

    fn spawn(chunk: &Arc<Chunk>, run: impl FnOnce(&Chunk) + 'static) -> thread::JoinHandle<()> {
        let chunk = Arc::clone(chunk);
        thread::spawn(move || run(&chunk))
    }

    #[test]
    fn the_last_of_its_thread_and_two_that_free_gives_a_chunk_back() {
        loom::model(|| {
            let chunk = Chunk::new();
            chunk.memory.iter().for_each(Watched::write);
            let (a, b) = (spawn(&chunk, |it| it.free(&[0, 1])), spawn(&chunk, |it| it.free(&[2])));
            chunk.close(3);
            a.join().unwrap();
            b.join().unwrap();
            assert!(chunk.is_given_back());
        });
    }

    #[test]
    fn an_open_chunk_is_kept_though_all_its_nodes_are_freed() {
        loom::model(|| {
            let chunk = Chunk::new();
            chunk.memory[0].write();
            let other = spawn(&chunk, |it| it.free(&[0]));
            chunk.memory[1].write();
            chunk.free(&[1]);
            chunk.memory[2].write();
            chunk.free(&[2]);
            other.join().unwrap();
            assert!(!chunk.is_given_back());
            chunk.close(3);
            assert!(chunk.is_given_back());
        });
    }

    /// A handle is dropped on one thread and another of the same node on a second, while the thread that made the node ends.
    #[test]
    fn a_chunk_is_given_back_after_the_last_handle_and_its_thread() {
        loom::model(|| {
            let chunk = Chunk::new();
            let references = Arc::new(References::one());
            chunk.memory[0].write();
            references.add();
            let drop_handle = |references: Arc<References>| {
                move |chunk: &Chunk| {
                    chunk.memory[0].read();
                    if references.give_up() {
                        chunk.free(&[0]);
                    }
                }
            };
            let first = spawn(&chunk, drop_handle(Arc::clone(&references)));
            let second = spawn(&chunk, drop_handle(references));
            chunk.close(1);
            first.join().unwrap();
            second.join().unwrap();
            assert!(chunk.is_given_back());
        });
    }
}
