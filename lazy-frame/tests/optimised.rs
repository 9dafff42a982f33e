//! What runs is less than what was written: only the partitions, columns and rows that a result needs.

use lazy_frame::polars::df;
use lazy_frame::polars::prelude::*;
use lazy_frame::prelude::*;
use lazy_frame::{Frame, datasets};

fn month() -> Frame {
    datasets::timeseries().freq("1h").seed(7).build().unwrap()
}

fn day(text: &str) -> Expr {
    let format = StrptimeOptions { format: Some("%Y-%m-%d".into()), ..Default::default() };
    lit(text).str().to_datetime(Some(TimeUnit::Microseconds), None, format, lit("raise"))
}

fn tasks(frame: &Frame) -> usize {
    frame.graph().n_tasks()
}

#[test]
fn a_range_of_the_divisions_reads_its_partitions_alone() {
    let time = || col("timestamp");
    let two = month().filter(time().gt_eq(day("2000-01-10")).and(time().lt(day("2000-01-12"))));
    assert_eq!(two.compute().unwrap().height(), 48);
    assert!(tasks(&two) <= 3, "{}", two.explain());
    let kept = month().persist().unwrap().filter(time().lt(day("2000-01-02")));
    assert_eq!((kept.compute().unwrap().height(), tasks(&kept) <= 2), (24, true));
}

#[test]
fn a_filter_that_nothing_passes_gives_a_frame_without_rows() {
    let none = month().filter(col("timestamp").lt(day("1999-01-01")));
    let none = none.compute().unwrap();
    assert_eq!((none.height(), none.width()), (0, 5));
}

#[test]
fn statistics_of_files_leave_partitions_out() {
    let folder = tempfile::tempdir().unwrap();
    let frame = Frame::from_polars(df!["i" => (0..40).collect::<Vec<i32>>()].unwrap(), 4);
    frame.write_parquet(folder.path()).compute().unwrap();
    let read = Frame::read_parquet(folder.path()).build().unwrap();
    let some = read.filter(col("i").eq(lit(25)).or(col("i").eq(lit(26))));
    assert_eq!(some.compute().unwrap(), df!["i" => [25, 26]].unwrap());
    assert_eq!(tasks(&some), 1, "{}", some.explain());
    assert_eq!(tasks(&read.filter(col("i").gt(lit(12)))), 3);
    assert_eq!(tasks(&read.filter((col("i") % lit(2)).eq(lit(1)))), 4);
    assert_eq!(read.len().graph().n_tasks(), 0);
}

#[test]
fn nulls_do_not_hide_what_may_pass() {
    let folder = tempfile::tempdir().unwrap();
    let table = df!["i" => [None, Some(1), None, None, Some(5), None]].unwrap();
    Frame::from_polars(table, 3).write_parquet(folder.path()).compute().unwrap();
    let read = Frame::read_parquet(folder.path()).build().unwrap();
    assert_eq!(read.filter(col("i").is_null()).compute().unwrap().height(), 4);
    assert_eq!(read.filter(col("i").gt(lit(1))).compute().unwrap().height(), 1);
    let either = read.filter(col("i").gt(lit(1)).or(col("i").is_null()));
    assert_eq!(either.compute().unwrap().height(), 5);
}

#[test]
fn the_conditions_of_a_filter_go_to_their_sides_of_a_join() {
    let left = Frame::from_polars(df!["k" => [1, 2, 3], "x" => [1, 2, 3]].unwrap(), 3);
    let right = Frame::from_polars(df!["k" => [1, 2, 3], "y" => [5, 6, 7]].unwrap(), 3);
    let joined = left.inner_join(&right, "k", "k");
    let some = joined.filter(col("x").gt(lit(1)).and(col("y").lt(lit(7))));
    let plan = some.explain();
    let runs = plan.split("As it runs").nth(1).unwrap();
    let join = runs.find("join").unwrap();
    assert!(runs[join..].contains("filter") && !runs[..join].contains("filter"), "{plan}");
    assert_eq!(some.compute().unwrap(), df!["k" => [2], "x" => [2], "y" => [6]].unwrap());
}

