//! What is done, by us and by Polars.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lazy_frame::Frame;
use lazy_frame::polars::prelude::*;
use lazy_frame::prelude::{Collection, cols};
use lazy_runtime::Runtime;

use super::data::Data;

/// Something that all engines do.
pub(crate) struct Work {
    pub(crate) name: &'static str,
    /// What the ratio to the best of the others should be at most.
    pub(crate) target: f64,
    /// From the building of the frame to the result.
    pub(crate) lazy: Box<dyn Fn() -> DataFrame>,
    pub(crate) polars: Box<dyn Fn() -> LazyFrame>,
    /// The folder that the result is written to, where that is not returned; it is sorted by this column.
    pub(crate) written: Option<(PathBuf, &'static str)>,
}

/// Works on the same data, which is loaded once.
pub(crate) struct Group {
    pub(crate) names: &'static [&'static str],
    pub(crate) load: fn(&Data) -> Vec<Work>,
}

pub(crate) const GROUPS: [Group; 5] = [
    Group { names: &["seed"], load: seed_in_memory },
    Group { names: &["seed-parquet", "seed-csv", "seed-many"], load: seed_in_files },
    Group {
        names: &["q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10"],
        load: group_by_questions,
    },
    Group { names: &["j1", "j2", "j3", "j4", "j5"], load: join_questions },
    Group { names: &["large-groups", "large-sort"], load: larger_than_memory },
];

/// The time series: standard deviation of `x` by name, where `y` is positive.
fn seed(rows: Frame) -> DataFrame {
    let rows = rows.filter(col("y").gt(lit(0.0)));
    rows.group_by(["name"]).agg([col("x").std(1)]).compute().expect("nothing fails")
}

fn seed_by_polars(rows: LazyFrame) -> LazyFrame {
    rows.filter(col("y").gt(lit(0.0))).group_by([col("name")]).agg([col("x").std(1)])
}

fn seed_in_memory(data: &Data) -> Vec<Work> {
    let folder = data.days();
    let files = Frame::read_parquet(&folder).build().expect("files that were written");
    let (frame, whole) = (files.persist().expect("nothing fails"), table(&folder));
    vec![Work {
        name: "seed",
        target: 1.3,
        lazy: Box::new(move || seed(frame.clone())),
        polars: Box::new(move || seed_by_polars(whole.clone().lazy())),
        written: None,
    }]
}

fn seed_in_files(data: &Data) -> Vec<Work> {
    let of_parquet = |name, folder: PathBuf| {
        let again = folder.clone();
        Work {
            name,
            target: 1.3,
            lazy: Box::new(move || seed(frame(&folder))),
            polars: Box::new(move || seed_by_polars(scan(&again))),
            written: None,
        }
    };
    let csv = data.days_as_csv();
    let pattern = PlRefPath::try_from_path(&csv.join("*.csv")).expect("a path of text");
    vec![
        of_parquet("seed-parquet", data.days()),
        Work {
            name: "seed-csv",
            target: 1.2,
            lazy: Box::new(move || seed(Frame::read_csv(&csv).build().expect("files of CSV"))),
            polars: Box::new(move || {
                let rows = LazyCsvReader::new(pattern.clone()).finish();
                seed_by_polars(rows.expect("files of CSV"))
            }),
            written: None,
        },
        of_parquet("seed-many", data.many_days()),
    ]
}

/// Those of db-benchmark.
fn group_by_questions(data: &Data) -> Vec<Work> {
    let whole = table(&data.groups());
    let frame = Frame::from_polars(whole.clone(), data.partitions);
    let question = |name, target, keys: &[&str], aggs: Vec<Expr>| {
        let (frame, whole) = (frame.clone(), whole.clone());
        let keys: Vec<Expr> = keys.iter().map(|key| col(*key)).collect();
        let (keys_again, aggs_again) = (keys.clone(), aggs.clone());
        Work {
            name,
            target,
            lazy: Box::new(move || {
                frame.group_by(&keys).agg(&aggs).compute().expect("nothing fails")
            }),
            polars: Box::new(move || whole.clone().lazy().group_by(&keys_again).agg(&aggs_again)),
            written: None,
        }
    };
    let [v1, v2, v3] = ["v1", "v2", "v3"].map(col);
    let (sum, mean) = (Expr::sum, Expr::mean);
    let correlation = pearson_corr(v1.clone(), v2.clone());
    vec![
        question("q1", 1.5, &["id1"], vec![sum(v1.clone())]),
        question("q2", 2.5, &["id1", "id2"], vec![sum(v1.clone())]),
        question("q3", 2.0, &["id3"], vec![sum(v1.clone()), mean(v3.clone())]),
        question("q4", 1.5, &["id4"], [&v1, &v2, &v3].map(|v| mean(v.clone())).into()),
        question("q5", 2.0, &["id6"], [&v1, &v2, &v3].map(|v| sum(v.clone())).into()),
        question(
            "q6",
            1.1,
            &["id4", "id5"],
            vec![v3.clone().median().alias("median"), v3.clone().std(1).alias("std")],
        ),
        question("q7", 2.0, &["id3"], vec![(v1.clone().max() - v2.clone().min()).alias("range")]),
        question("q8", 1.5, &["id6"], vec![v3.clone().top_k(lit(2))]),
        question("q9", 2.5, &["id2", "id4"], vec![correlation.pow(lit(2)).alias("r2")]),
        question(
            "q10",
            2.0,
            &["id1", "id2", "id3", "id4", "id5", "id6"],
            vec![sum(v3), len().alias("count")],
        ),
    ]
}

