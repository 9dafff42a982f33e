//! Joins of partitions against joins of the whole by Polars.

mod optimised;

use lazy_runtime::prelude::*;
use polars::prelude::*;

use crate::Frame;
use crate::divisions::Divisions;
use crate::ops::held::Held;

/// A table in `n` partitions; the second, if there are more than two, is empty.
fn partitions(table: &DataFrame, n: usize) -> Frame {
    frame(slices(table, n), None)
}

fn slices(table: &DataFrame, n: usize) -> Vec<DataFrame> {
    let rows = table.height();
    let mut bounds: Vec<_> = (0..=n).map(|i| i * rows / n).collect();
    if n > 2 {
        bounds[2] = bounds[1];
    }
    bounds.windows(2).map(|b| table.slice(b[0] as i64, b[1] - b[0])).collect()
}

fn frame(slices: Vec<DataFrame>, divisions: Option<Divisions>) -> Frame {
    let schema = slices[0].schema().clone();
    let at = std::panic::Location::caller();
    let partitions = slices.into_iter().map(delayed).collect();
    Frame::new(Ok(Held::plan("from-polars", partitions, None, schema, divisions, at)))
}

fn sorted(table: DataFrame) -> DataFrame {
    let columns: Vec<_> = table.get_column_names_owned();
    table.sort(columns, SortMultipleOptions::default()).unwrap()
}

fn assert_same_rows(found: DataFrame, expected: LazyFrame, what: &str) {
    let expected = expected.collect().unwrap();
    assert_eq!(found.schema(), expected.schema(), "{what}");
    let (found, expected) = (sorted(found), sorted(expected));
    assert!(found.equals_missing(&expected), "{what}: found {found}, expected {expected}");
}

fn left() -> DataFrame {
    df![
        "k" => [Some(1i32), Some(2), None, Some(2), Some(5), Some(3), None, Some(1), Some(9), Some(4)],
        "s" => [Some("a"), Some("b"), Some("a"), None, Some("c"), Some("a"), Some("b"), Some("a"), None, Some("d")],
        "v" => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        "l" => [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5],
    ]
    .unwrap()
}

fn right() -> DataFrame {
    df![
        "k" => [Some(2i64), Some(1), Some(7), None, Some(2), Some(5), Some(8), None],
        "s" => [Some("b"), Some("a"), None, Some("a"), Some("x"), None, Some("d"), Some("b")],
        "v" => [10, 11, 12, 13, 14, 15, 16, 17],
        "r" => [true, false, true, false, true, false, true, false],
    ]
    .unwrap()
}

const LAYOUTS: [(usize, usize); 4] = [(1, 1), (1, 4), (5, 1), (3, 2)];

fn types() -> Vec<JoinArgs> {
    use JoinType::*;
    let mut all: Vec<_> =
        [Inner, Left, Right, Full, Semi, Anti].into_iter().map(JoinArgs::new).collect();
    all.push(JoinArgs::new(Full).with_coalesce(JoinCoalesce::CoalesceColumns));
    all.push(JoinArgs::new(Left).with_coalesce(JoinCoalesce::KeepColumns));
    all.push(JoinArgs::new(Right).with_coalesce(JoinCoalesce::KeepColumns));
    all
}

/// Each type of join in each layout.
fn assert_as_polars(left: &DataFrame, right: &DataFrame, on: [&[Expr]; 2], all: &[JoinArgs]) {
    assert_in_layouts(&LAYOUTS, left, right, on, all);
}

fn assert_in_layouts(
    layouts: &[(usize, usize)],
    left: &DataFrame,
    right: &DataFrame,
    on: [&[Expr]; 2],
    all: &[JoinArgs],
) {
    for args in all {
        let whole = left.clone().lazy().join(
            right.clone().lazy(),
            on[0].to_vec(),
            on[1].to_vec(),
            args.clone(),
        );
        for &(n, m) in layouts {
            let (left, right) = (partitions(left, n), partitions(right, m));
            let joined = left.join(&right, on[0], on[1], args.clone());
            let what = format!("{args:?} of {n} and {m} partitions on {:?}", on[0]);
            assert_same_rows(joined.compute().unwrap(), whole.clone(), &what);
        }
    }
}

#[test]
fn divisions_are_not_kept_where_rows_of_the_other_side_are() {
    let left = Frame::from_polars(df!["k" => [1, 3], "a" => [1, 2]].unwrap(), 1).set_sorted("a");
    let right = Frame::from_polars(df!["k" => [3, 5], "b" => [1, 2]].unwrap(), 1);
    for how in [JoinType::Full, JoinType::Right] {
        let joined = left.join(&right, "k", "k", how);
        assert_eq!(joined.divisions(), None);
    }
    let kept = left.join(&right, "k", "k", JoinType::Left).repartition_divisions([1, 2, 3]);
    assert_eq!(kept.compute().unwrap().height(), 2);
}

