//! What is held, before the run.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};

use super::held::{AT_THE_END, Held, NOT_HELD};
use super::memory::Memory;
use super::slot::Slot;
use crate::codec::Codec;
use crate::key::Key;
use crate::witness::Witness;

/// What is told of held values before the run.
pub(crate) struct HeldBuilder {
    held: Held,
}

impl HeldBuilder {
    pub(crate) fn new(
        n_nodes: usize,
        memory: Option<Arc<Memory>>,
        witness: Option<Arc<dyn Witness>>,
    ) -> Self {
        let executed = match memory {
            Some(_) => (0..n_nodes.div_ceil(64)).map(|_| AtomicU64::new(0)).collect(),
            None => Vec::new(),
        };
        let (places, slots, users) = (vec![NOT_HELD; n_nodes], Vec::new(), Vec::new());
        let (queue, is_queued) = (Mutex::default(), AtomicBool::new(false));
        HeldBuilder {
            held: Held { places, slots, users, executed, queue, is_queued, memory, witness },
        }
    }

    /// The result of this task is held.
    pub(crate) fn hold(&mut self, task: u32, key: Key, codec: Option<Codec>) {
        self.held.places[task as usize] = self.held.slots.len() as u32;
        self.held.slots.push(Slot { key, codec, users: 0..0, state: Mutex::default() });
    }

    /// `edges` gives each use of a value as (index of what is used, user), in order of users.
    pub(crate) fn build<E: Iterator<Item = (u32, u32)>>(
        mut self,
        edges: impl Fn() -> E,
        outputs: &[u32],
    ) -> Held {
        let held = &mut self.held;
        let uses = || edges().chain(outputs.iter().map(|&output| (output, AT_THE_END)));
        let number = |places: &[u32], node: u32| match places[node as usize] {
            NOT_HELD => None,
            number => Some(number as usize),
        };
        let mut counts = vec![0usize; held.slots.len()];
        uses()
            .filter_map(|(node, _)| number(&held.places, node))
            .for_each(|slot| counts[slot] += 1);
        let mut at = 0;
        for (slot, count) in held.slots.iter_mut().zip(&counts) {
            slot.state.get_mut().unwrap_or_else(PoisonError::into_inner).n_users = *count as u32;
            slot.users = at..at;
            at += count;
        }
        if held.memory.is_some() {
            held.users = vec![0; at];
            for (node, user) in uses() {
                if let Some(slot) = number(&held.places, node) {
                    let users = &mut held.slots[slot].users;
                    held.users[users.end] = user;
                    users.end += 1;
                }
            }
        }
        self.held
    }
}
