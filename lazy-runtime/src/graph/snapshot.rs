//! The part of the graph that some outputs reach, in static order, with dense indices and flat edges.
//!
//! Making one looks at each node twice and hashes nothing: first the nodes are found and numbered (`reach.rs`), then each gets its
//! edges. One snapshot is made at a time, under a lock that is held while no task and no user code runs.

use std::any::TypeId;
use std::collections::HashSet;
use std::panic::Location;
use std::sync::{Arc, Mutex};

use super::node::{Kind, NodePtr, ShowLiteral};
use super::pages::{filled, room};
use super::plan::{Candidate, Look};
use super::reach::Reach;
use super::reference::NodeRef;
use super::traits::Traits;
use super::uses::Uses;
use crate::key::Key;
use crate::order::Shape;
use crate::task::Function;

/// In an edge: the dependency is data and has no slot in the run.
pub(super) const DATA: u32 = 1 << 31;
/// In an edge of a run: the dependency's result is held in `store`, and not in its slot.
pub(super) const HELD: u32 = 1 << 30;
/// In an edge: what it leads to does not lie in a slot.
pub(super) const APART: u32 = DATA | HELD;
/// In an edge: the dependency's index.
pub(super) const INDEX: u32 = HELD - 1;

static MARKS: Mutex<()> = Mutex::new(());

/// A culled, ordered graph. It keeps its nodes alive through its outputs.
pub(crate) struct Snapshot {
    nodes: Vec<NodePtr>,
    /// `edges[starts[i]..starts[i + 1]]` are the dependencies of node `i`.
    starts: Vec<u32>,
    edges: Vec<u32>,
    outputs: Vec<u32>,
    n_tasks: usize,
    traits: Traits,
    /// Tasks that read their results from disk, and need nothing for it.
    loads: HashSet<NodePtr>,
    /// Keeps every node alive: an output reaches all it needs.
    _kept: Vec<NodeRef>,
}

impl Snapshot {
    /// What `outputs` need, dependencies before dependents; each output's index stands in [`Snapshot::outputs`].
    pub(crate) fn new(outputs: Vec<NodeRef>) -> Self {
        Self::after_look(outputs, None)
    }

    /// [`Snapshot::new`] without what caches have: `look` is asked.
    pub(crate) fn with_caches(outputs: Vec<NodeRef>, look: Look<'_>) -> Self {
        Self::after_look(outputs, Some(look))
    }

    fn after_look(outputs: Vec<NodeRef>, look: Option<Look<'_>>) -> Self {
        let (snapshot, is_ordered) = Self::as_made(outputs);
        let (snapshot, is_ordered) = snapshot.planned(is_ordered, look);
        // The order in which nodes were made is a good one where results are plain numbers and the like: no order holds less
        // than another, and memory is read as it lies.
        if snapshot.holds_memory() || !is_ordered {
            snapshot.in_order(is_ordered)
        } else {
            snapshot
        }
    }

    /// In the order in which the nodes were made, and whether dependencies come before dependents in it: nodes that
    /// several threads made may stand the other way round.
    fn as_made(outputs: Vec<NodeRef>) -> (Self, bool) {
        let _lock = MARKS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let reach = Reach::of(outputs.iter().map(NodeRef::ptr));
        assert!(reach.len() < INDEX as usize, "a graph has fewer than 2^30 nodes");
        let mut flat = Flat::with_room_for(reach.len(), reach.n_edges());
        let mut found = Vec::new();
        reach.for_each(|node| {
            flat.add(node, |edges| {
                node.dependencies(&mut found);
                for dependency in found.drain(..) {
                    let (number, is_data) = reach.number(dependency);
                    edges.push(number, is_data);
                }
            });
        });
        let indices = outputs.iter().map(|output| reach.number(output.ptr()).0).collect();
        let is_ordered = flat.is_ordered;
        (Self::of(flat, indices, outputs, HashSet::new()), is_ordered)
    }

    pub(super) fn of(
        flat: Flat,
        outputs: Vec<u32>,
        kept: Vec<NodeRef>,
        loads: HashSet<NodePtr>,
    ) -> Self {
        Snapshot {
            outputs,
            nodes: flat.nodes,
            starts: flat.starts,
            edges: flat.edges,
            n_tasks: flat.n_tasks,
            traits: flat.traits,
            loads,
            _kept: kept,
        }
    }

    pub(super) fn into_kept(self) -> Vec<NodeRef> {
        self._kept
    }

