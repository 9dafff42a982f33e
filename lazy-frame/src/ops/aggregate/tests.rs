//! Groups whose rows are in one partition already.

use lazy_runtime::prelude::*;
use polars::prelude::*;

use crate::Frame;

fn table() -> DataFrame {
    let k = (0..40).map(|i| (i % 9 > 0).then_some(i * 5 % 7)).collect::<Vec<_>>();
    let x = (0..40).map(|i| (i % 6 > 0).then(|| f64::from(i) / 4.0)).collect::<Vec<_>>();
    df!["k" => k, "g" => (0..40).map(|i| i % 3).collect::<Vec<i32>>(), "x" => x].unwrap()
}

/// Four partitions that tasks make, and three by the hash of `k`: 4 + 4 + 3 + 2 tasks.
fn shuffled() -> Frame {
    let made = Frame::from_polars(table(), 4).filter(lit(true));
    let shuffled = made.shuffle(["k"], 3);
    assert_eq!(shuffled.graph().n_tasks(), SHUFFLED);
    shuffled
}

const SHUFFLED: usize = 9;

/// Aggregations that merge, that need all rows, and that see their order.
fn aggs() -> [Expr; 4] {
    let x = || col("x");
    [x().sum().alias("sum"), x().median().alias("median"), x().first().alias("first"), len()]
}

fn sorted(frame: DataFrame) -> DataFrame {
    let by: Vec<Expr> = frame.get_column_names_owned().into_iter().map(col).collect();
    frame.lazy().sort_by_exprs(by, Default::default()).collect().unwrap()
}

/// That a frame is what Polars makes of the table, by so many tasks.
fn check(frame: &Frame, tasks: usize, polars: LazyFrame) {
    assert_eq!(frame.graph().n_tasks(), tasks, "{}", frame.explain());
    let (found, expected) = (frame.compute().unwrap(), polars.collect().unwrap());
    assert_eq!(found.schema(), expected.schema());
    assert!(sorted(found.clone()).equals_missing(&sorted(expected.clone())), "{found} {expected}");
}

#[test]
fn each_partition_is_aggregated_by_itself() {
    for keys in [vec![col("k")], vec![col("g"), col("k")], vec![col("k").alias("key")]] {
        let theirs = || table().lazy().group_by(&keys).agg(aggs());
        let groups = shuffled().group_by(&keys);
        check(&groups.clone().npartitions(3).agg(aggs()), SHUFFLED + 3, theirs());
        check(&groups.agg(aggs()), SHUFFLED + 3 + 1, theirs());
    }
}

#[test]
fn groups_of_other_keys_are_not_together() {
    // A shuffle by key, and an aggregation of each bucket.
    let tasks = SHUFFLED + 3 + 3 + 2 + 3;
    let aggs = || [col("x").sum(), col("x").median().alias("median")];
    for keys in [[col("g")], [col("k") % lit(2)], [col("k").cast(DataType::Float64)]] {
        let ours = shuffled().group_by(&keys).npartitions(3).agg(aggs());
        check(&ours, tasks, table().lazy().group_by(&keys).agg(aggs()));
    }
    let other = || [(col("k") % lit(2)).alias("k")];
    let ours = shuffled().with_columns(other()).group_by(["k"]).npartitions(3).agg(aggs());
    check(&ours, tasks, table().lazy().with_columns(other()).group_by([col("k")]).agg(aggs()));
}

