//! A call adds a task and runs nothing; what is computed runs as often as it should; keys and names.

use std::collections::HashSet;
use std::panic::{Location, catch_unwind, resume_unwind};

use lazy_runtime::prelude::*;
use tests::{Log, both};

#[delayed]
fn load(n: i64, log: &Log) -> i64 {
    log.note(format!("load {n}"));
    n
}

#[delayed]
fn inc(x: i64, log: &Log) -> i64 {
    log.note(format!("inc {x}"));
    x + 1
}

#[delayed]
fn add(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn exponent(x: i64, y: u32) -> i64 {
    x.pow(y)
}

#[test]
fn nothing_runs_before_compute() {
    both(|_| {
        let log = Log::new();
        let x = load(1, log.clone());
        let y = inc(&x, log.clone());
        let z = add(&x, &y) * 2;
        let _ = format!("{z:?} {} {}", z.key(), z.name());
        let _ = (z.graph(), z.visualize().to_dot(), lazy_runtime::optimize(&z));
        drop((x, y, z.clone()));
        assert!(log.is_empty());
        assert_eq!(z.compute().unwrap(), 6);
        assert_eq!(log.events(), ["load 1", "inc 1"]);
    });
}

#[test]
fn what_is_not_needed_does_not_run() {
    both(|_| {
        let log = Log::new();
        let x = load(1, log.clone());
        let unused = inc(&x, log.clone());
        let used = add(&x, 1);
        assert_eq!(used.compute().unwrap(), 2);
        assert_eq!(log.events(), ["load 1"]);
        drop(unused);
    });
}

#[test]
fn a_shared_dependency_runs_once_in_one_compute() {
    both(|_| {
        let log = Log::new();
        let shared = load(1, log.clone());
        let users: Vec<_> = (0..10).map(|n| add(&shared, n)).collect();
        assert_eq!(users.compute().unwrap(), (1..11).collect::<Vec<_>>());
        assert_eq!(log.count("load 1"), 1);
    });
}

#[test]
fn a_shared_dependency_runs_twice_in_two_computes() {
    both(|_| {
        let log = Log::new();
        let shared = load(1, log.clone());
        assert_eq!(add(&shared, 1).compute().unwrap(), 2);
        assert_eq!(add(&shared, 2).compute().unwrap(), 3);
        assert_eq!(log.count("load 1"), 2);
    });
}

#[test]
fn two_calls_of_one_function_are_two_tasks() {
    both(|_| {
        let log = Log::new();
        let (one, other) = (load(1, log.clone()), load(1, log.clone()));
        assert_eq!(add(one, other).compute().unwrap(), 2);
        assert_eq!(log.count("load 1"), 2);
    });
}

#[test]
fn one_node_may_stand_for_several_arguments() {
    both(|_| {
        let log = Log::new();
        let x = load(21, log.clone());
        assert_eq!(add(&x, &x).compute().unwrap(), 42);
        assert_eq!(log.events(), ["load 21"]);
    });
}

#[test]
fn the_first_program_of_the_tutorial_gives_its_numbers() {
    both(|_| {
        let x = exponent(4, 5);
        let y = exponent(&x, 2);
        let z = &x * &y;
        assert_eq!(x.compute().unwrap(), 1024);
        assert_eq!(z.compute().unwrap(), 1_073_741_824);
    });
}

#[test]
fn dependencies_run_before_their_dependents() {
    both(|_| {
        let log = Log::new();
        let mut last = load(0, log.clone());
        for _ in 0..100 {
            last = inc(last, log.clone());
        }
        assert_eq!(last.compute().unwrap(), 100);
        let expected = (0..100).map(|x| format!("inc {x}"));
        assert_eq!(log.events()[1..], expected.collect::<Vec<_>>());
    });
}

#[test]
fn a_recursive_call_in_a_body_is_the_plain_one() {
    #[delayed]
    fn fibonacci(n: u64, log: &Log) -> u64 {
        log.note(format!("{n}"));
        if n < 2 { n } else { fibonacci(n - 1, log) + fibonacci(n - 2, log) }
    }
    both(|_| {
        let log = Log::new();
        let lazy = fibonacci(10, log.clone());
        assert_eq!(lazy.graph().n_tasks(), 1);
        assert!(log.is_empty());
        assert_eq!(lazy.compute().unwrap(), 55);
        assert_eq!(log.len(), 177);
    });
}

#[test]
fn a_handle_outlives_those_it_was_made_from() {
    both(|_| {
        let log = Log::new();
        let last = {
            let first = load(1, log.clone());
            let second = inc(first, log.clone());
            inc(&second, log.clone())
        };
        assert_eq!(last.compute().unwrap(), 3);
    });
}

#[test]
fn a_handle_may_be_built_on_another_thread() {
    both(|_| {
        let x = delayed(20);
        let y = std::thread::scope(|scope| scope.spawn(|| add(&x, 1)).join().unwrap());
        drop(x);
        assert_eq!((y * 2).compute().unwrap(), 42);
    });
}

#[test]
fn a_key_is_a_name_and_32_hexadecimal_digits() {
    for text in [exponent(4, 5).key().to_string(), (delayed(1) + 1).key().to_string()] {
        let (name, token) = text.rsplit_once('-').unwrap();
        assert!(["exponent", "add"].contains(&name), "{text}");
        assert_eq!(token.len(), 32);
        let digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        assert!(token.chars().all(digit), "{text}");
    }
}

#[test]
fn debug_shows_the_key() {
    let x = exponent(4, 5);
    assert_eq!(format!("{x:?}"), format!("Delayed(\"{}\")", x.key()));
}

#[test]
fn keys_are_unique_even_when_memory_is_used_again() {
    let mut seen = HashSet::new();
    for round in 0..20 {
        let nodes: Vec<_> = (0..1_000).map(|n| delayed(n) + round).collect();
        assert!(nodes.iter().all(|node| seen.insert(node.key())));
    }
    assert_eq!(seen.len(), 20_000);
}

#[test]
fn a_clone_is_the_same_node() {
    let x = exponent(4, 5);
    let y = x.clone();
    assert_eq!((x.key(), x.name(), x.location()), (y.key(), y.name(), y.location()));
    assert_eq!((x, y).graph().len(), 1);
}

#[test]
fn a_task_is_named_after_its_function() {
    assert_eq!(exponent(4, 5).name(), "exponent");
    assert_eq!(exponent(4, 5).key().name(), "exponent");
}

#[test]
fn a_name_given_is_shown_and_decides_nothing() {
    #[delayed(name = "same")]
    fn one() -> i64 {
        1
    }
    #[delayed(name = "same")]
    fn two() -> i64 {
        2
    }
    both(|_| {
        let (a, b) = (one(), two());
        assert_eq!((a.name(), b.name()), ("same", "same"));
        assert_ne!(a.key(), b.key());
        assert_eq!((a, b).compute().unwrap(), (1, 2));
    });
}

#[test]
fn data_is_named_after_its_type() {
    assert_eq!(delayed(1_i64).name(), "i64");
    assert_eq!(delayed(vec![1.0]).name(), "Vec");
    assert_eq!(delayed(String::new()).name(), "String");
    assert_eq!(delayed("text").name(), "str");
}

#[test]
fn a_node_knows_the_line_that_made_it() {
    let (x, line) = (exponent(4, 5), line!());
    assert_eq!((x.location().file(), x.location().line()), (file!(), line));
    let (y, line) = (&x + 1, line!());
    assert_eq!((y.location().file(), y.location().line()), (file!(), line));
    let (z, line) = (delayed(1), line!());
    assert_eq!((z.location().file(), z.location().line()), (file!(), line));
}

/// As a library would make tasks for a call of its user's.
#[track_caller]
fn made_for_caller<R>(make: impl FnOnce() -> R) -> R {
    lazy_runtime::at(Location::caller(), make)
}

#[test]
fn tasks_of_a_library_are_told_as_made_by_its_user() {
    let of = |x: &Delayed<i64>| (x.location().file(), x.location().line());
    let (x, line) = (made_for_caller(|| [exponent(4, 5), delayed(1), exponent(1, 2) * 3]), line!());
    assert!(x.iter().all(|x| of(x) == (file!(), line)));
    let (y, after) = (made_for_caller(|| made_for_caller(|| exponent(1, 2)) + 1), line!());
    assert_eq!((of(&y), of(&x[0].map(|x| x + 1))), ((file!(), after), (file!(), line!())));
    let (inner, between) = made_for_caller(|| (made_for_caller(|| exponent(1, 2)), line!()));
    assert_eq!(of(&inner), (file!(), between));
    let (kept, made) = (made_for_caller(|| x[0].persist()).unwrap(), x[0].location());
    assert_eq!(kept.location(), made);
}

#[test]
fn a_library_that_panics_tells_nothing_any_more() {
    let panics = || resume_unwind(Box::new("in a library"));
    assert!(catch_unwind(|| made_for_caller(panics)).is_err());
    let (x, line) = (exponent(4, 5), line!());
    assert_eq!(x.location().line(), line);
}

#[test]
fn tasks_that_run_make_tasks_in_their_own_places() {
    both(|_| {
        let nested = delayed(2).map(|x| (exponent(x, 2).location().line(), line!()));
        let (inside, line) = made_for_caller(|| nested.compute()).unwrap();
        assert_eq!(inside, line);
    });
}

#[test]
fn handles_can_be_sent_and_shared() {
    fn both<T: Send + Sync + Clone + 'static>() {}
    both::<Delayed<Vec<f64>>>();
    both::<Delayed<Box<dyn Fn() -> i32 + Send + Sync>>>();
}

#[test]
fn a_function_of_no_arguments_runs_once_a_compute() {
    #[delayed]
    fn answer() -> i64 {
        42
    }
    both(|_| assert_eq!((answer(), answer()).compute().unwrap(), (42, 42)));
}

#[test]
fn a_unit_result_can_be_computed() {
    #[delayed]
    fn tell(log: &Log, what: &str) {
        log.note(what);
    }
    both(|_| {
        let log = Log::new();
        vec![tell(log.clone(), "a"), tell(log.clone(), "b")].compute().unwrap();
        assert_eq!(log.len(), 2);
    });
}
