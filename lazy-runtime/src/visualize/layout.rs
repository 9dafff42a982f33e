//! Where everything in a drawing lies.
//!
//! Shapes are placed with dependencies above dependents and are then turned as the drawing's
//! [`RankDir`] asks, so that the four directions are one layout.

use std::collections::HashMap;

use super::RankDir;
use super::drawing::{Arrow, Drawing};
use super::fans::Fans;
use super::geometry::{Curve, Point, Size};
use super::route::{self, End, LOOP};
use super::text::{self, FONT_SIZE, LINE_HEIGHT};
use super::{layered, plain, shape};

/// Between neighbours of a rank.
pub(crate) const GAP: f64 = 20.0;
/// Between one rank and the next.
pub(crate) const RANK_GAP: f64 = 32.0;
/// Counts on arrows are smaller than labels.
pub(crate) const COUNT_SIZE: f64 = FONT_SIZE - 2.0;
/// Between an arrow and the count beside it.
const BESIDE: f64 = 5.0;
/// Shapes and arrows beyond which not even a layered layout is tried.
const MOST: usize = 6_000;

/// A drawing with places, from `(0, 0)` to `size`.
#[derive(Debug)]
pub(crate) struct Layout {
    pub size: Size,
    pub shapes: Vec<(Point, Size)>,
    /// One an arrow, from the center of its first shape to the center of its last.
    pub curves: Vec<Curve>,
    /// Where the count of an arrow goes: the middle of its left edge.
    pub labels: Vec<Option<Point>>,
}

/// What a layout is made for: sizes, and edges without loops.
pub(crate) struct Task {
    pub sizes: Vec<Size>,
    pub edges: Vec<(u32, u32)>,
    /// What must stay free around the middle of each edge.
    pub rooms: Vec<Size>,
}

/// Centers of shapes, and the points each edge passes between its ends.
pub(crate) struct Placed {
    pub centers: Vec<Point>,
    pub bends: Vec<Vec<Point>>,
}

/// Lays a drawing out.
pub(crate) fn lay_out(drawing: &Drawing) -> Layout {
    let turn = Turn(drawing.rankdir);
    let sizes = shape::sizes(drawing);
    let task = Task::of(drawing, &sizes, turn);
    let placed = place(&task);
    let curves = curves(drawing, &ends(&sizes, &task, &placed, turn), &placed, turn);
    let curves = curves.into_iter().map(|curve| curve.map(|point| turn.point(point))).collect();
    let shapes = placed.centers.iter().zip(sizes).map(|(&at, size)| (turn.point(at), size));
    let mut layout =
        Layout { size: Size::default(), shapes: shapes.collect(), curves, labels: Vec::new() };
    layout.label(drawing);
    layout.move_to_origin(drawing);
    layout
}

impl Task {
    fn of(drawing: &Drawing, sizes: &[Size], turn: Turn) -> Task {
        let fans = Fans::of(drawing);
        let arrows = || drawing.arrows.iter().filter(|arrow| arrow.from != arrow.to);
        let room = |arrow: &Arrow| match &arrow.label {
            Some(label) => turn.beside(label),
            None => fans.room(arrow),
        };
        // Room for a loop is left on both sides, which keeps the shape in the middle of its arrows.
        let loops = loop_room(drawing, turn);
        let sizes = sizes.iter().zip(loops).map(|(&size, room)| turn.size(size).widened(room));
        Task {
            sizes: sizes.collect(),
            edges: arrows().map(|arrow| (arrow.from, arrow.to)).collect(),
            rooms: arrows().map(room).collect(),
        }
    }
}

fn place(task: &Task) -> Placed {
    let small = task.sizes.len() + task.edges.len() <= MOST;
    small.then(|| layered::place(task)).flatten().unwrap_or_else(|| plain::place(task))
}

/// Each shape as the end of lines. A rank is as high as its tallest shape.
fn ends(sizes: &[Size], task: &Task, placed: &Placed, turn: Turn) -> Vec<End> {
    let centers = &placed.centers;
    // Centers of a rank are equal but for rounding.
    let rank = |point: &Point| point.y.round() as i64;
    let mut tallest = HashMap::new();
    for (center, size) in centers.iter().zip(&task.sizes) {
        let depth = tallest.entry(rank(center)).or_insert(0.0_f64);
        *depth = depth.max(size.height / 2.0);
    }
    let ends = centers.iter().zip(sizes).map(|(&center, &size)| End {
        center,
        size: turn.size(size),
        depth: tallest[&rank(&center)],
    });
    ends.collect()
}

