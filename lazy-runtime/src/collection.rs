//! [`Collection`]: everything that can be computed, kept and drawn.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use crate::arg::CloneValue;
use crate::delayed::Delayed;
use crate::error::Result;
use crate::graph::{Finished, Graph, NodeRef, Snapshot};
use crate::options::ComputeOptions;
use crate::runtime::Runtime;
use crate::visualize::Visualize;

/// One or more nodes of the graph that can be computed, kept or drawn together.
///
/// [`Delayed`] is one; so are references, tuples (up to 12), vectors, slices, arrays, options, boxes and maps (values) of
/// collections, nested as you like, and numbers and strings, which are passed through. Whatever is computed together shares
/// its common work: it runs once.
///
/// Implement it, and [`Compute`], for a type of your own that holds several collections:
///
/// ```
/// use lazy_runtime::prelude::*;
/// use lazy_runtime::{Compute, Outputs, Results};
///
/// struct Report {
///     mean: Delayed<f64>,
///     rows: Vec<Delayed<u32>>,
/// }
///
/// impl Collection for Report {
///     type Output = (f64, Vec<u32>);
///     type Persisted = Report;
///
///     fn outputs(&self, outputs: &mut Outputs) {
///         self.mean.outputs(outputs);
///         self.rows.outputs(outputs);
///     }
///
///     fn persisted(&self, results: &mut Results) -> Report {
///         Report { mean: self.mean.persisted(results), rows: self.rows.persisted(results) }
///     }
/// }
///
/// impl Compute for Report {
///     fn take(&self, results: &mut Results) -> (f64, Vec<u32>) {
///         (self.mean.take(results), self.rows.take(results))
///     }
/// }
///
/// let report = Report { mean: delayed(0.5), rows: vec![delayed(1) + 1, delayed(2) * 2] };
/// assert_eq!(report.compute()?, (0.5, vec![2, 4]));
/// assert_eq!(report.persist()?.graph().n_tasks(), 0);
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
///
/// A type whose parts have to fit each other says so in [`Collection::check`], before any task runs.
pub trait Collection {
    /// What [`Collection::compute`] returns.
    type Output;
    /// What [`Collection::persist`] returns: usually the same type.
    type Persisted;

    /// Names the nodes whose results are wanted.
    fn outputs(&self, outputs: &mut Outputs);

    /// The same collection over nodes that hold the results, taken in the order of [`Collection::outputs`].
    fn persisted(&self, results: &mut Results) -> Self::Persisted;

