//! Many values become one.

use lazy_runtime::Delayed;

/// How many values a task merges.
const FAN_IN: usize = 8;

/// The values merged in groups, and what that gives in turn, until one is left. Neighbours stay in order. There is at
/// least one.
pub(crate) fn tree<T>(
    values: Vec<Delayed<T>>,
    merge: impl Fn(Vec<Delayed<T>>) -> Delayed<T>,
) -> Delayed<T> {
    merge_group(&merged(values, &merge), &merge)
}

/// The values merged in groups, and what that gives in turn, until one task can take those that are left. Neighbours
/// stay in order.
pub(crate) fn merged<T>(
    mut values: Vec<Delayed<T>>,
    merge: impl Fn(Vec<Delayed<T>>) -> Delayed<T>,
) -> Vec<Delayed<T>> {
    while values.len() > FAN_IN {
        values = values.chunks(FAN_IN).map(|group| merge_group(group, &merge)).collect();
    }
    values
}

fn merge_group<T>(
    group: &[Delayed<T>],
    merge: impl Fn(Vec<Delayed<T>>) -> Delayed<T>,
) -> Delayed<T> {
    match group {
        [alone] => alone.clone(),
        group => merge(group.to_vec()),
    }
}
