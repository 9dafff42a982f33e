//! A frame is computed, kept and drawn as any collection.

use lazy_runtime::{Collection, Compute, Delayed, Outputs, Results};
use polars::prelude::DataFrame;

use super::Frame;
use crate::engine;
use crate::ops::held::Held;

impl Frame {
    /// The partitions as nodes of the graph, for functions of yours that are `#[delayed]`.
    ///
    /// # Errors
    /// The first mistake that was made in building the frame.
    pub fn to_delayed(&self) -> crate::Result<Vec<Delayed<DataFrame>>> {
        Ok(self.plan()?.tasks().to_vec())
    }

    /// After a mistake there are none, and `check` says why.
    fn tasks(&self) -> &[Delayed<DataFrame>] {
        self.plan.as_ref().map_or(&[], |plan| plan.tasks())
    }
}

impl Collection for Frame {
    type Output = DataFrame;
    type Persisted = Frame;

    fn check(&self) -> lazy_runtime::Result<()> {
        self.plan().map(drop).map_err(lazy_runtime::Error::invalid)
    }

    fn outputs(&self, outputs: &mut Outputs) {
        self.tasks().outputs(outputs);
    }

    fn persisted(&self, results: &mut Results) -> Frame {
        self.then(|plan| {
            let partitions = plan.tasks().iter().map(|task| task.persisted(results)).collect();
            let (schema, divisions) = (plan.schema().clone(), plan.divisions().cloned());
            Ok(Held::plan(plan.operator().name(), partitions, None, schema, divisions, plan.at()))
        })
    }
}

impl Compute for Frame {
    fn take(&self, results: &mut Results) -> DataFrame {
        let partitions = self.tasks().iter().map(|task| task.take(results)).collect();
        engine::concat(partitions).expect("the partitions of a frame have one schema")
    }
}
