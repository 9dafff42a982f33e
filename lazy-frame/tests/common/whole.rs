//! The same rows elsewhere: in other partitions, on disk, beside those that are nearest.

use lazy_frame::polars::prelude::*;
use lazy_frame::prelude::Frame;
use lazy_runtime::Collection;

use super::case::Case;
use super::dice::Dice;
use super::exprs::{columns, is_plain, predicate};
use super::{computed, runtime};

/// Partitions taken apart, put together, and changed one by one.
pub(crate) fn partitions(case: &Case, dice: &mut Dice) {
    let (frame, whole) = (&case.frame, || Ok(case.table.clone()));
    let n = frame.npartitions();
    let single: Vec<Frame> = (0..n).map(|i| frame.partition(i)).collect();
    case.same("partition", &lazy_frame::concat(single), whole(), true);
    let cut = dice.below(n);
    let both = match cut {
        0 => frame.partitions(..),
        cut => frame.partitions(..cut).concat(&frame.partitions(cut..)),
    };
    case.same("partitions", &both, whole(), true);
    for n in [1, 3, 8] {
        let cut = frame.repartition(n);
        assert_eq!(cut.npartitions(), n);
        case.same(&format!("repartition {n}"), &cut, whole(), true);
    }
    case.same("repartition_bytes", &frame.repartition_bytes(1 + dice.below(2000)), whole(), true);
    case.same("sample", &frame.sample(1.0, dice.roll()), whole(), true);
    let parts = frame.random_split(&[0.3, 0.0, 0.7], dice.roll());
    case.same("random_split", &lazy_frame::concat(parts), whole(), false);
    let condition = predicate(dice, &case.schema());
    let filtered = || case.table.clone().lazy().filter(condition.clone()).collect();
    let asked = condition.clone();
    let mapped = frame.map_partitions(move |rows| rows.lazy().filter(asked.clone()).collect());
    // Totals of a partition are others than those of all rows.
    if !frame.filter(condition.clone()).explain().contains("totals") {
        case.same(&format!("map_partitions {condition}"), &mapped, filtered(), true);
    }
    let kept = runtime(dice.roll())
        .persist(&frame.filter(condition.clone()))
        .expect("a filter that Polars does as well");
    assert_eq!(kept.graph().n_tasks(), 0);
    case.same("persist", &kept, filtered(), true);
}

/// Written, and read again.
pub(crate) fn files(case: &Case, dice: &mut Dice) {
    let folder = case.folder.path().join("written");
    let which = dice.roll();
    let condition = predicate(dice, &case.schema());
    let filtered = |table: &DataFrame| table.clone().lazy().filter(condition.clone()).collect();
    let said = |format: &str| format!("{format}, {condition}");
    match dice.below(4) {
        0 => {
            computed(&case.frame.write_ipc(&folder), which).expect("a new folder");
            let read = Frame::read_ipc(folder.join("*.arrow"))
                .build()
                .expect("files that were just written");
            case.same(&said("IPC"), &read.filter(condition.clone()), filtered(&case.table), true);
        }
        1 => {
            let size = 1 + dice.below(20);
            computed(&case.frame.write_parquet(&folder).row_group_size(size), which)
                .expect("a new folder");
            let read = Frame::read_parquet(&folder).build().expect("files that were just written");
            case.same(
                &said("Parquet"),
                &read.filter(condition.clone()),
                filtered(&case.table),
                true,
            );
        }
        2 => {
            let plain =
                case.table.clone().lazy().filter(col("k").is_not_null()).collect().expect("a key");
            let write = case
                .frame
                .filter(col("k").is_not_null())
                .write_parquet(&folder)
                .partition_by(["k"]);
            computed(&write, which).expect("a new folder");
            if plain.height() == 0 {
                return;
            }
            let read = Frame::read_parquet(&folder)
                .hive(true)
                .build()
                .expect("files that were just written");
            let names: Vec<_> = plain.schema().iter_names().cloned().map(col).collect();
            case.same(
                &said("hive"),
                &read.select(names).filter(condition.clone()),
                filtered(&plain),
                false,
            );
        }
        _ => {
            let names = columns(&case.schema(), |dtype| {
                is_plain(dtype) && !dtype.is_duration() && !matches!(dtype, DataType::Float32)
            });
            let names: Vec<_> = names.into_iter().map(col).collect();
            let kept = |rows: LazyFrame| {
                rows.select(&names).filter(col("g").neq_missing(lit(""))).collect()
            };
            let table = kept(case.table.clone().lazy()).expect("columns that there are");
            let ours = case.frame.select(&names).filter(col("g").neq_missing(lit("")));
            computed(&ours.write_csv(&folder), which).expect("a new folder");
            let read = Frame::read_csv(folder.join("*.csv"))
                .schema(table.schema().clone())
                .partition_bytes(300);
            let read = read.build().expect("files that were just written");
            case.same("CSV", &read, Ok(table), true);
        }
    }
}

