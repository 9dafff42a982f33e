use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use lazy_runtime::{Scheduler, delayed};

use super::*;

fn table() -> DataFrame {
    df![
        "x" => [Some(1_i64), None, Some(3), Some(4), Some(5)],
        "y" => [Some("a"), Some("b;\n\"c\""), None, Some(""), Some("a")],
        "z" => [1.5, f64::NAN, -0.0, f64::INFINITY, 2.0],
    ]
    .unwrap()
}

fn frame() -> Frame {
    Frame::from_polars(table(), 3)
}

/// All types that a file of each kind keeps.
fn many_types() -> DataFrame {
    let n = Column::new("i32".into(), [Some(1_000_000), None, Some(-3)]);
    let as_type = |name: &str, dtype| n.cast(&dtype).unwrap().with_name(name.into());
    let small = Column::new("i8".into(), [Some(1_i8), None, Some(3)]);
    let as_small = |name: &str, dtype| small.cast(&dtype).unwrap().with_name(name.into());
    let columns = vec![
        small.clone(),
        as_small("u8", DataType::UInt8),
        as_small("u16", DataType::UInt16),
        as_small("bool", DataType::Boolean),
        as_small("time", DataType::Int64).cast(&DataType::Time).unwrap(),
        as_type("i64", DataType::Int64),
        as_type("f32", DataType::Float32),
        as_type("date", DataType::Date),
        as_type("ms", DataType::Datetime(TimeUnit::Milliseconds, None)),
        as_type("ns", DataType::Datetime(TimeUnit::Nanoseconds, None)),
        as_type("duration", DataType::Duration(TimeUnit::Microseconds)),
        as_type("decimal", DataType::Decimal(20, 2)),
        Column::new("text".into(), [Some("ä"), None, Some("")]),
        Column::new("binary".into(), [&[0_u8, 255][..], &[], &[7]]),
        Column::new("nulls".into(), [None::<i32>, None, None]),
        Column::new(
            "list".into(),
            [
                Series::new("".into(), [1, 2]),
                Series::new("".into(), [3]),
                Series::new("".into(), [4]),
            ],
        ),
        df!["a" => [1, 2, 3], "b" => ["u", "v", "w"]]
            .unwrap()
            .into_struct("struct".into())
            .into_column(),
        n,
    ];
    DataFrame::new(3, columns).unwrap()
}

/// The visible names in a folder, and how many hidden ones there are.
fn names(folder: &Path) -> (Vec<String>, usize) {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let all = entries.map(|name| name.into_string().unwrap());
    let (hidden, mut visible): (Vec<_>, Vec<_>) = all.partition(|name| name.starts_with('.'));
    visible.sort();
    (visible, hidden.len())
}

/// The folder `out` of a new one, which there is not yet.
fn out() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    (folder, out)
}

#[test]
fn all_types_and_nulls_come_back_from_parquet_and_ipc() {
    let (_folder, out) = out();
    let frame = Frame::from_polars(many_types(), 2);
    let written = frame.write_parquet(out.join("p")).compute().unwrap();
    assert_eq!((written.files.len(), written.rows), (2, 3));
    let sizes = written.files.iter().map(|file| fs::metadata(file).unwrap().len());
    assert_eq!(written.bytes, sizes.sum::<u64>());
    let back = Frame::read_parquet(out.join("p")).build().unwrap().compute().unwrap();
    assert!(back.equals_missing(&many_types()) && back.schema() == many_types().schema());
    frame.write_ipc(out.join("i")).compute().unwrap();
    let back = Frame::read_ipc(out.join("i")).build().unwrap().compute().unwrap();
    assert!(back.equals_missing(&many_types()) && back.schema() == many_types().schema());
}

#[test]
fn partitions_without_rows_are_files_with_columns() {
    let (_folder, out) = out();
    let large = frame().filter(col("x").gt(lit(4)));
    large.write_parquet(out.join("p")).compute().unwrap();
    let back = Frame::read_parquet(out.join("p")).build().unwrap();
    assert_eq!((back.npartitions(), back.compute().unwrap().height()), (3, 1));
    large.write_ipc(out.join("i")).compute().unwrap();
    let back = Frame::read_ipc(out.join("i")).build().unwrap();
    assert_eq!((back.npartitions(), back.compute().unwrap().height()), (3, 1));
    let files = large.write_csv(out.join("c")).compute().unwrap().files;
    let texts: Vec<_> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    assert_eq!(texts, ["x,y,z\n", "x,y,z\n", "x,y,z\n5,a,2.0\n"]);
}

