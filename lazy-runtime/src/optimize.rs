//! What a computation would run, after optimisation. Passes look at the graph and never run a task.
//!
//! *Cull* drops what no output needs. It is the making of a snapshot: only what the outputs reach is walked.

use std::ops::Deref;

use crate::collection::{Collection, Compute, Outputs, Results};
use crate::error::Result;
use crate::graph::Graph;

/// The collection as it would run: [`Optimized`] answers questions as a [`Graph`] and computes as the collection does.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
///
/// let x = delayed(20);
/// let unused = &x * 100;
/// let z = &x + 1;
/// let out = lazy_runtime::optimize(&z);
/// assert_eq!((out.n_tasks(), out.compute()?), (1, 21));
/// # drop(unused);
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
pub fn optimize<C: Collection + Clone>(collection: &C) -> Optimized<C> {
    Optimized { graph: collection.graph(), collection: collection.clone() }
}

/// What [`optimize`] returns.
#[derive(Clone, Debug)]
pub struct Optimized<C> {
    graph: Graph,
    collection: C,
}

impl<C> Optimized<C> {
    /// The collection.
    pub fn into_inner(self) -> C {
        self.collection
    }
}

impl<C> Deref for Optimized<C> {
    type Target = Graph;

    fn deref(&self) -> &Graph {
        &self.graph
    }
}

impl<C: Collection> Collection for Optimized<C> {
    type Output = C::Output;
    type Persisted = C::Persisted;

    fn outputs(&self, outputs: &mut Outputs) {
        self.collection.outputs(outputs);
    }

    fn check(&self) -> Result<()> {
        self.collection.check()
    }

    fn persisted(&self, results: &mut Results) -> C::Persisted {
        self.collection.persisted(results)
    }
}

impl<C: Compute> Compute for Optimized<C> {
    fn take(&self, results: &mut Results) -> C::Output {
        self.collection.take(results)
    }
}