    /// What the snapshot was made of.
    pub(crate) fn into_outputs(self) -> Vec<NodeRef> {
        let mut outputs = self._kept;
        // Behind them is what stands for tasks.
        outputs.truncate(self.outputs.len());
        outputs
    }

    /// Whether any node is one with all of its token.
    pub(super) fn has_pure(&self) -> bool {
        self.traits.have(Traits::IS_PURE)
    }

    /// Whether any result is kept between runs.
    pub(crate) fn has_cached(&self) -> bool {
        self.traits.have(Traits::IS_CACHED)
    }

    /// Every task whose result is kept between runs.
    pub(crate) fn cached(&self) -> impl Iterator<Item = Candidate> + '_ {
        let nodes = if self.has_cached() { &self.nodes[..] } else { &[] };
        nodes.iter().filter(|node| !self.loads.contains(node)).filter_map(|node| node.candidate())
    }

    /// Whether a task reads its result from disk.
    pub(super) fn is_loaded(&self, node: NodePtr) -> bool {
        !self.loads.is_empty() && self.loads.contains(&node)
    }

    /// Whether the node of this index is `named`, or stands for it.
    pub(super) fn stands_for(&self, index: u32, named: NodePtr) -> bool {
        let node = self.node(index);
        node == named || node.key().token() == named.key().token()
    }

    /// The value of a data node, if the node of this index is one.
    ///
    /// # Panics
    /// If what it gives is of another type.
    pub(super) fn value<T: Send + Sync + 'static>(&self, index: u32) -> Option<&Arc<T>> {
        let node = self.node(index);
        assert!(
            node.vtable().output_id == TypeId::of::<T>(),
            "an output has the type of its handle"
        );
        // SAFETY: a data node with output `T` is a node of `Data<T>`, and the snapshot keeps it.
        (node.vtable().kind == Kind::Data).then(|| unsafe { node.data::<T>() })
    }

    /// Every use of a result that is made in the run, as (what is used, its user), in order of users.
    pub(super) fn uses_of_results(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..self.len() as u32).flat_map(|user| {
            let made = self.edges_of(user).iter().filter(|&edge| edge & DATA == 0);
            made.map(move |edge| (edge & INDEX, user))
        })
    }

    /// The tasks whose held results a task uses.
    pub(super) fn held_by(&self, index: u32) -> impl Iterator<Item = u32> + '_ {
        let held = self.edges_of(index).iter().filter(|&edge| edge & HELD != 0);
        held.map(|edge| edge & INDEX)
    }

    /// Marks the edges to results that are held.
    pub(super) fn mark_held(&mut self, is_held: impl Fn(u32) -> bool) {
        for edge in self.edges.iter_mut().filter(|edge| **edge & DATA == 0) {
            if is_held(*edge & INDEX) {
                *edge |= HELD;
            }
        }
    }

    /// The same graph in the order of `order.rs`.
    fn in_order(self, is_ordered: bool) -> Self {
        let order = self.shape().order(is_ordered);
        assert_eq!(order.len(), self.len(), "an order has every node once");
        let mut places = filled(0u32, self.len());
        order.iter().enumerate().for_each(|(place, &old)| places[old as usize] = place as u32);
        let moved = |edge: u32| places[(edge & INDEX) as usize] | (edge & DATA);
        let (mut starts, mut edges) = (room(self.starts.len()), room(self.edges.len()));
        starts.push(0);
        for (place, &old) in order.iter().enumerate() {
            for edge in self.edges_of(old).iter().map(|&edge| moved(edge)) {
                // Whoever runs in this order relies on it.
                assert!(((edge & INDEX) as usize) < place, "dependencies come before dependents");
                edges.push(edge);
            }
            starts.push(edges.len() as u32);
        }
        let mut nodes = room(order.len());
        nodes.extend(order.iter().map(|&old| self.node(old)));
        Snapshot {
            nodes,
            outputs: self.outputs.iter().map(|&output| moved(output)).collect(),
            starts,
            edges,
            ..self
        }
    }

    /// The graph by indices alone.
    pub(super) fn shape(&self) -> Shape<'_> {
        Shape {
            starts: &self.starts,
            edges: &self.edges,
            index: INDEX,
            ignored: DATA,
            outputs: &self.outputs,
        }
    }

    /// Whether any result holds memory that its release gives back.
    pub(crate) fn holds_memory(&self) -> bool {
        self.traits.have(Traits::HOLDS_MEMORY)
    }

    /// Whether any result lies in the second buffer of a run's values.
    pub(super) fn has_wide_results(&self) -> bool {
        self.traits.have(Traits::IS_WIDE)
    }

    /// Whether a run has to know how many users each result has.
    pub(super) fn counts_uses(&self) -> bool {
        self.holds_memory() || self.traits.have(Traits::MOVES)
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn n_tasks(&self) -> usize {
        self.n_tasks
    }

    /// The index of each output, in the order in which they were given; an output given twice stands there twice.
    pub(crate) fn outputs(&self) -> &[u32] {
        &self.outputs
    }

    #[inline]
    pub(super) fn node(&self, index: u32) -> NodePtr {
        self.nodes[index as usize]
    }

    #[inline]
    pub(super) fn first_edge(&self, index: u32) -> u32 {
        self.starts[index as usize]
    }

    #[inline]
    pub(super) fn edge(&self, position: u32) -> u32 {
        self.edges[position as usize]
    }

    /// The dependencies of a node, with [`DATA`] marked.
    #[inline]
    pub(super) fn edges_of(&self, index: u32) -> &[u32] {
        let at = index as usize;
        &self.edges[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// The indices of a node's dependencies; one that is used twice stands there twice.
    pub(crate) fn dependencies(&self, index: u32) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.edges_of(index).iter().map(|edge| edge & INDEX)
    }

    pub(crate) fn n_edges(&self) -> usize {
        self.edges.len()
    }

    #[inline]
    pub(crate) fn is_task(&self, index: u32) -> bool {
        self.node(index).vtable().kind == Kind::Task
    }

    pub(crate) fn key(&self, index: u32) -> Key {
        self.node(index).key()
    }

    pub(crate) fn function(&self, index: u32) -> &'static Function {
        self.node(index).vtable().function
    }

    pub(crate) fn location(&self, index: u32) -> &'static Location<'static> {
        self.node(index).location()
    }

    /// Shows every literal argument of a task with its position among the parameters.
    pub(crate) fn literals(&self, index: u32, show: ShowLiteral<'_>) {
        self.node(index).literals(show);
    }

    /// Counts how often each result in a slot is used: once for each edge to a dependent, once for each output.
    pub(super) fn uses(&self) -> Vec<Uses> {
        let mut uses = room(self.len());
        uses.resize_with(self.len(), Uses::none);
        for edge in self.edges.iter().filter(|&edge| edge & APART == 0) {
            uses[*edge as usize].add();
        }
        for output in &self.outputs {
            uses[*output as usize].add();
        }
        uses
    }
}

