//! What a profiler keeps, and what can be made of it.

use std::path::PathBuf;
use std::time::Duration;
use std::{fs, process};

use lazy_runtime::diagnostics::{Profiler, SaveError};
use lazy_runtime::prelude::*;
use lazy_runtime::{ComputeOptions, Error, Runtime, Scheduler};
use serde_json::Value;

#[delayed]
fn load(n: u64) -> Vec<u64> {
    (0..100 + n).collect()
}

#[delayed]
fn total(xs: &[u64]) -> u64 {
    xs.iter().sum()
}

#[delayed]
fn refuse(n: u64) -> Result<u64, String> {
    Err(format!("{n} is refused"))
}

#[delayed(name = "</script><b>\"&\" \\ 'a\nb'")]
fn awkward(n: u64) -> u64 {
    n
}

#[delayed]
fn all(xs: Vec<u64>) -> usize {
    xs.len()
}

/// Runs a case on every kind of runtime, profiled.
fn profiled(case: impl Fn(&Runtime, &Profiler)) {
    let threads = |count| Runtime::builder().num_threads(count);
    let builders =
        [Runtime::builder().scheduler(Scheduler::Synchronous), threads(1), threads(2), threads(4)];
    for builder in builders {
        let profiler = Profiler::new();
        let runtime = builder.observer(profiler.clone()).build().unwrap();
        case(&runtime, &profiler);
    }
}

fn totals(count: u64) -> Vec<Delayed<u64>> {
    (0..count).map(|n| total(load(n))).collect()
}

/// A file that goes away.
struct File(PathBuf);

impl File {
    fn of(name: &str) -> File {
        File(std::env::temp_dir().join(format!("lazy-profiler-{}-{name}", process::id())))
    }

