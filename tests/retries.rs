//! Tasks that are tried again when they fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lazy_runtime::Error;
use lazy_runtime::prelude::*;
use tests::{Log, both};

#[delayed(retries = 3)]
fn flaky(mut xs: Vec<i64>, attempts: &AtomicUsize, good: usize, log: &Log) -> Result<i64, String> {
    let attempt = attempts.fetch_add(1, Ordering::SeqCst) + 1;
    xs.push(7);
    log.note(format!("{attempt}: {xs:?}"));
    match attempt {
        attempt if attempt == good => Ok(xs.iter().sum()),
        attempt if attempt % 2 == 1 => Err(format!("attempt {attempt}")),
        attempt => panic!("attempt {attempt}"),
    }
}

#[test]
fn a_task_is_retried_until_it_succeeds() {
    both(|_| {
        for good in 1..=4 {
            let (attempts, log) = (Arc::new(AtomicUsize::new(0)), Log::new());
            let task = flaky(vec![1, 2], attempts.clone(), good, log.clone());
            assert_eq!(task.compute().unwrap(), 10);
            assert_eq!(attempts.load(Ordering::SeqCst), good);
        }
    });
}

#[test]
fn arguments_are_intact_for_every_attempt() {
    #[delayed]
    fn list() -> Vec<i64> {
        vec![1]
    }
    both(|_| {
        let kept = delayed(vec![1]);
        for argument in [list(), kept, list().persist().unwrap()] {
            let (attempts, log) = (Arc::new(AtomicUsize::new(0)), Log::new());
            let task = flaky(&argument, attempts.clone(), 4, log.clone());
            let sizes = argument.map_ref(Vec::len);
            assert_eq!((task, sizes).compute().unwrap(), (8, 1));
            assert_eq!(log.events(), ["1: [1, 7]", "2: [1, 7]", "3: [1, 7]", "4: [1, 7]"]);
        }
    });
}

#[test]
fn the_last_attempt_tells_why() {
    both(|_| {
        let log = Log::new();
        let flaky = |before| flaky(vec![1], Arc::new(AtomicUsize::new(before)), 99, log.clone());
        let Err(Error::Panic(e)) = flaky(0).compute() else { panic!("the last attempt panics") };
        assert_eq!((e.task_name(), e.message()), ("flaky", "attempt 4"));
        let Err(Error::Task(e)) = flaky(1).compute() else { panic!("the last attempt fails") };
        assert_eq!(e.source().unwrap().to_string(), "attempt 5");
    });
}

#[test]
fn a_failing_task_is_not_retried_unless_told() {
    both(|_| {
        let log = Log::new();
        let noted = log.clone();
        let task = delayed(1).and_then(move |_| {
            noted.note("attempt");
            Err::<i64, _>("no")
        });
        assert!(task.compute().is_err());
        assert_eq!(log.len(), 1);
    });
}
