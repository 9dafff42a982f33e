use std::fs;
use std::path::Path;

use polars::prelude::*;

use super::*;
use crate::plan::{Bounds, Wanted};
use lazy_runtime::Collection;

fn write(path: &Path, table: &DataFrame, row_group_size: usize) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = fs::File::create(path).unwrap();
    let writer = ParquetWriter::new(file).with_row_group_size(Some(row_group_size));
    writer.finish(&mut table.clone()).unwrap();
}

/// 12 rows; `x` rises.
fn table() -> DataFrame {
    let x: Vec<i64> = (0..12).collect();
    let odd: Vec<Option<i32>> = (0..12).map(|i| (i % 2 == 1).then_some(i)).collect();
    let text: Vec<String> = (0..12).map(|i| format!("row {i:02}")).collect();
    df!["x" => x, "odd" => odd, "text" => text].unwrap()
}

/// A folder with the table in two files, of row groups of 2 rows.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("a.parquet"), &table().slice(0, 8), 2);
    write(&folder.path().join("b.parquet"), &table().slice(8, 4), 2);
    folder
}

fn source(frame: &Frame) -> std::sync::Arc<dyn Source> {
    frame.plan().unwrap().operator().scan().unwrap().source.clone()
}

fn error(reader: ReadParquet) -> String {
    reader.build().unwrap_err().to_string()
}

#[test]
fn a_file_a_folder_and_a_pattern_are_read_in_order_of_their_names() {
    let folder = folder();
    let all = Frame::read_parquet(folder.path()).build().unwrap();
    assert_eq!((all.npartitions(), all.compute().unwrap()), (2, table()));
    let one = Frame::read_parquet(folder.path().join("b.parquet")).build().unwrap();
    assert_eq!(one.compute().unwrap(), table().slice(8, 4));
    let some = Frame::read_parquet(folder.path().join("[a-z].parquet")).build().unwrap();
    assert_eq!(some.compute().unwrap(), table());
}

#[test]
fn however_files_are_cut_the_rows_are_the_same() {
    let folder = folder();
    let cuts = [
        (PartitionBy::File, 2),
        (PartitionBy::RowGroup, 6),
        (PartitionBy::Rows(4), 3),
        (PartitionBy::Rows(5), 3),
        (PartitionBy::Rows(1), 6),
    ];
    for (partition_by, npartitions) in cuts {
        let frame = Frame::read_parquet(folder.path()).partition_by(partition_by).build().unwrap();
        assert_eq!(frame.npartitions(), npartitions, "{partition_by:?}");
        assert_eq!(frame.compute().unwrap(), table());
        let rows = (0..npartitions).map(|i| source(&frame).rows(i).unwrap());
        assert_eq!(rows.sum::<usize>(), 12);
        let predicate = col("x").gt(lit(2)).and(col("x").lt(lit(9))).and(col("odd").is_not_null());
        let expected = table().lazy().filter(predicate.clone()).select([col("text"), col("x")]);
        let filtered = frame.filter(predicate).select([col("text"), col("x")]);
        assert_eq!(filtered.compute().unwrap(), expected.collect().unwrap(), "{partition_by:?}");
    }
    let zero = Frame::read_parquet(folder.path()).partition_by(PartitionBy::Rows(0));
    assert_eq!(error(zero), "partition_by: partitions of 0 rows, expected at least 1");
}

#[test]
fn columns_filters_and_row_groups_are_part_of_the_scan() {
    let folder = folder();
    let frame = Frame::read_parquet(folder.path()).partition_by(PartitionBy::RowGroup).build();
    let wanted = Wanted { columns: Some(["x".into(), "odd".into()].into()), rows: None };
    let rows = source(&frame.unwrap()).scan(1, &wanted).unwrap();
    let plan = rows.filter(col("x").eq(lit(3))).select([col("odd")]).explain(true).unwrap();
    assert!(plan.contains("PROJECT 2/3"), "{plan}");
    assert!(plan.contains("SELECTION: col(\"x\") == 3"), "{plan}");
    assert!(plan.contains("SLICE: Positive { offset: 2, len: 2 }"), "{plan}");
}

