//! A layered layout after Sugiyama, Tagawa and Toda (1981), by dugong: ranks by network simplex,
//! few crossings, coordinates after Brandes and Köpf.
//!
//! It is not asked for graphs it would take long for, and may give up: the caller then has
//! [`plain`](super::plain).

use std::panic::{AssertUnwindSafe, catch_unwind};

use dugong::graphlib::{Graph, GraphOptions};
use dugong::{EdgeLabel, GraphLabel, LabelPos, NodeLabel, WorkControl, WorkError};

use super::geometry::{Point, Size};
use super::layout::{GAP, Placed, RANK_GAP, Task};

/// Units of dugong's own count of its work. An unoptimised build spends about two seconds on them.
const BUDGET: usize = 25_000_000;

/// Places shapes, or gives up.
pub(crate) fn place(task: &Task) -> Option<Placed> {
    // A picture is not worth a panic in a program that only wanted to look at its graph.
    catch_unwind(AssertUnwindSafe(|| run(task))).ok().flatten()
}

fn run(task: &Task) -> Option<Placed> {
    let mut graph = Graph::<NodeLabel, EdgeLabel, GraphLabel>::new(GraphOptions {
        directed: true,
        multigraph: true,
        compound: false,
    });
    graph.set_graph(GraphLabel {
        nodesep: GAP,
        edgesep: GAP * 0.3,
        ranksep: RANK_GAP,
        ..GraphLabel::default()
    });
    for (index, size) in task.sizes.iter().enumerate() {
        let Size { width, height } = *size;
        graph.set_node(node(index), NodeLabel { width, height, ..NodeLabel::default() });
    }
    for (index, &(from, to)) in task.edges.iter().enumerate() {
        let size = task.rooms[index];
        let label = EdgeLabel {
            width: size.width,
            height: size.height,
            labelpos: LabelPos::C,
            weight: 1.0,
            ..EdgeLabel::default()
        };
        graph.set_edge_named(node(from as usize), node(to as usize), edge(index), Some(label));
    }
    dugong::layout_controlled(&mut graph, &mut Budget(BUDGET)).ok()?;
    read(&graph, task)
}

fn read(graph: &Graph<NodeLabel, EdgeLabel, GraphLabel>, task: &Task) -> Option<Placed> {
    let centers = (0..task.sizes.len()).map(|index| {
        let label = graph.node(&node(index))?;
        Some(Point::new(label.x?, label.y?)).filter(|point| point.x.is_finite())
    });
    let bends = task.edges.iter().enumerate().map(|(index, &(from, to))| {
        let name = edge(index);
        let label = graph.edge(&node(from as usize), &node(to as usize), name.as_deref())?;
        // The first and the last point lie on the outlines, which are found anew for round shapes.
        let inner = label.points.get(1..label.points.len().saturating_sub(1))?;
        Some(inner.iter().map(|point| Point::new(point.x, point.y)).collect())
    });
    Some(Placed { centers: centers.collect::<Option<_>>()?, bends: bends.collect::<Option<_>>()? })
}

fn node(index: usize) -> String {
    format!("n{index}")
}

fn edge(index: usize) -> Option<String> {
    Some(format!("e{index}"))
}

/// Interrupts a layout that takes too long, by its own count and not by the clock, so that the
/// same graph gives the same picture on a slow machine.
struct Budget(usize);

impl WorkControl for Budget {
    fn charge(&mut self, units: usize) -> Result<(), WorkError> {
        self.0 = self.0.checked_sub(units).ok_or(WorkError::Interrupted)?;
        Ok(())
    }
}
