//! A frame is computed, kept and drawn as any collection.

use lazy_runtime::{Collection, Compute, Delayed, Outputs, Results};
use polars::prelude::DataFrame;

use super::Frame;
use crate::engine;
use crate::ops::held::Held;

impl Frame {
    /// The partitions as nodes of the graph, for functions of yours that are `#[delayed]`. They are fewer than [`Frame::npartitions`] where a filter
    /// leaves out partitions that cannot match.
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
            Ok(Held::persisted(&plan, partitions))
        })
    }
}

impl Compute for Frame {
    fn take(&self, results: &mut Results) -> DataFrame {
        let partitions = self.tasks().iter().map(|task| task.take(results)).collect();
        engine::concat(partitions).expect("the partitions of a frame have one schema")
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{DatetimeArgs, col, datetime, lit};

    use super::*;
    use crate::datasets::timeseries;

    #[test]
    fn partitions_that_a_filter_leaves_out_are_not_persisted() {
        let frame = timeseries().freq("1h").seed(7).build().unwrap();
        let third = datetime(DatetimeArgs::new(lit(2000), lit(1), lit(3)));
        let kept = frame.filter(col("timestamp").lt(third.clone())).persist().unwrap();
        assert_eq!((kept.npartitions(), kept.divisions().unwrap().npartitions()), (2, 2));
        assert_eq!(
            kept.divisions().unwrap().bounds()[..],
            frame.divisions().unwrap().bounds()[..3]
        );
        let later = frame.filter(col("timestamp").gt_eq(third));
        let joined = kept.inner_join(&later.persist().unwrap(), "timestamp", "timestamp");
        assert_eq!(joined.compute().unwrap().height(), 0);
    }
}