/// Those of db-benchmark.
fn join_questions(data: &Data) -> Vec<Work> {
    let folder = data.joins();
    let [x, small, medium, big] =
        ["x", "small", "medium", "big"].map(|name| table(&folder.join(name)));
    let question = |name, target, right: &DataFrame, key: &'static str, how: JoinType| {
        let (x, right) = (x.clone(), right.clone());
        let n = if right.height() < x.height() { 1 } else { data.partitions };
        let frames = [(&x, data.partitions), (&right, n)];
        let [left, other] = frames.map(|(table, n)| Frame::from_polars(table.clone(), n));
        let again = how.clone();
        Work {
            name,
            target,
            lazy: Box::new(move || {
                let joined = left.join(&other, [col(key)], [col(key)], how.clone());
                joined.compute().expect("nothing fails")
            }),
            polars: Box::new(move || {
                let [x, right] = [&x, &right].map(|table| table.clone().lazy());
                x.join(right, [col(key)], [col(key)], JoinArgs::new(again.clone()))
            }),
            written: None,
        }
    };
    vec![
        question("j1", 1.5, &small, "id1", JoinType::Inner),
        question("j2", 1.5, &medium, "id2", JoinType::Inner),
        question("j3", 1.5, &medium, "id2", JoinType::Left),
        question("j4", 1.5, &medium, "id5", JoinType::Inner),
        question("j5", 2.0, &big, "id3", JoinType::Inner),
    ]
}

/// From files to files, or to a large result. Only we are told how much memory may be used.
fn larger_than_memory(data: &Data) -> Vec<Work> {
    let folder = data.large();
    let runtime = || Runtime::builder().memory_limit(data.limit).build().expect("threads start");
    let (for_groups, for_sort) = (runtime(), runtime());
    let [of_groups, of_sort, of_groups_again] = [folder.clone(), folder.clone(), folder.clone()];
    let [to, to_again, written] = [(); 3].map(|()| data.written());
    vec![
        Work {
            name: "large-groups",
            target: 1.5,
            lazy: Box::new(move || {
                let groups = frame(&of_groups).group_by(["key"]).agg(sums());
                for_groups.compute(&groups).expect("nothing fails")
            }),
            polars: Box::new(move || scan(&of_groups_again).group_by([col("key")]).agg(sums())),
            written: None,
        },
        Work {
            name: "large-sort",
            target: 1.5,
            lazy: Box::new(move || {
                let sorted = frame(&of_sort).sort(["x"], SortMultipleOptions::default());
                let write = sorted.write_parquet(&to).overwrite(true);
                for_sort.compute(&write).expect("nothing fails");
                DataFrame::empty()
            }),
            polars: Box::new(move || {
                let _ = std::fs::remove_dir_all(&to_again);
                std::fs::create_dir_all(&to_again).expect("the build folder can be written to");
                let sorted = scan(&folder).sort(["x"], SortMultipleOptions::default());
                write(sorted, &to_again.join("all.parquet"))
            }),
            written: Some((written, "x")),
        },
    ]
}

fn sums() -> [Expr; 2] {
    [cols(["x", "y"]).as_expr().sum(), len()]
}

/// A plan that writes a file, and gives no rows.
fn write(rows: LazyFrame, file: &Path) -> LazyFrame {
    let file = PlRefPath::try_from_path(file).expect("a path of text");
    let to = SinkDestination::File { target: SinkTarget::Path(file) };
    let format = FileWriteFormat::Parquet(Arc::new(ParquetWriteOptions::default()));
    rows.sink(to, format, UnifiedSinkArgs::default()).expect("a plan that writes")
}

fn frame(folder: &Path) -> Frame {
    Frame::read_parquet(folder).build().expect("files that were written")
}

pub(crate) fn scan(folder: &Path) -> LazyFrame {
    let pattern = PlRefPath::try_from_path(&folder.join("*.parquet")).expect("a path of text");
    LazyFrame::scan_parquet(pattern, ScanArgsParquet::default()).expect("files that were written")
}

/// All rows, in one piece.
fn table(folder: &Path) -> DataFrame {
    let mut rows = scan(folder).collect().expect("files that were written");
    rows.rechunk_mut();
    rows
}