#[test]
fn partitions_join_as_the_whole_does_with_nulls_and_duplicates() {
    assert_as_polars(&left(), &right(), [&[col("k")], &[col("k")]], &types());
}

#[test]
fn few_partitions_are_put_together_for_many() {
    let on: [&[Expr]; 2] = [&[col("k")], &[col("k")]];
    assert_in_layouts(&[(17, 2), (2, 17)], &left(), &right(), on, &types()[..4]);
}

#[test]
fn nulls_may_be_equal() {
    let all: Vec<_> =
        types().into_iter().map(|args| JoinArgs { nulls_equal: true, ..args }).collect();
    assert_as_polars(&left(), &right(), [&[col("s")], &[col("s")]], &all);
}

#[test]
fn keys_of_two_columns_and_suffixes() {
    let all: Vec<_> = types().into_iter().map(|a| a.with_suffix(Some("_2".into()))).collect();
    assert_as_polars(&left(), &right(), [&[col("k"), col("s")], &[col("k"), col("s")]], &all);
}

#[test]
fn numbers_of_two_types_are_compared_in_one_that_holds_both() {
    let numbers = df!["k" => [-1.5, f64::NAN, 0.0, 2.0, 3.0], "v" => [1, 2, 3, 4, 5]].unwrap();
    let others = df!["k" => [-1.5f32, f32::NAN, -0.0, 2.5, 3.0], "w" => [6, 7, 8, 9, 10]].unwrap();
    let all = [JoinType::Inner, JoinType::Anti, JoinType::Full].map(JoinArgs::new);
    assert_as_polars(&numbers, &others, [&[col("k")], &[col("k")]], &all);
    let others = df!["k" => [-1i8, 3, 5, 4], "w" => [6, 7, 8, 9]].unwrap();
    let negative = [col("v").cast(DataType::Int64) - lit(2)];
    assert_as_polars(&numbers, &others, [&negative, &[col("k")]], &all[..2]);
}

#[test]
fn keys_may_be_expressions() {
    let on: [&[Expr]; 2] = [&[col("k") % lit(3)], &[col("v") % lit(5)]];
    let all = types();
    // Polars refuses to coalesce what is no column.
    assert_as_polars(&left(), &right(), on, &all[..6]);
}

/// Sorted by `k` into partitions of known ranges: nulls in the first.
fn divided(table: &DataFrame, bounds: &[i64]) -> Frame {
    let table = sorted(
        table.clone().lazy().with_columns([col("k").cast(DataType::Int64)]).collect().unwrap(),
    );
    let n = bounds.len() - 1;
    let slice = |i: usize| {
        let from = if i == 0 { lit(true) } else { col("k").gt_eq(lit(bounds[i])) };
        let to = if i + 1 == n { lit(true) } else { col("k").lt(lit(bounds[i + 1])) };
        let nulls = if i == 0 { col("k").is_null() } else { lit(false) };
        table.clone().lazy().filter(from.and(to).or(nulls)).collect().unwrap()
    };
    let values = bounds.iter().map(|bound| AnyValue::Int64(*bound)).collect();
    frame((0..n).map(slice).collect(), Some(Divisions::new("k", values)))
}

#[test]
fn ranges_of_known_divisions_meet() {
    let (left, right) = (left(), right());
    let layouts: [(&[i64], &[i64], usize); 5] = [
        (&[1, 3, 9], &[1, 3, 9], 2),
        (&[1, 2, 4, 9], &[0, 2, 5, 8], 6),
        (&[1, 5, 9], &[1, 2, 8], 4),
        (&[1, 4, 9], &[-5, 0, 1, 8], 5),
        (&[1, 4, 9], &[0, 9, 20], 4),
    ];
    let all = types();
    for args in &all {
        let left_rows = left.clone().lazy().with_columns([col("k").cast(DataType::Int64)]);
        let whole = left_rows.join(right.clone().lazy(), [col("k")], [col("k")], args.clone());
        for (a, b, most) in layouts {
            let (left, right) = (divided(&left, a), divided(&right, b));
            let joined = left.join(&right, [col("k")], [col("k")], args.clone());
            let what = format!("{args:?} of {a:?} and {b:?}");
            assert!(joined.npartitions() <= most, "{what}: {}", joined.npartitions());
            assert!(described(&joined).contains("known divisions"), "{}", described(&joined));
            assert_same_rows(joined.compute().unwrap(), whole.clone(), &what);
        }
    }
}

