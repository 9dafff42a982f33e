//! Arguments made of several nodes: lists, options and maps of [`Delayed`].

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use super::{CloneValue, IntoArg, IntoArgRef, OwnedArg, RefArg, Stored, TokenArg};
use crate::delayed::Delayed;
use crate::graph::{Dependencies, Inputs, TypedRef};
use crate::token::Tokenizer;

/// Nodes whose values are passed together, as a list.
pub struct List<T>(pub(super) Box<[TypedRef<T>]>);

impl<T: Stored + CloneValue> List<T> {
    fn load_all(&self, inputs: &mut Inputs<'_>) -> Vec<T> {
        self.0.iter().map(|node| inputs.take(node)).collect()
    }

    fn name_all(&self, found: &mut Dependencies<'_>) {
        self.0.iter().for_each(|node| found.push(node));
    }

    fn release_all(&self, inputs: &mut Inputs<'_>) {
        self.0.iter().for_each(|node| inputs.release_taken(node));
    }
}

impl<T> FromIterator<Delayed<T>> for List<T> {
    fn from_iter<I: IntoIterator<Item = Delayed<T>>>(values: I) -> Self {
        List(values.into_iter().map(Delayed::into_node).collect())
    }
}

impl<'a, T> FromIterator<&'a Delayed<T>> for List<T> {
    fn from_iter<I: IntoIterator<Item = &'a Delayed<T>>>(values: I) -> Self {
        List(values.into_iter().map(|value| value.node().clone()).collect())
    }
}

impl<T: Stored + CloneValue> OwnedArg<Vec<T>> for List<T> {
    fn dependencies(&self, found: &mut Dependencies<'_>) {
        self.name_all(found);
    }

    fn load(&self, inputs: &mut Inputs<'_>) -> Vec<T> {
        self.load_all(inputs)
    }

    fn release(&self, inputs: &mut Inputs<'_>) {
        self.release_all(inputs);
    }

    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
        self.token(tokenizer);
        true
    }
}

/// For `&[T]`: the values are brought together for the call.
impl<T: Stored + CloneValue> RefArg<[T]> for List<T> {
    type Loaded<'r> = Vec<T>;

    fn dependencies(&self, found: &mut Dependencies<'_>) {
        self.name_all(found);
    }

    fn load<'r>(&'r self, inputs: &mut Inputs<'r>) -> Vec<T> {
        self.load_all(inputs)
    }

    fn lend(loaded: &Vec<T>) -> &[T] {
        loaded
    }

    fn release(&self, inputs: &mut Inputs<'_>) {
        self.release_all(inputs);
    }

    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
        self.token(tokenizer);
        true
    }
}

