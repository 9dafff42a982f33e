//! The part of the graph that some outputs reach, in static order, with dense indices and flat edges.
//!
//! Making one walks each node twice and hashes nothing: a node carries a `mark`, the index a snapshot gave
//! it. A mark needs no clearing between snapshots, because it is believed only if the snapshot being
//! made has this very node at that index (the sparse set of Briggs and Torczon, "An efficient representation
//! for sparse sets", 1993). One snapshot is made at a time, under a lock that is held while no task and no user code runs.

use std::panic::Location;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use super::node::{Kind, NodePtr, NodeRef};
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
    /// Keeps every node alive: an output reaches all it needs.
    _kept: Vec<NodeRef>,
}

impl Snapshot {
    /// What `outputs` need, dependencies before dependents; each output's index stands in [`Snapshot::outputs`].
    pub(crate) fn new(outputs: Vec<NodeRef>) -> Self {
        let snapshot = Self::walked(outputs);
        // Where all results are plain numbers and the like, no order holds less than another.
        if snapshot.holds_memory { snapshot.in_order() } else { snapshot }
    }

    /// In the order of the walk that finds the nodes.
    fn walked(outputs: Vec<NodeRef>) -> Self {
        let _lock = MARKS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut walk = Walk::default();
        let indices = outputs.iter().map(|output| walk.visit(output.ptr())).collect();
        Snapshot {
            nodes: walk.nodes,
            starts: walk.starts,
            edges: walk.edges,
            outputs: indices,
            n_tasks: walk.n_tasks,
            holds_memory: walk.holds_memory,
            has_wide_results: walk.has_wide_results,
            _kept: outputs,
        }
    }

    /// The same graph in the order of `order.rs`.
    fn in_order(self) -> Self {
        let order = self.shape().order();
        let mut places = vec![0u32; self.len()];
        order.iter().enumerate().for_each(|(place, &old)| places[old as usize] = place as u32);
        let moved = |edge: u32| places[(edge & INDEX) as usize] | (edge & DATA);
        let mut starts = Vec::with_capacity(self.starts.len());
        let mut edges = Vec::with_capacity(self.edges.len());
        starts.push(0);
        for &old in &order {
            edges.extend(self.edges_of(old).iter().map(|&edge| moved(edge)));
            starts.push(edges.len() as u32);
        }
        Snapshot {
            nodes: order.iter().map(|&old| self.node(old)).collect(),
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
    pub(crate) fn literals(&self, index: u32, show: &mut dyn FnMut(usize, &dyn std::any::Any)) {
        self.node(index).literals(show);
    }

    /// How often each result is used: once for each edge to a dependent, once for each output.
    pub(super) fn uses(&self) -> Vec<u32> {
        let mut uses = vec![0; self.len()];
        for edge in self.edges.iter().filter(|&edge| edge & DATA == 0) {
            uses[*edge as usize] += 1;
        }
        for output in &self.outputs {
            uses[*output as usize] += 1;
        }
        uses
    }
}

/// A depth-first walk from the outputs. A node is numbered after all its dependencies, and these are numbered
/// one whole branch after the other: the static order.
#[derive(Default)]
struct Walk {
    nodes: Vec<NodePtr>,
    starts: Vec<u32>,
    edges: Vec<u32>,
    n_tasks: usize,
    holds_memory: bool,
    has_wide_results: bool,
    /// What is still to do; the walk never recurses.
    steps: Vec<Step>,
    found: Vec<NodePtr>,
}

/// Open a node (look at its dependencies first), or close it (give it the next number). The lowest bit of
/// the node's address, which its alignment leaves free, says which: a chain of 1e7 nodes has 1e7 steps open.
#[derive(Clone, Copy)]
struct Step(NodePtr);

impl Step {
    fn open(node: NodePtr) -> Self {
        Step(node)
    }

    fn close(node: NodePtr) -> Self {
        Step(NodePtr(node.0.map_addr(|address| address | 1)))
    }

    fn closes(self) -> bool {
        self.0.0.addr().get() & 1 == 1
    }

    fn node(self) -> NodePtr {
        let clear = self.0.0.as_ptr().map_addr(|address| address & !1);
        NodePtr(std::ptr::NonNull::new(clear).expect("a node is not at address zero"))
    }
}

impl Walk {
    /// Numbers all that `output` reaches and is not yet numbered; its own index.
    fn visit(&mut self, output: NodePtr) -> u32 {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.steps.push(Step::open(output));
        while let Some(step) = self.steps.pop() {
            if step.closes() {
                self.close(step.node());
            } else if self.index(step.node()).is_none() {
                self.open(step.node());
            }
        }
        self.index(output).expect("the walk numbered it") & INDEX
    }

    /// The edge entry for a node this walk has numbered.
    #[inline]
    fn index(&self, node: NodePtr) -> Option<u32> {
        // Relaxed: marks are read and written under the lock only.
        let mark = node.header().mark.load(Ordering::Relaxed);
        (self.nodes.get((mark & INDEX) as usize) == Some(&node)).then_some(mark)
    }

    #[inline]
    fn open(&mut self, node: NodePtr) {
        self.found.clear();
        node.dependencies(&mut self.found);
        if self.found.is_empty() {
            self.number(node);
            return;
        }
        self.steps.push(Step::close(node));
        // The last pushed is walked first. Those already numbered are left out here, where the loads of their marks do
        // not wait for one another; one that is numbered before its step comes is left out there.
        for &dependency in self.found.iter().rev() {
            if self.index(dependency).is_none() {
                self.steps.push(Step::open(dependency));
            }
        }
    }

    #[inline]
    fn close(&mut self, node: NodePtr) {
        self.found.clear();
        node.dependencies(&mut self.found);
        for &dependency in &self.found {
            // All dependencies are numbered by now, so their marks are this walk's.
            self.edges.push(dependency.header().mark.load(Ordering::Relaxed));
        }
        self.number(node);
    }

    #[inline]
    fn number(&mut self, node: NodePtr) {
        let index = u32::try_from(self.nodes.len()).ok().filter(|&index| index < INDEX);
        let index = index.expect("a graph has fewer than 2^31 nodes");
        let vtable = node.vtable();
        let mark = match vtable.kind {
            Kind::Task => {
                self.n_tasks += 1;
                self.holds_memory |= vtable.stored.holds_memory();
                self.has_wide_results |= vtable.stored.wide_words > 0;
                index
            }
            Kind::Data => index | DATA,
        };
        node.header().mark.store(mark, Ordering::Relaxed);
        self.nodes.push(node);
        let end = u32::try_from(self.edges.len()).expect("a graph has fewer than 2^32 edges");
        self.starts.push(end);
    }
}
