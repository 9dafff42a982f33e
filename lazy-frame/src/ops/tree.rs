//! Many frames become one.

use lazy_runtime::Delayed;
use polars::prelude::DataFrame;

/// How many frames a task merges.
const FAN_IN: usize = 8;

/// The frames merged in groups, and what that gives in turn, until one is left. Neighbours stay in order. There is at
/// least one.
pub(crate) fn tree(
    mut frames: Vec<Delayed<DataFrame>>,
    merge: impl Fn(Vec<Delayed<DataFrame>>) -> Delayed<DataFrame>,
) -> Delayed<DataFrame> {
    while frames.len() > 1 {
        let merged = |group: &[Delayed<DataFrame>]| match group {
            [alone] => alone.clone(),
            group => merge(group.to_vec()),
        };
        frames = frames.chunks(FAN_IN).map(merged).collect();
    }
    frames.remove(0)
}