#[test]
fn only_needed_columns_are_read() {
    let sums = month().group_by(["name"]).agg([col("x").sum()]);
    assert!(sums.explain().contains("columns name, x"), "{}", sums.explain());
}

#[test]
fn windows_over_groups_bring_their_rows_together() {
    let table = df!["k" => ["a", "b", "a", "b", "c"], "x" => [1, 2, 3, 4, 5]].unwrap();
    let frame = Frame::from_polars(table.clone(), 3);
    let exprs = || {
        [
            (col("x") * lit(10) / col("x").sum().over(["k"]).unwrap()).alias("share"),
            col("x").rank(RankOptions::default(), None).over(["k"]).unwrap().alias("rank"),
        ]
    };
    let sorted = |table: DataFrame| table.sort(["x"], Default::default()).unwrap();
    let expected = table.lazy().with_columns(exprs()).collect().unwrap();
    assert_eq!(sorted(frame.with_columns(exprs()).compute().unwrap()), sorted(expected));
    // A filter after the window must not come before it.
    let filtered = frame.with_columns(exprs()).filter(col("x").gt(lit(2)));
    let shares = sorted(filtered.compute().unwrap());
    assert_eq!(shares.column("share").unwrap().i32().unwrap().get(0), Some(7));
}

#[test]
fn totals_that_need_all_rows_stand_beside_those_that_merge() {
    let x: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 101)).collect();
    let table = df!["x" => x, "s" => ["a", "b"].repeat(50)].unwrap();
    let exprs = || {
        [
            col("x").median().alias("median"),
            col("x").sum(),
            col("s").max(),
            col("x").quantile(lit(0.1), QuantileMethod::Nearest).alias("q"),
        ]
    };
    let frame = Frame::from_polars(table.clone(), 7);
    let expected = table.lazy().select(exprs()).collect().unwrap();
    assert_eq!(frame.select(exprs()).compute().unwrap(), expected);
}

#[test]
fn many_groups_are_shuffled_and_few_are_merged() {
    let n = 40_000;
    let table = df![
        "many" => (0..n).map(|i| i * 7919 % 15_013).collect::<Vec<i64>>(),
        "few" => (0..n).map(|i| i % 3).collect::<Vec<i64>>(),
        "x" => (0..n).collect::<Vec<i64>>()
    ]
    .unwrap();
    let frame = Frame::from_polars(table.clone(), 4);
    for key in ["many", "few"] {
        let aggs = || [col("x").sum(), col("x").mean().alias("mean"), len()];
        let ours = frame.group_by([key]).agg(aggs()).sort([key], Default::default());
        let theirs = table.clone().lazy().group_by([col(key)]).agg(aggs());
        let theirs = theirs.sort([key], Default::default()).collect().unwrap();
        assert_eq!(ours.compute().unwrap(), theirs);
    }
}

#[test]
fn files_that_one_task_reads_keep_the_keys_of_their_folders() {
    let folder = tempfile::tempdir().unwrap();
    let k: Vec<i64> = (0..40).map(|i| i % 5).collect();
    let table = df!["k" => k, "x" => (0..40).collect::<Vec<i64>>()].unwrap();
    let write = Frame::from_polars(table.clone(), 1).write_parquet(folder.path());
    write.partition_by(["k"]).compute().unwrap();
    let read = Frame::read_parquet(folder.path()).build().unwrap();
    let aggs = || [col("x").sum(), len()];
    let groups = read.group_by(["k"]).agg(aggs()).sort(["k"], Default::default());
    let expected = table.lazy().group_by([col("k")]).agg(aggs()).sort(["k"], Default::default());
    assert_eq!(groups.compute().unwrap(), expected.collect().unwrap());
}

