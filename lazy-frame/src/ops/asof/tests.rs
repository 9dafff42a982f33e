//! Joins by the nearest key, of partitions, against those of the whole by Polars.

use lazy_runtime::prelude::*;
use polars::prelude::*;

use crate::Frame;
use crate::divisions::Divisions;
use crate::ops::held::Held;

fn left() -> DataFrame {
    df![
        "t" => [0, 3, 3, 8, 10, 14, 15, 15, 21, 29, 30, 37],
        "g" => [Some("a"), Some("b"), Some("a"), Some("b"), Some("a"), None, Some("c"), Some("a"), Some("b"), Some("a"), Some("b"), Some("a")],
        "v" => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    ]
    .unwrap()
}

fn right() -> DataFrame {
    df![
        "t" => [1, 3, 3, 9, 9, 11, 18, 18, 20, 33],
        "h" => [Some("a"), Some("a"), Some("b"), Some("b"), Some("b"), Some("a"), Some("c"), Some("c"), None, Some("a")],
        "v" => [100, 101, 102, 103, 104, 105, 106, 107, 108, 109],
    ]
    .unwrap()
}

/// Cut by the bounds of `t`, whose ranges are known or not.
fn divided(table: &DataFrame, bounds: &[i32], known: bool) -> Frame {
    let n = bounds.len() - 1;
    let slice = |i: usize| {
        let below = if i + 1 == n { lit(true) } else { col("t").lt(lit(bounds[i + 1])) };
        let rows = table.clone().lazy().filter(col("t").gt_eq(lit(bounds[i])).and(below));
        delayed(rows.collect().unwrap())
    };
    let values = bounds.iter().map(|bound| AnyValue::Int32(*bound)).collect();
    let divisions = known.then(|| Divisions::new("t", values));
    let at = std::panic::Location::caller();
    let slices = (0..n).map(slice).collect();
    Frame::new(Ok(Held::plan("from-polars", slices, None, table.schema().clone(), divisions, at)))
}

fn options() -> Vec<AsOfOptions> {
    use AsofStrategy::*;
    let mut all = Vec::new();
    for strategy in [Backward, Forward, Nearest] {
        for allow_eq in [true, false] {
            let plain = AsOfOptions { strategy, allow_eq, ..Default::default() };
            let by = AsOfOptions {
                left_by: Some(vec!["g".into()]),
                right_by: Some(vec!["h".into()]),
                ..plain.clone()
            };
            let near = AsOfOptions { tolerance: Some(Scalar::from(2)), ..by.clone() };
            all.extend([plain, by, near]);
        }
    }
    all
}

const LAYOUTS: [(&[i32], &[i32]); 5] = [
    (&[0, 37], &[1, 3, 10, 33]),
    (&[0, 10, 20, 37], &[1, 33]),
    (&[0, 10, 15, 16, 37], &[1, 3, 4, 9, 18, 19, 33]),
    (&[0, 2, 37], &[1, 10, 15, 33]),
    (&[0, 30, 37], &[0, 10, 20, 33]),
];

fn by_polars(options: &AsOfOptions) -> LazyFrame {
    let how = JoinType::AsOf(Box::new(options.clone()));
    left().lazy().join(right().lazy(), [col("t")], [col("t")], JoinArgs::new(how))
}

#[test]
fn partitions_join_as_the_whole_does() {
    for options in options() {
        let expected = by_polars(&options).collect().unwrap();
        for (a, b) in LAYOUTS {
            for known in [true, false] {
                let (left, right) = (divided(&left(), a, known), divided(&right(), b, known));
                let joined = left.join_asof(&right, "t", "t", options.clone());
                let found = joined.compute().unwrap();
                assert!(
                    found.equals_missing(&expected) && found.schema() == expected.schema(),
                    "{options:?} of {a:?} and {b:?}, known {known}: {found}, expected {expected}"
                );
                assert_eq!(
                    (joined.npartitions(), joined.divisions()),
                    (a.len() - 1, left.divisions())
                );
            }
        }
    }
}

