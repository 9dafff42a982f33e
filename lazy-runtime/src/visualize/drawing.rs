//! The drawing itself, free of any format: shapes with labels and colours, arrows between them.
//!
//! DOT and SVG both print a [`Drawing`], so that they show the same things under the same names.

use std::collections::HashSet;

use super::RankDir;
use super::color::{Paint, Painter};
use super::picture::{NodeKind, Picture, PictureNode};
use super::summary::Overview;
use super::text;
use super::tint::{Legend, Tints};

/// Shapes in static order and the arrows between them.
#[derive(Clone, Debug)]
pub(crate) struct Drawing {
    pub title: Option<String>,
    pub rankdir: RankDir,
    pub shapes: Vec<Shape>,
    pub arrows: Vec<Arrow>,
    /// What the colours say, where they say more than names.
    pub legend: Option<Legend>,
    /// One sentence for those who cannot see the picture.
    pub description: String,
}

/// One thing to draw.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub form: Form,
    /// The label, one entry a line; none for the result of a task.
    pub lines: Vec<String>,
    /// How many nodes a shape of a summary stands for, ready to print.
    pub count: Option<String>,
    /// The whole name, shown when a reader rests on the shape.
    pub hint: String,
    pub paint: Paint,
    /// Drawn with a heavier outline: the user asked for this value.
    pub output: bool,
    /// Drawn with the heaviest outline: it is on the longest path.
    pub heavy: bool,
}

/// What a shape looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A function call.
    Circle,
    /// A value: a result of a task, or data held by the graph.
    Box,
    /// A value written in a call.
    Note,
}

/// A line from a dependency to its dependent.
#[derive(Clone, Debug)]
pub(crate) struct Arrow {
    pub from: u32,
    pub to: u32,
    /// How many edges an arrow of a summary stands for.
    pub label: Option<String>,
    /// From a task to the box of its own result, which should stand right beside it.
    pub own: bool,
    /// Drawn thick: it is on the longest path.
    pub heavy: bool,
}

impl Drawing {
    /// Draws every node: a task as a circle and the box of its result, or as a circle alone when
    /// `collapse` is set.
    pub(crate) fn of_picture(picture: &Picture, collapse: bool, tints: &Tints) -> Drawing {
        let mut painter = Painter::default();
        let mut shapes = Vec::with_capacity(picture.nodes.len() * 2);
        let mut arrows = Vec::with_capacity(picture.nodes.len() + picture.edges.len());
        // Where the arrows of a node end, and where those to its dependents begin.
        let mut ends = Vec::with_capacity(picture.nodes.len());
        // The index of each node in the graph, which knows no literals.
        let mut indices = Vec::with_capacity(picture.nodes.len());
        let mut next_index = 0..;
        for node in &picture.nodes {
            let first = shapes.len() as u32;
            let index = if node.kind == NodeKind::Literal { None } else { next_index.next() };
            indices.push(index);
            let mut shape = Shape::of_node(node, &mut painter);
            if let Some(index) = index {
                shape.tint(tints, index);
            }
            shapes.push(shape);
            if node.kind == NodeKind::Task && !collapse {
                let result = shapes[first as usize].split_result();
                shapes.push(result);
                let heavy = shapes[first as usize].heavy;
                arrows.push(Arrow { from: first, to: first + 1, label: None, own: true, heavy });
            }
            ends.push((first, shapes.len() as u32 - 1));
        }
        arrows.extend(distinct(&picture.edges).map(|(from, to)| Arrow {
            from: ends[from as usize].1,
            to: ends[to as usize].0,
            label: None,
            own: false,
            heavy: is_heavy(&indices, from, to, tints),
        }));
        let description = describe(&picture.nodes);
        let legend = tints.legend.clone();
        Drawing { title: None, rankdir: RankDir::BT, shapes, arrows, legend, description }
    }

    /// Draws one shape a name, with counts.
    pub(crate) fn of_overview(overview: &Overview, tints: &Tints) -> Drawing {
        let mut painter = Painter::default();
        let shapes = overview.groups.iter().zip(0..).map(|(group, index)| {
            let count = text::grouped(group.count);
            let mut shape = Shape {
                form: Form::of(group.kind),
                lines: text::lines(&group.name),
                hint: format!("{} × {count}", text::printable(&group.name)),
                count: Some(format!("× {count}")),
                paint: painter.paint(&group.name, group.kind),
                output: false,
                heavy: false,
            };
            shape.tint(tints, index);
            shape
        });
        let shapes = shapes.collect();
        let arrows = overview.edges.iter().map(|edge| Arrow {
            from: edge.from,
            to: edge.to,
            label: Some(text::grouped(edge.count)),
            own: false,
            heavy: false,
        });
        let description = format!(
            "summary of a task graph: {} nodes in {} groups",
            text::grouped(overview.groups.iter().map(|group| group.count).sum()),
            overview.groups.len()
        );
        let arrows = arrows.collect();
        let legend = tints.legend.clone();
        Drawing { title: None, rankdir: RankDir::BT, shapes, arrows, legend, description }
    }
}

impl Form {
    fn of(kind: NodeKind) -> Form {
        match kind {
            NodeKind::Task => Form::Circle,
            NodeKind::Data => Form::Box,
            NodeKind::Literal => Form::Note,
        }
    }
}

impl Shape {
    fn of_node(node: &PictureNode, painter: &mut Painter) -> Shape {
        Shape {
            form: Form::of(node.kind),
            lines: text::lines(&node.label),
            count: None,
            hint: text::printable(&node.label),
            paint: painter.paint(&node.label, node.kind),
            output: node.output,
            heavy: false,
        }
    }

    /// Takes the colour of what is known of this node.
    fn tint(&mut self, tints: &Tints, index: u32) {
        self.paint = tints.paint(index).unwrap_or(self.paint);
        self.heavy = tints.path.has(index);
        if let Some(hint) = tints.hint(index) {
            self.hint = format!("{}: {hint}", self.hint);
        }
    }

    /// The box of a task's result. An output is marked on its box, not on the call.
    fn split_result(&mut self) -> Shape {
        let output = std::mem::take(&mut self.output);
        let hint = format!("result of {}", self.hint);
        let (paint, heavy) = (self.paint, self.heavy);
        Shape { form: Form::Box, lines: Vec::new(), count: None, hint, paint, output, heavy }
    }
}

/// Whether an edge between two nodes of the picture is on the longest path.
fn is_heavy(indices: &[Option<u32>], from: u32, to: u32, tints: &Tints) -> bool {
    let ends = indices[from as usize].zip(indices[to as usize]);
    ends.is_some_and(|(from, to)| tints.path.goes(from, to))
}

/// Edges in their order, each once.
fn distinct(edges: &[(u32, u32)]) -> impl Iterator<Item = (u32, u32)> {
    let mut seen = HashSet::with_capacity(edges.len());
    edges.iter().copied().filter(move |edge| seen.insert(*edge))
}

fn describe(nodes: &[PictureNode]) -> String {
    let count = |kind| nodes.iter().filter(|node| node.kind == kind).count() as u64;
    let part = |kind, one: &str, many: &str| match count(kind) {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{} {many}", text::grouped(n))),
    };
    let parts = [
        part(NodeKind::Task, "task", "tasks"),
        part(NodeKind::Data, "data node", "data nodes"),
        part(NodeKind::Literal, "literal", "literals"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    match parts.is_empty() {
        true => "empty task graph".to_owned(),
        false => format!("task graph: {}", parts.join(", ")),
    }
}
