//! What a run would hold in memory, step by step, told without running anything.

use crate::graph::Graph;

/// How many results one worker holds at each step of a run in static order. From [`Graph::memory_profile`].
///
/// A step is a node, by its index in the graph. A task's own result counts from its step on, and every result until the last task that
/// uses it has ended; outputs count to the end. Data that was in the graph before is not counted: a run neither makes nor frees it.
///
/// A run on several threads holds little more: each further worker makes a result of its own, and keeps about one more waiting. Only
/// while a worker is in a task that is much longer than the others do these go further ahead.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
///
/// #[delayed]
/// fn load(seed: u64) -> Vec<u64> {
///     vec![seed; 1000]
/// }
/// #[delayed]
/// fn total(of: &[u64]) -> u64 {
///     of.iter().sum()
/// }
///
/// let totals: Vec<_> = (0..3).map(|seed| total(load(seed))).collect();
/// let graph = totals.graph();
/// let profile = graph.memory_profile();
/// assert_eq!(graph.names(), ["load", "total", "load", "total", "load", "total"]);
/// assert_eq!(profile.held(), [1, 2, 2, 3, 3, 4]);
/// assert_eq!(profile.peak(), 4);
///
/// let bytes = |step: usize| if graph.names()[step] == "load" { 8_000 } else { 8 };
/// assert_eq!(profile.bytes(bytes).into_iter().max(), Some(8_024));
/// ```
#[derive(Clone, Debug)]
pub struct MemoryProfile {
    held: Vec<usize>,
    released: Vec<Option<usize>>,
    is_task: Vec<bool>,
}

impl MemoryProfile {
    /// How many results are held when the task of each step has its own, before those are freed that it was the last to use.
    pub fn held(&self) -> &[usize] {
        &self.held
    }

    /// The most results held at one step; 0 for a graph without tasks.
    pub fn peak(&self) -> usize {
        self.held.iter().copied().max().unwrap_or(0)
    }

    /// For each node the step at the end of which its result is freed; `None` for outputs, which are held to the end, and for data.
    pub fn released(&self) -> &[Option<usize>] {
        &self.released
    }

    /// How many bytes are held at each step, if the result of each task is as large as `size` says.
    ///
    /// `size` is asked once for each task, by its index in the graph.
    pub fn bytes(&self, size: impl Fn(usize) -> u64) -> Vec<u64> {
        let sizes = self.is_task.iter().enumerate();
        let sizes =
            sizes.map(|(step, &is_task)| if is_task { size(step) } else { 0 }).collect::<Vec<_>>();
        self.replay(|step| sizes[step])
    }

    /// What is held at each step, if each result counts that much.
    fn replay(&self, weight: impl Fn(usize) -> u64) -> Vec<u64> {
        let mut freed = vec![0; self.released.len()];
        for (node, step) in self.released.iter().enumerate() {
            if let Some(step) = *step {
                freed[step] += weight(node);
            }
        }
        let mut now = 0;
        let steps = freed.into_iter().enumerate().map(|(step, freed)| {
            now += weight(step);
            let held = now;
            now -= freed;
            held
        });
        steps.collect()
    }
}

impl Graph {
    /// What one worker would hold at each step. Takes time linear in nodes and edges.
    pub fn memory_profile(&self) -> MemoryProfile {
        let snapshot = self.snapshot();
        let count = snapshot.len() as u32;
        let is_task: Vec<_> = (0..count).map(|node| snapshot.is_task(node)).collect();
        let mut released: Vec<_> = (0..count).map(|_| None).collect();
        for step in 0..count {
            // A result that nobody uses is an output: only what outputs need is in the graph.
            snapshot
                .dependencies(step)
                .for_each(|node| released[node as usize] = Some(step as usize));
        }
        let kept = snapshot
            .outputs()
            .iter()
            .copied()
            .chain((0..count).filter(|&node| !is_task[node as usize]));
        kept.for_each(|node| released[node as usize] = None);
        let mut profile = MemoryProfile { held: Vec::new(), released, is_task };
        let counts = profile.replay(|step| u64::from(profile.is_task[step]));
        profile.held = counts.into_iter().map(|count| count as usize).collect();
        profile
    }
}
