//! Many values become one.

use lazy_runtime::Delayed;

/// How many values a task merges.
const FAN_IN: usize = 8;

/// The values merged in groups, and what that gives in turn, until one is left. Neighbours stay in order. There is at
/// least one.
pub(crate) fn tree<T>(
    mut values: Vec<Delayed<T>>,
    merge: impl Fn(Vec<Delayed<T>>) -> Delayed<T>,
) -> Delayed<T> {
    while values.len() > 1 {
        let merged = |group: &[Delayed<T>]| match group {
            [alone] => alone.clone(),
            group => merge(group.to_vec()),
        };
        values = values.chunks(FAN_IN).map(merged).collect();
    }
    values.remove(0)
}
