//! The program of the API contract: names, arguments and meaning are fixed.

use lazy_frame::polars::df;
use lazy_frame::polars::prelude::{DataFrame, NamedFrom, PolarsResult, Schema, StrptimeOptions};
use lazy_frame::prelude::*;
use lazy_frame::{datasets, polars};
use tempfile::TempDir;

#[test]
fn the_program_of_the_contract_runs() -> Result<(), Box<dyn std::error::Error>> {
    let df = datasets::timeseries().end("2000-01-05").partition_freq("1d").freq("1m").build()?;
    assert!(format!("{df}").contains("npartitions=4"));
    let rows: usize = df.len().compute()?;
    assert_eq!((rows, df.len().graph().n_tasks()), (4 * 1440, 0));
    let df2 = df.filter(col("y").gt(lit(0.0)));
    let df3 = df2.group_by(["name"]).agg([col("x").std(1)]);
    let s = df2.group_by(["name"]).column("x").std(1);
    assert_eq!(s.compute()?.len(), 26);
    let out: polars::prelude::DataFrame = df3.compute()?;
    assert_eq!(out.height(), 26);
    let df4 = df3.repartition(3);
    let df4 = df4.persist()?;
    assert_eq!((df4.npartitions(), df4.graph().n_tasks()), (3, 0));
    assert!(format!("{df4}").contains("3 tasks"), "{df4}");
    assert!(df3.visualize().to_dot().contains("group-by"));
    assert!(df3.explain().contains("group-by"));
    Ok(())
}

#[test]
fn the_counts_are_no_more_than_those_of_dask_optimised() -> lazy_frame::Result<()> {
    let df = datasets::timeseries().build()?;
    assert_eq!(df.graph().n_tasks(), 30);
    assert!(format!("{df}").contains("30 tasks"), "{df}");
    let filtered = df.filter(col("y").gt(lit(0.0)));
    assert_eq!(filtered.graph().n_tasks(), 30);
    let groups = filtered.group_by(["name"]);
    for frame in
        [groups.sum(), groups.count(), groups.min(), groups.max(), groups.std(1), groups.mean()]
    {
        assert!(frame.graph().n_tasks() <= 36, "{}", frame.graph().n_tasks());
    }
    assert!(df.column("x").sum().graph().n_tasks() <= 36);
    assert!(df.column("x").std(1).graph().n_tasks() <= 36);
    assert!(df.value_counts("name").graph().n_tasks() <= 36);
    assert!(df.head(5).graph().n_tasks() <= 2);
    for (n, tasks) in [(1, 31), (5, 35), (10, 40), (15, 45), (60, 90)] {
        assert_eq!(df.repartition(n).graph().n_tasks(), tasks, "{n}");
    }
    Ok(())
}

/// Every method that the contract names, with the arguments of its examples.
#[test]
fn the_methods_of_the_contract_are_there() -> Result<(), Box<dyn std::error::Error>> {
    #[delayed]
    fn load(n: i64) -> PolarsResult<DataFrame> {
        df!["x" => [n, n + 1], "k" => ["a", "b"]]
    }
    let folder = TempDir::new()?;
    let path = |name| folder.path().join(name);
    let schema = Schema::from_iter([("x".into(), DataType::Int64), ("k".into(), DataType::String)]);
    let parts = [1, 5].map(|n| load(n).flatten());
    let d = Frame::from_delayed(parts.to_vec(), schema.clone());
    let m = Frame::from_map([1_i64, 9], schema, |n: &i64| df!["x" => [*n], "k" => ["c"]]);
    let d =
        lazy_frame::concat([&d, &m]).with_columns([col("x").cast(DataType::Float64).alias("y")]);
    let sorted = d.sort("x", Default::default());
    let steps = [
        (d.select(["x"]), 6),
        (d.filter(col("x").gt(lit(1))), 4),
        (d.drop(["y"]), 6),
        (d.rename("x", "z"), 6),
        (d.cast([("x", DataType::Int32)]), 6),
        (d.head(2), 2),
        (d.tail(3), 3),
        (d.sample(1.0, 3), 6),
        (d.describe(), 9),
        (d.value_counts("k"), 3),
        (d.unique(Some(&["k"]), UniqueKeepStrategy::Any), 3),
        (d.drop_nulls(None), 6),
        (d.fill_null(lit(0)), 6),
        (d.top_k(2, "x", Default::default()), 2),
        (d.group_by("k").agg([col("x").sum(), col("y").max() - col("y").min()]), 3),
        (d.join(&d, [col("k")], [col("k")], JoinType::Inner), 12),
        (d.concat(&d), 12),
        (d.with_columns([concat_list([col("x"), col("x")])?.alias("l")]).explode(["l"]), 12),
        (d.unpivot(["x", "y"], ["k"]), 12),
        (d.quantile(0.5), 1),
        (d.n_unique(), 1),
        (d.cum_sum(), 6),
        (sorted.rolling("x", "2i").agg([col("y").mean()]), 6),
        (d.shuffle("k", None), 6),
        (d.repartition(3), 6),
        (d.repartition_bytes(64), 6),
        (d.set_divisions("x", [0_i64, 3, 10]), 6),
        (d.map_partitions(|rows: DataFrame| rows.select(["x"])), 6),
        (d.map_overlap(1, 1, |rows: DataFrame| rows.select(["x"])), 6),
        (d.partition(0), 2),
    ];
    for (frame, rows) in steps {
        assert_eq!(frame.compute()?.height(), rows, "{}", frame.explain());
        assert_eq!(frame.schema()?, *frame.compute()?.schema());
        assert!(frame.to_delayed()?.len() <= frame.npartitions());
    }
    assert_eq!(d.write_csv(path("csv")).compute()?.rows, 6);
    assert_eq!(d.write_parquet(path("parquet")).compute()?.rows, 6);
    let csv = Frame::read_csv(path("csv").join("*.csv")).build()?;
    let parquet = Frame::read_parquet(path("parquet")).build()?;
    assert_eq!(csv.compute()?, parquet.compute()?);
    let nothing = Frame::from_delayed(vec![], Schema::from_iter([("x".into(), DataType::Int64)]));
    assert_eq!((nothing.npartitions(), nothing.compute()?.shape()), (1, (0, 1)));
    assert!(Frame::read_ipc("nowhere").build().is_err());
    assert!(Frame::read_ndjson("nowhere/*.json").build().is_err());
    Ok(())
}