#[test]
fn nulls_that_are_equal_meet_wherever_they_are() {
    // Sorted with nulls last: they are in the last partition of one side, and in the first of the other.
    let (first, last) = (divided(&left(), &[1, 3, 9]), SortMultipleOptions::new());
    let last = sorted(right()).sort(["k"], last.with_nulls_last(true)).unwrap();
    let divisions = Divisions::new("k", [1, 3, 9].map(AnyValue::Int64).to_vec());
    let last = frame(vec![last.slice(0, 3), last.slice(3, 5)], Some(divisions));
    let whole = |frame: &Frame| frame.compute().unwrap().lazy();
    for how in [JoinType::Inner, JoinType::Full] {
        let args = JoinArgs { nulls_equal: true, ..JoinArgs::new(how) };
        let joined = first.join(&last, "k", "k", args.clone()).compute().unwrap();
        let expected = whole(&first).join(whole(&last), [col("k")], [col("k")], args);
        assert_same_rows(joined, expected, "nulls apart");
    }
}

#[test]
fn divisions_of_another_type_are_no_help() {
    let other = |bounds: Vec<AnyValue<'static>>| {
        let k = col("k").cast(DataType::Int64);
        let table = left().lazy().with_columns([k]).collect().unwrap();
        frame(slices(&table, 2), Some(Divisions::new("k", bounds)))
    };
    let right = divided(&right(), &[1, 3, 9]);
    let null = vec![AnyValue::Null, AnyValue::Int64(3), AnyValue::Int64(9)];
    for bounds in [[1, 3, 9].map(AnyValue::Int32).to_vec(), null] {
        let joined = other(bounds).inner_join(&right, "k", "k");
        assert!(described(&joined).contains("shuffled"), "{}", described(&joined));
    }
}

#[test]
fn rows_of_the_other_side_are_within_no_divisions() {
    let other = frame(vec![df!["k" => [5i64, 20], "r" => [1, 2]].unwrap()], None);
    let third = df!["k" => [0i64, 5, 12, 20], "z" => [1, 2, 3, 4]].unwrap();
    let coalesced = JoinArgs::new(JoinType::Full).with_coalesce(JoinCoalesce::CoalesceColumns);
    let joined = divided(&left(), &[1, 9]).join(&other, "k", "k", coalesced);
    assert_eq!(joined.divisions(), None);
    let found = joined.left_join(&divided(&third, &[0, 10, 20]), "k", "k");
    let expected = joined.compute().unwrap().lazy().left_join(third.lazy(), col("k"), col("k"));
    assert_same_rows(found.compute().unwrap(), expected, "beside a third");
    // Where a row of the right side has no match, the column that is divided is null.
    let right = divided(&left(), &[1, 9]).join(&other, "v", "r", JoinType::Right);
    assert_eq!(right.divisions(), None);
    let left = divided(&left(), &[1, 9]).join(&other, "k", "k", JoinType::Left);
    assert!(left.divisions().is_some());
}

#[test]
fn categories_may_be_divisions() {
    let ordered = FrozenCategories::new(["c", "b", "a"]).unwrap();
    for dtype in
        [DataType::from_categories(Categories::global()), DataType::from_frozen_categories(ordered)]
    {
        let keys = df!["k" => ["a", "b", "c", "b"], "v" => [1, 2, 3, 4]].unwrap().lazy();
        let table = keys.with_columns([col("k").cast(dtype)]).collect().unwrap();
        let bounds = table.column("k").unwrap().as_materialized_series().unique().unwrap();
        let bounds = bounds.sort(SortOptions::default()).unwrap();
        let divided = partitions(&table, 2).set_divisions("k", bounds.clone());
        let ends = bounds.take(&IdxCa::from_vec("k".into(), vec![0, 2])).unwrap();
        let whole = || table.clone().lazy();
        let cut = divided.repartition_divisions(ends);
        assert_same_rows(cut.compute().unwrap(), whole(), "cut");
        let joined = divided.inner_join(&divided, "k", "k").compute().unwrap();
        assert_same_rows(joined, whole().inner_join(whole(), col("k"), col("k")), "joined");
        let error = divided.repartition_time("1d").schema().unwrap_err().to_string();
        assert!(error.contains("which is no time"), "{error}");
    }
}

