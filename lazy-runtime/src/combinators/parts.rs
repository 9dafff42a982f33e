//! Parts of values: `get`, `unzip`, `flatten`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::panic::Location;

use super::Borrowed;
use super::names::{Flattened, Item, Unzipped};
use crate::arg::{CloneValue, Dependency, Own, OwnedArg, Ref, Stored};
use crate::collection::Collection;
use crate::delayed::Delayed;
use crate::graph::{Dependencies, Inputs, TypedRef};
use crate::task::{IntoTaskError, derived_at, try_derived_at};
use crate::token::{Tokenizer, tokenize_known};

/// Values that have items: lists by position, maps by key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no items to `get` with a `{I}`",
    label = "lists are indexed with `usize`, maps with a key"
)]
pub trait GetItem<I> {
    /// The item.
    type Item: Send + Sync + Clone + 'static;
    /// The item there, if there is one.
    fn item(&self, at: &I) -> Option<&Self::Item>;
    /// How many items there are.
    fn n_items(&self) -> usize;
}

macro_rules! items {
    ($([$($generics:tt)*] $list:ty => $item:ty, $index:ty;)*) => {$(
        impl<$($generics)*> GetItem<$index> for $list {
            type Item = $item;

            fn item(&self, at: &$index) -> Option<&$item> {
                self.get(at.to_owned())
            }

            fn n_items(&self) -> usize {
                self.len()
            }
        }
    )*};
}

items! {
    [T: Stored + Clone] Vec<T> => T, usize;
    [T: Stored + Clone] Box<[T]> => T, usize;
    [T: Stored + Clone] VecDeque<T> => T, usize;
    [T: Stored + Clone, const N: usize] [T; N] => T, usize;
}

impl<K: Eq + Hash, V: Stored + Clone, S: BuildHasher> GetItem<K> for HashMap<K, V, S> {
    type Item = V;

    fn item(&self, at: &K) -> Option<&V> {
        self.get(at)
    }

    fn n_items(&self) -> usize {
        self.len()
    }
}

impl<K: Ord, V: Stored + Clone> GetItem<K> for BTreeMap<K, V> {
    type Item = V;

    fn item(&self, at: &K) -> Option<&V> {
        self.get(at)
    }

    fn n_items(&self) -> usize {
        self.len()
    }
}

/// There is no such item: the source of the [`Error`](crate::Error) of [`Delayed::get`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingItem {
    wanted: String,
    n_items: usize,
}

impl fmt::Display for MissingItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no item {} among {}", self.wanted, self.n_items)
    }
}

impl std::error::Error for MissingItem {}

impl<T: Stored> Delayed<T> {
    /// An item of a list or map, cloned out of it.
    ///
    /// One that does not exist is an error when it is computed.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    ///
    /// let squares = delayed(vec![0, 1, 4, 9]);
    /// assert_eq!((squares.get(2) + squares.get(3)).compute()?, 13);
    ///
    /// let error = squares.get(4).compute().unwrap_err();
    /// assert!(error.to_string().ends_with("there is no item 4 among 4"));
    /// # Ok::<(), lazy_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn get<I>(&self, at: I) -> Delayed<T::Item>
    where
        T: GetItem<I>,
        I: Stored + fmt::Debug,
    {
        let value = Ref::<T, _>::from_arg(Dependency::on(self));
        let mut tokenizer = Tokenizer::new();
        let place = tokenize_known(&at, &mut tokenizer).then(|| tokenizer.finish_key());
        let item = move |value: &T| {
            value
                .item(&at)
                .cloned()
                .ok_or_else(|| MissingItem { wanted: format!("{at:?}"), n_items: value.n_items() })
        };
        try_derived_at::<Item, _, Borrowed<T>>(item, (value,), Location::caller(), |tokenizer| {
            place.inspect(|&place| tokenizer.write_node(place)).is_some()
        })
    }

    /// Takes a value out of its wrapping: a `Delayed` that a task returned is computed, an `Err` or a `None` makes the
    /// task fail.
    ///
    /// The wrapped value is moved out if this is its last user, and cloned otherwise. An `Err` that has other users too, or lies
    /// in a data node, cannot be cloned: the task then fails with a text that says so.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    ///
    /// #[delayed]
    /// fn plan(n: i64) -> Delayed<i64> {
    ///     delayed(n) * 2 // a task may build a graph
    /// }
    ///
    /// assert_eq!(plan(21).flatten().compute()?, 42);
    /// # Ok::<(), lazy_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn flatten(&self) -> Delayed<T::Value>
    where
        T: Flatten,
    {
        let wrapped = Own::<Wrapped<T>, _>::from_arg(WrappedArg(Dependency::on(self).into_node()));
        try_derived_at::<Flattened, _, _>(
            Wrapped::<T>::unwrap,
            (wrapped,),
            Location::caller(),
            |_| T::IS_PURE,
        )
    }

    /// The parts of a tuple, each a node of its own.
    ///
    /// A part is moved out by the last of the nodes that are computed, and cloned by the others.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    ///
    /// #[delayed]
    /// fn split(text: &str) -> (String, usize) {
    ///     (text.to_lowercase(), text.len())
    /// }
    ///
    /// let (lower, len) = split("ABC").unzip();
    /// assert_eq!((lower, len).compute()?, ("abc".to_string(), 3));
    /// # Ok::<(), lazy_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn unzip(&self) -> T::Parts
    where
        T: Unzip,
    {
        T::unzip(self, Location::caller())
    }
}

