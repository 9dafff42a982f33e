//! Fans: many arrows that leave or enter one shape.

use super::drawing::{Arrow, Drawing};
use super::geometry::Size;

/// The fans of a drawing. Wide ones get more height to open in.
pub(crate) struct Fans {
    levels: Vec<usize>,
    leaving: Vec<u32>,
    entering: Vec<u32>,
}

impl Fans {
    pub(crate) fn of(drawing: &Drawing) -> Fans {
        let count = drawing.shapes.len();
        let edges = drawing.arrows.iter().map(|arrow| (arrow.from, arrow.to));
        let levels = levels(count, edges);
        let mut fans = Fans { levels, leaving: vec![0; count], entering: vec![0; count] };
        for arrow in &drawing.arrows {
            fans.leaving[arrow.from as usize] += 1;
            fans.entering[arrow.to as usize] += 1;
        }
        fans
    }

    /// The room for an arrow of a fan, if it joins neighbouring ranks.
    pub(crate) fn room(&self, arrow: &Arrow) -> Size {
        let (from, to) = (arrow.from as usize, arrow.to as usize);
        let arrows = self.leaving[from].max(self.entering[to]);
        let height = match self.levels[to].abs_diff(self.levels[from]) {
            1 => (f64::from(arrows) - 3.0) * 4.0,
            _ => 0.0,
        };
        // A room without width would not be kept free.
        Size::new(0.1, height.clamp(0.0, 90.0))
    }
}

/// The longest way to each shape, in arrows. Indices are a topological order but for the cycles of
/// a summary, whose backward edges count as forward ones.
pub(crate) fn levels(shapes: usize, edges: impl Iterator<Item = (u32, u32)>) -> Vec<usize> {
    let mut edges: Vec<_> = edges.map(|(from, to)| (from.min(to), from.max(to))).collect();
    edges.sort_unstable();
    let mut levels = vec![0; shapes];
    for (from, to) in edges.into_iter().filter(|(from, to)| from != to) {
        levels[to as usize] = levels[to as usize].max(levels[from as usize] + 1);
    }
    levels
}
