//! A shape as a graph of `#[delayed]` calls.

use lazy_runtime::prelude::*;

use super::body::{mix, work};
use super::shape::Shape;

#[delayed]
pub(crate) fn root(id: u64) -> u64 {
    work(id + 1)
}

#[delayed]
pub(crate) fn one(id: u64, a: u64) -> u64 {
    work(mix(id + 1, a))
}

#[delayed]
pub(crate) fn two(id: u64, a: u64, b: u64) -> u64 {
    work(mix(mix(id + 1, a), b))
}

#[delayed]
fn four(id: u64, a: u64, b: u64, c: u64, d: u64) -> u64 {
    work(mix(mix(mix(mix(id + 1, a), b), c), d))
}

#[delayed]
fn many(id: u64, values: Vec<u64>) -> u64 {
    work(values.into_iter().fold(id + 1, mix))
}

impl Shape {
    /// The last node, which needs all others.
    pub(crate) fn build(&self) -> Delayed<u64> {
        self.build_all().pop().expect("a shape has nodes")
    }

    /// Every node.
    pub(crate) fn build_all(&self) -> Vec<Delayed<u64>> {
        let mut nodes: Vec<Delayed<u64>> = Vec::with_capacity(self.len());
        for node in 0..self.len() {
            let id = node as u64;
            let of = self.of(node);
            let at = |i: usize| &nodes[of[i] as usize];
            let made = match of.len() {
                0 => root(id),
                1 => one(id, at(0)),
                2 => two(id, at(0), at(1)),
                4 => four(id, at(0), at(1), at(2), at(3)),
                n => many(id, (0..n).map(at).collect::<Vec<_>>()),
            };
            nodes.push(made);
        }
        nodes
    }
}