    /// What a profiler writes to it.
    #[track_caller]
    fn saved(profiler: &Profiler, name: &str) -> String {
        let file = File::of(name);
        profiler.save(&file.0).unwrap();
        fs::read_to_string(&file.0).unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A profile with everything: failures, awkward names, runs within tasks.
fn full_profile(name: &str) -> (Profiler, String) {
    let profiler = Profiler::new();
    let runtime = Runtime::builder().num_threads(2).observer(profiler.clone()).build().unwrap();
    runtime.compute(&totals(20)).unwrap();
    runtime.compute(&awkward(1).map(|n| awkward(n).compute().unwrap())).unwrap();
    runtime.compute(&refuse(1)).unwrap_err();
    let text = File::saved(&profiler, name);
    (profiler, text)
}

#[test]
fn a_report_counts_the_tasks_of_each_name() {
    profiled(|runtime, profiler| {
        runtime.compute(&totals(30)).unwrap();
        runtime.compute(&totals(12)).unwrap();
        let report = profiler.report();
        assert_eq!((report.n_runs, report.n_tasks, report.rows.len()), (2, 84, 2));
        for name in ["load", "total"] {
            assert_eq!(report.row(name).unwrap().count, 42);
        }
        assert_eq!(report.n_workers, runtime.num_threads());
        assert!(report.row("nothing").is_none());
    });
}

#[test]
fn the_numbers_of_a_report_fit_together() {
    profiled(|runtime, profiler| {
        runtime.compute(&totals(50)).unwrap();
        let report = profiler.report();
        for row in &report.rows {
            assert!(row.mean <= row.max && row.max <= row.total && !row.total.is_zero());
            assert_eq!(row.mean, row.total / row.count as u32);
        }
        assert!(report.rows.is_sorted_by(|a, b| a.total >= b.total));
        let shares: f64 = report.rows.iter().map(|row| row.share).sum();
        assert!((shares - 1.0).abs() < 1e-9);
        let total: Duration = report.rows.iter().map(|row| row.total).sum();
        assert_eq!(report.busy.iter().sum::<Duration>(), total);
        assert!(report.busy.iter().all(|&busy| busy <= report.wall));
    });
}

#[test]
fn a_report_is_complete_when_compute_returns() {
    profiled(|runtime, profiler| {
        for run in 1..200 {
            runtime.compute(&load(1)).unwrap();
            assert_eq!(profiler.report().n_tasks, run);
        }
    });
}

#[test]
fn failures_are_counted_and_what_was_skipped_is_not() {
    profiled(|runtime, profiler| {
        let z = all(vec![refuse(1), total(load(2)), refuse(3)]);
        let options = ComputeOptions::new().collect_errors(true);
        assert!(matches!(runtime.compute_with(&z, options), Err(Error::Many(_))));
        let report = profiler.report();
        let row = report.row("refuse").unwrap();
        assert_eq!((row.count, row.failed), (2, 2));
        assert!(report.row("all").is_none());
        assert!(report.to_string().contains("2 (2 failed)"));
    });
}

#[test]
fn a_task_within_a_task_is_not_counted_as_busy_twice() {
    profiled(|runtime, profiler| {
        let outer = load(1).map(|xs| total(load(xs.len() as u64)).compute().unwrap());
        runtime.compute(&outer).unwrap();
        let report = profiler.report();
        assert_eq!((report.n_runs, report.n_tasks), (2, 4));
        assert!(report.busy.iter().all(|&busy| busy <= report.wall));
    });
}

#[test]
fn a_report_prints_a_table() {
    profiled(|runtime, profiler| {
        runtime.compute(&totals(3)).unwrap();
        let text = profiler.report().to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[0].starts_with("name") && lines[0].ends_with("share"));
        assert!(lines[1..3].iter().any(|line| line.starts_with("load  ")));
        assert!(lines[3].starts_with("6 tasks in 1 run, "));
    });
}

#[test]
fn nothing_observed_is_an_empty_report() {
    let report = Profiler::new().report();
    assert_eq!((report.n_runs, report.n_tasks, report.rows.len()), (0, 0, 0));
    assert_eq!(report.to_string(), "nothing was run");
}

#[test]
fn a_cleared_profiler_begins_anew() {
    profiled(|runtime, profiler| {
        runtime.compute(&totals(3)).unwrap();
        profiler.clear();
        assert_eq!(profiler.report().n_tasks, 0);
        runtime.compute(&totals(2)).unwrap();
        assert_eq!(profiler.report().n_tasks, 4);
    });
}

#[test]
fn several_runtimes_may_share_a_profiler() {
    let profiler = Profiler::new();
    for _ in 0..3 {
        let runtime = Runtime::builder().num_threads(2).observer(profiler.clone()).build().unwrap();
        runtime.compute(&totals(4)).unwrap();
    }
    assert_eq!((profiler.report().n_runs, profiler.report().n_tasks), (3, 24));
}

/// The data that a page carries.
fn data_of(page: &str) -> Value {
    let (_, rest) = page.split_once("<script id=\"data\" type=\"application/json\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).expect("the data is JSON")
}

#[test]
fn a_page_needs_nothing_else() {
    let (_, page) = full_profile("alone.html");
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    for outside in ["http", "src=", "@import", "url(", "fetch(", "import("] {
        assert!(!page.contains(outside), "the page has `{outside}`");
    }
}

#[test]
fn no_name_ends_an_element_of_a_page() {
    let (_, page) = full_profile("names.html");
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("<b>\""));
    let names = data_of(&page)["names"].as_array().unwrap().clone();
    assert!(names.contains(&Value::from("</script><b>\"&\" \\ 'a\nb'")));
}

#[test]
fn a_page_carries_every_task() {
    let (profiler, page) = full_profile("tasks.html");
    let data = data_of(&page);
    let count = profiler.report().n_tasks;
    let columns =
        ["row", "name", "place", "run", "start", "time", "wait", "outcome", "bytes", "held"];
    for column in columns {
        assert_eq!(data[column].as_array().unwrap().len(), count, "{column}");
    }
    assert_eq!(data["keys"].as_str().unwrap().len(), 8 * count);
    assert_eq!(data["runs"].as_array().unwrap().len(), profiler.report().n_runs);
    let time: u64 =
        data["time"].as_array().unwrap().iter().map(|time| time.as_u64().unwrap()).sum();
    let total: Duration = profiler.report().rows.iter().map(|row| row.total).sum();
    assert_eq!(u128::from(time), total.as_nanos());
}

#[test]
fn tasks_of_a_row_do_not_overlap() {
    let (_, page) = full_profile("rows.html");
    let data = data_of(&page);
    let numbers = |column: &str| -> Vec<u64> {
        data[column].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect()
    };
    let mut until = vec![0; data["rows"].as_array().unwrap().len()];
    let (mut at, mut deepest) = (0, 0);
    for ((row, start), time) in
        numbers("row").into_iter().zip(numbers("start")).zip(numbers("time"))
    {
        at += start;
        assert!(until[row as usize] <= at);
        until[row as usize] = at + time;
        deepest = deepest.max(data["rows"][row as usize][1].as_u64().unwrap());
    }
    assert_eq!(deepest, 1, "a task within a task has a row of its own");
}

#[test]
fn a_trace_has_a_slice_for_each_task() {
    let (profiler, trace) = full_profile("slices.json");
    let trace: Value = serde_json::from_str(&trace).expect("it is JSON");
    let events = trace["traceEvents"].as_array().unwrap();
    let of = |phase: &str| events.iter().filter(|event| event["ph"] == phase).count();
    let report = profiler.report();
    assert_eq!(of("X"), report.n_tasks);
    assert_eq!((of("b"), of("e")), (report.n_runs, report.n_runs));
    let threads = events.iter().filter(|event| event["name"] == "thread_name");
    assert!(threads.count() >= report.n_workers);
    for slice in events.iter().filter(|event| event["ph"] == "X") {
        assert!(slice["ts"].as_f64().unwrap() >= 0.0 && slice["dur"].as_f64().unwrap() >= 0.0);
        assert!(slice["args"]["key"].as_str().unwrap().len() > 32);
    }
}

#[test]
fn a_picture_is_well_formed_and_needs_nothing_else() {
    let (_, picture) = full_profile("alone.svg");
    let document = roxmltree::Document::parse(&picture).expect("well-formed XML");
    let has_reference = |node: roxmltree::Node| node.attributes().any(|a| a.name() == "href");
    assert!(!document.descendants().any(has_reference));
    let texts: Vec<_> = document.descendants().filter_map(|node| node.text()).collect();
    assert!(texts.iter().any(|text| text.starts_with("load: 20 tasks, ")));
    assert!(texts.contains(&"worker 0") && texts.contains(&"worker 1"));
}

#[test]
fn a_picture_of_many_tasks_is_of_bounded_size() {
    let profiler = Profiler::new();
    let runtime = Runtime::builder().num_threads(2).observer(profiler.clone()).build().unwrap();
    runtime.compute(&totals(10_000)).unwrap();
    let picture = File::saved(&profiler, "many.svg");
    assert!(picture.len() < 500_000, "{} bytes", picture.len());
}

#[test]
fn an_empty_profile_can_be_saved() {
    let page = File::saved(&Profiler::new(), "empty.html");
    assert_eq!(data_of(&page)["start"], Value::Array(vec![]));
    let picture = File::saved(&Profiler::new(), "empty.svg");
    roxmltree::Document::parse(&picture).expect("well-formed XML");
    let trace: Value =
        serde_json::from_str(&File::saved(&Profiler::new(), "empty.json")).expect("it is JSON");
    assert_eq!(trace["traceEvents"].as_array().unwrap().len(), 1);
}

#[test]
fn an_unknown_format_says_which_there_are() {
    for (path, said) in
        [("profile.pdf", "`.pdf` is no known format"), ("profile", "says no format")]
    {
        let error = Profiler::new().save(path).unwrap_err();
        assert!(matches!(error, SaveError::UnknownFormat { .. }));
        let text = error.to_string();
        assert!(text.contains(said), "{text}");
        assert!(text.ends_with("end it in `.html`, `.svg` or `.json`"), "{text}");
    }
}

#[test]
fn a_missing_directory_is_named() {
    let error = Profiler::new().save("no/such/directory/profile.html").unwrap_err();
    assert!(matches!(error, SaveError::MissingDirectory { .. }));
    assert!(error.to_string().contains("there is no directory `no/such/directory`"));
    assert!(matches!(Error::from(error), Error::Profile(_)));
}
