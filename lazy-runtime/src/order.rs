//! The static order: in which order one worker would best run the tasks.
//!
//! The aim is to hold few values: finish a branch, and what it frees, before opening the next. The order is known
//! before the run, from the shape of the graph alone: names, types and addresses play no part. The synchronous scheduler follows it to
//! the letter; the threaded one admits roots in this order and breaks ties by it.
//!
//! Three steps, each linear in the edges (but for the sorting of a task's dependencies):
//!
//! 1. How many values must be held to compute each task, as if the graph were a tree: the number of Sethi and Ullman
//!    ("The generation of optimal code for arithmetic expressions", 1970). Of two branches the one that needs more goes first,
//!    for the other's result would be held meanwhile.
//! 2. A depth-first walk from the outputs that visits dependencies in that order.
//! 3. Tasks further on in the walk are run at once when they are all that a held value waits for, all are ready, and they are
//!    one, or the value has few dependents, or they are outputs, whose results are held to the end anyway. So a file that three results are made of is held once, not until
//!    the walk comes to the third.
//!
//! ```text
//!        sum          step 1   sum: 2   add2: 2   add1: 2   each load: 1
//!       /   \         step 2   add1's branch first, although load3 is named first:
//!   load3   add2               load1 load2 add1 load4 add2 load3 sum    holds 2 values at most
//!          /    \     the naive order      load3 load4 load1 load2 ...  holds 4
//!      load4    add1  step 3   were `mean` another dependent of load1 and an output of its own, it would run
//!              /    \          right after add1, so that load1 is not held until all else is done
//!          load1   load2
//! ```

use crate::graph::pages::filled;

/// A graph by indices alone.
pub(crate) struct Shape<'a> {
    /// `edges[starts[i]..starts[i + 1]]` are the dependencies of node `i`.
    pub(crate) starts: &'a [u32],
    pub(crate) edges: &'a [u32],
    /// The bits of an edge that are the index.
    pub(crate) index: u32,
    /// The bit of an edge to something that is there anyway and not freed: it plays no part.
    pub(crate) ignored: u32,
    pub(crate) outputs: &'a [u32],
}

impl Shape<'_> {
    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// All dependencies.
    fn all(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let at = node as usize;
        let edges = &self.edges[self.starts[at] as usize..self.starts[at + 1] as usize];
        edges.iter().map(|edge| edge & self.index)
    }

    /// The dependencies whose values are made in the run.
    fn made(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let at = node as usize;
        let edges = &self.edges[self.starts[at] as usize..self.starts[at + 1] as usize];
        edges.iter().filter(|&edge| edge & self.ignored == 0).map(|edge| edge & self.index)
    }

    /// The nodes in static order. `is_ordered` says that each dependency has a lower index than its dependents.
    pub(crate) fn order(&self, is_ordered: bool) -> Vec<u32> {
        let count = self.len() as u32;
        let needs = if is_ordered {
            self.needs(0..count)
        } else {
            self.needs(self.walk(&vec![0; self.len()]).into_iter())
        };
        let walked = self.walk(&needs);
        Eager::new(self).run(&walked)
    }

    /// How many values must be held at once to compute each node, as if no result were shared. The nodes come after what
    /// they depend on.
    fn needs(&self, nodes: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut needs = vec![0u32; self.len()];
        let mut below = Vec::new();
        for node in nodes {
            below.clear();
            below.extend(self.made(node).map(|dependency| needs[dependency as usize]));
            below.sort_unstable_by(|a, b| b.cmp(a));
            // While the i-th branch is computed, the results of the i before it are held.
            let held = below.iter().enumerate().map(|(i, need)| need + i as u32).max();
            needs[node as usize] = held.unwrap_or(0).max(1);
        }
        needs
    }

    /// Depth first from the outputs, the needier dependencies first; a node comes after all its dependencies.
    fn walk(&self, needs: &[u32]) -> Vec<u32> {
        const CLOSE: u32 = 1 << 31;
        let mut order = Vec::with_capacity(self.len());
        let mut seen = vec![false; self.len()];
        let mut steps = Vec::new();
        // By index, for a collection may name its outputs in an order that differs from run to run.
        let mut outputs = self.outputs.to_vec();
        outputs.sort_unstable();
        for output in outputs {
            steps.push(output);
            while let Some(step) = steps.pop() {
                let node = step & !CLOSE;
                if step & CLOSE != 0 {
                    order.push(node);
                } else if !std::mem::replace(&mut seen[node as usize], true) {
                    steps.push(node | CLOSE);
                    let first = steps.len();
                    steps.extend(self.all(node).filter(|&below| !seen[below as usize]));
                    // The last pushed is walked first: the neediest, and of equals the one named first.
                    steps[first..].reverse();
                    steps[first..].sort_by_key(|&below| needs[below as usize]);
                }
            }
        }
        order
    }
}

