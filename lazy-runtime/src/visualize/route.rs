//! The way of a line from one shape to another, with dependencies above dependents.

use super::geometry::{Curve, Piece, Point, Size};
use super::layout::GAP;

/// How far a loop leaves its shape.
pub(crate) const LOOP: f64 = 26.0;

/// An end of a line.
#[derive(Clone, Copy)]
pub(crate) struct End {
    pub center: Point,
    pub size: Size,
    /// Half the height of the shape's rank.
    pub depth: f64,
}

impl End {
    /// Where a line from or to `next` may begin to turn aside: at the center, or at the border of
    /// the rank if taller neighbours stand beside this shape.
    fn turn(self, next: Point) -> Point {
        let Point { x, y } = self.center;
        match self.depth > self.size.height / 2.0 + 4.0 {
            true => Point::new(x, y + self.depth * (next.y - y).signum()),
            false => self.center,
        }
    }

    /// What a line that turns at `start` is drawn towards: straight on if it is out of the rank by
    /// then, and else at a slant that keeps to this shape.
    fn aim(self, start: Point, next: Point) -> Point {
        let reach = if start == self.center { self.size.width * 0.4 } else { 0.0 };
        let slant = (next.x - start.x).clamp(-reach, reach);
        Point::new(start.x + slant, f64::midpoint(start.y, next.y))
    }

    /// Where a line to a bend in the gap beside this rank enters that gap, if the bend is so far
    /// aside that the straight way would touch the neighbours.
    fn climb(self, bend: Point) -> Option<Point> {
        let aside = bend.x - self.center.x;
        let reach = self.size.width * 0.4;
        let x = self.center.x + aside.clamp(-reach, reach);
        (aside.abs() > self.size.width / 2.0 + 2.0 * GAP).then(|| Point::new(x, bend.y))
    }
}

/// A line from center to center by way of `bends`: one sweep between neighbouring ranks, so that
/// many arrows into one shape spread over the side they come from; a longer way keeps to its bends.
pub(crate) fn between(from: End, bends: &[Point], to: End) -> Curve {
    let (start, end) = (from.turn(to.center), to.turn(from.center));
    if bends.len() <= 1 {
        let sweep = [start, from.aim(start, end), to.aim(end, start), end];
        return Curve(vec![straight(from.center, start), sweep, straight(end, to.center)]);
    }
    let mut points = vec![from.center];
    points.extend(from.climb(bends[0]));
    points.extend_from_slice(bends);
    points.extend(to.climb(bends[bends.len() - 1]));
    points.push(to.center);
    Curve::through(&points)
}

fn straight(from: Point, to: Point) -> Piece {
    [from, from.towards(to, 1.0 / 3.0), from.towards(to, 2.0 / 3.0), to]
}

/// A line with a label, which runs straight past it.
pub(crate) fn beside_label(from: Point, bends: &[Point], to: Point, label: Size) -> Curve {
    let Some(&middle) = bends.get(bends.len() / 2) else {
        return Curve::through(&[from, to]);
    };
    let along = label.height / 2.0 * (to.y - from.y).signum();
    let mut points = vec![from];
    points.extend_from_slice(&bends[..bends.len() / 2]);
    points.extend([-along, along].map(|y| Point::new(middle.x, middle.y + y)));
    points.extend_from_slice(&bends[bends.len() / 2 + 1..]);
    points.push(to);
    Curve::through(&points)
}

/// A line from a shape to itself, on its right.
pub(crate) fn back_to(center: Point, size: Size) -> Curve {
    let (right, half) = (size.width / 2.0, size.height / 2.0);
    let at = |x: f64, y: f64| Point::new(center.x + x, center.y + y);
    // A cubic reaches three quarters of the way to its inner points.
    let reach = right + LOOP / 0.75;
    Curve(vec![[
        at(right * 0.5, -half * 0.2),
        at(reach, -half),
        at(reach, half),
        at(right * 0.5, half * 0.2),
    ]])
}