#[test]
fn the_first_rows_are_those_of_the_first_files() {
    let folder = folder();
    for (n, npartitions) in [(0, 1), (1, 1), (4, 2), (7, 4), (8, 4), (9, 5), (100, 6)] {
        let reader = Frame::read_parquet(folder.path()).partition_by(PartitionBy::RowGroup);
        let frame = reader.n_rows(n).build().unwrap();
        assert_eq!(frame.npartitions(), npartitions, "{n}");
        assert_eq!(frame.compute().unwrap(), table().head(Some(n)), "{n}");
    }
    let source = source(&Frame::read_parquet(folder.path()).n_rows(5).build().unwrap());
    assert_eq!((source.rows(0), source.bounds(0, "x").is_none()), (Some(5), true));
    let wanted = Wanted { columns: None, rows: Some(2) };
    let first = wanted.apply(source.scan(0, &wanted).unwrap()).collect().unwrap();
    assert_eq!(first, table().head(Some(2)));
}

#[test]
fn bounds_are_those_of_the_rows() {
    let folder = folder();
    let source = source(&Frame::read_parquet(folder.path()).build().unwrap());
    let bounds = |partition, column| {
        let Bounds { min, max, nulls } = source.bounds(partition, column).unwrap();
        (min, max, nulls)
    };
    assert_eq!(bounds(0, "x"), (AnyValue::Int64(0), AnyValue::Int64(7), 0));
    assert_eq!(bounds(1, "x"), (AnyValue::Int64(8), AnyValue::Int64(11), 0));
    assert_eq!(bounds(0, "odd"), (AnyValue::Int32(1), AnyValue::Int32(7), 4));
    let (min, max) =
        (AnyValue::StringOwned("row 08".into()), AnyValue::StringOwned("row 11".into()));
    assert_eq!(bounds(1, "text"), (min, max, 0));
}

#[test]
fn bounds_are_told_for_types_with_one_order_alone() {
    let folder = tempfile::tempdir().unwrap();
    let days = Column::new("date".into(), [Some(3), None, Some(-1)]).cast(&DataType::Date).unwrap();
    let at = |unit| days.cast(&DataType::Datetime(unit, None)).unwrap();
    let columns = vec![
        days.clone(),
        at(TimeUnit::Milliseconds).with_name("ms".into()),
        at(TimeUnit::Microseconds).with_name("us".into()),
        at(TimeUnit::Nanoseconds).with_name("ns".into()),
        Column::new("u64".into(), [Some(u64::MAX), None, Some(1)]),
        Column::new("bool".into(), [Some(true), None, Some(false)]),
        Column::new("nan".into(), [Some(f64::NAN), None, Some(1.0)]),
        Column::new("long".into(), [Some("z".repeat(1000)), None, Some("a".into())]),
        Column::new("null".into(), [None::<i32>, None, None]),
        Column::new(
            "list".into(),
            [Series::new("".into(), [1]), Series::new("".into(), [2]), Series::new("".into(), [3])],
        ),
    ];
    let table = DataFrame::new(3, columns).unwrap();
    write(&folder.path().join("a.parquet"), &table, 10);
    let frame = Frame::read_parquet(folder.path()).build().unwrap();
    assert_eq!(frame.compute().unwrap().schema(), table.schema());
    let source = source(&frame);
    for name in ["date", "ms", "us", "ns", "u64", "bool"] {
        let bounds = source.bounds(0, name).unwrap_or_else(|| panic!("{name}"));
        let column = table.column(name).unwrap();
        assert_eq!(
            (bounds.min, bounds.max, bounds.nulls),
            (column.get(2).unwrap().into_static(), column.get(0).unwrap().into_static(), 1),
            "{name}"
        );
    }
    for name in ["nan", "long", "null", "list", "nowhere"] {
        assert!(source.bounds(0, name).is_none(), "{name}");
    }
}

