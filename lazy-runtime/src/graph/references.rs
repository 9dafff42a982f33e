//! The count of a node's references.

use crate::sync::{AtomicU32, Ordering};

/// More references than this to one node end the process, long before the counter could wrap.
const MAX_REFERENCES: u32 = i32::MAX as u32;

/// How many references to a node there are. It starts with one.
pub(super) struct References(AtomicU32);

impl References {
    #[inline]
    pub(super) fn one() -> Self {
        References(AtomicU32::new(1))
    }

    /// One more, made from one that exists.
    #[inline]
    pub(super) fn add(&self) {
        // Relaxed: the new reference is made from one that exists, as `Arc` does it.
        if self.0.fetch_add(1, Ordering::Relaxed) >= MAX_REFERENCES {
            std::process::abort();
        }
    }

    /// One less. True for the last: the node is the caller's now, and all uses of it are over.
    #[inline]
    pub(super) fn give_up(&self) -> bool {
        // The load saves the last owner the costlier instruction; if it reads 1, nobody else has a reference.
        self.0.load(Ordering::Acquire) == 1 || self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;
    use crate::graph::watched::Watched;

    struct Node {
        references: References,
        payload: Watched,
        drops: AtomicU32,
    }

    impl Node {
        fn new() -> Arc<Self> {
            let (references, drops) = (References::one(), AtomicU32::new(0));
            Arc::new(Node { references, payload: Watched::new(), drops })
        }

        /// Uses the node, and gives up a reference.
        fn use_and_drop(&self) {
            self.payload.read();
            if self.references.give_up() {
                self.payload.write();
                self.drops.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn the_last_of_three_handles_drops_the_node_after_all_uses() {
        loom::model(|| {
            let node = Node::new();
            let others = [(); 2].map(|()| {
                node.references.add();
                let node = Arc::clone(&node);
                thread::spawn(move || node.use_and_drop())
            });
            node.use_and_drop();
            others.into_iter().for_each(|other| other.join().unwrap());
            assert_eq!(node.drops.load(Ordering::Relaxed), 1);
        });
    }

    #[test]
    fn a_handle_that_is_cloned_while_another_is_dropped_keeps_the_node() {
        loom::model(|| {
            let node = Node::new();
            node.references.add();
            let other = thread::spawn({
                let node = Arc::clone(&node);
                move || {
                    node.references.add();
                    node.use_and_drop();
                    node.use_and_drop();
                }
            });
            node.use_and_drop();
            other.join().unwrap();
            assert_eq!(node.drops.load(Ordering::Relaxed), 1);
        });
    }
}