/// What a user does wrong, and what is said of it before anything runs.
#[test]
fn mistakes_are_told_with_their_remedy_before_any_task_runs() -> PolarsResult<()> {
    let table = df!["name" => ["a", "b"], "x" => [1, 2], "y" => [0.5, 1.5], "day" => ["2024-01-01", "2024-01-02"]]?;
    let d = Frame::from_polars(table, 2);
    let t = datasets::timeseries().freq("1h").seed(7).build().expect("options that make sense");
    let text = || col("day").str();
    let no_keys = Vec::<Expr>::new;
    let mistakes = [
        (d.filter(col("X").gt(lit(0))), "filter: there is no column `X`"),
        (
            d.filter(col("name").gt(lit(1))),
            "filter: `col(\"name\")` is str, and `dyn int: 1` is i32: cast one of them",
        ),
        (d.filter(col("x")), "filter: filter predicate must be of type `Boolean`"),
        (d.select([col("x"), col("y").alias("x")]), "select: two columns would be named `x`"),
        (
            d.group_by("name").agg([col("x").sum(), col("x").max()]),
            "group_by: two columns would be named `x`",
        ),
        (d.group_by(no_keys()).agg([len()]), "group_by: a group-by needs a key"),
        (d.value_counts("z"), "value_counts: there is no column `z`"),
        (d.rename("x", "y"), "rename: there is a column `y` already"),
        (d.explode(["x"]), "explode: the column `x` is i32, expected a list"),
        (d.join(&d, no_keys(), no_keys(), JoinType::Inner), "join: there is no key"),
        (d.inner_join(&d, "name", "x"), "join: the left key `col(\"name\")` is str"),
        (
            d.select([text().to_date(Default::default())]),
            "select: `col(\"day\").str.strptime([\"raise\"])` would guess the format",
        ),
        (
            d.select([col("x").reverse()]),
            "select: `col(\"x\").reverse()` needs rows of other partitions",
        ),
        (d.quantile(1.5), "quantile: a quantile is from 0 to 1, not 1.5"),
        (
            d.group_by("name").column("x").quantile(-1.0).to_frame(),
            "quantile: a quantile is from 0 to 1, not -1",
        ),
        (
            d.set_divisions("x", ["a", "b"]),
            "set_divisions: the bounds do not fit column `x`, which is i32",
        ),
        (
            t.repartition_divisions(["2000-01-01", "no time"]),
            "repartition_divisions: the bounds do not fit column `timestamp`",
        ),
        (lazy_frame::concat(Vec::<Frame>::new()), "concat: there is no frame"),
    ];
    for (frame, expected) in mistakes {
        let message = frame.schema().expect_err(expected).to_string();
        assert!(message.starts_with(expected), "{message}");
        assert!(message.contains(file!()), "{message}");
    }
    let format = StrptimeOptions { format: Some("%d.%m.%Y".into()), ..Default::default() };
    let message = d.select([text().to_date(format)]).compute().unwrap_err().to_string();
    assert!(message.contains("failed: conversion from `str` to `date` failed"), "{message}");
    assert!(!message.contains("strict=False"), "{message}");
    let message = d.column("z").mean().compute().unwrap_err().to_string();
    assert!(message.starts_with("task `value` (made at "), "{message}");
    assert!(message.contains("failed: select: there is no column `z`"), "{message}");
    Ok(())
}

#[test]
fn values_are_looked_up_in_a_table_row_by_row() -> PolarsResult<()> {
    let d = Frame::from_polars(df!["k" => ["a", "b", "a", "c"]]?, 3);
    let values = |values: [&str; 2]| lit(polars::prelude::Series::new("".into(), values));
    let replaced = d.with_columns([col("k").replace(values(["a", "b"]), values(["A", "B"]))]);
    assert_eq!(replaced.graph().n_tasks(), 3);
    assert_eq!(replaced.compute().unwrap(), df!["k" => ["A", "B", "A", "c"]]?);
    let strict = col("k").replace_strict(
        values(["a", "b"]),
        values(["A", "B"]),
        Some(lit("?")),
        None::<DataType>,
    );
    assert_eq!(d.select([strict]).compute().unwrap(), df!["k" => ["A", "B", "A", "?"]]?);
    Ok(())
}

/// As Dask's `set_index("day", divisions=[..])`.
#[test]
fn bounds_of_times_may_be_text() -> PolarsResult<()> {
    let t = datasets::timeseries().end("2000-01-05").freq("1h").seed(7).build().unwrap();
    let bounds = ["2000-01-01", "2000-01-03", "2000-01-05"];
    let halves = t.repartition_divisions(bounds);
    assert_eq!(halves.npartitions(), 2);
    let days = t.with_columns([col("timestamp").dt().date()]).set_divisions("timestamp", bounds);
    let found = days.divisions().unwrap().bounds().iter().map(ToString::to_string);
    assert_eq!(found.collect::<Vec<_>>(), bounds);
    assert_eq!(days.partition(0).len().compute().unwrap(), 48);
    Ok(())
}