#[test]
fn folders_with_keys_are_columns() {
    let folder = tempfile::tempdir().unwrap();
    for (key, rows) in
        [("year=2023/kind=a%2Fb", 0..5), ("year=2024/kind=__HIVE_DEFAULT_PARTITION__", 5..12)]
    {
        let part = table().slice(rows.start, (rows.end - rows.start) as usize);
        write(&folder.path().join(key).join("x.parquet"), &part, 2);
    }
    let frame = Frame::read_parquet(folder.path()).build().unwrap();
    let schema = frame.schema().unwrap();
    assert_eq!(schema.iter_names().collect::<Vec<_>>(), ["x", "odd", "text", "year", "kind"]);
    assert_eq!(schema.get("year"), Some(&DataType::Int64));
    let all = frame.compute().unwrap();
    assert_eq!(all.column("kind").unwrap().str().unwrap().iter().flatten().count(), 5);
    assert_eq!(all.column("kind").unwrap().get(0).unwrap(), AnyValue::String("a/b"));
    let late = frame.filter(col("year").eq(lit(2024)).and(col("x").lt(lit(7))));
    assert_eq!(
        late.compute().unwrap().column("x").unwrap(),
        &table().column("x").unwrap().slice(5, 2)
    );
    let wanted = Wanted { columns: Some(["x".into(), "year".into()].into()), rows: None };
    let rows = source(&frame).scan(1, &wanted).unwrap();
    let plan =
        rows.filter(col("year").eq(lit(2024)).and(col("x").lt(lit(7)))).explain(true).unwrap();
    assert!(plan.contains("SELECTION: col(\"x\") < 7"), "{plan}");
    // Columns that are in no file keep the number of rows.
    let years = frame.select("year").compute().unwrap();
    assert_eq!(years.column("year").unwrap(), all.column("year").unwrap());
    let source = source(&frame);
    let bounds = source.bounds(1, "year").unwrap();
    assert_eq!(
        (bounds.min, bounds.max, bounds.nulls),
        (AnyValue::Int64(2024), AnyValue::Int64(2024), 0)
    );
    assert!(source.bounds(1, "kind").is_none());
    let pattern = folder.path().join("*/*/*.parquet");
    let plain = Frame::read_parquet(&pattern).hive(false).build().unwrap();
    assert_eq!(plain.compute().unwrap(), table());
    assert!(
        error(Frame::read_parquet(folder.path()).hive(false)).contains("the folder has no file")
    );
}

#[test]
fn folders_with_other_keys_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("a=1/x.parquet"), &table(), 2);
    write(&folder.path().join("b=1/x.parquet"), &table(), 2);
    let message = error(Frame::read_parquet(folder.path()));
    assert!(
        message.contains("b=1/x.parquet: the folders above have the keys `b`, those of"),
        "{message}"
    );
    let file = folder.path().join("a=1/x.parquet");
    fs::create_dir_all(folder.path().join("plain")).unwrap();
    fs::copy(&file, folder.path().join("plain/x.parquet")).unwrap();
    let plain = Frame::read_parquet(folder.path().join("plain")).hive(true);
    assert!(error(plain).contains("hive: the file is in no folder that is called `key=value`"));
}

#[test]
fn a_folder_with_a_key_and_a_file_without_one_are_an_error() {
    let folder = folder();
    write(&folder.path().join("k=1/x.parquet"), &table(), 2);
    let message = error(Frame::read_parquet(folder.path()));
    assert!(message.contains("k=1/x.parquet: the folders above have the keys `k`"), "{message}");
    let plain = Frame::read_parquet(folder.path()).hive(false).build().unwrap();
    assert_eq!(plain.compute().unwrap(), table());
}

