//! Points, sizes and curves, in pixels; `y` grows downwards.

/// A place on the page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    pub(crate) const fn new(x: f64, y: f64) -> Point {
        Point { x, y }
    }

    /// The point a part `t` of the way to `other`.
    pub(crate) fn towards(self, other: Point, t: f64) -> Point {
        Point::new(self.x + (other.x - self.x) * t, self.y + (other.y - self.y) * t)
    }

    pub(crate) fn distance(self, other: Point) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// Width and height of a shape or of a line of text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Size {
    pub width: f64,
    pub height: f64,
}

impl Size {
    pub(crate) const fn new(width: f64, height: f64) -> Size {
        Size { width, height }
    }

    /// Width and height exchanged.
    pub(crate) fn turned(self) -> Size {
        Size::new(self.height, self.width)
    }
}

/// One piece of a curve: a cubic Bézier given by its four control points.
pub(crate) type Piece = [Point; 4];

/// A smooth line of one piece or more.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Curve(pub Vec<Piece>);

impl Curve {
    /// A uniform cubic B-spline that begins at the first point, ends at the last, and is drawn
    /// towards those between without having to meet them, which irons out small zigzags.
    pub(crate) fn through(points: &[Point]) -> Curve {
        let (Some(&first), Some(&last)) = (points.first(), points.last()) else {
            return Curve::default();
        };
        // Ends listed three times hold the curve there.
        let mut held = vec![first, first];
        held.extend_from_slice(points);
        held.extend([last, last]);
        Curve(held.windows(4).map(|of| spline_piece([of[0], of[1], of[2], of[3]])).collect())
    }

    /// The place at `t`, where piece `i` spans `i..i + 1`.
    pub(crate) fn at(&self, t: f64) -> Point {
        let last = self.0.len().saturating_sub(1);
        let piece = (t.max(0.0).floor() as usize).min(last);
        self.0.get(piece).map_or(Point::default(), |points| place(points, t - piece as f64))
    }

    pub(crate) fn end(&self) -> f64 {
        self.0.len() as f64
    }

    /// The part of the curve between `from` and `to`, in units of [`at`](Curve::at).
    pub(crate) fn part(&self, from: f64, to: f64) -> Curve {
        let pieces = self.0.iter().enumerate().filter_map(|(index, piece)| {
            let start = (from - index as f64).clamp(0.0, 1.0);
            let end = (to - index as f64).clamp(0.0, 1.0);
            (end > start).then(|| section(piece, start, end))
        });
        Curve(pieces.collect())
    }

    /// The curve with each of its control points moved by `change`.
    pub(crate) fn map(&self, change: impl Fn(Point) -> Point) -> Curve {
        Curve(self.0.iter().map(|piece| piece.map(&change)).collect())
    }
}

fn spline_piece([a, b, c, d]: [Point; 4]) -> Piece {
    let third = |from: Point, to: Point| from.towards(to, 1.0 / 3.0);
    let start = third(b, a).towards(third(b, c), 0.5);
    let end = third(c, b).towards(third(c, d), 0.5);
    [start, third(b, c), third(c, b), end]
}

/// De Casteljau's construction: the point at `t`.
fn place(piece: &Piece, t: f64) -> Point {
    split(piece, t).0[3]
}

/// The pieces before and after `t`.
fn split(&[a, b, c, d]: &Piece, t: f64) -> (Piece, Piece) {
    let (ab, bc, cd) = (a.towards(b, t), b.towards(c, t), c.towards(d, t));
    let (abc, bcd) = (ab.towards(bc, t), bc.towards(cd, t));
    let middle = abc.towards(bcd, t);
    ([a, ab, abc, middle], [middle, bcd, cd, d])
}

fn section(piece: &Piece, start: f64, end: f64) -> Piece {
    let (head, _) = split(piece, end);
    let (_, tail) = split(&head, start / end);
    tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_begins_and_ends_at_its_ends() {
        let points = [Point::new(0.0, 0.0), Point::new(5.0, 20.0), Point::new(30.0, 40.0)];
        let curve = Curve::through(&points);
        assert!(curve.at(0.0).distance(points[0]) < 1e-9);
        assert!(curve.at(curve.end()).distance(points[2]) < 1e-9);
    }

    #[test]
    fn the_line_between_two_points_is_straight() {
        let curve = Curve::through(&[Point::new(0.0, 0.0), Point::new(10.0, 20.0)]);
        for step in 0..=30 {
            let point = curve.at(curve.end() * f64::from(step) / 30.0);
            assert!((point.y - 2.0 * point.x).abs() < 1e-9);
        }
    }

    #[test]
    fn a_part_runs_between_its_bounds() {
        let points = [Point::new(0.0, 0.0), Point::new(5.0, 20.0), Point::new(30.0, 40.0)];
        let curve = Curve::through(&points);
        let part = curve.part(0.4, 3.2);
        assert!(part.at(0.0).distance(curve.at(0.4)) < 1e-9);
        assert!(part.at(part.end()).distance(curve.at(3.2)) < 1e-9);
    }

    #[test]
    fn no_points_make_no_curve() {
        assert_eq!(Curve::through(&[]), Curve::default());
        assert_eq!(Curve::default().at(0.5), Point::default());
    }
}