/// That many dependents of a value are run together, even if each makes a value that is held meanwhile. Of more, only the last
/// is pulled forward.
const FEW: usize = 4;

/// Step 3: replays the walk and pulls forward what frees a value.
struct Eager<'a> {
    shape: &'a Shape<'a>,
    dependents: Dependents,
    /// Dependencies that have not run.
    waiting: Vec<u32>,
    /// Edges to dependents that have not run.
    left: Vec<u32>,
    /// Edges to dependents that are not ready.
    blocked: Vec<u32>,
    is_output: Vec<bool>,
    ran: Vec<bool>,
    order: Vec<u32>,
    /// Tasks to be run before the walk goes on, group by group.
    pulled: Vec<u32>,
    /// Where the groups begin.
    groups: Vec<usize>,
}

impl<'a> Eager<'a> {
    fn new(shape: &'a Shape<'a>) -> Self {
        let count = shape.len();
        let (mut waiting, mut left) = (vec![0; count], vec![0; count]);
        for node in 0..count as u32 {
            for dependency in shape.made(node) {
                waiting[node as usize] += 1;
                left[dependency as usize] += 1;
            }
        }
        let mut is_output = vec![false; count];
        shape.outputs.iter().for_each(|&output| is_output[output as usize] = true);
        Eager {
            shape,
            dependents: Dependents::of(shape),
            waiting,
            blocked: left.clone(),
            left,
            is_output,
            ran: vec![false; count],
            order: Vec::with_capacity(count),
            pulled: Vec::new(),
            groups: Vec::new(),
        }
    }

    fn run(mut self, walked: &[u32]) -> Vec<u32> {
        let mut group = Vec::new();
        for &node in walked {
            self.run_one(node);
            // The last group first, for that goes into depth; but a group as a whole, for only that frees its value.
            while let Some(start) = self.groups.pop() {
                group.extend(self.pulled.drain(start..));
                group.drain(..).for_each(|node| self.run_one(node));
            }
        }
        self.order
    }

    fn run_one(&mut self, node: u32) {
        if self.ran[node as usize] {
            return;
        }
        // What is left to run before it can only be data, which the walk has not come to yet.
        let shape = self.shape;
        for before in shape.all(node) {
            if !std::mem::replace(&mut self.ran[before as usize], true) {
                self.order.push(before);
            }
        }
        self.ran[node as usize] = true;
        self.order.push(node);
        for at in self.dependents.range(node) {
            let dependent = self.dependents.list[at];
            self.waiting[dependent as usize] -= 1;
            if self.waiting[dependent as usize] == 0 {
                self.is_ready(dependent);
            }
        }
        for dependency in shape.made(node) {
            self.left[dependency as usize] -= 1;
            if self.left[dependency as usize] == 1 && self.blocked[dependency as usize] == 0 {
                self.pull_dependents(dependency);
            }
        }
    }

    /// A task is ready: some values may wait for nothing but ready tasks now.
    fn is_ready(&mut self, node: u32) {
        for dependency in self.shape.made(node) {
            self.blocked[dependency as usize] -= 1;
            if self.blocked[dependency as usize] == 0 {
                self.pull_dependents(dependency);
            }
        }
    }

    /// Has the dependents of a value run next, in order of index, if they are few or outputs.
    fn pull_dependents(&mut self, node: u32) {
        let dependents = self.dependents.of_node(node);
        let left = || dependents.iter().copied().filter(|&next| !self.ran[next as usize]);
        let are_few = self.left[node as usize] == 1 || dependents.len() <= FEW;
        if are_few || left().all(|next| self.is_output[next as usize]) {
            self.groups.push(self.pulled.len());
            self.pulled.extend(left());
        }
    }
}