#[test]
fn right_partitions_out_of_range_give_only_their_nearest_rows() {
    let (left, right) =
        (divided(&left(), &[0, 10, 20, 37], true), divided(&right(), &[1, 9, 11, 33], true));
    let joined = left.join_asof(&right, "t", "t", AsOfOptions::default());
    let said = joined.plan().unwrap().operator().describe();
    assert_eq!(
        said,
        "backward on col(\"t\"); each partition of the left side meets those of its range"
    );
    // One each, and the last rows of the first right partition, and of the first two.
    assert_eq!(joined.graph().n_tasks(), 3 + 2);
}

#[test]
fn sides_may_have_no_rows() {
    for options in options().iter().take(3) {
        let bounds = [0, 10, 40];
        let empty = divided(&right().clear(), &bounds, true);
        let joined = divided(&left(), &bounds, true).join_asof(&empty, "t", "t", options.clone());
        let column = joined.compute().unwrap().column("v_right").unwrap().clone();
        assert_eq!((column.len(), column.null_count()), (12, 12));
        let none = divided(&left().clear(), &bounds, true);
        let joined = none.join_asof(&divided(&right(), &bounds, true), "t", "t", options.clone());
        assert_eq!(joined.compute().unwrap().shape(), (0, joined.schema().unwrap().len()));
    }
}

#[test]
fn filters_and_selections_after_it_keep_their_meaning() {
    let (left, right) =
        (divided(&left(), &[0, 10, 37], true), divided(&right(), &[1, 9, 33], true));
    for options in options().into_iter().take(3) {
        let joined = left.join_asof(&right, "t", "t", options.clone());
        let whole = by_polars(&options).collect().unwrap().lazy();
        for predicate in [col("v").gt(lit(4)), col("t").gt(lit(9)), col("v_right").gt(lit(103))] {
            let found = joined.filter(predicate.clone()).select(["v_right", "t"]);
            let expected = whole.clone().filter(predicate).select([col("v_right"), col("t")]);
            assert_eq!(found.compute().unwrap(), expected.collect().unwrap());
        }
    }
}

#[test]
fn keys_of_other_names_and_expressions() {
    let renamed = right().lazy().rename(["t"], ["u"], true).collect().unwrap();
    let (left_frame, right_frame) =
        (Frame::from_polars(left(), 3), Frame::from_polars(renamed.clone(), 2));
    for key in [col("u"), col("u") + lit(1)] {
        let how = || JoinArgs::from(JoinType::AsOf(Box::default())).with_suffix(Some("_2".into()));
        let joined = left_frame.join(&right_frame, [col("t")], [key.clone()], how());
        let expected = left().lazy().join(renamed.clone().lazy(), [col("t")], [key], how());
        assert_eq!(joined.compute().unwrap(), expected.collect().unwrap());
    }
}

#[test]
fn mistakes_are_told_before_any_task_runs() {
    let (left, right) = (divided(&left(), &[0, 10, 37], true), divided(&right(), &[1, 33], true));
    let error = |left_on, right_on, options| {
        left.join_asof(&right, left_on, right_on, options).schema().unwrap_err().to_string()
    };
    let plain = AsOfOptions::default;
    let missing = error("x", "t", plain());
    assert!(
        missing.starts_with(
            "join_asof: the left side: there is no column `x`; the columns are t: i32"
        ),
        "{missing}"
    );
    assert!(error("t", "h", plain()).contains("the right key `col(\"h\")` is str"));
    let by = AsOfOptions {
        left_by: Some(vec!["h".into()]),
        right_by: Some(vec!["h".into()]),
        ..plain()
    };
    assert!(error("t", "t", by).contains("the left side: there is no column `h`"));
    let time = AsOfOptions { tolerance_str: Some("2h".into()), ..plain() };
    assert!(error("t", "t", time).contains("use `tolerance`"));
    let near = AsOfOptions { strategy: AsofStrategy::Nearest, ..plain() };
    assert!(error("g", "h", near).starts_with("join_asof: "));
}