#[test]
fn values_outside_of_the_divisions_are_told() {
    let frame = Frame::from_polars(df!["x" => [1, 2, 30]].unwrap(), 2);
    let error = frame.set_divisions("x", [0, 5, 10]).compute().unwrap_err().to_string();
    assert!(error.contains("has the value 30, and the divisions go from 0 to 10"), "{error}");
    let error = frame.set_divisions("x", [2, 30]).compute().unwrap_err().to_string();
    assert!(error.contains("has the value 1, and the divisions go from 2 to 30"), "{error}");
    let error = frame.set_divisions("x", [5, 0]).compute().unwrap_err().to_string();
    assert!(error.contains("bounds are in ascending order, and 0 follows 5"), "{error}");
    let unsorted = Frame::from_polars(df!["x" => [5, 2, 30]].unwrap(), 3).set_sorted("x");
    let error = unsorted.schema().unwrap_err().to_string();
    assert!(error.contains("partition 1 begins with 2, and the one before ends with 5"), "{error}");
    let shared = Frame::from_polars(df!["x" => [1, 2, 2, 3]].unwrap(), 2).set_sorted("x");
    let error = shared.schema().unwrap_err().to_string();
    assert!(error.contains("partition 1 begins with 2, and the one before ends with 2"), "{error}");
}

#[test]
fn a_bound_is_the_first_value_of_its_partition() {
    let frame = Frame::from_polars(df!["x" => [5, 9, 1, 5, 4]].unwrap(), 2);
    let divided = frame.set_divisions("x", [1, 5, 9]);
    assert_eq!(divided.partition(0).compute().unwrap(), df!["x" => [1, 4]].unwrap());
    assert_eq!(divided.filter(col("x").gt_eq(lit(5))).compute().unwrap().height(), 3);
    // The last partition holds its last bound, too, which may be all that it holds.
    let frame = Frame::from_polars(df!["x" => [1, 2, 9, 9]].unwrap(), 2).set_sorted("x");
    for bounds in [vec![1, 9], vec![0, 2, 9], vec![0, 1, 9, 12]] {
        let cut = frame.repartition_divisions(bounds.clone());
        assert_eq!(cut.compute().unwrap().height(), 4, "{bounds:?}");
    }
    let small = frame.filter(col("x").lt(lit(5)));
    assert_eq!((small.compute().unwrap().height(), tasks(&small)), (2, 1));
}

#[test]
fn divisions_end_where_their_column_is_made_anew() {
    let divided = Frame::from_polars(df!["x" => [1, 2, 8, 9]].unwrap(), 1);
    let divided = divided.set_divisions("x", [1, 5, 9]);
    let other =
        divided.with_columns([lit(10) - col("x")]).with_columns([col("literal").alias("x")]);
    assert_eq!(other.filter(col("x").gt(lit(5))).compute().unwrap().height(), 2);
    assert!(other.divisions().is_none());
    let centred = |name: &str| (col("x") - col("x").min()).alias(name);
    assert!(divided.with_columns([centred("x")]).divisions().is_none());
    assert!(divided.with_columns([centred("y")]).divisions().is_some());
    assert!(divided.concat(&divided).divisions().is_none());
    let same = divided.with_columns([(col("x") * lit(2)).alias("y")]);
    assert_eq!(tasks(&same.persist().unwrap().filter(col("x").gt(lit(5)))), 1);
}

#[test]
fn partitions_that_one_task_has_are_each_done_as_they_should_be() {
    let frame = |low: i64| {
        let table = df!["k" => [0_i64, 1, 0, 1], "x" => [low, low + 1, low + 2, low + 3]];
        Frame::from_polars(table.unwrap(), 4)
    };
    let both = frame(0).filter(col("x").gt(lit(1))).concat(&frame(10).filter(col("x").lt(lit(12))));
    let sums = both.group_by(["k"]).agg([col("x").sum()]).sort(["k"], Default::default());
    assert_eq!(sums.compute().unwrap(), df!["k" => [0_i64, 1], "x" => [12_i64, 14]].unwrap());
}