/// For each node, the nodes that need it, in order of index.
pub(crate) struct Dependents {
    starts: Vec<u32>,
    pub(crate) list: Vec<u32>,
}

impl Dependents {
    /// By counting: no hashing, no sorting, linear in the edges.
    pub(crate) fn of(shape: &Shape<'_>) -> Self {
        let count = shape.len();
        let mut starts = filled(0u32, count + 2);
        for node in 0..count as u32 {
            shape.made(node).for_each(|dependency| starts[dependency as usize + 2] += 1);
        }
        for node in 2..count + 2 {
            starts[node] += starts[node - 1];
        }
        let mut list = filled(0u32, starts[count + 1] as usize);
        for node in 0..count as u32 {
            for dependency in shape.made(node) {
                let place = &mut starts[dependency as usize + 1];
                list[*place as usize] = node;
                *place += 1;
            }
        }
        Dependents { starts, list }
    }

    #[inline]
    pub(crate) fn range(&self, node: u32) -> std::ops::Range<usize> {
        self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize
    }

    /// The dependents of a node.
    #[inline]
    pub(crate) fn of_node(&self, node: u32) -> &[u32] {
        &self.list[self.range(node)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most values held at once when the tasks run in this order, as the run releases them.
    fn held(dependencies: &[&[u32]], outputs: &[u32]) -> (Vec<u32>, usize) {
        let mut starts = vec![0];
        let mut edges = vec![];
        for list in dependencies {
            edges.extend_from_slice(list);
            starts.push(edges.len() as u32);
        }
        let shape = Shape {
            starts: &starts,
            edges: &edges,
            index: u32::MAX >> 1,
            ignored: 1 << 31,
            outputs,
        };
        let order = shape.order(true);
        assert_eq!(order.len(), dependencies.len());
        let mut uses = vec![0; dependencies.len()];
        edges.iter().chain(outputs).for_each(|&node| uses[node as usize] += 1);
        let (mut now, mut most) = (0usize, 0);
        let mut ran = vec![false; dependencies.len()];
        for &node in &order {
            assert!(dependencies[node as usize].iter().all(|&below| ran[below as usize]));
            ran[node as usize] = true;
            now += 1;
            most = most.max(now);
            for &below in dependencies[node as usize] {
                uses[below as usize] -= 1;
                now -= usize::from(uses[below as usize] == 0);
            }
        }
        (order, most)
    }

    #[test]
    fn the_needier_branch_goes_first() {
        // load1 load2 add1 load4 add2 load3 sum, as drawn above
        let graph: &[&[u32]] = &[&[], &[], &[0, 1], &[], &[3, 2], &[], &[5, 4]];
        assert_eq!(held(graph, &[6]).1, 3);
    }

    #[test]
    fn a_right_nested_accumulation_holds_two_values() {
        let n = 100u32;
        let mut graph: Vec<Vec<u32>> = (0..n).map(|_| vec![]).collect();
        graph.push(vec![0]);
        graph.extend((1..n).map(|i| vec![i, n + i - 1]));
        let graph: Vec<&[u32]> = graph.iter().map(Vec::as_slice).collect();
        assert_eq!(held(&graph, &[2 * n - 1]).1, 3);
    }

    #[test]
    fn a_dependent_that_frees_its_dependency_is_pulled_forward() {
        // x is needed at the start by 1 and at the end by 2; 2 is small and may as well run at once.
        let graph: &[&[u32]] = &[&[], &[0], &[0], &[1], &[3], &[4], &[5, 2]];
        let (order, _) = held(graph, &[6]);
        let place = |node: u32| order.iter().position(|&at| at == node);
        assert!(place(2) < place(3), "{order:?}");
    }

    #[test]
    fn neighbouring_pairs_hold_three_values() {
        let n = 50u32;
        let mut graph: Vec<Vec<u32>> = (0..n).map(|_| vec![]).collect();
        graph.extend((0..n - 1).map(|i| vec![i, i + 1]));
        let outputs: Vec<u32> = (n..2 * n - 1).collect();
        let graph: Vec<&[u32]> = graph.iter().map(Vec::as_slice).collect();
        // The outputs themselves are held until the end.
        assert_eq!(held(&graph, &outputs).1, outputs.len() + 2);
    }
}
