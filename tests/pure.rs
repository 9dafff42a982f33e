//! Pure functions: equal calls are one node, with one key.

use std::collections::HashMap;

use lazy_runtime::optimize;
use lazy_runtime::prelude::*;
use tests::{Log, both};

#[delayed(pure)]
fn square(x: i64, log: &Log) -> i64 {
    log.note("square");
    x * x
}

#[delayed(pure)]
fn half(x: i64) -> i64 {
    x / 2
}

#[delayed(pure)]
fn total(xs: Vec<i64>) -> i64 {
    xs.into_iter().sum()
}

#[delayed(pure)]
fn count(words: &HashMap<String, i64>) -> usize {
    words.len()
}

#[delayed]
fn roll(log: &Log) -> i64 {
    log.note("roll");
    4
}

#[delayed]
fn pair(x: i64) -> (i64, i64) {
    (x, x + 1)
}

#[test]
fn equal_calls_are_one_node() {
    both(|_| {
        let log = Log::new();
        let both = square(3, log.clone()) + square(3, log.clone());
        assert_eq!((both.graph().len(), both.graph().edges().len()), (2, 2));
        assert_eq!(both.compute().unwrap(), 18);
        assert_eq!(log.count("square"), 1);
    });
}

#[test]
fn equal_calls_of_collections_computed_together_run_once() {
    both(|_| {
        let log = Log::new();
        let many: Vec<_> = (0..20).map(|n| square(n % 2 + 3, log.clone())).collect();
        let one = (square(4, log.clone()), Some(square(3, log.clone())));
        let (squares, (four, three)) = (&many, one).compute().unwrap();
        assert_eq!((squares[..2].to_vec(), four, three), (vec![9, 16], 16, Some(9)));
        assert_eq!(log.count("square"), 2);
    });
}

#[test]
fn equal_calls_have_equal_keys_and_others_have_not() {
    let log = Log::new();
    assert_eq!(square(3, log.clone()).key(), square(3, log.clone()).key());
    assert_ne!(square(3, log.clone()).key(), square(4, log.clone()).key());
    assert_ne!(half(3).key(), square(3, log).key());
    assert!(half(half(3)).key().is_stable());
    assert_eq!(total(vec![half(1), half(2)]).key(), total([half(1), half(2)]).key());
    assert_ne!(total(vec![half(1), half(2)]).key(), total(vec![half(2), half(1)]).key());
    let words = |n: i64| HashMap::from([("a".to_string(), n), ("b".to_string(), 2)]);
    assert_eq!(count(words(1)).key(), count(words(1)).key());
    assert_ne!(count(words(1)).key(), count(words(3)).key());
}

#[test]
fn calls_that_are_not_pure_are_told_apart_and_so_is_what_needs_them() {
    both(|_| {
        let log = Log::new();
        let (first, second) = (roll(log.clone()), roll(log.clone()));
        let halves = [half(&first), half(&second), half(&first)];
        assert_eq!(halves[0].key(), halves[2].key());
        assert_ne!(halves[0].key(), halves[1].key());
        assert!(!halves[0].key().is_stable());
        assert_eq!(halves.graph().n_tasks(), 4);
        assert_eq!(halves.compute().unwrap(), [2, 2, 2]);
        assert_eq!(log.count("roll"), 2);
    });
}

#[test]
fn derived_nodes_are_pure() {
    let a = delayed(vec![1, 2, 3]);
    let doubled = a.get(0) + a.get(0);
    assert_eq!(doubled.graph().names(), ["Vec", "get", "add"]);
    assert_eq!((doubled.compute().unwrap(), a.get(1).key() == a.get(2).key()), (2, false));

    let x = delayed(10);
    assert_eq!((&x * 2).key(), (&x * 2).key());
    assert_ne!((&x * 2).key(), (&x * 3).key());
    let turned: Delayed<i32> = 2 * &x;
    assert_ne!((&x * 2).key(), turned.key());
    assert_ne!((&x + 2).key(), (&x - 2).key());
    assert_eq!((-&x).key(), (-&x).key());

    let whole = pair(1);
    let ((a, b), (c, d)) = (whole.unzip(), whole.unzip());
    assert_eq!((a.key(), b.key()), (c.key(), d.key()));
    assert_ne!(a.key(), b.key());
    assert_eq!((&a + &b - (&c + &d)).compute().unwrap(), 0);

    let sum = |n: i64| [half(1), half(n)].into_iter().sum::<Delayed<i64>>();
    assert_eq!(sum(2).key(), sum(2).key());
    assert_ne!(sum(2).key(), sum(3).key());
    assert_eq!(x.zip(&whole).key(), x.zip(&whole).key());
}

#[test]
fn closures_are_not_pure() {
    let x = delayed(10);
    assert_ne!(x.map(|x| x + 1).key(), x.map(|x| x + 1).key());
    let add = |n: i64| x.map(move |x| x + n);
    assert_eq!((add(1), add(2)).compute().unwrap(), (11, 12));
}