    /// Whether the collection is in order: asked before a run and before a picture is drawn, so that a mistake made while building is
    /// told before any task runs.
    ///
    /// For types of your own whose methods build without returning a `Result`, and keep a mistake until it can be told. Where it is an
    /// error [`Collection::outputs`] is not called; only [`Collection::graph`] and [`optimize`](crate::optimize()), which cannot fail, do
    /// not ask. A collection of collections is in order if all of them are; the first mistake is told.
    ///
    /// # Errors
    /// What is wrong, usually as [`Error::invalid`](crate::Error::invalid). Unless the implementation says otherwise there is nothing.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    /// use lazy_runtime::{Error, Outputs, Result, Results};
    ///
    /// #[derive(Clone)]
    /// struct Table {
    ///     columns: Vec<(String, Delayed<Vec<f64>>)>,
    ///     mistake: Option<String>,
    /// }
    ///
    /// impl Table {
    ///     fn drop(mut self, name: &str) -> Table {
    ///         let n_before = self.columns.len();
    ///         self.columns.retain(|(column, _)| column != name);
    ///         if self.columns.len() == n_before {
    ///             self.mistake.get_or_insert(format!("there is no column `{name}` to drop"));
    ///         }
    ///         self
    ///     }
    /// }
    ///
    /// impl Collection for Table {
    ///     type Output = Vec<Vec<f64>>;
    ///     type Persisted = Table;
    ///
    ///     fn check(&self) -> Result<()> {
    ///         self.mistake.as_deref().map_or(Ok(()), |mistake| Err(Error::invalid(mistake)))
    ///     }
    ///
    ///     fn outputs(&self, outputs: &mut Outputs) {
    ///         self.columns.iter().for_each(|(_, column)| column.outputs(outputs));
    ///     }
    ///
    ///     fn persisted(&self, results: &mut Results) -> Table {
    ///         let columns = self.columns.iter();
    ///         let columns = columns.map(|(name, column)| (name.clone(), column.persisted(results)));
    ///         Table { columns: columns.collect(), mistake: None }
    ///     }
    /// }
    ///
    /// let table = Table { columns: vec![("x".into(), delayed(vec![1.0]))], mistake: None };
    /// let error = table.drop("y").persist().err().unwrap();
    /// assert!(matches!(error, Error::Invalid(_)));
    /// assert_eq!(error.to_string(), "there is no column `y` to drop");
    /// ```
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Runs what is needed, in parallel, and brings the value home.
    ///
    /// Uses the [`Runtime`] that is [installed](Runtime::install), or the one whose task this is called from, or the
    /// default one. A result that nobody else needs is moved out, not cloned.
    ///
    /// # Errors
    /// [`Error::Task`](crate::Error::Task) or [`Error::Panic`](crate::Error::Panic) when a task fails: tasks that run finish,
    /// others do not start. What [`Collection::check`] says, when nothing is run for it.
    fn compute(&self) -> Result<Self::Output>
    where
        Self: Compute,
    {
        Runtime::current().compute(self)
    }

    /// [`Collection::compute`] with a time limit, or with all errors.
    ///
    /// # Errors
    /// As [`Collection::compute`], and as the options say.
    fn compute_with(&self, options: ComputeOptions) -> Result<Self::Output>
    where
        Self: Compute,
    {
        Runtime::current().compute_with(self, options)
    }

    /// Runs what is needed and keeps the results in the graph: what is built on the returned collection starts from them.
    ///
    /// The results live as long as the returned handles and what is built on them. What was built on `self` before
    /// still computes anew.
    ///
    /// # Errors
    /// As [`Collection::compute`].
    fn persist(&self) -> Result<Self::Persisted> {
        Runtime::current().persist(self)
    }

    /// The graph that [`Collection::compute`] would run, for questions about it. Runs nothing.
    fn graph(&self) -> Graph {
        Graph::new(snapshot(self))
    }

    /// A picture of the graph, to be styled and saved. Runs nothing.
    ///
    /// Of a collection that is not in [order](Collection::check) there is none: [`Visualize::save`] returns the mistake, texts tell it
    /// in place of the graph.
    fn visualize(&self) -> Visualize {
        match self.check() {
            Ok(()) => Visualize::new(self.graph()),
            Err(mistake) => Visualize::new(Graph::new(Snapshot::new(Vec::new()))).instead(mistake),
        }
    }
}

/// A [`Collection`] whose values can be brought home: the results are `Clone`, for other nodes may share them.
#[diagnostic::on_unimplemented(
    message = "the value of `{Self}` cannot be brought home by `compute`, which needs `Clone`",
    label = "this holds a value that is not `Clone`",
    note = "use `compute_shared()`, which gives an `Arc`, or derive `Clone` for the value's type"
)]
pub trait Compute: Collection {
    /// The value, its parts taken in the order of [`Collection::outputs`].
    fn take(&self, results: &mut Results) -> Self::Output;
}

/// The nodes that a collection wants, in order.
#[derive(Default)]
pub struct Outputs(Vec<NodeRef>);

/// The results of a run, handed out in the order in which the collection named its outputs.
pub struct Results(Finished);

impl Results {
    pub(crate) fn new(finished: Finished) -> Self {
        Results(finished)
    }
}