#[test]
fn csv_is_written_as_its_options_say() {
    let (_folder, out) = out();
    let text = |write: WriteCsv| {
        let file = &write.overwrite(true).compute().unwrap().files[0];
        fs::read_to_string(file).unwrap()
    };
    let write = || Frame::from_polars(table(), 1).write_csv(&out);
    assert_eq!(text(write()).lines().next(), Some("x,y,z"));
    let lines = text(
        write()
            .header(false)
            .separator(b';')
            .null_value("-")
            .quote_char(b'\'')
            .line_terminator("|\n")
            .float_precision(1),
    );
    assert_eq!(
        lines,
        "1;a;1.5|\n-;'b;\n\"c\"';NaN|\n3;-;-0.0|\n4;;inf|\n5;a;2.0|\n".replace("4;;", "4;'';")
    );
    assert!(text(write().quote_style(QuoteStyle::Always)).starts_with("\"x\",\"y\",\"z\"\n\"1\","));
    let at = df!["t" => [3_661_000_i64]].unwrap().lazy().select([
        col("t").cast(DataType::Datetime(TimeUnit::Milliseconds, None)).alias("at"),
        col("t")
            .cast(DataType::Datetime(TimeUnit::Milliseconds, None))
            .cast(DataType::Date)
            .alias("day"),
        col("t")
            .cast(DataType::Datetime(TimeUnit::Milliseconds, None))
            .cast(DataType::Time)
            .alias("time"),
    ]);
    let write = Frame::from_polars(at.collect().unwrap(), 1).write_csv(&out);
    let write =
        write.datetime_format("%H").date_format("%d.%m.%y").time_format("%H:%M").header(false);
    assert_eq!(text(write), "01,01.01.70,01:01\n");
}

#[test]
fn parquet_is_written_as_its_options_say() {
    let (_folder, out) = out();
    let write = frame().write_parquet(&out).compression(ParquetCompression::Uncompressed);
    let write = write.row_group_size(1).statistics(false).compute().unwrap();
    let mut reader = ParquetReader::new(fs::File::open(&write.files[2]).unwrap());
    let metadata = reader.get_metadata().unwrap();
    assert_eq!(metadata.row_groups.len(), 2);
    let column = &metadata.row_groups[0].parquet_columns()[0];
    assert_eq!(format!("{:?}", column.compression()), "Uncompressed");
    assert!(
        column
            .statistics(&metadata.footer_buf)
            .is_none_or(|found| found.unwrap().null_count().is_none())
    );
    let frame = frame();
    let error = frame.write_parquet(out.join("zero")).row_group_size(0).compute().unwrap_err();
    assert_eq!(error.to_string(), "row_group_size: 0 rows, expected at least 1");
    let small =
        frame.write_ipc(out.join("ipc")).compression(Some(IpcCompression::LZ4)).compute().unwrap();
    assert_eq!(Frame::read_ipc(&small.files[0]).build().unwrap().compute().unwrap().height(), 1);
}

#[test]
fn columns_become_folders_and_come_back() {
    let (_folder, out) = out();
    let written = frame().write_parquet(&out).partition_by(["y"]).compute().unwrap();
    assert_eq!(written.rows, 5);
    let folders = names(&out).0;
    assert_eq!(folders, ["y=", "y=__HIVE_DEFAULT_PARTITION__", "y=a", "y=b%3B%0A%22c%22"]);
    assert!(
        out.join("y=a/part-0000.parquet").is_file() && out.join("y=a/part-0002.parquet").is_file()
    );
    let back = Frame::read_parquet(&out).build().unwrap().compute().unwrap();
    let y: Vec<_> = back.column("y").unwrap().str().unwrap().iter().collect();
    assert_eq!(y, [Some(""), None, Some("a"), Some("a"), Some("b;\n\"c\"")]);
    let error = |keys: &[&str]| {
        frame().write_parquet("unused").partition_by(keys).compute().unwrap_err().to_string()
    };
    assert!(
        error(&["w"]).starts_with(
            "write_parquet: partition_by: there is no column `w`; the columns are x: i64"
        ),
        "{}",
        error(&["w"])
    );
    assert!(
        error(&["x", "y", "z"])
            .starts_with("write_parquet: partition_by: no column is left for the files")
    );
    let lists = Frame::from_polars(many_types(), 1).write_parquet("unused").partition_by(["list"]);
    assert!(
        lists
            .compute()
            .unwrap_err()
            .to_string()
            .contains("`list` is list[i32], which makes no folder names")
    );
}

#[test]
fn values_that_have_one_folder_lose_no_rows() {
    let (_folder, out) = out();
    let null = "__HIVE_DEFAULT_PARTITION__";
    let table = df!["k" => [Some(null), None, Some("a*b")], "x" => [1, 2, 3]].unwrap();
    let written = Frame::from_polars(table, 1).write_parquet(&out).partition_by(["k"]).compute();
    assert_eq!((written.unwrap().files.len(), names(&out).0.len()), (2, 2));
    let back = Frame::read_parquet(&out).build().unwrap().compute().unwrap();
    let expected = df!["x" => [1, 2, 3], "k" => [None, None, Some("a*b")]].unwrap();
    assert!(back.equals_missing(&expected), "{back}");
}

