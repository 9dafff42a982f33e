//! Shapes of graphs, as lists of dependencies: to build from, to run by hand, to check against.

use super::body::{mix, work};

/// A graph as lists of dependencies, in an order in which each node follows what it needs. The last node needs all others.
pub(crate) struct Shape {
    starts: Vec<u32>,
    edges: Vec<u32>,
    /// Whether no two nodes can run at the same time.
    pub(crate) is_sequential: bool,
}

/// W1 to W5: the key, and what it is.
pub(crate) const SHAPES: [(&str, &str); 5] = [
    ("W1", "W1 chain"),
    ("W2", "W2 fan-in 16"),
    ("W3", "W3 binary"),
    ("W4", "W4 wavefront"),
    ("W5", "W5 layers"),
];

impl Shape {
    /// The shape of this key, with about so many nodes (W2 and W3: leaves).
    pub(crate) fn of_key(key: &str, nodes: usize) -> Self {
        match key {
            "W1" => chain(nodes),
            "W2" => tree(nodes, 16),
            "W3" => tree(nodes.next_power_of_two(), 2),
            "W4" => wavefront(side(nodes)),
            "W5" => layers(side(nodes)),
            _ => panic!("there is no shape {key}"),
        }
    }

    pub(crate) fn with_room_for(nodes: usize, edges: usize) -> Self {
        let mut starts = Vec::with_capacity(nodes + 1);
        starts.push(0);
        Shape { starts, edges: Vec::with_capacity(edges), is_sequential: false }
    }

    /// Adds a node. No list is made for it: freed memory would be used again by the graph, and its size look too small.
    pub(crate) fn add(&mut self, dependencies: impl IntoIterator<Item = u32>) {
        self.edges.extend(dependencies);
        self.starts.push(self.edges.len() as u32);
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// What the node needs.
    pub(crate) fn of(&self, node: usize) -> &[u32] {
        &self.edges[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    /// The value of a node, given those it needs.
    pub(crate) fn value(&self, node: usize, of: impl Fn(u32) -> u64) -> u64 {
        work(self.of(node).iter().fold(node as u64 + 1, |x, &dependency| mix(x, of(dependency))))
    }

    /// By hand on one thread: one pass over flat arrays, without a scheduler.
    pub(crate) fn by_hand(&self) -> u64 {
        let mut values = vec![0u64; self.len()];
        for node in 0..self.len() {
            values[node] = self.value(node, |dependency| values[dependency as usize]);
        }
        values[self.len() - 1]
    }
}

fn side(nodes: usize) -> usize {
    (nodes as f64).sqrt() as usize
}

fn chain(nodes: usize) -> Shape {
    let mut shape = Shape::with_room_for(nodes, nodes);
    (0..nodes as u32).for_each(|node| shape.add(node.checked_sub(1)));
    shape.is_sequential = true;
    shape
}

/// Leaves, merged in groups of `fan_in` neighbours, level by level.
fn tree(leaves: usize, fan_in: usize) -> Shape {
    let mut shape = Shape::with_room_for(2 * leaves, 2 * leaves);
    (0..leaves).for_each(|_| shape.add(None));
    let mut level = 0..leaves as u32;
    while level.len() > 1 {
        for first in level.clone().step_by(fan_in) {
            shape.add(first..level.end.min(first + fan_in as u32));
        }
        level = level.end..shape.len() as u32;
    }
    shape
}

/// A square in which each node needs the one above and the one to the left.
fn wavefront(side: usize) -> Shape {
    let mut shape = Shape::with_room_for(side * side, 2 * side * side);
    for node in 0..side * side {
        let above = (node >= side).then(|| (node - side) as u32);
        let left = (!node.is_multiple_of(side)).then(|| (node - 1) as u32);
        shape.add(above.into_iter().chain(left));
    }
    shape
}

/// Layers in which each node needs the one before it and three others of the layer before, then one node that needs the last layer.
fn layers(side: usize) -> Shape {
    let mut shape = Shape::with_room_for(side * side + 1, 4 * side * side + side);
    let mut random = random(side as u64);
    (0..side).for_each(|_| shape.add(None));
    for node in side..side * side {
        let before = (node / side - 1) * side;
        let mut dependencies = [(node - side) as u32; 4];
        for at in 1..4.min(side) {
            while dependencies[..at].contains(&dependencies[at]) {
                dependencies[at] = before as u32 + random() as u32;
            }
        }
        shape.add(dependencies);
    }
    let last = shape.len() as u32;
    shape.add(last - side as u32..last);
    shape
}

/// Numbers below the bound, the same ones in each run (the generator is splitmix64).
fn random(bound: u64) -> impl FnMut() -> u64 {
    let mut state = 12345u64;
    move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (z ^ (z >> 27)) % bound
    }
}
