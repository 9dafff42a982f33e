//! What a frame gives is what Polars gives on the rows of all partitions together: random tables, cut at random, through random steps.

mod common;

use common::case::recipes;
use common::chain::Chain;
use common::origins::{Origin, in_files, in_memory};
use common::steps::step;
use common::tables::{Shape, cuts, shapes};
use common::{config, few, groups, large, reductions, whole, windows};
use proptest::prelude::*;
use tempfile::TempDir;

type Made = (Shape, Vec<usize>, Origin);

fn made(origins: impl Strategy<Value = Origin>) -> impl Strategy<Value = Made> {
    (shapes(), cuts(), origins)
}

/// The beginnings of chains, whose steps may meet each other.
fn begin(tables: &[Made], folder: &TempDir) -> Vec<Chain> {
    let begin = |(number, (shape, cuts, origin)): (usize, &Made)| {
        let table = origin.fits(&shape.table());
        let mut chain = Chain::new(origin.frame(&table, cuts, folder, number), table);
        chain.log.push(format!("table {number}, {shape:?} cut at {cuts:?} from {origin:?}"));
        chain
    };
    tables.iter().enumerate().map(begin).collect()
}

fn run(tables: &[Made], steps: &[u64], which: u64) {
    let folder = TempDir::new().expect("a folder for temporary files");
    let mut chains = begin(tables, &folder);
    for seed in steps {
        chains.push(step(&chains, *seed));
    }
    chains.last().expect("there are tables").check(which);
}

fn steps() -> impl Strategy<Value = Vec<u64>> {
    proptest::collection::vec(any::<u64>(), 1..8)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn steps_upon_frames_in_memory_give_what_polars_gives(
        tables in proptest::collection::vec(made(in_memory()), 1..4),
        steps in steps(),
        which in 0..4_u64,
    ) {
        run(&tables, &steps, which);
    }

    #[test]
    fn steps_upon_files_give_what_polars_gives(
        tables in proptest::collection::vec(made(in_files()), 1..3),
        steps in steps(),
        which in 0..4_u64,
    ) {
        run(&tables, &steps, which);
    }

    #[test]
    fn aggregations_of_all_rows_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        reductions::aggregations(&case, &mut dice);
    }

    #[test]
    fn values_of_series_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        reductions::series(&case, &mut dice);
    }

    #[test]
    fn operators_of_series_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        reductions::operators(&case, &mut dice);
    }

    #[test]
    fn summaries_of_frames_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        reductions::summaries(&case, &mut dice);
    }

    #[test]
    fn aggregations_of_groups_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        groups::aggregations(&case, &mut dice);
    }

    #[test]
    fn methods_of_groups_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        groups::methods(&case, &mut dice);
    }

    #[test]
    fn expressions_of_the_rows_around_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        windows::expressions(&case, &mut dice);
    }

    #[test]
    fn functions_with_overlap_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        windows::overlap(&case, &mut dice);
    }

    #[test]
    fn windows_of_time_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        windows::rolling(&case, &mut dice);
    }

    #[test]
    fn rows_in_other_partitions_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        whole::partitions(&case, &mut dice);
    }

    #[test]
    fn rows_written_and_read_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        whole::files(&case, &mut dice);
    }

    #[test]
    fn nearest_rows_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        whole::asof(&case, &recipe.other().make().0, &mut dice);
    }

    #[test]
    fn joins_are_those_of_polars(recipe in recipes()) {
        let (case, mut dice) = recipe.make();
        whole::joins(&case, &recipe.other().make().0, &mut dice);
    }
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn many_rows_in_little_memory_give_what_polars_gives(seed in 0..1_000_000_u64) {
        large::check(seed);
    }
}