fn curves(drawing: &Drawing, ends: &[End], placed: &Placed, turn: Turn) -> Vec<Curve> {
    let mut bends = placed.bends.iter().map(Vec::as_slice);
    let curves = drawing.arrows.iter().map(|arrow| {
        let (from, to) = (ends[arrow.from as usize], ends[arrow.to as usize]);
        if arrow.from == arrow.to {
            return route::back_to(from.center, from.size);
        }
        let bends = bends.next().unwrap_or_default();
        match &arrow.label {
            Some(label) => route::beside_label(from.center, bends, to.center, turn.beside(label)),
            None => route::between(from, bends, to),
        }
    });
    curves.collect()
}

/// The room that loops need beside each shape, in the direction of its rank.
fn loop_room(drawing: &Drawing, turn: Turn) -> Vec<f64> {
    let mut rooms = vec![0.0; drawing.shapes.len()];
    for arrow in drawing.arrows.iter().filter(|arrow| arrow.from == arrow.to) {
        let label = arrow.label.as_deref().map_or(0.0, |label| turn.size(label_size(label)).width);
        rooms[arrow.from as usize] = LOOP + BESIDE + label;
    }
    rooms
}

fn label_size(label: &str) -> Size {
    Size::new(text::width(label, COUNT_SIZE) * 1.1, LINE_HEIGHT)
}

impl Layout {
    fn label(&mut self, drawing: &Drawing) {
        let sideways = Turn(drawing.rankdir).is_sideways();
        let labels = drawing.arrows.iter().zip(&self.curves).map(|(arrow, curve)| {
            let label = label_size(arrow.label.as_deref()?);
            let middle = curve.at(curve.end() / 2.0);
            // On the outer side of a line that comes from above, and of a loop.
            let below = arrow.from == arrow.to || curve.at(0.0).y < middle.y - 1.0;
            let side = if below { 0.6 } else { -0.6 } * LINE_HEIGHT;
            Some(match sideways {
                true => Point::new(middle.x - label.width / 2.0, middle.y + side),
                false => Point::new(middle.x + BESIDE, middle.y),
            })
        });
        self.labels = labels.collect();
    }

    /// Moves everything so that it fits between the origin and the layout's size.
    fn move_to_origin(&mut self, drawing: &Drawing) {
        let mut low = Point::new(f64::INFINITY, f64::INFINITY);
        let mut high = Point::new(f64::NEG_INFINITY, f64::NEG_INFINITY);
        let mut include = |point: Point| {
            low = Point::new(low.x.min(point.x), low.y.min(point.y));
            high = Point::new(high.x.max(point.x), high.y.max(point.y));
        };
        for &(at, size) in &self.shapes {
            include(Point::new(at.x - size.width / 2.0, at.y - size.height / 2.0));
            include(Point::new(at.x + size.width / 2.0, at.y + size.height / 2.0));
        }
        for curve in &self.curves {
            let steps = (curve.end() as usize) * 4;
            (0..=steps).for_each(|step| include(curve.at(step as f64 / 4.0)));
        }
        for (label, arrow) in self.labels.iter().zip(&drawing.arrows) {
            if let (Some(at), Some(label)) = (label, &arrow.label) {
                let size = label_size(label);
                include(Point::new(at.x, at.y - size.height / 2.0));
                include(Point::new(at.x + size.width, at.y + size.height / 2.0));
            }
        }
        if low.x > high.x {
            return;
        }
        let moved = |point: Point| Point::new(point.x - low.x, point.y - low.y);
        self.size = Size::new(high.x - low.x, high.y - low.y);
        self.shapes.iter_mut().for_each(|(at, _)| *at = moved(*at));
        self.curves.iter_mut().for_each(|curve| *curve = curve.map(moved));
        self.labels.iter_mut().flatten().for_each(|at| *at = moved(*at));
    }
}

impl Size {
    fn widened(self, room: f64) -> Size {
        Size::new(self.width + 2.0 * room, self.height)
    }
}

/// From dependencies above dependents to the direction asked for.
#[derive(Clone, Copy)]
struct Turn(RankDir);

impl Turn {
    fn point(self, Point { x, y }: Point) -> Point {
        match self.0 {
            RankDir::TB => Point::new(x, y),
            RankDir::BT => Point::new(x, -y),
            // Loops, right of their shape before, come to lie below it.
            RankDir::LR => Point::new(y, x),
            RankDir::RL => Point::new(-y, x),
        }
    }

    fn size(self, size: Size) -> Size {
        match self.0 {
            RankDir::TB | RankDir::BT => size,
            RankDir::LR | RankDir::RL => size.turned(),
        }
    }

    fn is_sideways(self) -> bool {
        matches!(self.0, RankDir::LR | RankDir::RL)
    }

