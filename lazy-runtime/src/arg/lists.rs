//! Arguments made of several nodes: lists, options and maps of [`Delayed`].

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use super::{CloneValue, IntoArg, IntoArgRef, OwnedArg, RefArg, Stored};
use crate::delayed::Delayed;
use crate::graph::{Dependencies, Inputs, TypedRef};

/// Nodes whose values are passed together, as a list.
pub struct List<T>(Box<[TypedRef<T>]>);

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
impl<T: Stored + CloneValue, const N: usize> OwnedArg<[T; N]> for List<T> {
    fn dependencies(&self, found: &mut Dependencies<'_>) {
        self.name_all(found);
    }

    fn load(&self, inputs: &mut Inputs<'_>) -> [T; N] {
        std::array::from_fn(|i| inputs.take(&self.0[i]))
    }

    fn release(&self, inputs: &mut Inputs<'_>) {
        self.release_all(inputs);
    }
}

#[diagnostic::do_not_recommend]
impl<T: Stored + CloneValue, const N: usize> IntoArg<[T; N]> for [Delayed<T>; N] {
    type Arg = List<T>;

    fn into_arg(self) -> List<T> {
        self.into_iter().collect()
    }
}

/// A node that may be missing.
pub struct Maybe<T>(Option<TypedRef<T>>);

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

/// Nodes under keys.
pub struct Entries<K, V>(Box<[(K, TypedRef<V>)]>);

impl<K, V, M> OwnedArg<M> for Entries<K, V>
where
    K: Stored + Clone,
    V: Stored + CloneValue,
    M: FromIterator<(K, V)>,
{
    fn dependencies(&self, found: &mut Dependencies<'_>) {
        self.0.iter().for_each(|(_, node)| found.push(node));
    }

    fn load(&self, inputs: &mut Inputs<'_>) -> M {
        self.0.iter().map(|(key, node)| (key.clone(), inputs.take(node))).collect()
    }

    fn release(&self, inputs: &mut Inputs<'_>) {
        self.0.iter().for_each(|(_, node)| inputs.release_taken(node));
    }
}

#[diagnostic::do_not_recommend]
impl<K, V, S> IntoArg<HashMap<K, V, S>> for HashMap<K, Delayed<V>, S>
where
    K: Stored + Clone + Eq + Hash,
    V: Stored + CloneValue,
    S: BuildHasher + Default,
{
    type Arg = Entries<K, V>;

    fn into_arg(self) -> Entries<K, V> {
        Entries(self.into_iter().map(|(key, value)| (key, value.into_node())).collect())
    }
}

#[diagnostic::do_not_recommend]
impl<K, V> IntoArg<BTreeMap<K, V>> for BTreeMap<K, Delayed<V>>
where
    K: Stored + Clone + Ord,
    V: Stored + CloneValue,
{
    type Arg = Entries<K, V>;

    fn into_arg(self) -> Entries<K, V> {
        Entries(self.into_iter().map(|(key, value)| (key, value.into_node())).collect())
    }
}
