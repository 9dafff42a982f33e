//! A grid of one pattern, and the graph of its tasks.

use std::hint::black_box;

use lazy_runtime::prelude::*;

use crate::common::body::work;
use crate::common::shape::Shape;
use crate::pattern::{NARROWEST, Pattern};

/// The value of a task: which one made it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Made {
    step: u32,
    point: u32,
}

/// All tasks of a pattern, step by step, and what each of them has to get.
pub(crate) struct Grid {
    /// Who needs whom, tasks numbered in order.
    pub(crate) shape: Shape,
    made: Vec<Made>,
    /// What the tasks have to get, one after the other in one list, and where that of each starts.
    expected: Vec<Made>,
    starts: Vec<usize>,
    /// The tasks that no other needs.
    ends: Vec<u32>,
}

/// A task's only literal argument.
#[derive(Clone, Copy)]
struct Task {
    grid: &'static Grid,
    number: u32,
}

impl Grid {
    /// The grid, for as long as the program runs: so tasks, which outlive the call that makes them, can look into it.
    pub(crate) fn forever(pattern: Pattern, width: u32, steps: u32) -> &'static Self {
        assert!(width >= NARROWEST, "a grid has {NARROWEST} columns or more");
        let points = |step| pattern.points(step, width, steps);
        let room = width as usize * steps as usize;
        let mut grid = Grid {
            shape: Shape::with_room_for(room, room),
            made: Vec::with_capacity(room),
            expected: vec![],
            starts: vec![0],
            ends: vec![],
        };
        for step in 0..steps {
            let before = step.checked_sub(1).map_or(0..0, points);
            // Where the step before starts among the tasks.
            let start = grid.made.len() as u32 - before.len() as u32;
            for point in points(step) {
                let mut needs = pattern.needs(step, point, width);
                needs.retain(|point| before.contains(point));
                let number = |&point: &u32| start + point - before.start;
                grid.add(Made { step, point }, &needs, needs.iter().map(number).collect());
            }
        }
        grid.find_ends();
        Box::leak(Box::new(grid))
    }

    fn add(&mut self, made: Made, points: &[u32], numbers: Vec<u32>) {
        let step = made.step.wrapping_sub(1);
        self.made.push(made);
        self.expected.extend(points.iter().map(|&point| Made { step, point }));
        self.starts.push(self.expected.len());
        self.shape.add(numbers);
    }

    fn find_ends(&mut self) {
        let mut is_needed = vec![false; self.len()];
        (0..self.len())
            .flat_map(|task| self.shape.of(task))
            .for_each(|&d| is_needed[d as usize] = true);
        self.ends = (0..self.len() as u32).filter(|&task| !is_needed[task as usize]).collect();
    }

    /// How many tasks there are.
    pub(crate) fn len(&self) -> usize {
        self.made.len()
    }

    /// How many other tasks a task needs, on average.
    pub(crate) fn mean_dependences(&self) -> f64 {
        self.expected.len() as f64 / self.len() as f64
    }

    /// Builds the graph: the tasks that no other needs.
    pub(crate) fn build(&'static self) -> Vec<Delayed<Made>> {
        let mut tasks: Vec<Delayed<Made>> = Vec::with_capacity(self.len());
        for number in 0..self.len() {
            let task = Task { grid: self, number: number as u32 };
            let of = self.shape.of(number);
            let at = |i: usize| &tasks[of[i] as usize];
            let made = match of.len() {
                0 => none(task),
                1 => one(task, at(0)),
                2 => two(task, at(0), at(1)),
                3 => three(task, at(0), at(1), at(2)),
                4 => four(task, at(0), at(1), at(2), at(3)),
                5 => five(task, at(0), at(1), at(2), at(3), at(4)),
                n => many(task, (0..n).map(at).collect::<Vec<_>>()),
            };
            tasks.push(made);
        }
        self.ends.iter().map(|&end| tasks[end as usize].clone()).collect()
    }

    /// Whether these are the values of the tasks that no other needs.
    pub(crate) fn is_result(&self, values: &[Made]) -> bool {
        let ends = self.ends.iter().map(|&end| &self.made[end as usize]);
        values.iter().eq(ends)
    }
}

impl Task {
    /// Checks that the inputs are those of the pattern, then does the work. They are looked up: to find them out takes longer than
    /// a short task.
    fn run(self, inputs: &[Made]) -> Made {
        let number = self.number as usize;
        let expected = &self.grid.expected[self.grid.starts[number]..self.grid.starts[number + 1]];
        assert_eq!(inputs, expected, "a task gets what its pattern says");
        black_box(work(u64::from(self.number)));
        self.grid.made[number]
    }
}

#[delayed]
fn none(task: Task) -> Made {
    task.run(&[])
}

#[delayed]
fn one(task: Task, a: Made) -> Made {
    task.run(&[a])
}

#[delayed]
fn two(task: Task, a: Made, b: Made) -> Made {
    task.run(&[a, b])
}

#[delayed]
fn three(task: Task, a: Made, b: Made, c: Made) -> Made {
    task.run(&[a, b, c])
}

#[delayed]
fn four(task: Task, a: Made, b: Made, c: Made, d: Made) -> Made {
    task.run(&[a, b, c, d])
}

#[delayed]
fn five(task: Task, a: Made, b: Made, c: Made, d: Made, e: Made) -> Made {
    task.run(&[a, b, c, d, e])
}

#[delayed]
fn many(task: Task, inputs: Vec<Made>) -> Made {
    task.run(&inputs)
}