#[test]
fn keys_of_many_types_come_back() {
    let (_folder, out) = out();
    let text = Column::new("ä %*".into(), ["1.50", "2.25"]);
    let of = |dtype: &DataType| text.cast(&DataType::Float64).unwrap().cast(dtype).unwrap();
    for dtype in [
        DataType::Float64,
        DataType::Boolean,
        DataType::Date,
        DataType::Datetime(TimeUnit::Microseconds, None),
        DataType::Int64,
    ] {
        let table = DataFrame::new(2, vec![Column::new("x".into(), [1, 2]), of(&dtype)]).unwrap();
        let write = Frame::from_polars(table.clone(), 2).write_parquet(&out);
        write.partition_by(["ä %*"]).overwrite(true).compute().unwrap();
        let back = Frame::read_parquet(&out).build().unwrap().compute().unwrap();
        assert!(back.sort(["x"], Default::default()).unwrap().equals(&table), "{dtype}: {back}");
    }
    let table = df!["x" => [1, 2]].unwrap().hstack(&[of(&DataType::Decimal(10, 2))]).unwrap();
    let write = Frame::from_polars(table, 1).write_parquet(&out).partition_by(["ä %*"]);
    write.overwrite(true).compute().unwrap();
    assert_eq!(names(&out).0, ["ä %*=1.50", "ä %*=2.25"]);
}

#[test]
fn keys_that_make_no_folders_are_told() {
    let error = |key: &str, dtype: DataType, keys: &[&str]| {
        let key = Column::new(key.into(), [1_i64]).cast(&dtype).unwrap();
        let table = DataFrame::new(1, vec![key, Column::new("x".into(), [1])]).unwrap();
        let write = Frame::from_polars(table, 1).write_parquet("unused").partition_by(keys);
        write.compute().unwrap_err().to_string()
    };
    for key in ["a/b", "a=b", "", ".k"] {
        let message = error(key, DataType::Int64, &[key]);
        assert!(message.contains("cannot be part of the name of a folder"), "{message}");
    }
    for dtype in [DataType::Time, DataType::Duration(TimeUnit::Microseconds), DataType::Binary] {
        let message = match dtype {
            DataType::Binary => {
                let table = df!["k" => [&[1_u8][..]], "x" => [1]].unwrap();
                let write = Frame::from_polars(table, 1).write_parquet("unused");
                write.partition_by(["k"]).compute().unwrap_err().to_string()
            }
            dtype => error("k", dtype, &["k"]),
        };
        assert!(message.contains("which makes no folder names"), "{message}");
    }
    assert!(error("k", DataType::Int64, &["k", "k"]).contains("partition_by: `k` is there twice"));
}

#[test]
fn csv_options_that_make_no_sense_are_told() {
    let error = |change: fn(WriteCsv) -> WriteCsv| {
        change(frame().write_csv("unused")).compute().unwrap_err().to_string()
    };
    let differ = "write_csv: separator, quote_char and line_terminator have to differ";
    assert_eq!(error(|write| write.separator(b'"')), differ);
    assert_eq!(error(|write| write.separator(b'\n')), differ);
    assert!(error(|write| write.line_terminator("")).contains("the line_terminator is empty"));
    assert!(error(|write| write.float_precision(100_000)).contains("expected at most 65535"));
}

#[test]
fn a_folder_that_is_not_empty_is_an_error_before_anything_runs() {
    let (_folder, out) = out();
    fs::create_dir(&out).unwrap();
    fs::write(out.join(".hidden"), "").unwrap();
    frame().write_csv(&out).compute().unwrap();

    let (runs, count) = counter();
    let again = count.write_csv(&out);
    let message = again.compute().unwrap_err().to_string();
    let expected = "out: the folder is not empty: write into another one, or replace the files in it with `overwrite(true)`";
    assert!(message.ends_with(expected), "{message}");
    assert_eq!(*runs.lock().unwrap(), 0);
    let file = frame().write_csv(out.join("part-0000.csv")).compute().unwrap_err().to_string();
    assert!(file.contains("part-0000.csv: this is a file: a folder was expected"), "{file}");
}

/// A frame, and how often its partition was made.
fn counter() -> (Arc<Mutex<usize>>, Frame) {
    #[delayed]
    fn make(runs: Arc<Mutex<usize>>) -> DataFrame {
        *runs.lock().unwrap() += 1;
        table()
    }
    let runs = Arc::new(Mutex::new(0));
    let frame = Frame::from_delayed(vec![make(runs.clone())], table().schema().clone());
    (runs, frame)
}

