//! Many values to one: `collect`, sums, products and reductions, as balanced trees.

use std::fmt;
use std::iter::{Product, Sum};
use std::ops::{Add, Mul};
use std::panic::Location;
use std::sync::Arc;

use super::names::{Collected, Multiplied, Reduced, Summed};
use crate::arg::{CloneValue, List, Own, Stored};
use crate::delayed::Delayed;
use crate::task::{Describe, derived_at, try_task_at};

/// Many values as one list.
///
/// A delayed function that takes a `Vec<T>` accepts a `Vec<Delayed<T>>` as it is; this makes the list a node of its
/// own, for several users. `parts.into_iter().collect::<Delayed<Vec<_>>>()` does the same.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
///
/// let all = lazy_runtime::collect((0..3).map(|n| delayed(n) * n));
/// assert_eq!(all.compute()?, [0, 1, 4]);
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[track_caller]
pub fn collect<T: Stored + CloneValue>(
    parts: impl IntoIterator<Item = Delayed<T>>,
) -> Delayed<Vec<T>> {
    collect_at(parts, Location::caller())
}

fn collect_at<T: Stored + CloneValue>(
    parts: impl IntoIterator<Item = Delayed<T>>,
    at: &'static Location<'static>,
) -> Delayed<Vec<T>> {
    let list: List<T> = parts.into_iter().collect();
    let list = Own::<Vec<T>, _>::from_arg(list);
    derived_at::<Collected, _, _>(std::convert::identity::<Vec<T>>, (list,), at)
}

/// The place in the user's code to be told for something that an iterator's `sum` or `collect` makes: these do not pass their
/// caller's on, so it is that of the first part.
fn place<T>(
    parts: &[Delayed<T>],
    caller: &'static Location<'static>,
) -> &'static Location<'static> {
    parts.first().map_or(caller, Delayed::location)
}

impl<T: Stored + CloneValue> FromIterator<Delayed<T>> for Delayed<Vec<T>> {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = Delayed<T>>>(parts: I) -> Self {
        let parts: Vec<_> = parts.into_iter().collect();
        let at = place(&parts, Location::caller());
        collect_at(parts, at)
    }
}

/// There was nothing to reduce: the source of the [`Error`](crate::Error) of [`reduce`] without values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NothingToReduce;

impl fmt::Display for NothingToReduce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are no values to reduce; start with one that changes nothing")
    }
}

impl std::error::Error for NothingToReduce {}

/// Reduces values to one with an associative function, as a tree of tasks that each take up to `fan_in` values.
///
/// The function is a plain one, called inside the tasks: a closure, or the `eager` twin of a delayed function
/// (`#[delayed(eager = "merge_now")]`). The values keep their order. A fan-in below 2 counts as 2. Without values the result is an error when it is
/// computed; a single value is itself.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
///
/// let parts: Vec<Delayed<i64>> = (0..100).map(|n| delayed(n * 7 % 31)).collect();
/// let best = lazy_runtime::reduce(parts, 8, |a, b| a.max(b));
/// assert_eq!(best.compute()?, 30);
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[track_caller]
pub fn reduce<T: Stored + CloneValue>(
    parts: impl IntoIterator<Item = Delayed<T>>,
    fan_in: usize,
    function: impl Fn(T, T) -> T + Send + Sync + 'static,
) -> Delayed<T> {
    let at = Location::caller();
    let function = Arc::new(function);
    let merge = move |group: Vec<Delayed<T>>| {
        let function = Arc::clone(&function);
        let merged =
            move |values: Vec<T>| values.into_iter().reduce(&*function).ok_or(NothingToReduce);
        let values = Own::<Vec<T>, _>::from_arg(group.into_iter().collect::<List<T>>());
        try_task_at::<Reduced, _, _>(merged, (values,), at)
    };
    tree(parts.into_iter().collect(), fan_in.max(2), merge)
}

/// Merges groups of `fan_in` neighbours, level by level, until one is left.
fn tree<T>(
    mut level: Vec<Delayed<T>>,
    fan_in: usize,
    merge: impl Fn(Vec<Delayed<T>>) -> Delayed<T>,
) -> Delayed<T> {
    if level.is_empty() {
        return merge(level);
    }
    while level.len() > 1 {
        let mut values = level.into_iter().peekable();
        let mut next = Vec::with_capacity(values.len().div_ceil(fan_in));
        while values.peek().is_some() {
            let mut group: Vec<_> = values.by_ref().take(fan_in).collect();
            // One left over is merged with nothing: it moves up as it is.
            next.push(if group.len() == 1 { group.remove(0) } else { merge(group) });
        }
        level = next;
    }
    level.remove(0)
}

/// How many values one task of a sum or product takes.
const FAN_IN: usize = 8;

/// A sum or product: `fold` of the values, which gives the neutral value for none.
fn fold_tree<D: Describe, T: Stored + CloneValue>(
    parts: Vec<Delayed<T>>,
    fold: fn(std::vec::IntoIter<T>) -> T,
    at: &'static Location<'static>,
) -> Delayed<T> {
    let at = place(&parts, at);
    tree(parts, FAN_IN, |group| {
        let values = Own::<Vec<T>, _>::from_arg(group.into_iter().collect::<List<T>>());
        derived_at::<D, _, _>(move |values: Vec<T>| fold(values.into_iter()), (values,), at)
    })
}

macro_rules! folds {
    ($($Trait:ident $method:ident $Described:ident $Operator:ident;)*) => {$(
        impl<T: Stored + CloneValue + $Trait<T> + $Operator> $Trait<Delayed<T>> for Delayed<T> {
            #[track_caller]
            fn $method<I: Iterator<Item = Delayed<T>>>(parts: I) -> Self {
                fold_tree::<$Described, T>(parts.collect(), |values| T::$method(values), Location::caller())
            }
        }

        impl<'a, T: Stored + CloneValue + $Trait<T> + $Operator> $Trait<&'a Delayed<T>> for Delayed<T> {
            #[track_caller]
            fn $method<I: Iterator<Item = &'a Delayed<T>>>(parts: I) -> Self {
                fold_tree::<$Described, T>(parts.cloned().collect(), |values| T::$method(values), Location::caller())
            }
        }
    )*};
}

folds! {
    Sum sum Summed Add;
    Product product Multiplied Mul;
}
