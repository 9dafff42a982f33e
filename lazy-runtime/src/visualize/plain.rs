//! The layout of last resort, in linear time and without recursion: every shape one rank beyond
//! its furthest dependency, each rank in the order of the dependencies' places, straight lines.

use super::fans::levels;
use super::geometry::Point;
use super::layout::{GAP, Placed, RANK_GAP, Task};

/// Places shapes whatever their number.
pub(crate) fn place(task: &Task) -> Placed {
    let ranks = by_rank(task);
    let mut centers = vec![Point::default(); task.sizes.len()];
    let mut pulls = vec![(0.0, 0u32); task.sizes.len()];
    let mut dependents = vec![Vec::new(); task.sizes.len()];
    for (from, to) in forward(task) {
        dependents[from as usize].push(to);
    }
    let mut top = 0.0;
    for mut rank in ranks {
        let pull = |index: u32| match pulls[index as usize] {
            (_, 0) => 0.0,
            (sum, n) => sum / f64::from(n),
        };
        rank.sort_by(|&a, &b| pull(a).total_cmp(&pull(b)));
        let height = rank.iter().map(|&i| task.sizes[i as usize].height).fold(0.0, f64::max);
        let width: f64 = rank.iter().map(|&i| task.sizes[i as usize].width + GAP).sum();
        let mut left = -width / 2.0;
        for &index in &rank {
            let size = task.sizes[index as usize];
            let x = left + (size.width + GAP) / 2.0;
            centers[index as usize] = Point::new(x, top + height / 2.0);
            left += size.width + GAP;
            for &to in &dependents[index as usize] {
                let pull = &mut pulls[to as usize];
                *pull = (pull.0 + x, pull.1 + 1);
            }
        }
        top += height + RANK_GAP;
    }
    Placed { centers, bends: vec![Vec::new(); task.edges.len()] }
}

fn by_rank(task: &Task) -> Vec<Vec<u32>> {
    let levels = levels(task.sizes.len(), forward(task));
    let mut ranks = vec![Vec::new(); levels.iter().max().map_or(0, |last| last + 1)];
    for (index, &rank) in levels.iter().enumerate() {
        ranks[rank].push(index as u32);
    }
    ranks
}

/// Edges with those of a cycle turned around; only summaries have any.
fn forward(task: &Task) -> impl Iterator<Item = (u32, u32)> {
    task.edges.iter().map(|&(from, to)| (from.min(to), from.max(to)))
}
