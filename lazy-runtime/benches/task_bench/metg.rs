//! METG(50 %): how short tasks may be.

use crate::common::body::{alone, set_iterations};

/// The share of the peak rate that a run has to reach.
const SHARE: f64 = 0.5;

/// So many tasks on so many threads, with a kernel of a settable number of iterations.
pub(crate) struct Series {
    tasks: usize,
    threads: usize,
    /// Runs are repeated so often, and the fastest counts: this is time on the wall, and others only ever make it longer.
    repetitions: usize,
    /// Iterations to begin with: many, so that little is lost.
    first: u64,
    /// The most iterations all threads together do in a nanosecond.
    peak: f64,
}

/// A run with one number of iterations.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    iterations: u64,
    /// Nanoseconds on the wall.
    wall: f64,
}

impl Series {
    pub(crate) fn new(tasks: usize, threads: usize, repetitions: usize, first: u64) -> Self {
        set_iterations(first);
        let bodies = tasks.div_ceil(4);
        let rate = |_| (bodies as u64 * first) as f64 / alone(bodies, threads).wall;
        let peak = (0..5).map(rate).fold(0.0, f64::max);
        Series { tasks, threads, repetitions, first, peak }
    }

    /// Runs with half as many iterations again and again, down to none; `run` says how many nanoseconds one took.
    pub(crate) fn halve(&self, mut run: impl FnMut() -> f64) -> Vec<Point> {
        let iterations = std::iter::successors(Some(self.first), |&n| (n > 0).then_some(n / 2));
        let point = |iterations| Point { iterations, wall: f64::INFINITY };
        let mut points: Vec<_> = iterations.map(point).collect();
        // All the way down each time, so that a bad moment of the machine spoils no point's every run.
        for _ in 0..self.repetitions {
            for point in &mut points {
                set_iterations(point.iterations);
                point.wall = point.wall.min(run());
            }
        }
        points
    }

    /// Nanoseconds of a thread that a task takes, all counted, with `around` more on the wall for the whole run.
    pub(crate) fn granularity(&self, point: Point, around: f64) -> f64 {
        (point.wall + around) * self.threads as f64 / self.tasks as f64
    }

    fn efficiency(&self, point: Point, around: f64) -> f64 {
        (point.iterations * self.tasks as u64) as f64 / (point.wall + around) / self.peak
    }

    /// The METG in nanoseconds: between the last run that reached the share and the one after it. None reached: not known.
    pub(crate) fn metg(&self, points: &[Point], around: f64) -> f64 {
        let of = |&point: &Point| (self.granularity(point, around), self.efficiency(point, around));
        let Some(last) = points.iter().rposition(|point| of(point).1 >= SHARE) else {
            return f64::NAN;
        };
        // There is one after it: that without iterations reaches nothing.
        let ((longer, more), (shorter, less)) = (of(&points[last]), of(&points[last + 1]));
        shorter + (longer - shorter) * (SHARE - less) / (more - less)
    }
}
