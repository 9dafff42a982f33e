//! [`Case`]: a random table, as a frame and as Polars has it.

use lazy_frame::polars::prelude::*;
use lazy_frame::prelude::Frame;
use lazy_runtime::{Collection, Compute};
use proptest::prelude::*;
use tempfile::TempDir;

use super::compare::difference;
use super::dice::Dice;
use super::origins::{Origin, in_files, in_memory};
use super::tables::{Shape, cuts, shapes};
use super::{compute, computed};

/// What a case is made from: the table, its cuts, where it lies, and a seed for whatever is done with it.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    shape: Shape,
    cuts: Vec<usize>,
    origin: Origin,
    seed: u64,
}

/// Nearly all in memory.
pub(crate) fn recipes() -> impl Strategy<Value = Recipe> {
    let origins = prop_oneof![5 => in_memory(), 1 => in_files()];
    let recipe = |(shape, cuts, origin, seed)| Recipe { shape, cuts, origin, seed };
    (shapes(), cuts(), origins, 0..1_000_000_u64).prop_map(recipe)
}

pub(crate) struct Case {
    pub(crate) table: DataFrame,
    pub(crate) frame: Frame,
    pub(crate) folder: TempDir,
    which: u64,
}

impl Recipe {
    pub(crate) fn make(&self) -> (Case, Dice) {
        let folder = TempDir::new().expect("a folder for temporary files");
        let table = self.origin.fits(&self.shape.table());
        let frame = self.origin.frame(&table, &self.cuts, &folder, 0);
        (Case { table, frame, folder, which: self.seed }, Dice::new(self.seed))
    }

    /// Another table, cut elsewhere.
    pub(crate) fn other(&self) -> Recipe {
        let shape = self.shape.other();
        Recipe {
            shape,
            cuts: self.cuts.iter().map(|cut| 1000 - cut).rev().skip(1).collect(),
            ..self.clone()
        }
    }
}

impl Case {
    pub(crate) fn schema(&self) -> SchemaRef {
        self.table.schema().clone()
    }

    /// That a frame gives these rows. What Polars refuses is not asked for.
    #[track_caller]
    pub(crate) fn same(
        &self,
        said: &str,
        ours: &Frame,
        theirs: PolarsResult<DataFrame>,
        is_ordered: bool,
    ) {
        let Ok(theirs) = theirs else { return };
        let schema = ours.schema().unwrap_or_else(|error| panic!("{said}: {error}"));
        assert_eq!(schema, *theirs.schema(), "{said}");
        let found =
            compute(ours, self.which).and_then(|ours| difference(&ours, &theirs, is_ordered));
        found.unwrap_or_else(|why| panic!("{said}: {why}\n{}", ours.explain()));
    }

    /// That expressions over all rows give what they give in Polars.
    #[track_caller]
    pub(crate) fn same_select(&self, exprs: &[Expr]) {
        let theirs = self.table.clone().lazy().select(exprs).collect();
        self.same(&format!("select {exprs:?}"), &self.frame.select(exprs), theirs, true);
    }

    /// What a collection gives.
    #[track_caller]
    pub(crate) fn value<C: Collection + Compute>(&self, collection: &C) -> C::Output {
        computed(collection, self.which).unwrap_or_else(|error| panic!("{error}"))
    }
}
