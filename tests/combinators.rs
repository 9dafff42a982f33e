//! Tasks made without a function of one's own.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::num::ParseIntError;

use lazy_runtime::prelude::*;
use lazy_runtime::{Error, MissingItem, NothingToReduce, call, collect, reduce, try_call};
use tests::{Log, both};

#[delayed]
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(String::from).collect()
}

/// The error that the task which failed returned, as text.
#[track_caller]
fn source<T: std::fmt::Debug>(result: lazy_runtime::Result<T>) -> String {
    match result {
        Err(Error::Task(e)) => e.source().expect("a task that failed says why").to_string(),
        other => panic!("expected a task to fail, got {other:?}"),
    }
}

#[test]
fn map_gets_the_value() {
    both(|_| {
        let log = Log::new();
        let told = log.clone();
        let mapped = words("b a").map(move |mut words| {
            told.note("map");
            words.sort();
            words
        });
        assert!(log.is_empty());
        assert_eq!(mapped.compute().unwrap(), ["a", "b"]);
        assert_eq!(log.events(), ["map"]);
    });
}

#[test]
fn map_ref_borrows_what_is_not_clone() {
    struct Index(Vec<u32>);
    both(|_| {
        let index = delayed(Index(vec![1, 2, 3]));
        assert_eq!(index.map_ref(|index| index.0.len()).compute().unwrap(), 3);
    });
}

#[test]
fn and_then_fails_with_its_error() {
    both(|_| {
        let parse = |text: String| text.parse::<i64>();
        assert_eq!(delayed("12".to_string()).and_then(parse).compute().unwrap(), 12);
        let failed = delayed("twelve".to_string()).and_then(parse).compute();
        match failed {
            Err(Error::Task(e)) => {
                assert_eq!(e.task_name(), "and_then");
                assert!(e.source().unwrap().downcast_ref::<ParseIntError>().is_some());
            }
            other => panic!("expected a task to fail, got {other:?}"),
        }
    });
}

#[test]
fn zip_brings_two_values_together() {
    both(|_| {
        let both = words("a b").zip(&delayed(2));
        assert_eq!(both.compute().unwrap(), (vec!["a".to_string(), "b".to_string()], 2));
        let x = delayed("x".to_string());
        assert_eq!(x.zip(&x).compute().unwrap(), ("x".to_string(), "x".to_string()));
    });
}

#[test]
fn unzip_gives_each_part_a_node() {
    #[delayed]
    fn split(xs: Vec<i64>, log: &Log) -> (Vec<i64>, Vec<i64>) {
        log.note("split");
        xs.into_iter().partition(|x| x % 2 == 0)
    }
    both(|_| {
        let log = Log::new();
        let (even, odd) = split(vec![1, 2, 3, 4], log.clone()).unzip();
        assert!(log.is_empty());
        assert_eq!((&even, &odd).compute().unwrap(), (vec![2, 4], vec![1, 3]));
        assert_eq!(log.len(), 1, "one run makes the tuple once");
        assert_eq!(odd.compute().unwrap(), [1, 3]);
    });
}

#[test]
fn unzip_takes_one_to_twelve_parts() {
    both(|_| {
        let (only,) = delayed((1,)).unzip();
        assert_eq!(only.compute().unwrap(), 1);
        let all = delayed((0, 1_u8, 2_i64, 3.0, "4", '5', 6, true, 8, 9, 10, "11".to_string()));
        let (a, b, c, d, e, f, g, h, i, j, k, l) = all.unzip();
        let parts = (a, b, c, d, e, f, g, h, i, j, k, l).compute().unwrap();
        assert_eq!(parts, (0, 1, 2, 3.0, "4", '5', 6, true, 8, 9, 10, "11".to_string()));
    });
}

#[test]
fn get_takes_items_of_lists_and_maps() {
    both(|_| {
        let list = delayed(vec![10, 11, 12]);
        assert_eq!((list.get(0) + list.get(2)).compute().unwrap(), 22);
        assert_eq!(delayed([1, 2]).get(1).compute().unwrap(), 2);
        assert_eq!(delayed(VecDeque::from([1, 2])).get(1).compute().unwrap(), 2);
        let table = delayed(HashMap::from([("a".to_string(), 1)]));
        assert_eq!(table.get("a".to_string()).compute().unwrap(), 1);
        assert_eq!(delayed(BTreeMap::from([(7, 'x')])).get(7).compute().unwrap(), 'x');
    });
}

