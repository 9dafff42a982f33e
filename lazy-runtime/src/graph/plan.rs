//! What need not run: equal calls are one node, and what a cache has is not computed.
//!
//! *Dedup*: nodes that are called by the same token, and have the same output, are one; of a task and a value that is there the value
//! stays. *Cut*: from the outputs down, a task whose result a cache has becomes that result, and what only it needed is not in the run. Both
//! look at nodes that were found, in time linear in nodes and edges, and run no task; a graph without pure functions is left as it is.

use std::any::TypeId;
use std::collections::HashSet;

use super::firsts::Firsts;
use super::node::{Kind, NodePtr};
use super::pages::filled;
use super::reference::NodeRef;
use super::snapshot::{Flat, Snapshot};
use crate::cache::Found;
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
        let mut firsts = Firsts::new();
        let mut instead = filled(0u32, self.len());
        let mut are_merged = false;
        // Data first: a value that is there need not be computed.
        let has_data = self.n_tasks() < self.len();
        let kinds = if has_data { &[Kind::Data, Kind::Task][..] } else { &[Kind::Task] };
        for kind in kinds {
            for index in 0..self.len() as u32 {
                let (node, place) = (self.node(index), &mut instead[index as usize]);
                if node.vtable().kind != *kind {
                    continue;
                }
                *place = match node.shared_token() {
                    Some(token) => firsts.first(token, index, |other| self.is_one(other, node)),
                    None => index,
                };
                are_merged |= *place != index;
            }
        }
        are_merged.then_some(instead)
    }

    /// Whether two nodes have the same token and the same type: whoever reads a result trusts that.
    fn is_one(&self, index: u32, node: NodePtr) -> bool {
        let other = self.node(index);
        let have_one_type = other.vtable().output_id == node.vtable().output_id;
        have_one_type && other.shared_token() == node.shared_token()
    }
}

/// What becomes of a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// No output needs it.
    Dropped,
    Stays,
    /// It reads its result from disk.
    Loads,
    /// A value of a cache takes its place.
    Replaced,
}

/// What becomes of the nodes of a snapshot.
struct Plan {
    /// For each node the one that stands for it.
    instead: Option<Vec<u32>>,
    fates: Vec<Fate>,
    /// Values of caches, with the numbers of the nodes that they replace.
    stand_ins: Vec<(u32, NodeRef)>,
    /// Tasks that read their results from disk.
    loads: HashSet<NodePtr>,
}

impl Plan {
    fn of(snapshot: &Snapshot, instead: Option<Vec<u32>>, mut look: Option<Look<'_>>) -> Self {
        let fates = filled(Fate::Dropped, snapshot.len());
        let mut plan = Plan { instead, fates, stand_ins: Vec::new(), loads: HashSet::new() };
        let mut open: Vec<u32> = snapshot.outputs().iter().map(|&i| plan.stands_for(i)).collect();
        while let Some(index) = open.pop() {
            if plan.fates[index as usize] != Fate::Dropped {
                continue;
            }
            let fate = match &mut look {
                Some(look) => plan.look_for(snapshot.node(index), index, look),
                None => Fate::Stays,
            };
            plan.fates[index as usize] = fate;
            if fate == Fate::Stays {
                let dependencies = snapshot.dependencies(index).map(|i| plan.stands_for(i));
                open.extend(dependencies.filter(|&i| plan.fates[i as usize] == Fate::Dropped));
            }
        }
        plan
    }

    #[inline]
    fn stands_for(&self, index: u32) -> u32 {
        self.instead.as_ref().map_or(index, |instead| instead[index as usize])
    }

    /// What becomes of a node that is needed: that depends on what a cache has.
    fn look_for(&mut self, node: NodePtr, index: u32, look: Look<'_>) -> Fate {
        let Some(candidate) = node.candidate() else { return Fate::Stays };
        match look(&candidate) {
            Found::Nothing => Fate::Stays,
            Found::OnDisk => {
                self.loads.insert(node);
                Fate::Loads
            }
            Found::Value(value) => {
                let stand_in = (node.vtable().stand_in)(value, candidate.key, node.location());
                let Some(stand_in) = stand_in else { return Fate::Stays };
                self.stand_ins.push((index, stand_in));
                Fate::Replaced
            }
        }
    }

    /// The snapshot with what is needed.
    fn carry_out(mut self, old: Snapshot) -> (Snapshot, bool) {
        let mut numbers = filled(NONE, old.len());
        let mut count = 0;
        let needed = |fate: &Fate| *fate != Fate::Dropped;
        for (number, _) in numbers.iter_mut().zip(&self.fates).filter(|(_, fate)| needed(fate)) {
            *number = count;
            count += 1;
        }
        let mut flat = Flat::with_room_for(count as usize, old.n_edges());
        self.stand_ins.sort_unstable_by_key(|&(index, _)| index);
        let mut stand_ins = self.stand_ins.iter();
        for (index, fate) in (0..).zip(&self.fates) {
            match fate {
                Fate::Dropped => {}
                Fate::Loads => flat.add(old.node(index), |_| ()),
                Fate::Replaced => {
                    let (_, stand_in) = stand_ins.next().expect("what is replaced has a stand-in");
                    flat.add(stand_in.ptr(), |_| ());
                }
                Fate::Stays => flat.add(old.node(index), |edges| {
                    for dependency in old.dependencies(index) {
                        let stands = self.stands_for(dependency);
                        let is_replaced = self.fates[stands as usize] == Fate::Replaced;
                        edges.push(numbers[stands as usize], is_replaced || !old.is_task(stands));
                    }
                }),
            }
        }
        let outputs = old.outputs().iter().map(|&i| numbers[self.stands_for(i) as usize]);
        let outputs = outputs.collect();
        let is_ordered = flat.is_ordered;
        let mut kept = old.into_kept();
        kept.extend(self.stand_ins.into_iter().map(|(_, stand_in)| stand_in));
        (Snapshot::of(flat, outputs, kept, self.loads), is_ordered)
    }
}
