//! What goes wrong is told with names and places, and leaves the runtime as good as new.

use std::error::Error as _;
use std::num::ParseIntError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lazy_runtime::prelude::*;
use lazy_runtime::{Compute, ComputeOptions, Error, PanicError, TaskError};
use tests::{Gate, Log, both, synchronous, threads};

#[delayed]
fn parse(text: &str) -> Result<i64, ParseIntError> {
    text.parse()
}

#[delayed]
fn add(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn boom(message: &'static str) -> i64 {
    panic!("{message}")
}

#[delayed]
fn told(n: i64, log: &Log) -> i64 {
    log.note(format!("{n}"));
    n
}

#[track_caller]
fn task_error<T: std::fmt::Debug>(result: lazy_runtime::Result<T>) -> TaskError {
    match result {
        Err(Error::Task(e)) => e,
        other => panic!("expected a task to fail, got {other:?}"),
    }
}

#[track_caller]
fn panic_error<T: std::fmt::Debug>(result: lazy_runtime::Result<T>) -> PanicError {
    match result {
        Err(Error::Panic(e)) => e,
        other => panic!("expected a task to panic, got {other:?}"),
    }
}

#[track_caller]
fn many<C: Compute>(collection: &C) -> Vec<Error>
where
    C::Output: std::fmt::Debug,
{
    match collection.compute_with(ComputeOptions::new().collect_errors(true)) {
        Err(Error::Many(errors)) => errors,
        other => panic!("expected several errors, got {other:?}"),
    }
}

/// The names of the tasks that failed.
fn names(errors: &[Error]) -> Vec<&str> {
    fn name(error: &Error) -> &str {
        match error {
            Error::Task(e) => e.task_name(),
            Error::Panic(e) => e.task_name(),
            other => panic!("no error of a task: {other}"),
        }
    }
    errors.iter().map(name).collect()
}

#[test]
fn an_error_gives_back_what_the_task_returned() {
    both(|_| {
        let e = task_error(parse("twelve").compute());
        let source = e.source().unwrap().downcast_ref::<ParseIntError>().unwrap();
        assert_eq!(source, &"twelve".parse::<i64>().unwrap_err());
        assert!(e.into_source().downcast::<ParseIntError>().is_ok());
    });
}

#[test]
fn an_error_names_the_task_its_key_and_its_line() {
    both(|_| {
        let (task, line) = (parse("twelve"), line!());
        let e = task_error((&task + 1).compute());
        assert_eq!((e.task_name(), e.key()), ("parse", task.key()));
        assert_eq!((e.location().file(), e.location().line()), (file!(), line));
    });
}

#[test]
fn an_error_tells_what_needed_the_task() {
    both(|_| {
        let e = task_error(add(-(parse("x") * 2), 1).compute());
        assert_eq!(e.path(), ["mul", "neg", "add"]);
        assert!(task_error(parse("x").compute()).path().is_empty());
    });
}

#[test]
fn a_path_of_any_length_is_cut() {
    both(|_| {
        let last = (0..10_000).fold(parse("x"), |x, _| x + 1);
        let e = task_error(last.compute());
        assert_eq!(e.path().len(), 100);
        assert!(e.to_string().len() < 400, "{e}");
    });
}

#[test]
fn an_error_prints_task_place_need_and_cause() {
    both(|_| {
        let (task, line) = (add(parse("x"), 1), line!());
        let text = task.compute().unwrap_err().to_string();
        let place = format!("{}:{line}:", file!());
        assert!(text.starts_with(&format!("task `parse` (made at {place}")), "{text}");
        assert!(
            text.ends_with(") failed, needed by `add`: invalid digit found in string"),
            "{text}"
        );
    });
}

#[test]
fn an_error_is_an_ordinary_error() {
    fn ordinary<E: std::error::Error + Send + Sync + 'static>() {}
    ordinary::<Error>();
    let error = parse("x").compute().unwrap_err();
    assert!(error.source().unwrap().downcast_ref::<ParseIntError>().is_some());
    fn question() -> Result<i64, Box<dyn std::error::Error>> {
        Ok(parse("x").compute()? + 1)
    }
    assert!(question().is_err());
}

#[test]
fn errors_of_every_kind_travel() {
    #[delayed]
    fn text() -> Result<i64, String> {
        Err("text".into())
    }
    #[delayed]
    fn borrowed() -> Result<i64, &'static str> {
        Err("borrowed")
    }
    #[delayed]
    fn boxed() -> Result<i64, Box<dyn std::error::Error + Send + Sync>> {
        Err("boxed".into())
    }
    #[delayed]
    fn system() -> std::io::Result<i64> {
        Err(std::io::Error::other("system"))
    }
    both(|_| {
        for (task, expected) in
            [(text(), "text"), (borrowed(), "borrowed"), (boxed(), "boxed"), (system(), "system")]
        {
            let e = task_error(task.compute());
            assert_eq!(
                (e.task_name(), e.source().unwrap().to_string()),
                (expected, expected.into())
            );
        }
    });
}

#[test]
fn a_panic_is_caught_with_its_message_and_place() {
    both(|_| {
        let (task, line) = (boom("it broke"), line!());
        let e = panic_error((task + 1).compute());
        assert_eq!((e.task_name(), e.message(), e.path().len()), ("boom", "it broke", 1));
        assert_eq!((e.location().file(), e.location().line()), (file!(), line));
        let text = e.to_string();
        assert!(text.contains("panicked, needed by `add`: it broke"), "{text}");
    });
}