#[test]
fn partitions_are_cut_by_time() {
    let days = month().repartition_time("10d");
    assert_eq!(days.npartitions(), 3);
    assert_eq!(days.compute().unwrap(), month().compute().unwrap());
    assert_eq!(days.partition(1).compute().unwrap().height(), 240);
    let bytes = month().persist().unwrap().repartition_bytes(8_000);
    assert_eq!(bytes.compute().unwrap(), month().compute().unwrap());
    assert!(bytes.npartitions() > 1 && bytes.npartitions() < 30, "{}", bytes.npartitions());
}

#[test]
fn what_is_written_twice_runs_once() {
    let frame = month();
    let filtered = || frame.filter(col("y").gt(lit(0.0)));
    let means = filtered().group_by(["name"]).agg([col("x").mean().alias("mean")]);
    let joined = filtered().inner_join(&means, "name", "name");
    // Thirty partitions read and filtered, shared by the rows and the means of their names.
    let reads = joined.graph().names().iter().filter(|name| *name == "filter").count();
    assert_eq!(reads, 30, "{}", joined.explain());
    assert!(!joined.graph().names().contains(&"timeseries".to_owned()));
}

#[test]
fn the_first_rows_are_read_and_sorted_alone() {
    let folder = tempfile::tempdir().unwrap();
    let frame = Frame::from_polars(df!["i" => (0..100).rev().collect::<Vec<i64>>()].unwrap(), 2);
    frame.write_csv(folder.path()).compute().unwrap();
    let read = Frame::read_csv(folder.path()).build().unwrap();
    let first = read.with_columns([(col("i") * lit(2)).alias("j")]).head(3);
    assert!(first.explain().contains("first 3 rows of each"), "{}", first.explain());
    let expected = df!["i" => [99_i64, 98, 97], "j" => [198_i64, 196, 194]].unwrap();
    assert_eq!(first.compute().unwrap(), expected);
    // The rows that a filter leaves may stand further down.
    let filtered = read.filter(col("i").lt(lit(3))).head(2);
    assert_eq!(filtered.compute().unwrap(), df!["i" => [2_i64, 1]].unwrap());
    // More rows than a partition has.
    assert_eq!(read.head(70).compute().unwrap().height(), 70);
    assert_eq!(read.tail(2).compute().unwrap(), df!["i" => [1_i64, 0]].unwrap());
    let least = read.sort("i", Default::default()).head(2);
    assert_eq!(least.compute().unwrap(), df!["i" => [0_i64, 1]].unwrap());
    assert!(least.explain().contains("2 rows by i"), "{}", least.explain());
    // What is sorted for somebody else is not sorted again.
    let sorted = read.sort("i", Default::default());
    let both = sorted.head(2).concat(&sorted);
    assert!(!both.explain().contains("2 rows by i"), "{}", both.explain());
    assert_eq!(both.compute().unwrap().height(), 102);
}

fn three_columns(folder: &std::path::Path) -> Frame {
    let table = df!["w" => [0, 1, 2, 3], "x" => [0, 1, 2, 3], "y" => [3, 2, 1, 0]].unwrap();
    Frame::from_polars(table, 2).write_parquet(folder).compute().unwrap();
    Frame::read_parquet(folder).build().unwrap()
}

#[test]
fn frames_below_each_other_read_what_each_of_them_needs() {
    let folder = tempfile::tempdir().unwrap();
    let rows = three_columns(folder.path());
    let large = |name: &str| rows.filter(col(name).gt(lit(1)));
    let both = large("x").concat(&large("y")).select(["w"]);
    let plan = both.explain();
    assert!(plan.contains("columns w, x") && plan.contains("columns w, y"), "{plan}");
    assert_eq!(both.compute().unwrap(), df!["w" => [2, 3, 0, 1]].unwrap());
}

#[test]
fn windows_that_nobody_needs_are_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let rows = three_columns(folder.path());
    for made in [col("x").cum_sum(false) + col("y"), col("x").shift(lit(1))] {
        let few = rows.with_columns([made.alias("made")]).select(["w", "y"]);
        assert_eq!(tasks(&few), 2, "{}", few.explain());
        assert_eq!(few.compute().unwrap(), rows.select(["w", "y"]).compute().unwrap());
    }
}
