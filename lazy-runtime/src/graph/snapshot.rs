//! The part of the graph that some outputs reach, in static order, with dense indices and flat edges.
//!
//! Making one looks at each node twice and hashes nothing: first the nodes are found and numbered (`reach.rs`), then each gets its
//! edges. One snapshot is made at a time, under a lock that is held while no task and no user code runs.

use std::panic::Location;
use std::sync::Mutex;

use super::node::{Kind, NodePtr, ShowLiteral};
use super::pages::{filled, room};
use super::reach::Reach;
use super::reference::NodeRef;
use super::uses::Uses;
use crate::key::Key;
use crate::order::Shape;
use crate::task::Function;

/// In an edge: the dependency is data and has no slot in the run.
pub(super) const DATA: u32 = 1 << 31;
/// In an edge: the dependency's index.
pub(super) const INDEX: u32 = DATA - 1;

static MARKS: Mutex<()> = Mutex::new(());

/// A culled, ordered graph. It keeps its nodes alive through its outputs.
pub(crate) struct Snapshot {
    nodes: Vec<NodePtr>,
    /// `edges[starts[i]..starts[i + 1]]` are the dependencies of node `i`.
    starts: Vec<u32>,
    edges: Vec<u32>,
    outputs: Vec<u32>,
    n_tasks: usize,
    holds_memory: bool,
    has_wide_results: bool,
    counts_uses: bool,
    /// Keeps every node alive: an output reaches all it needs.
    _kept: Vec<NodeRef>,
}

impl Snapshot {
    /// What `outputs` need, dependencies before dependents; each output's index stands in [`Snapshot::outputs`].
    pub(crate) fn new(outputs: Vec<NodeRef>) -> Self {
        let (snapshot, is_ordered) = Self::as_made(outputs);
        // The order in which nodes were made is a good one where results are plain numbers and the like: no order holds less
        // than another, and memory is read as it lies.
        if snapshot.holds_memory || !is_ordered { snapshot.in_order(is_ordered) } else { snapshot }
    }

    /// In the order in which the nodes were made, and whether dependencies come before dependents in it: nodes that
    /// several threads made may stand the other way round.
    fn as_made(outputs: Vec<NodeRef>) -> (Self, bool) {
        let _lock = MARKS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let reach = Reach::of(outputs.iter().map(NodeRef::ptr));
        assert!(reach.len() < INDEX as usize, "a graph has fewer than 2^31 nodes");
        let mut flat = Flat::with_room_for(reach.len(), reach.n_edges());
        reach.for_each(|node| flat.add(node, &reach));
        let snapshot = Snapshot {
            outputs: outputs.iter().map(|output| reach.number(output.ptr()).0).collect(),
            nodes: flat.nodes,
            starts: flat.starts,
            edges: flat.edges,
            n_tasks: flat.n_tasks,
            holds_memory: flat.holds_memory,
            has_wide_results: flat.has_wide_results,
            counts_uses: flat.holds_memory || flat.moves,
            _kept: outputs,
        };
        let is_ordered = flat.is_ordered;
        (snapshot, is_ordered)
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
        self.holds_memory
    }

    /// Whether any result lies in the second buffer of a run's values.
    pub(super) fn has_wide_results(&self) -> bool {
        self.has_wide_results
    }

    /// Whether a run has to know how many users each result has.
    pub(super) fn counts_uses(&self) -> bool {
        self.counts_uses
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

    /// Counts how often each result is used: once for each edge to a dependent, once for each output.
    pub(super) fn uses(&self) -> Vec<Uses> {
        let mut uses = room(self.len());
        uses.resize_with(self.len(), Uses::none);
        for edge in self.edges.iter().filter(|&edge| edge & DATA == 0) {
            uses[*edge as usize].add();
        }
        for output in &self.outputs {
            uses[*output as usize].add();
        }
        uses
    }
}

/// Nodes with their numbers, their edges, and what they have in common.
struct Flat {
    nodes: Vec<NodePtr>,
    starts: Vec<u32>,
    edges: Vec<u32>,
    n_tasks: usize,
    holds_memory: bool,
    has_wide_results: bool,
    moves: bool,
    /// Every dependency so far had its number before its dependents.
    is_ordered: bool,
    found: Vec<NodePtr>,
}

impl Flat {
    fn with_room_for(nodes: usize, edges: usize) -> Self {
        let mut starts = room(nodes + 1);
        starts.push(0);
        Flat {
            nodes: room(nodes),
            starts,
            edges: room(edges),
            n_tasks: 0,
            holds_memory: false,
            has_wide_results: false,
            moves: false,
            is_ordered: true,
            found: Vec::new(),
        }
    }

    /// Adds the node with the next number.
    #[inline]
    fn add(&mut self, node: NodePtr, reach: &Reach) {
        let vtable = node.vtable();
        if vtable.kind == Kind::Task {
            self.n_tasks += 1;
            self.holds_memory |= vtable.stored.holds_memory();
            self.has_wide_results |= vtable.stored.wide_words > 0;
            self.moves |= vtable.moves;
            node.dependencies(&mut self.found);
            for dependency in self.found.drain(..) {
                let (number, is_data) = reach.number(dependency);
                self.is_ordered &= (number as usize) < self.nodes.len();
                self.edges.push(if is_data { number | DATA } else { number });
            }
        }
        self.nodes.push(node);
        self.starts
            .push(u32::try_from(self.edges.len()).expect("a graph has fewer than 2^32 edges"));
    }
}