pub(crate) fn outputs<C: Collection + ?Sized>(collection: &C) -> Vec<NodeRef> {
    let mut outputs = Outputs::default();
    collection.outputs(&mut outputs);
    outputs.0
}

fn snapshot<C: Collection + ?Sized>(collection: &C) -> Snapshot {
    Snapshot::new(outputs(collection))
}

impl<T: Send + Sync + 'static> Collection for Delayed<T> {
    type Output = T;
    type Persisted = Delayed<T>;

    fn outputs(&self, outputs: &mut Outputs) {
        outputs.0.push(self.node().node().clone());
    }

    fn persisted(&self, results: &mut Results) -> Delayed<T> {
        let value = results.0.take_shared(self.node());
        Delayed::of_data(value, Some(self.key()), self.location())
    }
}

// The message to read is that of `Compute`, which names `compute_shared`.
#[diagnostic::do_not_recommend]
impl<T: CloneValue + Send + Sync + 'static> Compute for Delayed<T> {
    fn take(&self, results: &mut Results) -> T {
        results.0.take(self.node())
    }
}

impl<T: Send + Sync + 'static> Delayed<T> {
    /// Runs what is needed and gives the value behind an [`Arc`]: for values that are not `Clone`, or too large to be
    /// cloned where other nodes share them.
    ///
    /// # Errors
    /// As [`Collection::compute`].
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    ///
    /// struct Index(Vec<u32>); // not `Clone`
    ///
    /// #[delayed]
    /// fn build(n: u32) -> Index {
    ///     Index((0..n).collect())
    /// }
    ///
    /// assert_eq!(build(3).compute_shared()?.0, [0, 1, 2]);
    /// # Ok::<(), lazy_runtime::Error>(())
    /// ```
    pub fn compute_shared(&self) -> Result<Arc<T>> {
        Runtime::current().compute_shared(self)
    }

    pub(crate) fn take_shared(&self, results: &mut Results) -> Arc<T> {
        results.0.take_shared(self.node())
    }
}

macro_rules! through {
    ($([$($generics:tt)*] $pointer:ty;)*) => {$(
        impl<$($generics)*> Collection for $pointer {
            type Output = C::Output;
            type Persisted = C::Persisted;

            fn outputs(&self, outputs: &mut Outputs) {
                (**self).outputs(outputs);
            }

            fn check(&self) -> Result<()> {
                (**self).check()
            }

            fn persisted(&self, results: &mut Results) -> C::Persisted {
                (**self).persisted(results)
            }
        }
    )*};
}

through! {
    [C: Collection + ?Sized] &C;
    [C: Collection + ?Sized] Box<C>;
}

impl<C: Compute + ?Sized> Compute for &C {
    fn take(&self, results: &mut Results) -> C::Output {
        (**self).take(results)
    }
}

impl<C: Compute + ?Sized> Compute for Box<C> {
    fn take(&self, results: &mut Results) -> C::Output {
        (**self).take(results)
    }
}

macro_rules! sequences {
    ($([$($generics:tt)*] $sequence:ty;)*) => {$(
        impl<$($generics)* C: Collection> Collection for $sequence {
            type Output = Vec<C::Output>;
            type Persisted = Vec<C::Persisted>;

            fn outputs(&self, outputs: &mut Outputs) {
                self.iter().for_each(|part| part.outputs(outputs));
            }

            fn check(&self) -> Result<()> {
                self.iter().try_for_each(C::check)
            }

            fn persisted(&self, results: &mut Results) -> Self::Persisted {
                self.iter().map(|part| part.persisted(results)).collect()
            }
        }

        impl<$($generics)* C: Compute> Compute for $sequence {
            fn take(&self, results: &mut Results) -> Self::Output {
                self.iter().map(|part| part.take(results)).collect()
            }
        }
    )*};
}

sequences! {
    [] Vec<C>;
    [] [C];
}

impl<C: Collection, const N: usize> Collection for [C; N] {
    type Output = [C::Output; N];
    type Persisted = [C::Persisted; N];

