//! Data frames of Polars as results and arguments: counted, spilled, cached, told by their content.

use std::sync::{Arc, Mutex};

use lazy_runtime::diagnostics::{Observer, SpillEvent};
use lazy_runtime::prelude::*;
use lazy_runtime::{HeapSize, Runtime, Scheduler, Tokenize, Tokenizer, token};
use polars::prelude::*;
use tempfile::TempDir;

const ROWS: i64 = 4096;

/// Every kind of column, with nulls.
fn mixed(n: i64) -> DataFrame {
    let rows = || (0..ROWS).map(move |row| row * 31 + n);
    let text = |row: i64| (row % 7 != 0).then(|| format!("some text that is not inline, {row}"));
    let category = |row: i64| (row % 5 != 0).then(|| ["red", "green", "blue"][row as usize % 3]);
    let numbers: Vec<_> = rows().map(|row| (row % 3 != 0).then_some(row)).collect();
    let lists = rows().map(|row| {
        (row % 4 != 0).then(|| Series::new("".into(), (0..row % 3).collect::<Vec<_>>()))
    });
    let time = DataType::Datetime(TimeUnit::Milliseconds, None);
    let categories = DataType::from_categories(Categories::global());
    let column = |name: &str, series: Series| series.with_name(name.into()).into_column();
    let numbers = Series::new("".into(), numbers);
    let texts: StringChunked = rows().map(text).collect();
    let colors: StringChunked = rows().map(category).collect();
    let pair = [column("x", numbers.clone()), column("y", texts.clone().into_series())];
    let pair = StructChunked::from_columns("".into(), ROWS as usize, &pair).unwrap();
    DataFrame::new(
        ROWS as usize,
        vec![
            column("number", numbers.clone()),
            column("float", rows().map(|row| row as f64 / 3.0).collect()),
            column("is_even", rows().map(|row| row % 2 == 0).collect()),
            column("text", texts.into_series()),
            column("time", numbers.cast(&time).unwrap()),
            column("color", colors.into_series().cast(&categories).unwrap()),
            column("list", lists.collect::<ListChunked>().into_series()),
            column("pair", pair.into_series()),
            column("nothing", Series::new_null("".into(), ROWS as usize)),
        ],
    )
    .unwrap()
}

#[delayed]
fn load(n: i64) -> DataFrame {
    mixed(n)
}

#[delayed]
fn without_rows(n: i64) -> DataFrame {
    mixed(n).clear()
}

#[delayed]
fn height(frame: &DataFrame) -> usize {
    frame.height()
}

/// The frame, when the first round is over.
#[delayed]
fn after(frame: &DataFrame, _: usize) -> DataFrame {
    frame.clone()
}

/// What happened, in order. It is no part of a task's key.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn note(&self, what: &'static str) {
        self.0.lock().unwrap().push(what);
    }

    fn count(&self, what: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|&&noted| noted == what).count()
    }
}

impl Tokenize for Log {
    fn tokenize(&self, _: &mut Tokenizer) {}
}

#[derive(Clone, Default)]
struct Seen(Log);

impl Observer for Seen {
    fn spill(&self, event: &SpillEvent) {
        self.0.note(event.outcome.name());
    }
}

/// Equal in names, types and values; a null equals a null.
#[track_caller]
fn assert_same(found: &DataFrame, expected: &DataFrame) {
    assert_eq!(found.schema(), expected.schema());
    assert!(found.equals_missing(expected), "{found} is not {expected}");
}

#[test]
fn frames_beyond_the_memory_limit_go_to_disk_and_come_back_as_they_were() {
    for scheduler in [Scheduler::Synchronous, Scheduler::Threads] {
        let (dir, seen) = (TempDir::new().unwrap(), Seen::default());
        let runtime = Runtime::builder().scheduler(scheduler).num_threads(2);
        let runtime = runtime.memory_limit(2 * mixed(0).heap_size()).spill_dir(dir.path());
        let runtime = runtime.observer(seen.clone()).build().unwrap();
        let frames: Vec<_> = (0..8).map(load).collect();
        let first = frames.iter().map(height).sum::<Delayed<usize>>();
        let again: Vec<_> = frames.iter().map(|frame| after(frame, &first)).collect();
        for (n, found) in runtime.compute(&again).unwrap().iter().enumerate() {
            assert_same(found, &mixed(n as i64));
        }
        let (out, back) = (seen.0.count("spilled"), seen.0.count("brought back"));
        assert!(out >= 6 && back >= 6, "{out} went out and {back} came back");
        assert_eq!(seen.0.count("not written"), 0);
    }
}

/// What has no columns, or no rows.
#[test]
fn empty_frames_are_cached_on_disk_as_they_are() {
    #[delayed(cache = "disk")]
    fn empty(kind: u8, log: &Log) -> DataFrame {
        log.note("made");
        match kind {
            0 => DataFrame::empty(),
            1 => mixed(1).clear(),
            _ => DataFrame::empty_with_height(3),
        }
    }
    let (dir, log) = (TempDir::new().unwrap(), Log::default());
    let runtime = || Runtime::builder().num_threads(1).cache_dir(dir.path()).build().unwrap();
    for _ in 0..2 {
        let found = runtime().compute(&[0, 1, 2].map(|kind| empty(kind, log.clone()))).unwrap();
        assert_same(&found[0], &DataFrame::empty());
        assert_same(&found[1], &mixed(1).clear());
        assert_eq!(found[2].shape(), (3, 0));
    }
    assert_eq!(log.count("made"), 3);
    let nothing = runtime().compute(&height(without_rows(3))).unwrap();
    assert_eq!(nothing, 0);
}