#[test]
fn groups_stay_where_they_are_for_what_follows() {
    let frame = Frame::from_polars(table(), 4);
    let sums = |keys: [&str; 2]| {
        let keys = [col(keys[0]).alias("a"), col(keys[1]).alias("b")];
        let aggs = [col("x").sum(), col("x").n_unique().alias("n")];
        let theirs = table().lazy().group_by(&keys).agg(&aggs);
        (frame.group_by(&keys).npartitions(3).agg(aggs), theirs)
    };
    let (ours, theirs) = sums(["k", "g"]);
    let before = ours.graph().n_tasks();
    let again = [col("x").max(), col("n").sum()];
    let twice = |groups: Frame| groups.group_by(["b", "a"]).npartitions(3).agg(again.clone());
    let expected = theirs.group_by([col("b"), col("a")]).agg(again.clone());
    check(&twice(ours.clone()), before + 3, expected.clone());
    check(&twice(ours.filter(col("x").gt(lit(-1.0)))), before + 3, expected);
    // Of both keys: the groups of one are in several partitions.
    let (ours, theirs) = sums(["k", "g"]);
    let one = ours.group_by(["a"]).npartitions(3).agg(again.clone());
    check(&one, before + 3 + 3 + 3 + 2 + 3, theirs.group_by([col("a")]).agg(again.clone()));
}

#[test]
fn what_is_persisted_stays_together() {
    let kept = shuffled().persist().unwrap();
    let theirs = || table().lazy();
    check(
        &kept.group_by(["k"]).npartitions(3).agg(aggs()),
        3,
        theirs().group_by([col("k")]).agg(aggs()),
    );
    let keep = UniqueKeepStrategy::First;
    let one = |frame: LazyFrame| frame.unique_stable_generic(Some(vec![col("k")]), keep);
    check(&kept.unique(Some(&["k"]), keep), 3, one(theirs()));
    let shares = || [(col("x") / col("x").sum().over([col("k")]).unwrap()).alias("share")];
    let shared = kept.with_columns(shares());
    check(&shared, 3, theirs().with_columns(shares()));
    let largest = || [col("share").max()];
    check(
        &shared.group_by(["k"]).npartitions(3).agg(largest()),
        3,
        theirs().with_columns(shares()).group_by([col("k")]).agg(largest()),
    );
    let sums = kept.group_by(["k"]).npartitions(3).agg([col("x").sum().alias("sum")]);
    let whole = theirs().group_by([col("k")]).agg([col("x").sum().alias("sum")]);
    check(&kept.inner_join(&sums, "k", "k"), 6, theirs().inner_join(whole, col("k"), col("k")));
    assert_eq!(kept.shuffle(["k"], 3).graph().n_tasks(), 0);
}

#[test]
fn no_groups_are_no_error() {
    // Polars fails at some aggregations of no groups.
    let aggs = || [col("x").arg_max().alias("at"), col("g").sum()];
    let frame = Frame::from_polars(table(), 4).filter(col("k").eq(lit(3)));
    let theirs = table().lazy().filter(col("k").eq(lit(3))).group_by([col("k")]).agg(aggs());
    for frame in [frame.shuffle(["k"], 3), frame.clone()] {
        for n in [1, 3] {
            let found = frame.group_by(["k"]).npartitions(n).agg(aggs()).compute().unwrap();
            assert_eq!(found, theirs.clone().collect().unwrap());
        }
    }
    let none = frame.filter(lit(false)).group_by(["k"]).agg(aggs()).compute().unwrap();
    assert_eq!((none.height(), none.schema()), (0, &theirs.clone().collect_schema().unwrap()));
}

#[test]
fn decimals_are_keys_like_others() {
    let key = col("g").cast(DataType::Decimal(10, 2));
    let table = table().lazy().with_columns([key]).collect().unwrap();
    let made = Frame::from_polars(table.clone(), 4).filter(lit(true));
    let aggs = || [col("x").sum(), col("x").median().alias("median")];
    let theirs = || table.clone().lazy().group_by([col("g")]).agg(aggs());
    let ours = made.group_by("g").agg(aggs()).compute().unwrap();
    assert_eq!(sorted(ours.clone()), sorted(theirs().collect().unwrap()));
    let groups = made.group_by("g").agg([col("x").sum().alias("sum")]);
    let joined = made
        .inner_join(&groups, "g", "g")
        .shuffle("g", 3)
        .unique(Some(&["g"]), UniqueKeepStrategy::Any);
    assert_eq!(joined.compute().unwrap().height(), ours.height());
}
