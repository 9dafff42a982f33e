//! The yardstick by hand with rayon: flat arrays, a counter for each node of what it waits for, lists of dependents.
//!
//! A job follows the first dependent that becomes ready and spawns one more job for each other one. The list of what is ready from
//! the start is split in halves. There is nothing that a program written for one such graph could leave out, except that its
//! function would be called directly.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use rayon::{Scope, ThreadPool, ThreadPoolBuilder};

use super::shape::Shape;

/// A pool of so many threads, at least one.
pub(crate) fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads.max(1)).build().expect("threads start")
}

/// So few nodes that are ready from the start are one job.
const GRAIN: usize = 64;

/// Dependents, counters and values of a shape: made for one run, as a runtime does.
struct Flat<'a> {
    shape: &'a Shape,
    starts: Vec<u32>,
    dependents: Vec<u32>,
    waits_for: Vec<AtomicU32>,
    values: Vec<AtomicU64>,
    ready: Vec<u32>,
}

impl Shape {
    /// By hand with rayon: prepares and runs on the threads of the pool.
    pub(crate) fn by_rayon(&self, pool: &ThreadPool) -> u64 {
        let flat = Flat::of(self);
        pool.scope(|scope| flat.start(&flat.ready, scope));
        flat.values[self.len() - 1].load(Relaxed)
    }
}

impl<'a> Flat<'a> {
    fn of(shape: &'a Shape) -> Self {
        let n = shape.len();
        let (starts, dependents) = turned(shape);
        let count = |node| shape.of(node).len() as u32;
        let is_ready = |&node: &u32| count(node as usize) == 0;
        Flat {
            shape,
            starts,
            dependents,
            waits_for: (0..n).map(|node| AtomicU32::new(count(node))).collect(),
            values: (0..n).map(|_| AtomicU64::new(0)).collect(),
            ready: (0..n as u32).filter(is_ready).collect(),
        }
    }

    fn start<'s>(&'s self, mut nodes: &'s [u32], scope: &Scope<'s>) {
        while nodes.len() > GRAIN {
            let (here, there) = nodes.split_at(nodes.len() / 2);
            scope.spawn(move |scope| self.start(there, scope));
            nodes = here;
        }
        nodes.iter().for_each(|&node| self.follow(node, scope));
    }

    fn follow<'s>(&'s self, first: u32, scope: &Scope<'s>) {
        let mut next = Some(first);
        while let Some(node) = next.take() {
            let node = node as usize;
            let of = |dependency: u32| self.values[dependency as usize].load(Relaxed);
            self.values[node].store(self.shape.value(node, of), Relaxed);
            let range = self.starts[node] as usize..self.starts[node + 1] as usize;
            for &dependent in &self.dependents[range] {
                if !self.is_ready_now(dependent) {
                    continue;
                }
                match next {
                    None => next = Some(dependent),
                    Some(_) => scope.spawn(move |scope| self.follow(dependent, scope)),
                }
            }
        }
    }

    /// Counts one finished dependency of the node. The last one to come need not write.
    fn is_ready_now(&self, node: u32) -> bool {
        let waits_for = &self.waits_for[node as usize];
        waits_for.load(Acquire) == 1 || waits_for.fetch_sub(1, AcqRel) == 1
    }
}

/// Lists of dependents: where each starts, and all of them in a row.
fn turned(shape: &Shape) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; shape.len() + 1];
    let edges = || (0..shape.len()).flat_map(|node| shape.of(node).iter().map(move |&d| (d, node)));
    edges().for_each(|(dependency, _)| starts[dependency as usize] += 1);
    let mut end = 0;
    for start in &mut starts {
        end += *start;
        *start = end;
    }
    let mut dependents = vec![0u32; end as usize];
    // Each list is filled from its end, which makes its end its start.
    for (dependency, node) in edges().rev() {
        let place = &mut starts[dependency as usize];
        *place -= 1;
        dependents[*place as usize] = node as u32;
    }
    (starts, dependents)
}