#[test]
fn a_literal_of_an_unknown_type_makes_an_operator_a_call_of_its_own() {
    #[derive(Clone, Copy, PartialEq, Debug)]
    struct Metres(f64);

    impl std::ops::Add for Metres {
        type Output = Metres;

        fn add(self, other: Metres) -> Metres {
            Metres(self.0 + other.0)
        }
    }

    let x = delayed(Metres(1.0));
    let (a, b) = (&x + Metres(1.0), &x + Metres(2.0));
    assert_ne!(a.key(), b.key());
    assert_eq!((a, b).compute().unwrap(), (Metres(2.0), Metres(3.0)));
    assert_eq!((&x + &x).key(), (&x + &x).key());
}

#[test]
fn flatten_is_pure_unless_a_graph_is_inside() {
    #[delayed(pure, infallible)]
    fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
        text.parse()
    }
    #[delayed(pure)]
    fn plan(log: &Log) -> Delayed<i64> {
        roll(log.clone())
    }
    assert_eq!(parse("1").flatten().key(), parse("1").flatten().key());
    both(|_| {
        let log = Log::new();
        let planned = plan(log.clone());
        let two = planned.flatten() + planned.flatten();
        assert_eq!(two.compute().unwrap(), 8);
        assert_eq!(log.count("roll"), 2);
    });
}

#[test]
fn a_name_decides_nothing() {
    #[delayed(pure, name = "same")]
    fn one(x: i64) -> i64 {
        x + 1
    }
    #[delayed(pure, name = "same")]
    fn two(x: i64) -> i64 {
        x + 2
    }
    assert_eq!((one(1).name(), two(1).name()), ("same", "same"));
    assert_ne!(one(1).key(), two(1).key());
    assert_eq!((one(1), two(1)).compute().unwrap(), (2, 3));
}

#[test]
fn functions_of_one_name_and_one_source_are_two() {
    #[derive(Clone, Tokenize)]
    struct Unit;

    fn first() -> Delayed<&'static str> {
        fn word() -> &'static str {
            "first"
        }
        #[delayed(pure)]
        fn say() -> &'static str {
            word()
        }
        say()
    }
    fn second() -> Delayed<&'static str> {
        fn word() -> &'static str {
            "second"
        }
        #[delayed(pure)]
        fn say() -> &'static str {
            word()
        }
        say()
    }
    assert_eq!((first(), second()).compute().unwrap(), ("first", "second"));

    // In two blocks of one function, where no path tells them apart.
    let third = {
        fn word() -> &'static str {
            "third"
        }
        #[delayed(pure)]
        fn say(_: Unit) -> &'static str {
            word()
        }
        say(Unit)
    };
    let fourth = {
        fn word() -> &'static str {
            "fourth"
        }
        #[delayed(pure)]
        fn say(_: Unit) -> &'static str {
            word()
        }
        say(Unit)
    };
    assert_ne!(third.key(), fourth.key());
    assert_eq!((third, fourth).compute().unwrap(), ("third", "fourth"));
}

#[test]
fn type_parameters_are_part_of_the_key() {
    #[delayed(pure)]
    fn size<T: Send + Sync + 'static>(_: u8) -> usize {
        size_of::<T>()
    }
    assert_ne!(size::<u8>(1).key(), size::<u64>(1).key());
    assert_eq!((size::<u8>(1), size::<u64>(1)).compute().unwrap(), (1, 8));
}

#[test]
fn what_was_persisted_stands_for_equal_calls() {
    both(|_| {
        let log = Log::new();
        let kept = square(5, log.clone()).persist().unwrap();
        assert_eq!(kept.key(), square(5, log.clone()).key());
        let sum = &kept + square(5, log.clone());
        assert_eq!((sum.graph().n_tasks(), sum.compute().unwrap()), (1, 50));
        assert_eq!(log.count("square"), 1);
    });
}

#[test]
fn a_persisted_result_is_not_taken_for_what_another_call_would_make() {
    both(|_| {
        let log = Log::new();
        let rolled = roll(log.clone());
        let kept = rolled.persist().unwrap();
        assert_eq!(kept.key(), rolled.key());
        assert_ne!(half(&kept).key(), half(&rolled).key());
        assert_eq!((half(&kept), half(&rolled)).compute().unwrap(), (2, 2));
        assert_eq!(log.count("roll"), 2);
    });
}

#[test]
fn optimize_shows_equal_calls_as_one() {
    let log = Log::new();
    let both = square(3, log.clone()) + square(3, log);
    let out = optimize(&both);
    assert_eq!((out.n_tasks(), out.names()), (2, vec!["square".to_string(), "add".to_string()]));
    assert_eq!(out.compute().unwrap(), 18);
}

#[test]
fn an_equal_call_is_made_anew_by_the_next_computation() {
    both(|_| {
        let log = Log::new();
        assert_eq!(square(3, log.clone()).compute().unwrap(), 9);
        assert_eq!(square(3, log.clone()).compute().unwrap(), 9);
        assert_eq!(log.count("square"), 2);
    });
}

#[test]
fn a_value_that_is_made_later_may_stand_for_an_earlier_call() {
    both(|_| {
        let log = Log::new();
        let early = square(3, log.clone());
        let between = &early + half(&early);
        let kept = square(3, log.clone()).persist().unwrap();
        assert_eq!((&between, &kept, &early).compute().unwrap(), (13, 9, 9));
        let words = delayed(vec![between.clone()]).map_ref(Vec::len);
        assert_eq!((words, between, kept).compute().unwrap(), (1, 13, 9));
        assert_eq!(log.count("square"), 1);
    });
}
