//! A graph too large to be drawn node by node: one group a name, with counts.
//!
//! One pass over the nodes and one over the edges, whatever their number; memory is four bytes a
//! node. Groups depend on each other in any way, cycles included: in a chain of `inc`s the group
//! depends on itself.

use std::collections::HashMap;

use super::picture::{NodeKind, Source};

/// Groups in order of first appearance, and the edges between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overview {
    pub groups: Vec<Group>,
    pub edges: Vec<GroupEdge>,
    /// The group of each node, in static order.
    pub of_node: Vec<u32>,
}

/// All nodes of one name and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub name: String,
    pub kind: NodeKind,
    pub count: u64,
}

/// All edges from one group to another, or to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupEdge {
    pub from: u32,
    pub to: u32,
    pub count: u64,
}

impl Overview {
    /// Summarises a graph in at most `most` groups. Where there are more names, the rarest share
    /// one group, so that the picture stays small even if every node has a name of its own.
    pub(crate) fn of(source: &dyn Source, most: usize) -> Overview {
        let mut census = Census::default();
        source.visit_nodes(&mut |name, kind| census.node(name, kind));
        census.fold(most.max(2));
        source.visit_edges(&mut |from, to| census.edge(from, to));
        census.finish()
    }
}

/// Groups while they are being counted.
#[derive(Default)]
struct Census {
    groups: Vec<Group>,
    places: HashMap<String, [Option<u32>; 3]>,
    /// The group of each node, in static order.
    of_node: Vec<u32>,
    edges: HashMap<(u32, u32), u64>,
    /// Edges come in runs between the same groups, which are counted without hashing.
    run: Option<((u32, u32), u64)>,
}

impl Census {
    fn node(&mut self, name: &str, kind: NodeKind) {
        let place = self.place(name, kind);
        self.groups[place as usize].count += 1;
        self.of_node.push(place);
    }

    fn place(&mut self, name: &str, kind: NodeKind) -> u32 {
        // Nodes come in runs of one name, which are counted without hashing.
        if let Some(&last) = self.of_node.last() {
            let group = &self.groups[last as usize];
            if group.kind == kind && group.name == name {
                return last;
            }
        }
        if let Some(place) = self.places.get(name).and_then(|places| places[kind as usize]) {
            return place;
        }
        let place = self.groups.len() as u32;
        self.groups.push(Group { name: name.to_owned(), kind, count: 0 });
        self.places.entry(name.to_owned()).or_default()[kind as usize] = Some(place);
        place
    }

    /// Keeps the `most - 1` largest groups and merges the others.
    fn fold(&mut self, most: usize) {
        if self.groups.len() <= most {
            return;
        }
        let mut by_size: Vec<usize> = (0..self.groups.len()).collect();
        by_size.sort_by_key(|&place| (std::cmp::Reverse(self.groups[place].count), place));
        let mut new_place = vec![None; self.groups.len()];
        let mut kept = by_size[..most - 1].to_vec();
        kept.sort_unstable();
        for (new, &old) in kept.iter().enumerate() {
            new_place[old] = Some(new as u32);
        }
        let rest = kept.len() as u32;
        let count = by_size[most - 1..].iter().map(|&place| self.groups[place].count).sum();
        let name =
            format!("{} other names", super::text::grouped((by_size.len() - most + 1) as u64));
        let kind = self.groups[by_size[most - 1]].kind;
        let mut groups: Vec<Group> = kept.iter().map(|&old| self.groups[old].clone()).collect();
        groups.push(Group { name, kind, count });
        self.groups = groups;
        for place in &mut self.of_node {
            *place = new_place[*place as usize].unwrap_or(rest);
        }
    }

    fn edge(&mut self, from: u32, to: u32) {
        let pair = (self.of_node[from as usize], self.of_node[to as usize]);
        match &mut self.run {
            Some((last, count)) if *last == pair => *count += 1,
            run => {
                let ended = run.replace((pair, 1));
                self.settle(ended);
            }
        }
    }

    fn settle(&mut self, run: Option<((u32, u32), u64)>) {
        if let Some((pair, count)) = run {
            *self.edges.entry(pair).or_default() += count;
        }
    }

    fn finish(mut self) -> Overview {
        let last = self.run.take();
        self.settle(last);
        let edges = self.edges.into_iter();
        let edges = edges.map(|((from, to), count)| GroupEdge { from, to, count });
        let mut edges: Vec<GroupEdge> = edges.collect();
        edges.sort_unstable_by_key(|edge| (edge.from, edge.to));
        Overview { groups: self.groups, edges, of_node: self.of_node }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visualize::picture::{Picture, PictureNode};

    fn graph(names: &[&str], edges: &[(u32, u32)]) -> Picture {
        let nodes = names.iter().map(|name| PictureNode {
            label: (*name).to_owned(),
            kind: NodeKind::Task,
            output: false,
        });
        Picture { nodes: nodes.collect(), edges: edges.to_vec() }
    }

    fn edges(overview: &Overview) -> Vec<(u32, u32, u64)> {
        overview.edges.iter().map(|edge| (edge.from, edge.to, edge.count)).collect()
    }

    #[test]
    fn nodes_and_edges_are_counted_by_name() {
        let picture =
            graph(&["load", "inc", "load", "inc", "sum"], &[(0, 1), (2, 3), (1, 4), (3, 4)]);
        let overview = Overview::of(&picture, 100);
        let counts: Vec<_> = overview.groups.iter().map(|g| (g.name.as_str(), g.count)).collect();
        assert_eq!(counts, [("load", 2), ("inc", 2), ("sum", 1)]);
        assert_eq!(edges(&overview), [(0, 1, 2), (1, 2, 2)]);
    }

    #[test]
    fn a_chain_depends_on_itself() {
        let overview = Overview::of(&graph(&["inc"; 5], &[(0, 1), (1, 2), (2, 3), (3, 4)]), 100);
        assert_eq!(overview.groups[0].count, 5);
        assert_eq!(edges(&overview), [(0, 0, 4)]);
    }

    #[test]
    fn groups_may_depend_on_each_other() {
        let overview = Overview::of(&graph(&["a", "b", "a"], &[(0, 1), (1, 2)]), 100);
        assert_eq!(edges(&overview), [(0, 1, 1), (1, 0, 1)]);
    }

    #[test]
    fn data_and_task_of_one_name_stay_apart() {
        let mut picture = graph(&["x", "x"], &[(0, 1)]);
        picture.nodes[0].kind = NodeKind::Data;
        assert_eq!(Overview::of(&picture, 100).groups.len(), 2);
    }

    #[test]
    fn rare_names_share_a_group() {
        let picture = graph(&["a", "b", "c", "c", "d"], &[(0, 1), (1, 2), (2, 4), (3, 4)]);
        let overview = Overview::of(&picture, 2);
        let groups: Vec<_> = overview.groups.iter().map(|g| (g.name.as_str(), g.count)).collect();
        assert_eq!(groups, [("c", 2), ("3 other names", 3)]);
        assert_eq!(edges(&overview), [(0, 1, 2), (1, 0, 1), (1, 1, 1)]);
    }
}