#[test]
fn ranges_that_do_not_overlap_give_no_rows() {
    let (left, right) = (divided(&left(), &[1, 4, 9]), divided(&right(), &[20, 30, 40]));
    // What the divisions say is believed: no row is looked at.
    let joined = left.inner_join(&right, "k", "k");
    assert_eq!((joined.npartitions(), joined.compute().unwrap().height()), (1, 0));
}

fn described(frame: &Frame) -> String {
    frame.plan().unwrap().operator().describe()
}

#[test]
fn the_plan_says_how_partitions_meet() {
    let of = |n, m, how: JoinType| {
        let (left, right) = (partitions(&left(), n), partitions(&right(), m));
        let joined = left.join(&right, [col("k")], [col("k")], how);
        (described(&joined), joined.npartitions())
    };
    let whole = "each partition of the left side meets the whole right side";
    assert_eq!(of(5, 1, JoinType::Left), (format!("left on col(\"k\"); {whole}"), 5));
    assert_eq!(of(17, 2, JoinType::Inner).0, format!("inner on col(\"k\"); {whole}"));
    let shuffled = "full on col(\"k\"); both sides are shuffled by key into 5 partitions";
    assert_eq!(of(5, 1, JoinType::Full), (shuffled.to_owned(), 5));
    assert!(of(1, 5, JoinType::Left).0.contains("shuffled"));
    assert!(of(1, 5, JoinType::Right).0.contains("meets the whole left side"));
    assert!(of(16, 2, JoinType::Inner).0.contains("shuffled"));
}

#[test]
fn a_step_before_a_join_is_part_of_its_task() {
    let (left, right) = (partitions(&left(), 4), partitions(&right(), 1));
    let joined = left.filter(col("v").gt(lit(2))).inner_join(&right, "k", "k");
    assert_eq!(joined.graph().n_tasks(), 4);
}

#[test]
fn a_side_that_is_shuffled_by_the_key_stays() {
    let (left, right) = (partitions(&left(), 3), partitions(&right(), 4));
    let shuffled = left.cast([("k", DataType::Int64)]).shuffle(["k"], Some(3));
    let joined = shuffled.full_join(&right, "k", "k");
    // A shuffle of p partitions into n takes p + n + 2 tasks.
    assert_eq!(joined.graph().n_tasks(), (3 + 3 + 2) + (4 + 3 + 2) + 3);
    let whole = left.cast([("k", DataType::Int64)]).compute().unwrap().lazy();
    let whole = whole.full_join(right.compute().unwrap().lazy(), col("k"), col("k"));
    assert_same_rows(joined.compute().unwrap(), whole, "shuffled before");
}

#[test]
fn partitions_after_a_join_have_all_of_a_key_or_say_nothing() {
    for args in types() {
        let joined = partitions(&left(), 3).join(&partitions(&right(), 2), "s", "s", args.clone());
        let whole = left().lazy().join(right().lazy(), [col("s")], [col("s")], args.clone());
        let names = joined.schema().unwrap();
        for key in ["s", "s_right", "v"].into_iter().filter(|name| names.contains(name)) {
            // Rows that are alone with their key, which partitions tell that have all of each key.
            let keep = UniqueKeepStrategy::None;
            let found = joined.unique(Some(&[key]), keep).compute().unwrap();
            let expected = whole.clone().unique(Some(by_name([key], true, false)), keep);
            assert_same_rows(found, expected, &format!("{args:?} by {key}"));
        }
    }
}

#[test]
fn all_rows_meet_all_rows() {
    for (n, m) in [(1, 1), (3, 1), (2, 3)] {
        let joined = partitions(&left(), n).cross_join(&partitions(&right(), m), Some("_b".into()));
        let whole = left().lazy().cross_join(right().lazy(), Some("_b".into()));
        assert_eq!(joined.npartitions(), n.max(m));
        assert_same_rows(joined.compute().unwrap(), whole, "cross");
    }
}

#[test]
fn sides_without_rows_and_without_matches() {
    let (empty, other) = (left().clear(), right().lazy().with_columns([col("k") + lit(100)]));
    let other = other.collect().unwrap();
    assert_as_polars(&empty, &right(), [&[col("k")], &[col("k")]], &types()[..6]);
    assert_as_polars(&left(), &right().clear(), [&[col("k")], &[col("k")]], &types()[..6]);
    assert_as_polars(&left(), &other, [&[col("k")], &[col("k")]], &types()[..6]);
}

