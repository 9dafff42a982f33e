//! The program of the API contract: names, arguments and meaning are fixed.

use lazy_frame::prelude::*;
use lazy_frame::{datasets, polars};

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