/// The joins that have a name of their own, and those that keep an order.
pub(crate) fn joins(case: &Case, other: &Case, dice: &mut Dice) {
    let key = dice.pick(&["k", "g", "i", "u", "x", "f", "b", "d", "t", "p"]);
    let key = if case.schema().contains(key) { key } else { "k" };
    let (a, b) = (&case.frame, &other.frame);
    let cases = [
        (JoinType::Inner, a.inner_join(b, key, key)),
        (JoinType::Left, a.left_join(b, key, key)),
        (JoinType::Full, a.full_join(b, key, key)),
        (JoinType::Semi, a.semi_join(b, key, key)),
        (JoinType::Anti, a.anti_join(b, key, key)),
    ];
    let rows = |case: &Case| case.table.clone().lazy();
    for (how, ours) in dice.some(&cases, 2) {
        let theirs = rows(case)
            .join(rows(other), [col(key)], [col(key)], JoinArgs::new(how.clone()))
            .collect();
        case.same(&format!("{how} {key}"), &ours, theirs, false);
    }
    let few = |frame: &Frame| frame.head(9);
    let theirs = rows(case).limit(9).cross_join(rows(other), Some("_o".into())).collect();
    case.same("cross", &few(a).cross_join(b, Some("_o".into())), theirs, false);
    // Upon keys that are computed, and with the order of the left side, which its partitions keep.
    let on = [(col("k") % lit(3)).alias("key"), col(key)];
    let mut args = JoinArgs::new(dice.pick(&[JoinType::Inner, JoinType::Left]));
    args.maintain_order = MaintainOrderJoin::Left;
    let theirs = rows(case).join(rows(other).limit(30), &on, &on, args.clone());
    let ours = a.join(&b.head(30), on.clone(), on.clone(), args.clone());
    let filter = predicate(dice, &case.schema());
    case.same(
        &format!("{args:?} {on:?} {filter}"),
        &ours.filter(filter.clone()),
        theirs.filter(filter).collect(),
        true,
    );
}

/// Rows beside the nearest of another table.
pub(crate) fn asof(case: &Case, other: &Case, dice: &mut Dice) {
    let key = dice.pick(&["t", "d", "k", "x", "n"]);
    let stable = SortMultipleOptions::new().with_maintain_order(true);
    let present = col(key).is_not_null().and(match key {
        "x" => col("x").is_not_nan(),
        _ => lit(true),
    });
    let by: Option<Vec<PlSmallStr>> = dice.one_in(2).then(|| vec!["b".into()]);
    let options = AsOfOptions {
        strategy: dice.pick(&[AsofStrategy::Backward, AsofStrategy::Forward]),
        allow_eq: dice.one_in(2),
        left_by: by.clone(),
        right_by: by,
        ..AsOfOptions::default()
    };
    let theirs = |table: &DataFrame| {
        table.clone().lazy().filter(present.clone()).sort([key], stable.clone())
    };
    let ours = |frame: &Frame| frame.filter(present.clone()).sort([key], stable.clone());
    let args = JoinArgs::new(JoinType::AsOf(Box::new(options.clone())));
    let expected =
        theirs(&case.table).join(theirs(&other.table), [col(key)], [col(key)], args).collect();
    let divided = |frame: &Frame| {
        // As far as no partition is without rows.
        let divided = ours(frame).set_sorted(key);
        if divided.schema().is_ok() { divided } else { ours(frame) }
    };
    let joined = match dice.one_in(2) {
        true => divided(&case.frame).join_asof(&divided(&other.frame), key, key, options.clone()),
        false => ours(&case.frame).join_asof(&ours(&other.frame), key, key, options.clone()),
    };
    case.same(&format!("join_asof {key} {options:?}"), &joined, expected, true);
}