#[test]
fn a_missing_item_is_an_error_at_compute() {
    both(|_| {
        let list = words("a b");
        let item = list.get(2);
        assert_eq!(source(item.compute()), "there is no item 2 among 2");
        let table = delayed(BTreeMap::from([("a", 1)]));
        let Err(Error::Task(e)) = table.get("b").compute() else { panic!("there is no such item") };
        assert_eq!(e.task_name(), "get");
        assert!(e.source().unwrap().downcast_ref::<MissingItem>().is_some());
        assert!(e.to_string().ends_with("there is no item \"b\" among 1"), "{e}");
    });
}

#[test]
fn flatten_computes_what_a_task_planned() {
    #[delayed]
    fn plan(n: i64, log: &Log) -> Delayed<i64> {
        log.note("plan");
        let log = log.clone();
        delayed(n).map(move |n| {
            log.note("inner");
            n * 2
        })
    }
    both(|_| {
        let log = Log::new();
        let planned = plan(21, log.clone());
        assert_eq!((planned.flatten() + 1).compute().unwrap(), 43);
        assert_eq!(log.events(), ["plan", "inner"]);
    });
}

#[test]
fn a_delayed_result_that_is_not_flattened_is_a_handle() {
    #[delayed]
    fn plan(n: i64) -> Delayed<i64> {
        delayed(n) * 2
    }
    both(|_| {
        let inner: Delayed<i64> = plan(21).compute().unwrap();
        assert_eq!(inner.compute().unwrap(), 42);
    });
}

#[test]
fn flatten_takes_results_and_options_apart() {
    #[delayed(infallible)]
    fn parse(text: &str) -> Result<i64, ParseIntError> {
        text.parse()
    }
    #[delayed]
    fn first(text: &str) -> Option<char> {
        text.chars().next()
    }
    both(|_| {
        assert_eq!(parse("7").flatten().compute().unwrap(), 7);
        assert_eq!(source(parse("x").flatten().compute()), "invalid digit found in string");
        assert_eq!(first("abc").flatten().compute().unwrap(), 'a');
        assert_eq!(source(first("").flatten().compute()), "the value is `None`");
    });
}

#[test]
fn what_is_wrapped_need_not_be_clone_when_it_is_used_once() {
    #[derive(Debug)]
    struct Refusal; // not `Clone`
    impl std::fmt::Display for Refusal {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("refused")
        }
    }
    impl std::error::Error for Refusal {}
    #[delayed(infallible)]
    fn refuse() -> Result<i64, Refusal> {
        Err(Refusal)
    }
    both(|_| {
        let Err(Error::Task(e)) = refuse().flatten().compute() else { panic!("it refuses") };
        assert!(e.source().unwrap().downcast_ref::<Refusal>().is_some());
    });
}

#[test]
fn sums_and_products_of_owned_and_borrowed_handles() {
    both(|_| {
        let parts: Vec<Delayed<u64>> = (1..=20).map(delayed).collect();
        let sum: Delayed<u64> = parts.iter().sum();
        let product: Delayed<u64> = parts.into_iter().product();
        assert_eq!((sum, product).compute().unwrap(), (210, 2_432_902_008_176_640_000));
    });
}

#[test]
fn an_empty_sum_is_neutral_and_a_sum_of_one_is_itself() {
    both(|_| {
        let sum: Delayed<i64> = std::iter::empty::<Delayed<i64>>().sum();
        let product: Delayed<f64> = std::iter::empty::<Delayed<f64>>().product();
        assert_eq!((sum, product).compute().unwrap(), (0, 1.0));
        let one = delayed(5);
        assert_eq!([one.clone()].into_iter().sum::<Delayed<i32>>().key(), one.key());
    });
}

#[test]
fn a_sum_is_a_balanced_tree() {
    let parts: Vec<Delayed<i64>> = (0..1_000).map(|n| delayed(n) + 1).collect();
    let sum: Delayed<i64> = parts.into_iter().sum();
    assert!(sum.graph().critical_path() <= 1 + 10, "{}", sum.graph().critical_path());
    assert_eq!(sum.compute().unwrap(), 500_500);
}

