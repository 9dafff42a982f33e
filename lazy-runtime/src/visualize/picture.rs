//! What is to be drawn, before any decision on how: nodes in static order and the edges between
//! them.

use crate::key::Key;

/// The graph as the drawing module sees it.
///
/// Nodes are in topological order, dependencies before dependents; edges are index pairs
/// `(dependency, dependent)`. An edge may be listed more than once (`add(x, x)`); it is drawn once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picture {
    pub nodes: Vec<PictureNode>,
    pub edges: Vec<(u32, u32)>,
}

/// One node of a [`Picture`].
#[derive(Clone, Debug)]
pub(crate) struct PictureNode {
    /// The task's name, the data's label, or the literal's value as text. It may hold anything.
    pub label: String,
    pub kind: NodeKind,
    /// Whether the user asked for this node's value.
    pub output: bool,
}

/// The three things a graph is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum NodeKind {
    /// A function call, drawn as a circle and a box for its result.
    Task,
    /// A value held by the graph, drawn as a box.
    Data,
    /// A value written in a call, drawn on request only.
    Literal,
}

/// Where a drawing comes from.
///
/// A picture is built only for graphs that are drawn node by node; a summary visits the names and
/// edges where they lie, so that a million nodes cost no allocation each.
pub(crate) trait Source: Send + Sync {
    /// Tasks and data together; literals are not counted.
    fn n_nodes(&self) -> usize;

    /// Edges between those nodes; duplicates may be counted.
    fn n_edges(&self) -> usize;

    /// All nodes and edges, with the literals as nodes of their own if asked.
    fn picture(&self, literals: bool) -> Picture;

    /// Shows every task and data node once, in static order.
    fn visit_nodes(&self, visit: &mut dyn FnMut(&str, NodeKind));

    /// Shows the key of every task and data node once, and whether it is a task, in static order.
    fn visit_keys(&self, visit: &mut dyn FnMut(Key, bool));

    /// Shows every edge as `(dependency, dependent)`, counted in the order of
    /// [`visit_nodes`](Source::visit_nodes).
    fn visit_edges(&self, visit: &mut dyn FnMut(u32, u32));
}

/// The tests draw pictures of their own.
#[cfg(test)]
impl Source for Picture {
    fn n_nodes(&self) -> usize {
        self.nodes.iter().filter(|node| node.kind != NodeKind::Literal).count()
    }

    fn n_edges(&self) -> usize {
        self.edges.len()
    }

    fn picture(&self, literals: bool) -> Picture {
        if literals { self.clone() } else { self.without_literals() }
    }

    fn visit_nodes(&self, visit: &mut dyn FnMut(&str, NodeKind)) {
        let bare = self.without_literals();
        bare.nodes.iter().for_each(|node| visit(&node.label, node.kind));
    }

    fn visit_keys(&self, _: &mut dyn FnMut(Key, bool)) {}

    fn visit_edges(&self, visit: &mut dyn FnMut(u32, u32)) {
        let bare = self.without_literals();
        bare.edges.iter().for_each(|&(from, to)| visit(from, to));
    }
}

#[cfg(test)]
impl Picture {
    fn without_literals(&self) -> Picture {
        let mut kept = Vec::with_capacity(self.nodes.len());
        let mut nodes = Vec::new();
        for node in &self.nodes {
            let keep = node.kind != NodeKind::Literal;
            kept.push(keep.then_some(nodes.len() as u32));
            nodes.extend(keep.then(|| node.clone()));
        }
        let edges = self.edges.iter();
        let edges = edges.filter_map(|&(a, b)| Some((kept[a as usize]?, kept[b as usize]?)));
        Picture { edges: edges.collect(), nodes }
    }
}