#[test]
fn a_panic_with_another_payload_has_a_text_too() {
    #[delayed]
    fn odd() -> i64 {
        std::panic::panic_any(7)
    }
    #[delayed]
    fn nasty() -> i64 {
        struct Nasty;
        impl Drop for Nasty {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        std::panic::panic_any(Nasty)
    }
    both(|_| {
        assert!(!panic_error(odd().compute()).message().is_empty());
        assert!(!panic_error(nasty().compute()).message().is_empty());
    });
}

#[test]
fn a_clone_that_panics_is_the_panic_of_the_task_that_needed_it() {
    #[derive(Debug)]
    struct Single;
    impl Clone for Single {
        fn clone(&self) -> Single {
            panic!("there is only one")
        }
    }
    #[delayed]
    fn take(_x: Single) -> i64 {
        1
    }
    both(|_| {
        let e = panic_error(take(delayed(Single)).compute());
        assert_eq!((e.task_name(), e.message()), ("take", "there is only one"));
    });
}

#[test]
fn the_first_failure_keeps_queued_tasks_from_starting() {
    for runtime in [synchronous(), threads(1)] {
        let log = Log::new();
        // Made and asked for in this order.
        let all = (told(1, log.clone()), parse("x"), told(2, log.clone()));
        assert!(runtime.compute(&all).is_err());
        assert_eq!(log.events(), ["1"]);
    }
}

#[test]
fn the_first_failure_stops_a_long_queue_on_many_threads() {
    #[delayed]
    fn fail(failing: &Gate) -> Result<u32, String> {
        failing.open();
        Err("no".into())
    }
    #[delayed]
    fn count(failing: &Gate, ran: &AtomicUsize) {
        failing.pass();
        ran.fetch_add(1, Ordering::SeqCst);
    }
    let (failing, ran) = (Gate::new(), Arc::new(AtomicUsize::new(0)));
    let first = fail(failing.clone());
    let queue: Vec<_> = (0..100_000).map(|_| count(failing.clone(), Arc::clone(&ran))).collect();
    assert!(threads(2).compute(&(first, queue)).is_err());
    assert!(ran.load(Ordering::SeqCst) < 100_000, "nothing was left in the queue");
}

#[test]
fn what_depends_on_a_failure_never_starts() {
    both(|_| {
        let log = Log::new();
        let x = parse("x");
        let dependents: Vec<_> = (0..50).map(|n| told(&x + n, log.clone())).collect();
        assert!(dependents.compute().is_err());
        assert_eq!(many(&dependents).len(), 1);
        assert!(log.is_empty());
    });
}

#[test]
fn a_failure_that_is_not_needed_does_no_harm() {
    both(|_| {
        let _unused = add(parse("x"), boom("no"));
        assert_eq!(add(1, 2).compute().unwrap(), 3);
    });
}

#[test]
fn all_independent_failures_are_collected() {
    both(|_| {
        let log = Log::new();
        let bad = add(parse("x"), boom("no"));
        let good = told(1, log.clone());
        let other = parse("y") + good;
        let errors = many(&(bad, other, told(2, log.clone())));
        assert_eq!(names(&errors), ["parse", "boom", "parse"]);
        assert_eq!(log.len(), 2, "what does not depend on them runs");
        let text = Error::Many(errors).to_string();
        assert!(text.starts_with("3 tasks failed\n- task `parse`"), "{text}");
    });
}

#[test]
fn one_failure_is_collected_as_many_too() {
    both(|_| {
        assert_eq!(names(&many(&parse("x"))), ["parse"]);
        let options = ComputeOptions::new().collect_errors(true);
        assert_eq!(add(1, 2).compute_with(options).unwrap(), 3);
    });
}

#[test]
fn a_shared_failure_is_told_once() {
    both(|_| {
        let x = parse("x");
        let users: Vec<_> = (0..100).map(|n| &x + n).collect();
        let total: Delayed<i64> = users.iter().sum();
        assert_eq!(many(&(users, total)).len(), 1);
    });
}

#[test]
fn a_runtime_is_as_good_as_new_after_1000_panics() {
    both(|_| {
        let log = Log::new();
        for n in 0..1_000 {
            assert!(matches!((boom("no") + 1).compute(), Err(Error::Panic(_))));
            if n % 100 == 0 {
                let parts: Vec<_> = (0..100).map(|n| told(n, log.clone())).collect();
                assert_eq!(parts.into_iter().sum::<Delayed<i64>>().compute().unwrap(), 4_950);
            }
        }
        assert_eq!(log.len(), 1_000);
    });
}

#[test]
fn many_panics_at_once_are_all_collected() {
    both(|_| {
        let all: Vec<_> = (0..100).map(|_| boom("no")).collect();
        assert_eq!(many(&all).len(), 100);
    });
}

#[test]
fn an_infallible_result_is_a_value() {
    #[delayed(infallible)]
    fn outcome(text: &str) -> Result<i64, ParseIntError> {
        text.parse()
    }
    #[delayed(fallible)]
    fn by_alias(text: &str) -> Parsed {
        text.parse()
    }
    type Parsed = Result<i64, ParseIntError>;
    both(|_| {
        assert!(outcome("x").compute().unwrap().is_err());
        assert_eq!(task_error(by_alias("x").compute()).task_name(), "by_alias");
    });
}

#[test]
fn an_error_inside_a_nested_compute_keeps_its_cause() {
    both(|_| {
        let outer = delayed("x").map(parse);
        let e = task_error(outer.flatten().compute());
        assert_eq!(e.task_name(), "flatten");
        let inner = e.source().unwrap().downcast_ref::<Error>().unwrap();
        let Error::Task(inner) = inner else { panic!("the inner task failed") };
        assert_eq!(inner.task_name(), "parse");
    });
}
