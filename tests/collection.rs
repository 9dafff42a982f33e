//! Everything that can be computed, kept and asked about.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lazy_runtime::prelude::*;
use lazy_runtime::{Compute, Error, Outputs, Result, Results, Runtime, optimize, visualize};
use tests::{Log, both};

#[delayed]
fn make(n: i64, log: &Log) -> i64 {
    log.note(format!("make {n}"));
    n
}

#[test]
fn tuples_run_shared_work_once() {
    both(|_| {
        let log = Log::new();
        let x = make(1, log.clone());
        let (a, b) = (&x, &x + 1).compute().unwrap();
        assert_eq!((a, b, log.len()), (1, 2, 1));
        let (one,) = (x,).compute().unwrap();
        assert_eq!(one, 1);
    });
}

#[test]
fn twelve_together() {
    both(|_| {
        let d = delayed;
        let all = (d(0), d(1), d(2), d(3), d(4), d(5), d(6), d(7), d(8), d(9), d(10), d(11));
        assert_eq!(all.compute().unwrap(), (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
    });
}

#[test]
fn lists_arrays_and_options() {
    both(|_| {
        let x = delayed(1) + 1;
        assert_eq!(vec![x.clone(), x.clone()].compute().unwrap(), [2, 2]);
        assert_eq!([&x, &x].compute().unwrap(), [2, 2]);
        assert_eq!([x.clone(), x.clone()][..].compute().unwrap(), [2, 2]);
        assert_eq!(Some(&x).compute().unwrap(), Some(2));
        assert_eq!(None::<Delayed<i32>>.compute().unwrap(), None);
        assert!(Vec::<Delayed<i32>>::new().compute().unwrap().is_empty());
        assert_eq!(Box::new(x).compute().unwrap(), 2);
    });
}

#[test]
fn maps_compute_their_values() {
    both(|_| {
        let table: HashMap<String, Delayed<i64>> =
            (0..100).map(|n| (n.to_string(), delayed(n) * n)).collect();
        let expected: HashMap<String, i64> = (0..100).map(|n| (n.to_string(), n * n)).collect();
        assert_eq!(table.compute().unwrap(), expected);
        let kept = table.persist().unwrap();
        assert_eq!((kept.graph().n_tasks(), kept.compute().unwrap()), (0, expected));
        let tree = BTreeMap::from([(1, delayed('a')), (2, delayed('b'))]);
        assert_eq!(tree.compute().unwrap(), BTreeMap::from([(1, 'a'), (2, 'b')]));
    });
}

#[test]
fn nested_collections_keep_their_shape() {
    both(|_| {
        let x = delayed(1);
        let nested =
            (vec![(&x, Some(&x + 1))], [[x.clone(), &x * 3]], BTreeMap::from([("k", vec![&x])]));
        let expected = (vec![(1, Some(2))], [[1, 3]], BTreeMap::from([("k", vec![1])]));
        assert_eq!(nested.compute().unwrap(), expected);
        assert_eq!(nested.persist().unwrap().compute().unwrap(), expected);
    });
}

#[test]
fn plain_values_pass_through() {
    both(|_| {
        let mixed = (1, delayed(2), "three", 4.0, String::from("five"), ());
        assert_eq!(mixed.compute().unwrap(), (1, 2, "three", 4.0, "five".to_string(), ()));
        assert_eq!(vec![(0, delayed('a'))].compute().unwrap(), [(0, 'a')]);
        assert_eq!((1_i64).compute().unwrap(), 1);
        assert!((1, "two").graph().is_empty());
    });
}

#[test]
fn an_output_asked_for_twice_is_made_once() {
    both(|_| {
        let log = Log::new();
        let x = make(7, log.clone());
        let text = x.map(|n| n.to_string());
        let all = (text.clone(), vec![text.clone(), text], x);
        assert_eq!(all.compute().unwrap(), ("7".into(), vec!["7".into(), "7".into()], 7));
        assert_eq!(log.len(), 1);
    });
}

#[test]
fn persist_runs_once_and_keeps_the_value() {
    both(|_| {
        let log = Log::new();
        let kept = make(1, log.clone()).persist().unwrap();
        assert_eq!(log.len(), 1);
        let more = &kept + 1;
        assert_eq!((kept.compute().unwrap(), more.compute().unwrap()), (1, 2));
        assert_eq!(log.len(), 1);
        assert_eq!((kept.graph().len(), kept.graph().n_tasks()), (1, 0));
    });
}

#[test]
fn what_was_built_before_a_persist_computes_anew() {
    both(|_| {
        let log = Log::new();
        let x = make(1, log.clone());
        let before = &x + 1;
        let kept = x.persist().unwrap();
        assert_eq!((before.compute().unwrap(), x.compute().unwrap()), (2, 1));
        assert_eq!(log.len(), 3);
        drop(kept);
    });
}

#[test]
fn persist_keeps_keys_names_and_places() {
    both(|_| {
        let log = Log::new();
        let x = make(1, log.clone());
        let kept = x.persist().unwrap();
        assert_eq!((kept.key(), kept.name(), kept.location()), (x.key(), "make", x.location()));
        let again = kept.persist().unwrap();
        assert_eq!((again.key(), log.len()), (x.key(), 1));
    });
}

#[test]
fn persist_shares_work_and_keeps_the_shape() {
    both(|_| {
        let log = Log::new();
        let x = make(1, log.clone());
        let (a, rest) = (x.clone(), vec![Some(&x + 1), None]).persist().unwrap();
        assert_eq!(log.len(), 1);
        assert_eq!((&a, &rest).graph().n_tasks(), 0);
        assert_eq!((a, rest).compute().unwrap(), (1, vec![Some(2), None]));
    });
}

#[test]
fn a_value_named_twice_is_persisted_as_one() {
    both(|_| {
        let text = delayed(7).map(|n| n.to_string());
        let (a, b) = (&text, &text).persist().unwrap();
        let (a, b) = (a.compute_shared().unwrap(), b.compute_shared().unwrap());
        assert!(Arc::ptr_eq(&a, &b));
        assert_eq!(*a, "7");
    });
}

#[test]
fn values_that_are_not_clone_are_shared() {
    #[derive(Debug, PartialEq)]
    struct Index(Vec<u32>);
    #[delayed]
    fn build(n: u32) -> Index {
        Index((0..n).collect())
    }
    #[delayed]
    fn look_up(index: &Index, at: usize) -> u32 {
        index.0[at]
    }
    both(|_| {
        let index = build(3);
        assert_eq!(index.compute_shared().unwrap().0, [0, 1, 2]);
        let kept = index.persist().unwrap();
        let first = kept.compute_shared().unwrap();
        assert!(Arc::ptr_eq(&first, &kept.compute_shared().unwrap()));
        assert_eq!(look_up(&kept, 2).compute().unwrap(), 2);
    });
}

#[test]
fn data_is_not_copied_by_compute_shared() {
    both(|_| {
        let table = Arc::new(vec![1, 2, 3]);
        let node = lazy_runtime::delayed_shared(Arc::clone(&table));
        assert!(Arc::ptr_eq(&node.compute_shared().unwrap(), &table));
        assert!(Arc::ptr_eq(&node.persist().unwrap().compute_shared().unwrap(), &table));
    });
}

struct Report {
    title: String,
    mean: Delayed<f64>,
    rows: Vec<Delayed<i64>>,
}

impl Collection for Report {
    type Output = (String, f64, Vec<i64>);
    type Persisted = Report;

    fn outputs(&self, outputs: &mut Outputs) {
        self.mean.outputs(outputs);
        self.rows.outputs(outputs);
    }

    fn persisted(&self, results: &mut Results) -> Report {
        let mean = self.mean.persisted(results);
        Report { title: self.title.clone(), mean, rows: self.rows.persisted(results) }
    }
}

impl Compute for Report {
    fn take(&self, results: &mut Results) -> Self::Output {
        (self.title.clone(), self.mean.take(results), self.rows.take(results))
    }
}

#[test]
fn a_users_type_is_a_collection_like_any_other() {
    both(|runtime| {
        let rows = vec![delayed(1) + 1, delayed(2) * 2];
        let report = Report { title: "t".into(), mean: delayed(0.5), rows };
        let expected = ("t".to_string(), 0.5, vec![2, 4]);
        assert_eq!(report.compute().unwrap(), expected);
        assert_eq!(runtime.compute(&(&report, 1)).unwrap(), (expected.clone(), 1));
        assert_eq!((report.graph().len(), report.graph().n_tasks()), (5, 2));
        let kept = report.persist().unwrap();
        assert_eq!((kept.graph().n_tasks(), kept.compute().unwrap()), (0, expected));
    });
}

#[test]
fn optimize_drops_what_no_output_needs_and_runs_nothing() {
    both(|_| {
        let log = Log::new();
        let x = make(20, log.clone());
        let unused: Vec<_> = (0..10).map(|n| &x * n).collect();
        let out = optimize(&(&x + 1));
        assert!(log.is_empty());
        assert_eq!(
            (out.len(), out.n_tasks(), out.names()),
            (2, 2, vec!["make".into(), "add".into()])
        );
        assert_eq!(out.compute().unwrap(), 21);
        assert_eq!(out.clone().into_inner().compute().unwrap(), 21);
        drop(unused);
    });
}

/// A number that knows what is wrong with it.
#[derive(Clone)]
struct Checked {
    value: Delayed<i64>,
    mistake: Option<&'static str>,
}

#[derive(Debug)]
struct Mistake(&'static str);

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the number is {}", self.0)
    }
}

impl std::error::Error for Mistake {}

impl Collection for Checked {
    type Output = i64;
    type Persisted = Delayed<i64>;

    fn outputs(&self, outputs: &mut Outputs) {
        self.value.outputs(outputs);
    }

    fn check(&self) -> Result<()> {
        self.mistake.map_or(Ok(()), |mistake| Err(Error::invalid(Mistake(mistake))))
    }

    fn persisted(&self, results: &mut Results) -> Delayed<i64> {
        self.value.persisted(results)
    }
}

impl Compute for Checked {
    fn take(&self, results: &mut Results) -> i64 {
        self.value.take(results)
    }
}

fn checked(log: &Log, mistake: Option<&'static str>) -> Checked {
    Checked { value: make(1, log.clone()), mistake }
}

fn is_mistake<T>(result: Result<T>, what: &str) {
    let error = result.err().expect("a mistake is told");
    assert_eq!(error.to_string(), format!("the number is {what}"));
    let Error::Invalid(invalid) = &error else { panic!("{error:?}") };
    assert_eq!(invalid.source().unwrap().downcast_ref::<Mistake>().unwrap().0, what);
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.is::<Mistake>());
}