#[test]
fn frames_and_series_are_cached_on_disk() {
    #[delayed(cache = "disk")]
    fn shifted(frame: DataFrame, by: i64, log: &Log) -> DataFrame {
        log.note("frame");
        frame.shift(by)
    }
    #[delayed(cache = "disk")]
    fn column(frame: &DataFrame, name: &str, log: &Log) -> Series {
        log.note("series");
        frame.column(name).unwrap().as_materialized_series().clone()
    }
    let (dir, log) = (TempDir::new().unwrap(), Log::default());
    for _ in 0..2 {
        let runtime = Runtime::builder().num_threads(1).cache_dir(dir.path()).build().unwrap();
        let frame = shifted(mixed(5), 2, log.clone());
        let column = column(&frame, "color", log.clone());
        let (frame, column) = runtime.compute(&(frame, column)).unwrap();
        assert_same(&frame, &mixed(5).shift(2));
        assert!(column.equals_missing(frame.column("color").unwrap().as_materialized_series()));
    }
    assert_eq!((log.count("frame"), log.count("series")), (1, 1));
}

/// Closures do not tell what can be done with their results; of frames it is known.
#[test]
fn frames_that_closures_make_count_and_are_spilled_as_well() {
    let (dir, seen) = (TempDir::new().unwrap(), Seen::default());
    let runtime = Runtime::builder().scheduler(Scheduler::Synchronous).spill_dir(dir.path());
    let runtime = runtime.memory_limit(2 * mixed(0).heap_size()).observer(seen.clone());
    let frames: Vec<_> = (0..6).map(|n| delayed(n).map(mixed)).collect();
    let found = runtime.build().unwrap().compute(&frames).unwrap();
    for (n, found) in found.iter().enumerate() {
        assert_same(found, &mixed(n as i64));
    }
    assert!(seen.0.count("spilled") >= 3 && seen.0.count("not written") == 0);
}

#[test]
fn a_frame_counts_what_it_owns() {
    let frame = mixed(1);
    // Polars leaves out the views that stand for texts: those of `text`, and of `pair`.
    let views = 2 * ROWS as usize * 16;
    assert_eq!(frame.heap_size(), frame.estimated_size() + views);
    let numbers = Series::new("n".into(), vec![0_i64; 1000]);
    assert!((8000..8100).contains(&numbers.heap_size()));
}

#[test]
fn a_token_is_of_the_content_and_not_of_how_it_lies_in_memory() {
    let frame = mixed(2);
    let expected = token(&frame);
    assert_eq!(token(&mixed(2)), expected);
    let (head, tail) = (frame.slice(0, 1000), frame.slice(1000, 4000));
    let chunked = head.vstack(&tail).unwrap();
    assert_eq!(chunked.first_col_n_chunks(), 2);
    assert_eq!(token(&chunked), expected);
    // A slice of what lies in larger buffers, and the same values in buffers of their own.
    let rows = IdxCa::from_vec("rows".into(), (1000..2000).collect());
    assert_eq!(token(&frame.slice(1000, 1000)), token(&frame.take(&rows).unwrap()));
    let mut sorted = Series::new("n".into(), [1, 2, 3]);
    let before = token(&sorted);
    sorted.set_sorted_flag(polars::series::IsSorted::Ascending);
    assert_eq!(token(&sorted), before);
}

#[test]
fn what_can_be_told_apart_has_tokens_of_its_own() {
    let series = |values: &[Option<i64>]| Series::new("n".into(), values);
    let one = series(&[Some(1), None, Some(3)]);
    let date = DataType::Datetime(TimeUnit::Milliseconds, None);
    let finer = DataType::Datetime(TimeUnit::Microseconds, None);
    let all = [
        one.clone(),
        one.clone().with_name("m".into()),
        one.cast(&DataType::Int32).unwrap(),
        one.cast(&date).unwrap(),
        one.cast(&finer).unwrap(),
        one.cast(&DataType::String).unwrap(),
        series(&[None, Some(1), Some(3)]),
        series(&[Some(1), Some(0), Some(3)]),
        series(&[Some(1), Some(3)]),
        series(&[Some(1), None, Some(3), None]),
        one.implode().unwrap().into_series(),
        Series::new("n".into(), ["1", "3"]),
        Series::new("n".into(), ["13", ""]),
    ];
    let tokens: std::collections::HashSet<_> = all.iter().map(token).collect();
    assert_eq!(tokens.len(), all.len());
    let frame = |series: &[Series]| {
        let columns = series.iter().map(|series| series.clone().into_column()).collect();
        DataFrame::new(series[0].len(), columns).unwrap()
    };
    let other = one.clone().with_name("m".into());
    assert_ne!(token(&frame(&[one.clone(), other.clone()])), token(&frame(&[other, one.clone()])));
    assert_ne!(token(&frame(&[one])), token(&DataFrame::empty()));
    assert_ne!(token(&DataFrame::empty_with_height(1)), token(&DataFrame::empty()));
}

/// With whichever numbers the categories have in this process: others may have been made before. Another version of Polars may write
/// types otherwise; then these are others.
#[test]
fn a_token_is_the_same_in_every_process() {
    let noise = std::process::id().to_string();
    let categories = DataType::from_categories(Categories::global());
    let of = |texts: &[&str]| Series::new("color".into(), texts).cast(&categories).unwrap();
    let _others = of(&[&noise, "violet"]);
    let colors = of(&["red", "violet", "red"]);
    assert_eq!(token(&colors), 0x896a_d826_85bb_6b01_ff7d_a327_438b_60a4);
    assert_eq!(token(&mixed(3)), 0x19c5ea45ea4c3019501bc953c4c508ac);
}