/// Takes the edges of a new node.
pub(super) struct NewEdges<'a> {
    of: usize,
    edges: &'a mut Vec<u32>,
    is_ordered: &'a mut bool,
}

impl NewEdges<'_> {
    #[inline]
    pub(super) fn push(&mut self, dependency: u32, is_data: bool) {
        *self.is_ordered &= (dependency as usize) < self.of;
        self.edges.push(if is_data { dependency | DATA } else { dependency });
    }
}

/// Nodes with their numbers, their edges, and what they have in common.
pub(super) struct Flat {
    nodes: Vec<NodePtr>,
    starts: Vec<u32>,
    edges: Vec<u32>,
    n_tasks: usize,
    traits: Traits,
    /// Every dependency so far had its number before its dependents.
    pub(super) is_ordered: bool,
}

impl Flat {
    pub(super) fn with_room_for(nodes: usize, edges: usize) -> Self {
        let mut starts = room(nodes + 1);
        starts.push(0);
        Flat {
            nodes: room(nodes),
            starts,
            edges: room(edges),
            n_tasks: 0,
            traits: Traits::default(),
            is_ordered: true,
        }
    }

    /// Adds the node with the next number; `name_edges` gives those of a task.
    #[inline]
    pub(super) fn add(&mut self, node: NodePtr, name_edges: impl FnOnce(&mut NewEdges<'_>)) {
        let vtable = node.vtable();
        if vtable.kind == Kind::Task {
            self.n_tasks += 1;
            self.traits.add(vtable.traits);
            let of = self.nodes.len();
            let Flat { edges, is_ordered, .. } = self;
            name_edges(&mut NewEdges { of, edges, is_ordered });
        }
        self.nodes.push(node);
        self.starts
            .push(u32::try_from(self.edges.len()).expect("a graph has fewer than 2^32 edges"));
    }
}