#[test]
fn reduce_keeps_the_order_of_its_values() {
    both(|_| {
        for (count, fan_in) in
            [(1, 2), (2, 2), (3, 2), (10, 3), (17, 16), (16, 16), (100, 8), (9, 100)]
        {
            let parts = (0..count).map(|n| delayed(format!("{n} ")));
            let all = reduce(parts, fan_in, |a, b| a + &b);
            let expected: String = (0..count).map(|n| format!("{n} ")).collect();
            assert_eq!(all.compute().unwrap(), expected, "{count} values by {fan_in}");
        }
    });
}

#[test]
fn reduce_of_nothing_is_an_error_at_compute() {
    both(|_| {
        let none: Vec<Delayed<i64>> = vec![];
        let Err(Error::Task(e)) = reduce(none, 8, |a, _| a).compute() else {
            panic!("it is empty")
        };
        assert_eq!(e.task_name(), "reduce");
        assert_eq!(e.source().unwrap().downcast_ref::<NothingToReduce>(), Some(&NothingToReduce));
    });
}

#[test]
fn reduce_of_one_is_itself() {
    let one = delayed(1);
    assert_eq!(reduce([one.clone()], 8, |a, _| a).key(), one.key());
}

#[test]
fn a_fan_in_below_two_counts_as_two() {
    both(|_| {
        for fan_in in [0, 1, 2] {
            let best = reduce((0..9).map(delayed), fan_in, |a: i32, b| a.max(b));
            assert_eq!(best.graph().n_tasks(), 8);
            assert_eq!(best.graph().critical_path(), 4);
            assert_eq!(best.compute().unwrap(), 8);
        }
    });
}

#[test]
fn collect_makes_a_list_a_node() {
    both(|_| {
        let all = collect((0..3).map(|n| delayed(n) * n));
        let same: Delayed<Vec<i32>> = (0..3).map(|n| delayed(n) * n).collect();
        assert_eq!((&all, all.get(2), same).compute().unwrap(), (vec![0, 1, 4], 4, vec![0, 1, 4]));
        assert!(collect(std::iter::empty::<Delayed<i32>>()).compute().unwrap().is_empty());
    });
}

#[test]
fn call_takes_functions_that_cannot_be_annotated() {
    #[allow(clippy::too_many_arguments, reason = "the most that `call` takes")]
    fn eight(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> Vec<u8> {
        vec![a, b, c, d, e, f, g, h]
    }
    both(|_| {
        assert_eq!(call(i64::pow, (delayed(2), 10)).compute().unwrap(), 1024);
        assert_eq!(call(|| 7, ()).compute().unwrap(), 7);
        assert_eq!(call(str::len as fn(&'static str) -> usize, ("four",)).compute().unwrap(), 4);
        let list = call(eight, (0, 1, 2, delayed(3), 4, &delayed(5), 6, 7));
        assert_eq!(list.compute().unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
        let sum = call(|xs: Vec<i32>| xs.iter().sum::<i32>(), (vec![delayed(1), delayed(2)],));
        assert_eq!(sum.compute().unwrap(), 3);
    });
}

#[test]
fn try_call_fails_with_its_error() {
    both(|_| {
        let read = |path: &'static str| try_call(std::fs::read_to_string::<&str>, (path,));
        assert!(read("Cargo.toml").compute().unwrap().contains("[package]"));
        let Err(Error::Task(e)) = read("no such file").compute() else { panic!("there is none") };
        let source = e.source().unwrap().downcast_ref::<std::io::Error>().unwrap();
        assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
    });
}

#[test]
fn combinators_know_the_line_that_made_them() {
    let x = delayed(vec![1]);
    let (tasks, line) = ([x.map_ref(Vec::len), x.map(|v| v.len()), x.zip(&x).map(|_| 0)], line!());
    assert!(tasks.iter().all(|task| task.location().line() == line));
    let (made, line) = ((collect([x.get(0)]), reduce([x.get(0), x.get(0)], 2, |a, _| a)), line!());
    assert_eq!((made.0.location().line(), made.1.location().line()), (line, line));
    let (part, line) = (delayed((1, 2)).unzip().1, line!());
    assert_eq!((part.location().file(), part.location().line()), (file!(), line));
}

#[test]
fn a_sum_and_a_collected_list_are_placed_in_the_users_code() {
    let parts = || (0..3).map(|n| delayed(n) + 1);
    let (sum, list): (Delayed<i32>, Delayed<Vec<i32>>) = (parts().sum(), parts().collect());
    assert_eq!((sum.location().file(), list.location().file()), (file!(), file!()));
}