#[test]
fn a_frame_joins_itself() {
    let frame = partitions(&left(), 3).filter(col("v").gt(lit(0)));
    let rows = left().lazy().filter(col("v").gt(lit(0)));
    let whole = rows.clone().inner_join(rows, col("s"), col("s"));
    assert_same_rows(frame.inner_join(&frame, "s", "s").compute().unwrap(), whole, "itself");
}

#[test]
fn validation_sees_all_rows_of_a_key() {
    let unique = df!["k" => [1i64, 2, 3, 5], "u" => [1, 2, 3, 4]].unwrap();
    let of = |left: &DataFrame, right: &DataFrame, n, m, validation| {
        let args = JoinArgs { validation, ..JoinArgs::new(JoinType::Inner) };
        partitions(left, n).join(&partitions(right, m), [col("k")], [col("k")], args).compute()
    };
    let right = right().lazy().filter(col("k").is_not_null()).collect().unwrap();
    for (n, m) in [(1, 1), (1, 4), (4, 1), (4, 2)] {
        assert!(of(&right, &unique, n, m, JoinValidation::ManyToOne).is_ok());
        assert!(of(&unique, &right, n, m, JoinValidation::OneToMany).is_ok());
        let error = of(&right, &unique, n, m, JoinValidation::OneToMany).unwrap_err().to_string();
        assert!(error.contains("join keys did not fulfill 1:m validation"), "{error}");
        assert!(of(&unique, &right, n, m, JoinValidation::ManyToOne).is_err());
        assert!(of(&unique, &right, n, m, JoinValidation::OneToOne).is_err());
    }
}

#[test]
fn order_is_kept_or_refused() {
    let args = |order| JoinArgs { maintain_order: order, ..JoinArgs::new(JoinType::Inner) };
    let of = |n, m, order| {
        let (left, right) = (partitions(&left(), n), partitions(&right(), m));
        left.join(&right, [col("s")], [col("s")], args(order)).compute()
    };
    use MaintainOrderJoin::*;
    for (n, m, order) in
        [(4, 1, Left), (4, 1, LeftRight), (1, 4, Right), (1, 4, RightLeft), (1, 1, Right)]
    {
        let whole = left().lazy().join(right().lazy(), [col("s")], [col("s")], args(order));
        let whole = whole.collect().unwrap();
        assert!(of(n, m, order).unwrap().equals_missing(&whole), "{n} {m} {order:?}");
    }
    let error = of(1, 4, Left).unwrap_err().to_string();
    assert!(error.contains("join: the order of rows cannot be kept, as"), "{error}");
    assert!(of(4, 4, Right).is_err());
}

#[test]
fn mistakes_name_the_side_and_its_columns() {
    let (left, right) = (partitions(&left(), 2), partitions(&right(), 2));
    let error = |frame: Frame| frame.schema().unwrap_err().to_string();
    let missing = error(left.inner_join(&right, "k", "x"));
    assert!(
        missing.starts_with(
            "join: the right side: there is no column `x`; the columns are k: i64, s: str, v: i32, r: bool\n"
        ),
        "{missing}"
    );
    assert!(
        error(left.left_join(&right, "x", "k")).contains("the left side: there is no column `x`")
    );
    let types = error(left.inner_join(&right, "s", "k"));
    assert!(
        types.contains(
            "the left key `col(\"s\")` is str, the right key `col(\"k\")` is i64: cast one of them"
        ),
        "{types}"
    );
    let number = error(left.join(&right, [col("k"), col("s")], [col("k")], JoinType::Inner));
    assert!(number.contains("2 keys of the left side against 1 of the right"), "{number}");
    let none = error(left.join(&right, &[] as &[Expr], &[] as &[Expr], JoinType::Inner));
    assert!(none.contains("there is no key"), "{none}");
    let total = error(left.inner_join(&right, col("v").sum(), col("v")));
    assert!(total.contains("the left side: the key `col(\"v\").sum()` needs more than"), "{total}");
    let taken = left.rename("l", "v_right").inner_join(&right, "k", "k");
    assert!(error(taken).contains("`suffix`"));
}

#[test]
fn numbers_that_only_128_bits_hold_both_are_keys() {
    let key = || col("k").cast(DataType::UInt64);
    let (left, right) = (left(), right());
    let some = |table: &DataFrame| table.clone().lazy().filter(col("k").gt_eq(lit(0)));
    let (left, right) = (some(&left).collect().unwrap(), some(&right).collect().unwrap());
    let ours = partitions(&left, 3).inner_join(&partitions(&right, 2), key(), "k");
    let theirs = left.lazy().inner_join(right.lazy(), key(), col("k"));
    assert_same_rows(ours.compute().unwrap(), theirs, "u64 and i64");
}
