//! What a progress bar shows, on a terminal that is only in memory.

use std::process::Command;
use std::time::{Duration, Instant};

use indicatif::{InMemoryTerm, ProgressDrawTarget};
use lazy_runtime::diagnostics::ProgressBar;
use lazy_runtime::prelude::*;
use lazy_runtime::{Runtime, RuntimeBuilder, Scheduler};
use tests::{Gate, LIMIT, in_time};

/// A bar that shows runs at once, and where it is drawn.
fn bar() -> (ProgressBar, InMemoryTerm) {
    let terminal = InMemoryTerm::new(10, 100);
    let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
    (ProgressBar::with_target(target).after(Duration::ZERO), terminal)
}

fn builders() -> [RuntimeBuilder; 3] {
    let threads = |count| Runtime::builder().num_threads(count);
    [Runtime::builder().scheduler(Scheduler::Synchronous), threads(1), threads(2)]
}

/// Waits until the terminal shows what is looked for.
#[track_caller]
fn wait_for(terminal: &InMemoryTerm, is_shown: impl Fn(&str) -> bool) {
    let begin = Instant::now();
    loop {
        let shown = terminal.contents();
        if is_shown(&shown) {
            return;
        }
        assert!(begin.elapsed() < LIMIT, "the terminal shows:\n{shown}");
        std::thread::yield_now();
    }
}

#[delayed]
fn first(n: u64) -> u64 {
    n
}

#[delayed(name = "wait\nfor it")]
fn wait(n: u64, gate: Gate) -> u64 {
    gate.pass();
    n
}

#[delayed]
fn fail(n: u64) -> Result<u64, String> {
    Err(format!("{n}"))
}

#[test]
fn a_bar_tells_how_many_are_done_and_what_runs() {
    in_time(|| {
        for builder in builders() {
            let (bar, terminal) = bar();
            let runtime = builder.observer(bar).build().unwrap();
            let gate = Gate::new();
            let handle = runtime.spawn(&wait(first(1), gate.clone()).map(|n| n + 1));
            wait_for(&terminal, |shown| {
                shown.contains(" 1/3 ") && shown.contains(" left: wait for it")
            });
            gate.open();
            assert_eq!(handle.join().unwrap(), 2);
            assert_eq!(terminal.contents(), "");
        }
    });
}

#[test]
fn nothing_is_left_when_a_run_fails() {
    in_time(|| {
        for builder in builders() {
            let (bar, terminal) = bar();
            let runtime = builder.observer(bar).build().unwrap();
            let gate = Gate::new();
            let handle = runtime.spawn(&fail(1).map(|n| n).zip(&wait(2, gate.clone())));
            // The one that fails may stop the run before the other begins.
            gate.open();
            handle.join().unwrap_err();
            assert_eq!(terminal.contents(), "");
        }
    });
}

#[test]
fn nothing_is_left_when_a_task_panics() {
    in_time(|| {
        for builder in builders() {
            let (bar, terminal) = bar();
            let runtime = builder.observer(bar).build().unwrap();
            let gate = Gate::new();
            let z = wait(1, gate.clone()).map(|n| -> u64 { panic!("{n} is enough") });
            let handle = runtime.spawn(&z);
            wait_for(&terminal, |shown| shown.contains("0/2"));
            gate.open();
            handle.join().unwrap_err();
            assert_eq!(terminal.contents(), "");
        }
    });
}

#[test]
fn every_run_has_a_line() {
    in_time(|| {
        let (bar, terminal) = bar();
        let runtime = Runtime::builder().num_threads(2).observer(bar).build().unwrap();
        let gate = Gate::new();
        let handles = [2, 3].map(|count| {
            let tasks: Vec<_> = (0..count - 1).map(|n| first(n).map(|n| n + 1)).collect();
            runtime.spawn(&(wait(count, gate.clone()), tasks))
        });
        wait_for(&terminal, |shown| {
            let has = |text| shown.lines().filter(|line| line.contains(text)).count() == 1;
            shown.lines().count() == 2 && has("/3 ") && has("/5 ")
        });
        gate.open();
        handles.into_iter().for_each(|handle| assert!(handle.join().is_ok()));
        assert_eq!(terminal.contents(), "");
    });
}

#[test]
fn a_short_run_is_not_shown() {
    let terminal = InMemoryTerm::new(10, 100);
    let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
    let bar = ProgressBar::with_target(target);
    let runtime = Runtime::builder().num_threads(2).observer(bar).build().unwrap();
    runtime.compute(&first(1)).unwrap();
    assert_eq!(terminal.moves_since_last_check(), "");
}

/// Set in the process that another starts to see what it prints.
const CHILD: &str = "LAZY_PROGRESS_CHILD";

#[test]
fn nothing_is_shown_where_there_is_no_terminal() {
    if std::env::var_os(CHILD).is_some() {
        let bar = ProgressBar::new().after(Duration::ZERO);
        let runtime = Runtime::builder().num_threads(2).observer(bar).build().unwrap();
        let waits: Vec<_> = (0..6)
            .map(|n| {
                first(n).map(|n| {
                    std::thread::sleep(Duration::from_millis(60));
                    n
                })
            })
            .collect();
        runtime.compute(&waits).unwrap();
        return;
    }
    let test = "nothing_is_shown_where_there_is_no_terminal";
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", test, "--nocapture"]).env(CHILD, "1").output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("/12"));
}