#[test]
fn overwriting_replaces_the_files_of_the_kind_even_those_that_are_read() {
    let (_folder, out) = out();
    frame().write_parquet(&out).compute().unwrap();
    fs::create_dir(out.join("k=1")).unwrap();
    fs::rename(out.join("part-0002.parquet"), out.join("k=1/old.parquet")).unwrap();
    fs::write(out.join("notes.txt"), "mine").unwrap();
    let read = Frame::read_parquet(out.join("part*.parquet")).n_rows(2).build().unwrap();
    let written = read.write_parquet(&out).overwrite(true).compute().unwrap();
    assert_eq!(written.rows, 2);
    let expected = ["notes.txt", "part-0000.parquet", "part-0001.parquet"];
    assert_eq!(names(&out), (expected.map(String::from).to_vec(), 0));
    let back = Frame::read_parquet(&out).build().unwrap().compute().unwrap();
    assert_eq!(back.select(["x", "y"]).unwrap(), table().head(Some(2)).select(["x", "y"]).unwrap());
}

/// A frame whose middle partition cannot be made.
fn broken() -> Frame {
    #[delayed(fallible)]
    fn make(i: i64) -> PolarsResult<DataFrame> {
        match i {
            1 => Err(PolarsError::ComputeError("no such luck".into())),
            i => df!["x" => [i]],
        }
    }
    let schema = Schema::from_iter([("x".into(), DataType::Int64)]);
    Frame::from_delayed((0..3).map(make).collect(), schema)
}

#[test]
fn a_run_that_fails_leaves_no_file_and_keeps_what_was_there() {
    let (_folder, out) = out();
    for scheduler in [Scheduler::Synchronous, Scheduler::Threads] {
        let runtime = lazy_runtime::Runtime::builder().scheduler(scheduler).build().unwrap();
        let error = runtime.compute(&broken().write_parquet(&out)).unwrap_err().to_string();
        assert!(error.contains("no such luck") && error.contains("write-parquet"), "{error}");
        assert!(!out.exists() || names(&out) == (vec![], 0), "{:?}", names(&out));
    }
    frame().write_parquet(&out).compute().unwrap();
    let before = names(&out);
    broken().write_parquet(&out).overwrite(true).compute().unwrap_err();
    assert_eq!(names(&out), before);
    assert_eq!(Frame::read_parquet(&out).build().unwrap().compute().unwrap().height(), 5);
}

#[test]
fn files_that_cannot_all_get_their_names_get_none() {
    let (_folder, out) = out();
    frame().write_parquet(&out).compute().unwrap();
    let before = names(&out);
    // A folder that is not empty is where the second file should be.
    fs::remove_file(out.join("part-0001.parquet")).unwrap();
    fs::create_dir_all(out.join("part-0001.parquet/full")).unwrap();
    let first = fs::read(out.join("part-0000.parquet")).unwrap();
    let other = Frame::from_polars(table().tail(Some(2)), 2).write_parquet(&out).overwrite(true);
    let error = other.compute().unwrap_err().to_string();
    assert!(
        error.contains("task `commit`")
            && error.contains("part-0001.parquet: cannot give the file its name"),
        "{error}"
    );
    assert_eq!(names(&out), before);
    assert_eq!(fs::read(out.join("part-0000.parquet")).unwrap(), first);
}

#[test]
fn a_sink_is_a_task_a_partition_and_one_that_names_them() {
    let (_folder, out) = out();
    let write = frame().filter(col("x").gt(lit(1))).write_parquet(&out);
    assert_eq!(write.graph().n_tasks(), 4);
    let picture = write.visualize().to_dot();
    assert!(picture.contains("write-parquet") && !picture.contains("filter"), "{picture}");
    assert!(!out.exists());
    let written = write.persist().unwrap();
    assert_eq!((written.graph().n_tasks(), written.compute().unwrap().rows), (0, 3));
}

#[test]
fn csv_refuses_columns_that_it_has_no_text_for() {
    let error = Frame::from_polars(many_types(), 1).write_csv("unused").compute().unwrap_err();
    let expected = "write_csv: `duration` is duration[μs], which CSV has no text for: leave it out, or write Parquet";
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn a_mistake_in_the_frame_is_told_and_nothing_is_written() {
    let (_folder, out) = out();
    let write = frame().filter(col("w").gt(lit(1))).write_parquet(&out);
    let error = write.compute().unwrap_err().to_string();
    assert!(error.starts_with("filter: there is no column `w`"), "{error}");
    assert!(write.persist().is_err() && !out.exists());
}
