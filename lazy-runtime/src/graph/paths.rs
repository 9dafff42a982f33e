//! From a task to the output that needed it.

use super::snapshot::Snapshot;

/// No dependent: an output.
const NONE: u32 = u32::MAX;

/// How many names of a path are kept.
const MOST: usize = 100;

/// For each node its first dependent in static order.
pub(crate) struct Paths<'a> {
    snapshot: &'a Snapshot,
    first_dependent: Vec<u32>,
}

impl Snapshot {
    /// The ways from nodes to outputs; made when something failed, in time linear in the edges.
    pub(crate) fn paths(&self) -> Paths<'_> {
        let mut first_dependent = vec![NONE; self.len()];
        for index in (0..self.len() as u32).rev() {
            for dependency in self.dependencies(index) {
                first_dependent[dependency as usize] = index;
            }
        }
        Paths { snapshot: self, first_dependent }
    }
}

impl Paths<'_> {
    /// The names of the nodes that needed this one, from its own dependent on.
    pub(crate) fn from(&self, node: u32) -> Vec<String> {
        let next = |&index: &u32| Some(self.first_dependent[index as usize]).filter(|&i| i != NONE);
        std::iter::successors(next(&node), next)
            .take(MOST)
            .map(|index| self.snapshot.key(index).name().to_owned())
            .collect()
    }
}
