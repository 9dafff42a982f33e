//! What need not run: equal calls are one node, and what a cache has is not computed.
//!
//! *Dedup*: nodes that are called by the same token, and have the same output, are one; of a task and a value that is there the value
//! stays. *Cut*: from the outputs down, a task whose result a cache has becomes that result, and what only it needed is not in the run. Both
//! look at nodes that were found, in time linear in nodes and edges, and run no task; a graph without pure functions is left as it is.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use super::node::{Kind, NodePtr};
use super::pages::filled;
use super::reference::NodeRef;
use super::snapshot::{Flat, Snapshot};
use crate::cache::Found;
use crate::identity::Bits;
use crate::keep::Kept;
use crate::key::Key;

/// A task whose result a cache may have.
pub(crate) struct Candidate {
    pub(crate) key: Key,
    pub(crate) output: TypeId,
    pub(crate) kept: &'static Kept,
}

/// Asked for each task whose result may be kept between runs, if some output needs it.
pub(crate) type Look<'a> = &'a mut dyn FnMut(&Candidate) -> Found;

impl NodePtr {
    pub(super) fn candidate(self) -> Option<Candidate> {
        let vtable = self.vtable();
        let is_one = vtable.kind == Kind::Task && vtable.kept.place.is_some();
        is_one.then(|| Candidate { key: self.key(), output: vtable.output_id, kept: vtable.kept })
    }
}

/// No node yet.
const NONE: u32 = u32::MAX;

impl Snapshot {
    /// The graph without what need not run, and whether dependencies still come before dependents.
    pub(super) fn planned(self, is_ordered: bool, look: Option<Look<'_>>) -> (Self, bool) {
        let instead = if self.has_pure() { self.equals() } else { None };
        let look = look.filter(|_| self.has_cached());
        if instead.is_none() && look.is_none() {
            return (self, is_ordered);
        }
        Plan::of(&self, instead, look).carry_out(self)
    }

    /// For each node the one that stands for it; `None` if each stands for itself.
    fn equals(&self) -> Option<Vec<u32>> {
        let mut first: HashMap<(u128, TypeId), u32, BuildHasherDefault<Bits>> = HashMap::default();
        let mut instead = filled(0u32, self.len());
        let mut are_merged = false;
        // Data first: a value that is there need not be computed.
        for kind in [Kind::Data, Kind::Task] {
            for index in 0..self.len() as u32 {
                let (node, place) = (self.node(index), &mut instead[index as usize]);
                if node.vtable().kind != kind {
                    continue;
                }
                *place = match node.shared_token() {
                    // The type as well: whoever reads a result trusts it.
                    Some(token) => *first.entry((token, node.vtable().output_id)).or_insert(index),
                    None => index,
                };
                are_merged |= *place != index;
            }
        }
        are_merged.then_some(instead)
    }
}

/// What becomes of the nodes of a snapshot.
struct Plan {
    /// For each node the one that stands for it.
    instead: Option<Vec<u32>>,
    /// Nodes that some output needs.
    needed: Vec<bool>,
    /// Values of caches, in the place of tasks.
    stand_ins: HashMap<u32, NodeRef>,
    /// Tasks that read their results from disk.
    loads: HashSet<NodePtr>,
}

impl Plan {
    fn of(snapshot: &Snapshot, instead: Option<Vec<u32>>, mut look: Option<Look<'_>>) -> Self {
        let needed = vec![false; snapshot.len()];
        let (stand_ins, loads) = (HashMap::new(), HashSet::new());
        let mut plan = Plan { instead, needed, stand_ins, loads };
        let mut open: Vec<u32> = snapshot.outputs().iter().map(|&i| plan.stands_for(i)).collect();
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut plan.needed[index as usize], true) {
                continue;
            }
            if let Some(look) = &mut look
                && plan.is_found(snapshot.node(index), index, look)
            {
                continue;
            }
            let dependencies = snapshot.dependencies(index).map(|i| plan.stands_for(i));
            open.extend(dependencies.filter(|&i| !plan.needed[i as usize]));
        }
        plan
    }

    #[inline]
    fn stands_for(&self, index: u32) -> u32 {
        self.instead.as_ref().map_or(index, |instead| instead[index as usize])
    }

    /// Whether a cache has the result of a node, which is noted.
    fn is_found(&mut self, node: NodePtr, index: u32, look: Look<'_>) -> bool {
        let Some(candidate) = node.candidate() else { return false };
        match look(&candidate) {
            Found::Nothing => false,
            Found::OnDisk => self.loads.insert(node),
            Found::Value(value) => {
                let stand_in = (node.vtable().stand_in)(value, candidate.key, node.location());
                stand_in.is_some_and(|stand_in| self.stand_ins.insert(index, stand_in).is_none())
            }
        }
    }

    /// The snapshot with what is needed.
    fn carry_out(mut self, old: Snapshot) -> (Snapshot, bool) {
        let mut numbers = filled(NONE, old.len());
        let mut count = 0;
        for (number, _) in numbers.iter_mut().zip(&self.needed).filter(|(_, needed)| **needed) {
            *number = count;
            count += 1;
        }
        let mut flat = Flat::with_room_for(count as usize, old.n_edges());
        for index in (0..old.len() as u32).filter(|&index| self.needed[index as usize]) {
            let node = old.node(index);
            if let Some(stand_in) = self.stand_ins.get(&index) {
                flat.add(stand_in.ptr(), |_| ());
            } else if self.loads.contains(&node) {
                flat.add(node, |_| ());
            } else {
                flat.add(node, |edges| {
                    for dependency in old.dependencies(index) {
                        let stands = self.stands_for(dependency);
                        let is_data = self.stand_ins.contains_key(&stands) || !old.is_task(stands);
                        edges.push(numbers[stands as usize], is_data);
                    }
                });
            }
        }
        let outputs = old.outputs().iter().map(|&i| numbers[self.stands_for(i) as usize]);
        let outputs = outputs.collect();
        let is_ordered = flat.is_ordered;
        let mut kept = old.into_kept();
        kept.extend(self.stand_ins.drain().map(|(_, stand_in)| stand_in));
        (Snapshot::of(flat, outputs, kept, self.loads), is_ordered)
    }
}
