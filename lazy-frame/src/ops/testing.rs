//! Tables for tests, cut in every way that matters.

use lazy_runtime::delayed;
use polars::prelude::*;

use super::held::Held;
use crate::Frame;

/// Rows per partition, of 13 in all: one partition, two, seven with empty and short ones, one for each row.
pub(crate) const CUTS: [&[usize]; 4] =
    [&[13], &[6, 7], &[0, 2, 0, 1, 3, 0, 7], &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]];

/// 13 rows of many types, with nulls; `t` is sorted, with some values twice.
pub(crate) fn table() -> DataFrame {
    let gaps = [3, 5, 5, 6, 9, 14, 15, 15, 15, 21, 40, 41, 44_i64];
    let t = Series::new("t".into(), gaps.map(|minutes| minutes * 60_000_000));
    let t = t.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
    let x = [
        Some(4.0),
        None,
        Some(-2.0),
        Some(7.0),
        Some(1.0),
        None,
        None,
        None,
        Some(8.0),
        Some(-3.0),
        Some(5.0),
        Some(0.0),
        Some(6.0_f64),
    ];
    let mut table = df![
        "x" => x,
        "f" => x.map(|x| x.map(|x| x as f32 / 2.0)),
        "i" => [5, -1, 3, 3, 0, 2, -7, 1, 4, 4, 2, 9, -2_i32],
        "b" => [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13_i32],
        "s" => [Some("a"), None, Some("b"), Some("c"), None, None, Some("d"), None, None, None, None, Some("e"), None],
        "g" => ["u", "v", "u", "w", "v", "u", "u", "v", "w", "w", "u", "v", "u"],
    ]
    .unwrap();
    table.with_column(t.into()).unwrap();
    table
}

/// The table in partitions of so many rows, which the plan knows of, or not.
pub(crate) fn cut(table: &DataFrame, rows: &[usize], known: bool) -> Frame {
    let mut first = 0;
    let pieces = rows.iter().map(|n| {
        first += n;
        delayed(table.slice((first - n) as i64, *n))
    });
    let pieces: Vec<_> = pieces.collect();
    assert_eq!(first, table.height(), "all rows are in a partition");
    let at = std::panic::Location::caller();
    let rows = known.then(|| rows.to_vec());
    Frame::new(Ok(Held::values("from-polars", pieces, rows, table.schema().clone(), None, at)))
}

/// That a step over every cut of a table gives what Polars gives for the whole.
pub(crate) fn agrees(
    table: &DataFrame,
    ours: impl Fn(Frame) -> Frame,
    polars: impl Fn(LazyFrame) -> LazyFrame,
) {
    use lazy_runtime::prelude::*;
    let expected = polars(table.clone().lazy()).collect().unwrap();
    for rows in CUTS {
        for known in [true, false] {
            let found = ours(cut(table, rows, known));
            assert_eq!(found.schema().unwrap(), *expected.schema(), "{rows:?}");
            let found = found.compute().unwrap();
            assert!(found.equals_missing(&expected), "{rows:?}, known {known}: {found} {expected}");
        }
    }
}
