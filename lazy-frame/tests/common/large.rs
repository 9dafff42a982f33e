//! More rows and groups than are merged at once, within little memory.

use lazy_frame::polars::prelude::*;
use lazy_frame::prelude::Frame;
use lazy_runtime::{Runtime, Scheduler};

use super::compare::difference;
use super::dice::Dice;

const ROWS: usize = 21_000;

/// Nearly as many keys as rows, or a few thousand.
fn table(dice: &mut Dice) -> DataFrame {
    let keys = dice.pick(&[3_000, 50_000]);
    let mut values = |nulls: usize, n: i64| -> Vec<Option<i64>> {
        (0..ROWS)
            .map(|_| Some(dice.between(0, n)).filter(|_| nulls == 0 || !dice.one_in(nulls)))
            .collect()
    };
    let (k, x, s) = (values(50, keys), values(9, 1000), values(9, 40));
    let text = |key: &Option<i64>| key.map(|key| format!("the text of {key}, not inline"));
    df![
        "k" => k,
        "x" => x.iter().map(|x| x.map(|x| x as f64 / 4.0)).collect::<Vec<_>>(),
        "s" => s.iter().map(text).collect::<Vec<_>>(),
        "n" => (0..ROWS as i64).collect::<Vec<_>>()
    ]
    .expect("columns of one height")
}

/// One of the steps that move rows, compared on a runtime that has to spill.
pub(crate) fn check(seed: u64) {
    let dice = &mut Dice::new(seed);
    let (table, other) = (table(dice), table(dice).head(Some(9_000)));
    let n = dice.pick(&[2, 3, 5]);
    let (frame, few) = (Frame::from_polars(table.clone(), n), Frame::from_polars(other.clone(), 3));
    let rows = || table.clone().lazy();
    let stable = SortMultipleOptions::new().with_maintain_order(true);
    let merged = [
        col("x").sum().alias("sum"),
        col("x").std(1).alias("std"),
        col("s").max().alias("max"),
        col("n").first().alias("first"),
        len(),
    ];
    let whole =
        [col("x").median().alias("median"), col("s").n_unique().alias("n_unique"), col("x").sum()];
    let outputs = dice.pick(&[1, 4]);
    let (said, ours, theirs, is_ordered) = match dice.below(7) {
        0 | 1 => {
            let aggs = if dice.one_in(2) { &merged[..3] } else { &merged };
            let ours = frame.group_by(["k"]).npartitions(outputs).agg(aggs);
            ("merged groups", ours, rows().group_by([col("k")]).agg(aggs), false)
        }
        2 => {
            let ours = frame.group_by(["k"]).npartitions(outputs).agg(&whole);
            ("whole groups", ours, rows().group_by([col("k")]).agg(&whole), false)
        }
        3 => {
            ("sort", frame.sort(["s", "k"], stable.clone()), rows().sort(["s", "k"], stable), true)
        }
        4 => {
            let ours = frame.inner_join(&few, "k", "k").filter(col("x").gt(lit(100)));
            let theirs =
                rows().inner_join(other.lazy(), col("k"), col("k")).filter(col("x").gt(lit(100)));
            ("join", ours, theirs, false)
        }
        5 => {
            let keep = UniqueKeepStrategy::First;
            let theirs = rows().unique_stable(Some(by_name(["k"], true, false)), keep);
            ("unique", frame.unique(Some(&["k"]), keep), theirs, true)
        }
        _ => ("shuffle", frame.shuffle(["k"], 4), rows(), false),
    };
    let runtime =
        Runtime::builder().num_threads(2).scheduler(Scheduler::Threads).memory_limit(300_000);
    let ours = runtime
        .build()
        .expect("a runtime")
        .compute(&ours)
        .unwrap_or_else(|e| panic!("{said}: {e}"));
    let theirs = theirs.collect().expect("what Polars can do");
    // Sorted by Polars: values compared one by one take long.
    let sorted = |rows: DataFrame| match is_ordered {
        true => rows,
        false => {
            let names: Vec<_> = rows.schema().iter_names().cloned().collect();
            rows.sort(names, SortMultipleOptions::default()).expect("columns that there are")
        }
    };
    if let Err(why) = difference(&sorted(ours), &sorted(theirs), true) {
        panic!("{said} of seed {seed}: {why}");
    }
}
