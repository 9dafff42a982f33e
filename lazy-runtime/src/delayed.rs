//! [`Delayed<T>`]: the handle of a node in the graph.

use std::convert::Infallible;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::graph::{Payload, TypedRef, short_type_name};
use crate::key::Key;
use crate::location;
use crate::token::{Tokenize, Tokenizer};

/// A value of type `T` that is not computed yet: a node of the graph.
///
/// Calling a `#[delayed]` function gives one. It is small, cloning it copies a reference, and it can be sent to and
/// shared with other threads. Passing it, or a reference to it, to another delayed function makes that call depend
/// on it. Nothing runs before [`compute`](crate::Collection::compute) or [`persist`](crate::Collection::persist).
///
/// The node lives as long as a handle or another node needs it; what it holds is dropped right after.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
///
/// #[delayed]
/// fn exponent(x: i64, y: u32) -> i64 {
///     x.pow(y)
/// }
///
/// let x = exponent(4, 5);
/// let z = &x + 1;
/// assert_eq!(z.compute()?, 1025);
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[must_use = "nothing is computed until `compute` or `persist` is called"]
pub struct Delayed<T> {
    node: TypedRef<T>,
}

/// Implemented for nothing.
pub trait Never {}

/// Never holds: a `Delayed` is not `Unpin`. Only a literal argument may be; that tells lists of nodes from lists of
/// values, see `arg`. (Said through a trait of this crate, so that coherence can rely on it.)
impl<T> Unpin for Delayed<T> where Delayed<T>: Never {}

impl<T> Delayed<T> {
    #[inline]
    pub(crate) fn from_node(node: TypedRef<T>) -> Self {
        Delayed { node }
    }

    #[inline]
    pub(crate) fn node(&self) -> &TypedRef<T> {
        &self.node
    }

    #[inline]
    pub(crate) fn into_node(self) -> TypedRef<T> {
        self.node
    }

    /// The stable name of this node: what it calls, and a token no other call has.
    pub fn key(&self) -> Key {
        self.node.node().key()
    }

    /// The name of the function it calls; for data, that of its type.
    pub fn name(&self) -> &str {
        self.node.name()
    }

    /// The call in the user's code that made this node.
    pub fn location(&self) -> &'static Location<'static> {
        self.node.location()
    }
}

impl<T: Send + Sync + 'static> Delayed<T> {
    /// The node of a call that stands there.
    #[inline]
    pub(crate) fn new<P: Payload<Output = T>>(
        payload: P,
        caller: &'static Location<'static>,
    ) -> Self {
        Self::from_node(TypedRef::new(payload, location::told(caller)))
    }

    /// Data that was made at this very place.
    pub(crate) fn of_data(
        value: Arc<T>,
        key: Option<Key>,
        location: &'static Location<'static>,
    ) -> Self {
        Self::from_node(TypedRef::data(value, key, location))
    }
}

/// Implemented for nothing. The compiler names this trait when a value that is not computed is compared, and prints nothing else
/// of ours: so the name is the advice. Compute both sides, or compare in a task: `a.zip(&b).map(|(a, b)| a == b)`.
pub trait ComputeBeforeComparing {}

#[doc(hidden)]
impl<T, U> PartialEq<U> for Delayed<T>
where
    Delayed<T>: ComputeBeforeComparing,
{
    fn eq(&self, _: &U) -> bool {
        false
    }
}

#[doc(hidden)]
impl<T, U> PartialOrd<U> for Delayed<T>
where
    Delayed<T>: ComputeBeforeComparing,
{
    fn partial_cmp(&self, _: &U) -> Option<std::cmp::Ordering> {
        None
    }
}

/// Implemented for nothing; says why a value that is not computed cannot be iterated over.
#[diagnostic::on_unimplemented(
    message = "a `Delayed` has no items to iterate over before it is computed",
    label = "this loop needs a computed value",
    note = "compute it first, `for x in list.compute()?`, or work on the list in a task: `list.map(|list| ...)`, or take items \
            as nodes: `list.get(0)`"
)]
pub trait IterateAfterCompute<T> {}

/// Stands for the program in the bound of [`Iterator`]: were it the `Delayed` itself, the compiler would print the message of
/// `Iterator` and not ours.
pub struct Program;

#[doc(hidden)]
impl<T> Iterator for Delayed<T>
where
    Program: IterateAfterCompute<T>,
{
    type Item = Infallible;

    fn next(&mut self) -> Option<Infallible> {
        None
    }
}

#[doc(hidden)]
impl<T> Iterator for &Delayed<T>
where
    Program: IterateAfterCompute<T>,
{
    type Item = Infallible;

    fn next(&mut self) -> Option<Infallible> {
        None
    }
}

impl<T> Clone for Delayed<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self::from_node(self.node.clone())
    }
}

/// A node is written as the token of its key: what it computes is not known yet, what it calls is.
impl<T> Tokenize for Delayed<T> {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        tokenizer.write_node(self.node.node().token());
    }
}

impl<T> fmt::Debug for Delayed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delayed(\"{}\")", self.key())
    }
}

/// Makes a value a node of the graph: stored once, shared by all tasks that use it.
///
/// A literal argument is stored in each task that gets it; a large value used by many is better made a node.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
///
/// #[delayed]
/// fn nth(values: &[f64], n: usize) -> f64 {
///     values[n]
/// }
///
/// let values = delayed(vec![0.5; 1 << 20]);
/// let picked: Vec<_> = (0..10).map(|n| nth(&values, n)).collect();
/// assert_eq!(picked.compute()?, [0.5; 10]);
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[track_caller]
pub fn delayed<T: Send + Sync + 'static>(value: T) -> Delayed<T> {
    delayed_shared(Arc::new(value))
}

/// [`delayed`](fn@delayed) for a value that is already behind an [`Arc`]: nothing is copied.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use lazy_runtime::prelude::*;
///
/// let table = Arc::new(vec![1, 2, 3]);
/// let node = lazy_runtime::delayed_shared(Arc::clone(&table));
/// assert!(Arc::ptr_eq(&node.compute_shared()?, &table));
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[track_caller]
pub fn delayed_shared<T: Send + Sync + 'static>(value: Arc<T>) -> Delayed<T> {
    Delayed::of_data(value, None, location::told(Location::caller()))
}

/// [`delayed`](fn@delayed) for a value that is told by its content: equal values of one type have one key, in every process.
///
/// So results that are made of it can be kept [on disk](crate::Runtime::cache), which those made of a `delayed` value cannot: that is told by the
/// node alone. Making its key reads the whole value, some 10 GB a second.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
///
/// let table = || lazy_runtime::delayed_pure(vec![0.5; 1 << 10]);
/// assert_eq!(table().key(), table().key());
/// assert!(table().key().is_stable());
/// ```
#[track_caller]
pub fn delayed_pure<T: Tokenize + Send + Sync + 'static>(value: T) -> Delayed<T> {
    let mut tokenizer = Tokenizer::new();
    std::any::type_name::<T>().tokenize(&mut tokenizer);
    value.tokenize(&mut tokenizer);
    let key = Key::of_token(short_type_name(std::any::type_name::<T>()), tokenizer.finish_key());
    Delayed::of_data(Arc::new(value), Some(key), location::told(Location::caller()))
}