    fn outputs(&self, outputs: &mut Outputs) {
        self.iter().for_each(|part| part.outputs(outputs));
    }

    fn check(&self) -> Result<()> {
        self.iter().try_for_each(C::check)
    }

    fn persisted(&self, results: &mut Results) -> Self::Persisted {
        self.each_ref().map(|part| part.persisted(results))
    }
}

impl<C: Compute, const N: usize> Compute for [C; N] {
    fn take(&self, results: &mut Results) -> Self::Output {
        self.each_ref().map(|part| part.take(results))
    }
}

impl<C: Collection> Collection for Option<C> {
    type Output = Option<C::Output>;
    type Persisted = Option<C::Persisted>;

    fn outputs(&self, outputs: &mut Outputs) {
        self.iter().for_each(|part| part.outputs(outputs));
    }

    fn check(&self) -> Result<()> {
        self.iter().try_for_each(C::check)
    }

    fn persisted(&self, results: &mut Results) -> Self::Persisted {
        self.as_ref().map(|part| part.persisted(results))
    }
}

impl<C: Compute> Compute for Option<C> {
    fn take(&self, results: &mut Results) -> Self::Output {
        self.as_ref().map(|part| part.take(results))
    }
}

macro_rules! maps {
    ($([$($generics:tt)*] $map:ident<K, C $(, $hasher:ident)?>;)*) => {$(
        impl<$($generics)*, C: Collection> Collection for $map<K, C $(, $hasher)?> {
            type Output = $map<K, C::Output $(, $hasher)?>;
            type Persisted = $map<K, C::Persisted $(, $hasher)?>;

            fn outputs(&self, outputs: &mut Outputs) {
                self.values().for_each(|part| part.outputs(outputs));
            }

            fn check(&self) -> Result<()> {
                self.values().try_for_each(C::check)
            }

            fn persisted(&self, results: &mut Results) -> Self::Persisted {
                self.iter().map(|(key, part)| (key.clone(), part.persisted(results))).collect()
            }
        }

        impl<$($generics)*, C: Compute> Compute for $map<K, C $(, $hasher)?> {
            fn take(&self, results: &mut Results) -> Self::Output {
                self.iter().map(|(key, part)| (key.clone(), part.take(results))).collect()
            }
        }
    )*};
}

maps! {
    [K: Clone + Ord] BTreeMap<K, C>;
    [K: Clone + Eq + Hash, S: BuildHasher + Default] HashMap<K, C, S>;
}

macro_rules! tuples {
    ($($A:ident $at:tt),*) => {
        impl<$($A: Collection),*> Collection for ($($A,)*) {
            type Output = ($($A::Output,)*);
            type Persisted = ($($A::Persisted,)*);

            fn outputs(&self, outputs: &mut Outputs) {
                $(self.$at.outputs(outputs);)*
            }

            fn check(&self) -> Result<()> {
                $(self.$at.check()?;)*
                Ok(())
            }

            fn persisted(&self, results: &mut Results) -> Self::Persisted {
                ($(self.$at.persisted(results),)*)
            }
        }

        impl<$($A: Compute),*> Compute for ($($A,)*) {
            fn take(&self, results: &mut Results) -> Self::Output {
                ($(self.$at.take(results),)*)
            }
        }
    };
}

crate::arities::up_to_12!(tuples);

/// Values that are there already pass through a computation as they are.
macro_rules! values {
    ($($value:ty),*) => {$(
        impl Collection for $value {
            type Output = $value;
            type Persisted = $value;

            fn outputs(&self, _: &mut Outputs) {}

            fn persisted(&self, _: &mut Results) -> $value {
                self.clone()
            }
        }

        impl Compute for $value {
            fn take(&self, _: &mut Results) -> $value {
                self.clone()
            }
        }
    )*};
}

values!(
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    f32,
    f64,
    bool,
    char,
    (),
    String,
    &'static str
);