#[test]
fn a_schema_tells_the_types_of_keys() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("zip=007/a.parquet"), &table().head(Some(1)), 2);
    let with_key = |dtype| {
        let mut schema = table().schema().as_ref().clone();
        schema.with_column("zip".into(), dtype);
        Frame::read_parquet(folder.path()).schema(schema)
    };
    let text = with_key(DataType::String).build().unwrap().compute().unwrap();
    assert_eq!(text.column("zip").unwrap().get(0).unwrap(), AnyValue::String("007"));
    assert!(error(with_key(DataType::Time)).contains("cannot read the keys of the folders"));
}

#[test]
fn values_of_keys_that_cannot_be_read_are_told_with_their_file() {
    for (i, value) in ["%FF", "a*b"].iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("k=1/x.parquet"), &table(), 2);
        let bad = format!("k={value}");
        write(&folder.path().join(&bad).join("x.parquet"), &table(), 2);
        let message = error(Frame::read_parquet(folder.path()));
        assert!(message.contains(&format!("{bad}/x.parquet: the folders above")), "{i}: {message}");
    }
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("k=1/k=2/x.parquet"), &table(), 2);
    assert!(error(Frame::read_parquet(folder.path())).contains("the key `k` twice"));
}

#[test]
fn columns_are_chosen_and_the_path_is_one() {
    let folder = folder();
    let reader = Frame::read_parquet(folder.path()).include_file_paths("path");
    let frame = reader.clone().columns(["path", "x"]).build().unwrap();
    let table = frame.compute().unwrap();
    assert_eq!(table.get_column_names(), ["path", "x"]);
    let AnyValue::String(path) = table.column("path").unwrap().get(11).unwrap() else { panic!() };
    assert!(path.ends_with("b.parquet"));
    let path_is_b = col("path").eq(lit(path));
    assert_eq!(frame.filter(path_is_b).compute().unwrap().height(), 4);
    let last = reader.clone().columns(["x"]).build().unwrap();
    assert_eq!(last.compute().unwrap().get_column_names(), ["x", "path"]);
    let taken = Frame::read_parquet(folder.path()).include_file_paths("x");
    assert_eq!(
        error(taken),
        "include_file_paths: there is a column `x` already, take another name"
    );
    assert_eq!(error(reader.clone().columns(["x", "x"])), "columns: `x` is there twice");
    let message = error(reader.columns(["y"]));
    assert!(
        message.ends_with(
            "a.parquet, column `y`: there is no such column; the columns are x, odd, text, path"
        ),
        "{message}"
    );
}

#[test]
fn files_of_another_schema_are_an_error_that_names_file_column_and_types() {
    let folder = folder();
    let c = folder.path().join("c.parquet");
    let read = || Frame::read_parquet(folder.path());
    write(&c, &df!["x" => ["1"], "odd" => [1_i32], "text" => ["a"]].unwrap(), 2);
    let message = error(read());
    assert!(
        message.contains("c.parquet, column `x`: the column is str here, and i64 in "),
        "{message}"
    );
    assert!(message.ends_with("a.parquet"), "{message}");
    assert_eq!(read().columns(["text"]).build().unwrap().compute().unwrap().height(), 13);

    write(&c, &df!["text" => ["a"], "x" => [12_i64]].unwrap(), 2);
    let message = error(read());
    assert!(
        message.contains("c.parquet, column `odd`: the column is not there, and is i32 in"),
        "{message}"
    );
    let frame = read().allow_missing_columns(true).build().unwrap();
    let last = frame.compute().unwrap().tail(Some(1));
    assert_eq!(last, df!["x" => [12_i64], "odd" => [None::<i32>], "text" => ["a"]].unwrap());

    let more = table().hstack(&[Column::new("more".into(), [1; 12])]).unwrap();
    write(&c, &more, 2);
    let message = error(read());
    assert!(message.contains("c.parquet, column `more`: the column is not in "), "{message}");
    let schema = table().schema().as_ref().clone();
    assert_eq!(read().schema(schema.clone()).build().unwrap().compute().unwrap().height(), 24);
    let other = Schema::from_iter([("x".into(), DataType::Int32)]);
    let message = error(read().schema(other));
    assert!(
        message.ends_with(
            "a.parquet, column `x`: the column is i64 here, and i32 in the schema that was given"
        ),
        "{message}"
    );
}

