//! [`Chain`]: a frame and the table that it has to give, after some steps.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use lazy_frame::polars::prelude::*;
use lazy_frame::prelude::Frame;

use super::compare::difference;
use super::compute;

/// A frame of the library beside what Polars made of the same rows.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) ours: Frame,
    pub(crate) theirs: DataFrame,
    /// Whether the rows of both stand in the same order.
    pub(crate) is_ordered: bool,
    /// What was done, for whoever reads a failure.
    pub(crate) log: Vec<String>,
}

impl Chain {
    pub(crate) fn new(ours: Frame, theirs: DataFrame) -> Chain {
        Chain { ours, theirs, is_ordered: true, log: Vec::new() }
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        self.theirs.schema().clone()
    }

    /// Another step. Where Polars has an error there is none.
    #[track_caller]
    pub(crate) fn step(
        &self,
        said: impl Into<String>,
        is_ordered: bool,
        ours: impl FnOnce(&Frame) -> Frame,
        theirs: impl FnOnce(LazyFrame) -> LazyFrame,
    ) -> Chain {
        // Among what Polars does not do are joins that end in a panic of its optimiser.
        let collected =
            catch_unwind(AssertUnwindSafe(|| theirs(self.theirs.clone().lazy()).collect()));
        let theirs = match collected {
            Ok(Ok(theirs)) if theirs.height() <= 3000 => theirs,
            _ => return self.clone(),
        };
        let mut log = self.log.clone();
        log.push(format!("{} ({})", said.into(), Location::caller()));
        let chain = Chain { ours: ours(&self.ours), theirs, is_ordered, log };
        match chain.ours.schema() {
            Err(error) => panic!("{:#?}\nis refused: {error}", chain.log),
            Ok(schema) => assert_eq!(schema, chain.schema(), "{:#?}", chain.log),
        }
        chain
    }

    /// That both are the same.
    #[track_caller]
    pub(crate) fn check(&self, which: u64) {
        let same = compute(&self.ours, which)
            .and_then(|ours| difference(&ours, &self.theirs, self.is_ordered));
        if let Err(why) = same {
            panic!("after {:#?}\n{why}\n{}", self.log, self.ours.explain());
        }
    }
}
