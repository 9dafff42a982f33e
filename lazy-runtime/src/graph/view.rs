//! [`Graph`]: a culled, ordered graph, for questions about it.

use std::fmt;
use std::sync::Arc;

use super::snapshot::Snapshot;

/// The graph that a computation would run: what its outputs need, in static order. Runs nothing.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
///
/// #[delayed]
/// fn inc(x: i64) -> i64 {
///     x + 1
/// }
/// #[delayed]
/// fn add(x: i64, y: i64) -> i64 {
///     x + y
/// }
///
/// let graph = add(inc(1), inc(2)).graph();
/// assert_eq!((graph.len(), graph.n_tasks(), graph.edges().len()), (3, 3, 2));
/// assert_eq!(graph.names(), ["inc", "inc", "add"]);
/// assert_eq!(graph.critical_path(), 2);
/// ```
#[derive(Clone)]
pub struct Graph {
    snapshot: Arc<Snapshot>,
}

impl Graph {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Graph { snapshot: Arc::new(snapshot) }
    }

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// How many nodes there are: tasks and data.
    #[allow(clippy::len_without_is_empty, reason = "`is_empty` is right below")]
    pub fn len(&self) -> usize {
        self.snapshot.len()
    }

    /// Whether there is nothing to compute and no data: true for a collection of plain values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many tasks there are.
    pub fn n_tasks(&self) -> usize {
        self.snapshot.n_tasks()
    }

    /// Every edge as (dependency, dependent), both indices in static order. A task that uses a node twice has two.
    pub fn edges(&self) -> Vec<(usize, usize)> {
        let mut edges = Vec::with_capacity(self.snapshot.n_edges());
        for index in 0..self.len() as u32 {
            edges.extend(
                self.snapshot.dependencies(index).map(|from| (from as usize, index as usize)),
            );
        }
        edges
    }

    /// The name of each node, in static order.
    pub fn names(&self) -> Vec<String> {
        (0..self.len() as u32).map(|index| self.snapshot.key(index).name().to_owned()).collect()
    }

    /// How many tasks are on the longest path: with enough threads, a run takes that many steps.
    pub fn critical_path(&self) -> usize {
        let mut longest = vec![0usize; self.len()];
        for index in 0..self.len() as u32 {
            let before = self.snapshot.dependencies(index).map(|from| longest[from as usize]).max();
            let own = usize::from(self.snapshot.is_task(index));
            longest[index as usize] = before.unwrap_or(0) + own;
        }
        longest.into_iter().max().unwrap_or(0)
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("len", &self.len())
            .field("n_tasks", &self.n_tasks())
            .field("n_edges", &self.snapshot.n_edges())
            .finish()
    }
}