#[test]
fn columns_that_are_not_read_may_differ_between_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name);
    write(&path("a.parquet"), &df!["y" => [1], "k" => ["u"], "x" => [1_i64]].unwrap(), 2);
    write(&path("b.parquet"), &df!["x" => [2_i64], "y" => ["z"], "k" => ["u"]].unwrap(), 2);
    write(&path("c.parquet"), &df!["x" => [3_i64], "k" => ["v"]].unwrap(), 2);
    let frame = Frame::read_parquet(folder.path()).columns(["k", "x"]).build().unwrap();
    let sums = frame.group_by(["k"]).agg([col("x").sum()]).compute().unwrap();
    let sums = sums.sort(["k"], Default::default()).unwrap();
    assert_eq!(sums, df!["k" => ["u", "v"], "x" => [3_i64, 3]].unwrap());
    // The files are one scan.
    let all = source(&frame).scan_all(&[0, 1, 2], &Wanted::default()).unwrap().collect().unwrap();
    assert_eq!((all.get_column_names()[1].as_str(), all.shape()), ("x", (3, 2)));
}

#[test]
fn missing_empty_and_damaged_files_are_errors_that_name_them() {
    let folder = folder();
    let file = folder.path().join("c.parquet");
    let read = || error(Frame::read_parquet(folder.path()));
    let missing = error(Frame::read_parquet(&file));
    assert!(missing.contains("c.parquet: there is no such file or folder"), "{missing}");
    fs::write(&file, "").unwrap();
    assert!(read().ends_with("c.parquet: the file is empty, expected Parquet"));
    fs::write(&file, "x,y\n1,2\n").unwrap();
    assert!(read().ends_with("c.parquet: the file is not Parquet: it does not begin with `PAR1`"));
    let whole = fs::read(folder.path().join("a.parquet")).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert!(read().contains("c.parquet: cannot read the end of the Parquet file"), "{}", read());
    fs::write(&file, &whole[whole.len() / 2..]).unwrap();
    assert!(read().contains("c.parquet: the file is not Parquet"), "{}", read());
}

#[test]
fn divisions_come_from_statistics_that_show_them() {
    let folder = folder();
    let read = || Frame::read_parquet(folder.path()).partition_by(PartitionBy::Rows(4));
    let frame = read().divisions("x").build().unwrap();
    let bounds = [0_i64, 4, 8, 11].map(AnyValue::from);
    assert_eq!(frame.divisions().unwrap(), &Divisions::new("x", bounds.into()));
    assert!(read().build().unwrap().divisions().is_none());
    assert_eq!(error(read().divisions("y")), "divisions: there is no column `y`");
    assert!(
        error(read().divisions("odd")).ends_with("column `odd`: divisions: partition 0 has nulls")
    );
    write(&folder.path().join("c.parquet"), &table().slice(11, 1), 2);
    let message = error(read().divisions("x"));
    assert!(message.contains("c.parquet, column `x`: divisions: partition 3 begins with 11, and the one before ends with 11"), "{message}");
    let floats = tempfile::tempdir().unwrap();
    write(&floats.path().join("a.parquet"), &df!["x" => [1.0]].unwrap(), 2);
    let message = error(Frame::read_parquet(floats.path()).divisions("x"));
    assert!(message.ends_with("divisions: partition 0 has no statistics that can be relied on"));
}