    /// The room of a label that stands beside its arrow: as much on the other side, for balance.
    fn beside(self, label: &str) -> Size {
        let size = label_size(label);
        match self.is_sideways() {
            true => self.size(Size::new(size.width, 2.0 * size.height)),
            false => Size::new(2.0 * (size.width + BESIDE), size.height),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::picture::{NodeKind, Picture, PictureNode};
    use super::super::summary::{Group, GroupEdge, Overview};
    use super::*;
    use crate::visualize::tint::Tints;

    /// Numbers that look random and are the same in every run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % limit
        }
    }

    fn random_picture(numbers: &mut Numbers) -> Picture {
        let count = numbers.below(40) as u32;
        let kinds = [NodeKind::Task, NodeKind::Task, NodeKind::Data, NodeKind::Literal];
        let mut picture = Picture::default();
        for index in 0..count {
            let label = "name ".repeat(numbers.below(7) as usize);
            let kind = kinds[numbers.below(4) as usize];
            picture.nodes.push(PictureNode { label, kind, output: false });
            let dependencies = if index == 0 { 0 } else { numbers.below(4) };
            for _ in 0..dependencies {
                picture.edges.push((numbers.below(index.into()) as u32, index));
            }
        }
        picture
    }

    fn random_overview(numbers: &mut Numbers) -> Overview {
        let count = 1 + numbers.below(12);
        let group = |index| Group { name: format!("group {index}"), kind: NodeKind::Task, count };
        let mut pairs: Vec<(u64, u64)> =
            (0..numbers.below(30)).map(|_| (numbers.below(count), numbers.below(count))).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let edge = |(from, to)| GroupEdge { from: from as u32, to: to as u32, count: 12_345 };
        Overview {
            groups: (0..count).map(group).collect(),
            edges: pairs.into_iter().map(edge).collect(),
            of_node: Vec::new(),
        }
    }

    fn assert_sound(drawing: &Drawing) {
        let layout = lay_out(drawing);
        assert_eq!(layout.shapes.len(), drawing.shapes.len());
        assert_eq!(layout.curves.len(), drawing.arrows.len());
        for (index, (at, size)) in layout.shapes.iter().enumerate() {
            let (across, down) = (size.width / 2.0, size.height / 2.0);
            assert!(at.x >= across - 0.1 && at.x <= layout.size.width - across + 0.1);
            assert!(at.y >= down - 0.1 && at.y <= layout.size.height - down + 0.1);
            for (other, room) in &layout.shapes[..index] {
                let apart_x = (at.x - other.x).abs() >= (size.width + room.width) / 2.0;
                let apart_y = (at.y - other.y).abs() >= (size.height + room.height) / 2.0;
                assert!(apart_x || apart_y, "shapes overlap");
            }
        }
        for (curve, arrow) in layout.curves.iter().zip(&drawing.arrows) {
            if arrow.from != arrow.to {
                let (from, to) = (layout.shapes[arrow.from as usize].0, curve.at(0.0));
                assert!(from.distance(to) < 0.1, "an arrow begins at its shape");
            }
        }
    }

    const DIRECTIONS: [RankDir; 4] = [RankDir::BT, RankDir::TB, RankDir::LR, RankDir::RL];

    #[test]
    fn random_pictures_fit_and_do_not_overlap() {
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
        for round in 0..80 {
            let picture = random_picture(&mut numbers);
            let drawing = Drawing::of_picture(&picture, round % 2 == 0, &Tints::default());
            assert_sound(&Drawing { rankdir: DIRECTIONS[round % 4], ..drawing });
        }
    }

    #[test]
    fn random_summaries_fit_and_do_not_overlap() {
        let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
        for round in 0..80 {
            let drawing = Drawing::of_overview(&random_overview(&mut numbers), &Tints::default());
            assert_sound(&Drawing { rankdir: DIRECTIONS[round % 4], ..drawing });
        }
    }

    #[test]
    fn the_layout_of_last_resort_does_not_overlap_either() {
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
        for _ in 0..80 {
            let picture = random_picture(&mut numbers);
            let drawing = Drawing::of_picture(&picture, false, &Tints::default());
            let edges = drawing.arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect();
            let task = Task { sizes: shape::sizes(&drawing), edges, rooms: Vec::new() };
            let placed = plain::place(&task);
            for (index, at) in placed.centers.iter().enumerate() {
                for (other, to) in placed.centers[..index].iter().enumerate() {
                    let wide = (task.sizes[index].width + task.sizes[other].width) / 2.0;
                    let tall = (task.sizes[index].height + task.sizes[other].height) / 2.0;
                    assert!((at.x - to.x).abs() >= wide || (at.y - to.y).abs() >= tall);
                }
            }
        }
    }
}
