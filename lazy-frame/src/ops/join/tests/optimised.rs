//! What filters, and columns that nobody needs, are to a join.

use super::*;
use crate::plan::optimize::optimize;
use crate::plan::{Plan, Source, Wanted};

/// Partitions that are read, so that only the columns that are needed are there.
#[derive(Debug)]
struct Read(Vec<DataFrame>);

impl Source for Read {
    fn name(&self) -> &'static str {
        "read"
    }

    fn describe(&self) -> String {
        String::new()
    }

    fn schema(&self) -> &SchemaRef {
        self.0[0].schema()
    }

    fn npartitions(&self) -> usize {
        self.0.len()
    }

    fn scan(&self, partition: usize, _: &Wanted) -> PolarsResult<LazyFrame> {
        Ok(self.0[partition].clone().lazy())
    }
}

fn read(table: &DataFrame, n: usize) -> Frame {
    Frame::from_source(Read(slices(table, n)), std::panic::Location::caller())
}

/// The left rows with keys of the type of the right ones.
fn alike() -> DataFrame {
    left().lazy().with_columns([col("k").cast(DataType::Int64)]).collect().unwrap()
}

/// What a step after a join gives, optimised, and by Polars.
fn assert_step(
    args: &JoinArgs,
    what: &str,
    frames: impl Fn(Frame) -> Frame,
    plans: impl Fn(LazyFrame) -> LazyFrame,
) {
    for rows in [left(), alike()] {
        let whole = rows.clone().lazy().join(right().lazy(), [col("k")], [col("k")], args.clone());
        // Optimised with a filter after it, a right join of Polars may change the type of a key.
        let whole = whole.collect().unwrap().lazy();
        for (n, m) in [(3, 1), (3, 2)] {
            let (left, right) = (read(&rows, n), read(&right(), m));
            let found = frames(left.join(&right, "k", "k", args.clone()));
            let what = format!("{args:?} {what}");
            assert_same_rows(found.compute().unwrap(), plans(whole.clone()), &what);
        }
    }
}

#[test]
fn filters_after_a_join_keep_their_meaning() {
    for args in types() {
        let one_sided = matches!(args.how, JoinType::Semi | JoinType::Anti);
        let mut predicates = vec![
            col("k").gt(lit(1)),
            col("k").is_null(),
            col("l").gt(lit(2.0)).and(col("k").lt(lit(5))),
        ];
        if !one_sided {
            predicates.push(col("v_right").gt(lit(11)));
            predicates.push(col("r").is_null().or(col("r")));
            predicates.push(col("l").gt(lit(1.0)).and(col("r")));
            predicates.push(col("v").lt(col("v_right") - lit(9)));
        }
        if !one_sided && (!args.should_coalesce() || args.how == JoinType::Inner) {
            let key = if args.should_coalesce() { "k" } else { "k_right" };
            predicates.push(col(key).lt(lit(5)));
            predicates.push(col(key).is_null().or(col("v_right").gt(lit(14))));
        }
        for predicate in predicates {
            assert_step(
                &args,
                &predicate.to_string(),
                |frame| frame.filter(predicate.clone()),
                |plan| plan.filter(predicate.clone()),
            );
        }
    }
}

#[test]
fn a_key_that_two_others_fill_is_not_known_of_one_of_them() {
    let other = df!["a" => [Some(2i64), None], "b" => [3i64, 4], "r" => [1, 2]].unwrap();
    let args = JoinArgs::new(JoinType::Full).with_coalesce(JoinCoalesce::CoalesceColumns);
    let on = ([col("k"), col("k")], [col("a"), col("b")]);
    let joined = read(&alike(), 3).join(&read(&other, 2), &on.0, &on.1, args.clone());
    let whole = alike().lazy().join(other.lazy(), on.0, on.1, args).collect().unwrap();
    for predicate in [col("k").is_null(), col("k").gt(lit(3))] {
        let found = joined.filter(predicate.clone()).compute().unwrap();
        assert_same_rows(found, whole.clone().lazy().filter(predicate), "two for one");
    }
}

#[test]
fn columns_that_are_not_needed_change_no_name() {
    for args in types() {
        let mut selections = vec![vec!["l"], vec!["k", "v"]];
        if !matches!(args.how, JoinType::Semi | JoinType::Anti) {
            selections.extend([vec!["v_right"], vec!["r"], vec!["s_right", "v"]]);
        }
        for names in selections {
            let names: Vec<Expr> = names.into_iter().map(col).collect();
            assert_step(
                &args,
                &format!("{names:?}"),
                |frame| frame.select(&names),
                |plan| plan.select(names.clone()),
            );
        }
    }
}

/// The steps of a plan with what they say, inputs first.
fn steps(plan: &Plan) -> Vec<String> {
    let mut all: Vec<_> = plan.inputs().iter().flat_map(steps).collect();
    all.push(format!("{} {}", plan.operator().name(), plan.operator().describe()));
    all
}

#[test]
fn filters_go_to_the_sides_that_they_speak_of() {
    let (left, right) = (partitions(&alike(), 3), partitions(&right(), 2));
    let optimised = |how, predicate: Expr| {
        let joined = left.join(&right, [col("k")], [col("k")], how).filter(predicate);
        steps(&optimize(joined.plan().unwrap()))
    };
    let filters = |all: &[String]| {
        let last = all.iter().position(|step| step.starts_with("join")).unwrap();
        let filter = |step: &&String| step.starts_with("filter");
        (all[..last].iter().filter(filter).count(), all[last..].iter().filter(filter).count())
    };
    use JoinType::*;
    let key = || col("k").gt(lit(2));
    for how in [Inner, Left, Semi, Anti] {
        assert_eq!(filters(&optimised(how, key())), (2, 0));
    }
    assert_eq!(filters(&optimised(Full, key())), (0, 1));
    let coalesced = JoinArgs::new(Full).with_coalesce(JoinCoalesce::CoalesceColumns);
    let joined = left.join(&right, [col("k")], [col("k")], coalesced).filter(key());
    let coalesced = steps(&optimize(joined.plan().unwrap()));
    assert_eq!(filters(&coalesced), (2, 0));
    assert_eq!(filters(&optimised(Left, col("l").gt(lit(1.0)))), (1, 0));
    assert_eq!(filters(&optimised(Left, col("r"))), (0, 1));
    assert_eq!(filters(&optimised(Inner, col("r").and(col("l").gt(lit(1.0))))), (2, 0));
    assert_eq!(filters(&optimised(Inner, col("v").gt(col("v_right")))), (0, 1));
    let renamed = optimised(Right, col("v_right").gt(lit(11)));
    assert!(renamed.iter().any(|step| step.starts_with("filter [(col(\"v\"))")), "{renamed:?}");
}

#[test]
fn columns_that_nobody_needs_are_not_read() {
    let joined = read(&left(), 3).inner_join(&read(&right(), 2), "k", "k");
    let columns = |names: &[&str]| {
        let plan = joined.select(names);
        let all = steps(&optimize(plan.plan().unwrap()));
        let reads = all.into_iter().filter(|step| step.starts_with("read"));
        reads.map(|step| step.split("columns ").nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(columns(&["r"]), ["k", "k, r"]);
    assert_eq!(columns(&["v"]), ["k, v", "k"]);
    // The suffix is there because both sides have the column.
    assert_eq!(columns(&["v_right"]), ["k, v", "k, v"]);
}