#[test]
fn a_file_that_changes_after_build_is_the_error_of_its_task() {
    let folder = folder();
    let frame = Frame::read_parquet(folder.path()).build().unwrap();
    fs::remove_file(folder.path().join("b.parquet")).unwrap();
    let error = frame.compute().unwrap_err().to_string();
    assert!(error.contains("read-parquet") && error.contains("b.parquet"), "{error}");
    // What the end of the old file told is not true of the new one.
    write(&folder.path().join("b.parquet"), &table().slice(8, 1), 2);
    let error = frame.compute().unwrap_err().to_string();
    assert!(error.contains("b.parquet: the file has changed since the frame was built"), "{error}");
}

#[test]
fn files_without_rows_are_partitions_without_rows() {
    let folder = folder();
    write(&folder.path().join("0.parquet"), &table().clear(), 2);
    let frame = Frame::read_parquet(folder.path()).build().unwrap();
    assert_eq!((frame.npartitions(), source(&frame).rows(0)), (3, Some(0)));
    assert_eq!(frame.compute().unwrap(), table());
}

#[test]
fn damaged_rows_are_the_error_of_a_task_that_names_the_file() {
    let folder = folder();
    let file = folder.path().join("b.parquet");
    let mut bytes = fs::read(&file).unwrap();
    bytes[4..40].fill(0xFF);
    fs::write(&file, bytes).unwrap();
    let frame = Frame::read_parquet(folder.path()).build().unwrap();
    let error = frame.compute().unwrap_err().to_string();
    assert!(error.contains("read-parquet") && error.contains("b.parquet"), "{error}");
}

/// 60 rows with nulls, NaN, and values that row groups have in common.
fn uneven() -> DataFrame {
    let x: Vec<Option<i64>> = (0..60).map(|i| (i % 7 != 3).then_some(i / 3 * 3)).collect();
    let float = |i: i64| match i % 11 {
        0 => Some(f64::NAN),
        1 | 2 => None,
        _ => Some(i as f64 / 2.0),
    };
    let y: Vec<Option<f64>> = (0..60).map(float).collect();
    let text: Vec<Option<String>> =
        (0..60).map(|i| (i < 50).then(|| format!("{:02}", 60 - i))).collect();
    let empty = vec![None::<i32>; 60];
    df!["x" => x, "y" => y, "text" => text, "empty" => empty].unwrap()
}

#[test]
fn filters_on_row_groups_give_what_they_give_on_all_rows() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("a.parquet"), &uneven().head(Some(45)), 7);
    write(&folder.path().join("b.parquet"), &uneven().slice(45, 15), 4);
    let predicates = [
        col("x").gt(lit(20)).and(col("x").lt_eq(lit(30))),
        col("x").is_null().or(col("x").eq(lit(33))),
        col("x").neq(lit(3)).and(col("y").gt(lit(4.0))),
        col("y").is_nan(),
        col("y").gt(lit(28.0)),
        col("y").lt_eq(lit(f64::NAN)).and(col("text").is_not_null()),
        col("text").lt(lit("22")).or(col("text").eq(lit("60"))),
        col("text").is_null(),
        col("empty").is_null().and(col("x").gt(lit(50))),
        col("empty").is_not_null(),
        (col("x") * lit(2) + col("y").cast(DataType::Int64)).gt(lit(70)),
        col("x").gt(lit(1000)),
    ];
    for partition_by in [PartitionBy::File, PartitionBy::RowGroup, PartitionBy::Rows(15)] {
        let frame = Frame::read_parquet(folder.path()).partition_by(partition_by).build().unwrap();
        for predicate in &predicates {
            let found = frame.filter(predicate.clone()).select([col("text"), col("y")]);
            let expected =
                uneven().lazy().filter(predicate.clone()).select([col("text"), col("y")]);
            let (found, expected) = (found.compute().unwrap(), expected.collect().unwrap());
            assert!(
                found.equals_missing(&expected),
                "{predicate} {partition_by:?}: {found} {expected}"
            );
        }
    }
}