/// What [`Delayed::flatten`] takes a value out of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` wraps no value that `flatten` could take out",
    label = "expected a `Delayed`, a `Result` or an `Option`"
)]
pub trait Flatten: Sized {
    /// Whether the same wrapping always holds the same value: not so where it is yet to be computed. Default: not known, so no.
    const IS_PURE: bool = false;
    /// The value inside.
    type Value: Send + Sync + 'static;
    /// The value, or why there is none.
    fn flattened(self) -> Result<Self::Value, Box<dyn std::error::Error + Send + Sync>>;
    /// The same for a value that others use too.
    fn flattened_ref(&self) -> Result<Self::Value, Box<dyn std::error::Error + Send + Sync>>;
}

impl<T: Stored + CloneValue> Flatten for Delayed<T> {
    type Value = T;

    fn flattened(self) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.compute()?)
    }

    fn flattened_ref(&self) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.compute()?)
    }
}

impl<T: Stored + Clone, E: IntoTaskError + 'static> Flatten for Result<T, E> {
    const IS_PURE: bool = true;
    type Value = T;

    fn flattened(self) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
        self.map_err(IntoTaskError::into_source)
    }

    fn flattened_ref(&self) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
        let shared = "the value is an `Err` that other tasks use too, and an error cannot be shared; flatten it only, or use the \
                      flattened value in the other tasks";
        self.as_ref().cloned().map_err(|_| shared.into())
    }
}

impl<T: Stored + Clone> Flatten for Option<T> {
    const IS_PURE: bool = true;
    type Value = T;

    fn flattened(self) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
        self.ok_or_else(|| "the value is `None`".into())
    }

    fn flattened_ref(&self) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
        self.clone().flattened()
    }
}

/// A wrapped value on its way into the task, already taken apart: the wrapping need not be `Clone`.
struct Wrapped<T: Flatten>(Result<T::Value, Box<dyn std::error::Error + Send + Sync>>);

impl<T: Flatten> Wrapped<T> {
    fn unwrap(self) -> Result<T::Value, Box<dyn std::error::Error + Send + Sync>> {
        self.0
    }
}

struct WrappedArg<T>(TypedRef<T>);

impl<T: Flatten + Stored> OwnedArg<Wrapped<T>> for WrappedArg<T> {
    /// An error need not be `Clone`, and only its last user gets it.
    const MOVES: bool = true;

    fn dependencies(&self, found: &mut Dependencies<'_>) {
        found.push(&self.0);
    }

    fn load(&self, inputs: &mut Inputs<'_>) -> Wrapped<T> {
        Wrapped(inputs.take_with(&self.0, T::flattened_ref, T::flattened))
    }

    fn release(&self, inputs: &mut Inputs<'_>) {
        inputs.release_taken(&self.0);
    }

    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
        tokenizer.write_node(self.0.node().token());
        true
    }
}

/// Tuples that [`Delayed::unzip`] takes apart: up to 12 parts.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tuple that `unzip` could take apart",
    label = "expected a tuple of up to 12 parts, all `Clone + Send + Sync + 'static`"
)]
pub trait Unzip: Sized {
    /// A tuple of [`Delayed`].
    type Parts;
    /// The parts of the tuple, as nodes made at that place.
    fn unzip(whole: &Delayed<Self>, at: &'static Location<'static>) -> Self::Parts;
}

/// One part of a tuple, as the argument of the task that hands it on.
struct PartArg<T, P> {
    whole: TypedRef<T>,
    /// Its place in the tuple.
    at: u8,
    clone: fn(&T) -> P,
    take: fn(T) -> P,
}

impl<T: Stored, P: 'static> OwnedArg<P> for PartArg<T, P> {
    fn dependencies(&self, found: &mut Dependencies<'_>) {
        found.push(&self.whole);
    }

    fn load(&self, inputs: &mut Inputs<'_>) -> P {
        inputs.take_with(&self.whole, self.clone, self.take)
    }

    fn release(&self, inputs: &mut Inputs<'_>) {
        inputs.release_taken(&self.whole);
    }

    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
        tokenizer.write_u8(self.at);
        tokenizer.write_node(self.whole.node().token());
        true
    }
}

macro_rules! unzip {
    ($($T:ident $at:tt),*) => {
        impl<$($T: Stored + Clone),*> Unzip for ($($T,)*) {
            type Parts = ($(Delayed<$T>,)*);

            fn unzip(whole: &Delayed<Self>, at: &'static Location<'static>) -> Self::Parts {
                ($({
                    let part = PartArg::<Self, $T> {
                        whole: whole.node().clone(),
                        at: $at,
                        clone: |whole| whole.$at.clone(),
                        take: |whole| whole.$at,
                    };
                    let part = Own::<$T, _>::from_arg(part);
                    derived_at::<Unzipped, _, _>(std::convert::identity::<$T>, (part,), at)
                },)*)
            }
        }
    };
}

crate::arities::up_to_12!(unzip);