#[test]
fn what_is_not_in_order_runs_nothing() {
    both(|_| {
        let log = Log::new();
        let (good, bad) = (checked(&log, None), checked(&log, Some("odd")));
        is_mistake(bad.compute(), "odd");
        is_mistake(bad.compute_with(lazy_runtime::ComputeOptions::new()), "odd");
        is_mistake(bad.persist(), "odd");
        is_mistake(optimize(&bad).compute(), "odd");
        let handle = Runtime::current().spawn(&bad);
        assert!(handle.is_finished());
        is_mistake(handle.join(), "odd");
        is_mistake(tests::block_on(Runtime::current().spawn(&bad)), "odd");
        assert_eq!(log.len(), 0);
        assert_eq!(good.compute().unwrap(), 1);
        assert_eq!(good.persist().unwrap().compute().unwrap(), 1);
    });
}

#[test]
fn the_first_mistake_within_a_collection_is_told() {
    both(|_| {
        let log = Log::new();
        let good = || checked(&log, None);
        let bad = || checked(&log, Some("odd"));
        let worse = || checked(&log, Some("even"));
        is_mistake((good(), bad(), worse()).compute(), "odd");
        is_mistake(vec![good(), worse(), bad()].compute(), "even");
        is_mistake(vec![good(), bad()][..].compute(), "odd");
        is_mistake([good(), bad()].compute(), "odd");
        is_mistake(Some(&bad()).compute(), "odd");
        is_mistake(Box::new(bad()).compute(), "odd");
        is_mistake(HashMap::from([("a", bad())]).compute(), "odd");
        is_mistake(BTreeMap::from([(1, worse()), (2, bad())]).compute(), "even");
        is_mistake((1, "a", [(vec![Some(&bad())], &good())]).persist(), "odd");
        assert_eq!(log.len(), 0);
        assert_eq!((good(), None::<Checked>, [good()]).compute().unwrap(), (1, None, [1]));
    });
}

#[test]
fn what_is_not_in_order_is_not_drawn() {
    let bad = checked(&Log::new(), Some("odd"));
    let picture = vec![&bad].visualize();
    let dot = picture.to_dot();
    assert!(dot.contains("the number is odd") && !dot.contains("make"), "{dot}");
    let svg = picture.clone().title("ours").to_svg();
    assert!(svg.contains(">ours: the number is odd<") && !svg.contains("make"), "{svg}");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bad.svg");
    let error = picture.save(&path).unwrap_err();
    assert!(matches!(error, visualize::Error::Invalid { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("cannot write `") && text.ends_with("the number is odd"), "{text}");
    assert!(!path.exists());
}