macro_rules! lists {
    ($($(#[$attribute:meta])* [$($generics:tt)*] $passed:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)* T: Stored + CloneValue> IntoArg<Vec<T>> for $passed {
            type Arg = List<T>;

            fn into_arg(self) -> List<T> {
                self.into_iter().collect()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)* T: Stored + CloneValue> IntoArgRef<[T]> for $passed {
            type Arg = List<T>;

            fn into_arg(self) -> List<T> {
                self.into_iter().collect()
            }
        }
    )*};
}

lists! {
    [] Vec<Delayed<T>>;
    [] &Vec<Delayed<T>>;
    [] &[Delayed<T>];
    [const N: usize,] [Delayed<T>; N];
    [const N: usize,] &[Delayed<T>; N];
    ['a,] Vec<&'a Delayed<T>>;
    ['a, const N: usize,] [&'a Delayed<T>; N];
}

/// An array of nodes, for a parameter that is an array.
pub struct Array<T, const N: usize>(pub(super) [TypedRef<T>; N]);

impl<T: Stored + CloneValue, const N: usize> OwnedArg<[T; N]> for Array<T, N> {
    fn dependencies(&self, found: &mut Dependencies<'_>) {
        self.0.iter().for_each(|node| found.push(node));
    }

    fn load(&self, inputs: &mut Inputs<'_>) -> [T; N] {
        self.0.each_ref().map(|node| inputs.take(node))
    }

    fn release(&self, inputs: &mut Inputs<'_>) {
        self.0.iter().for_each(|node| inputs.release_taken(node));
    }

    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
        self.token(tokenizer);
        true
    }
}

#[diagnostic::do_not_recommend]
impl<T: Stored + CloneValue, const N: usize> IntoArg<[T; N]> for [Delayed<T>; N] {
    type Arg = Array<T, N>;

    fn into_arg(self) -> Array<T, N> {
        Array(self.map(Delayed::into_node))
    }
}

/// A node that may be missing.
pub struct Maybe<T>(pub(super) Option<TypedRef<T>>);

impl<T: Stored + CloneValue> OwnedArg<Option<T>> for Maybe<T> {
    fn dependencies(&self, found: &mut Dependencies<'_>) {
        self.0.iter().for_each(|node| found.push(node));
    }

    fn load(&self, inputs: &mut Inputs<'_>) -> Option<T> {
        self.0.as_ref().map(|node| inputs.take(node))
    }

    fn release(&self, inputs: &mut Inputs<'_>) {
        self.0.iter().for_each(|node| inputs.release_taken(node));
    }

    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
        self.token(tokenizer);
        true
    }
}

#[diagnostic::do_not_recommend]
impl<T: Stored + CloneValue> IntoArg<Option<T>> for Option<Delayed<T>> {
    type Arg = Maybe<T>;

    fn into_arg(self) -> Maybe<T> {
        Maybe(self.map(Delayed::into_node))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Stored + CloneValue> IntoArg<Option<T>> for Option<&Delayed<T>> {
    type Arg = Maybe<T>;

    fn into_arg(self) -> Maybe<T> {
        Maybe(self.map(|value| value.node().clone()))
    }
}

/// Nodes under keys, for a parameter that is a map.
pub struct Entries<K, V>(pub(super) Box<[(K, TypedRef<V>)]>);

impl<K, V> Entries<K, V> {
    /// In the order in which the nodes were made: that of a hash map differs from run to run.
    fn of(entries: impl Iterator<Item = (K, Delayed<V>)>) -> Self {
        let mut entries: Box<[_]> = entries.map(|(key, value)| (key, value.into_node())).collect();
        entries.sort_by_key(|(_, node)| node.node().id());
        Entries(entries)
    }
}

/// One line a map: what it needs, its type, what is passed for it.
macro_rules! maps {
    ($([$($generics:tt)*] [$($bounds:tt)*] $map:ty, $passed:ty;)*) => {$(
        impl<K: Stored + Clone, V: Stored + CloneValue, $($generics)*> OwnedArg<$map> for Entries<K, V>
        where
            $($bounds)*
        {
            fn dependencies(&self, found: &mut Dependencies<'_>) {
                self.0.iter().for_each(|(_, node)| found.push(node));
            }

            fn load(&self, inputs: &mut Inputs<'_>) -> $map {
                self.0.iter().map(|(key, node)| (key.clone(), inputs.take(node))).collect()
            }

            fn release(&self, inputs: &mut Inputs<'_>) {
                self.0.iter().for_each(|(_, node)| inputs.release_taken(node));
            }
        }

        #[diagnostic::do_not_recommend]
        impl<K: Stored + Clone, V: Stored + CloneValue, $($generics)*> IntoArg<$map> for $passed
        where
            $($bounds)*
        {
            type Arg = Entries<K, V>;

            fn into_arg(self) -> Entries<K, V> {
                Entries::of(self.into_iter())
            }
        }
    )*};
}

maps! {
    [S] [K: Eq + Hash, S: BuildHasher + Default] HashMap<K, V, S>, HashMap<K, Delayed<V>, S>;
    [] [K: Ord] BTreeMap<K, V>, BTreeMap<K, Delayed<V>>;
}
