//! Runs and tasks as spans of the `tracing` crate.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use lazy_runtime::Runtime;
use lazy_runtime::diagnostics::TracingObserver;
use lazy_runtime::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps the spans that it is told of.
#[derive(Clone, Default)]
struct Spans(Arc<Inner>);

#[derive(Default)]
struct Inner {
    next: AtomicU64,
    spans: Mutex<HashMap<u64, Span>>,
}

#[derive(Clone, Default)]
struct Span {
    name: &'static str,
    parent: Option<u64>,
    fields: HashMap<&'static str, String>,
    is_closed: bool,
    warnings: usize,
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }
}

impl Spans {
    fn change(&self, id: &Id, change: impl FnOnce(&mut Span)) {
        change(self.0.spans.lock().unwrap().entry(id.into_u64()).or_default());
    }

    fn named(&self, name: &str) -> Vec<(u64, Span)> {
        let spans = self.0.spans.lock().unwrap();
        let named = spans.iter().filter(|(_, span)| span.name == name);
        named.map(|(id, span)| (*id, span.clone())).collect()
    }
}

impl Subscriber for Spans {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let id = Id::from_u64(self.0.next.fetch_add(1, Ordering::Relaxed) + 1);
        self.change(&id, |span| {
            span.name = attributes.metadata().name();
            span.parent = attributes.parent().map(Id::into_u64);
            attributes.record(span);
        });
        id
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        self.change(id, |span| values.record(span));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if let Some(parent) = event.parent() {
            self.change(parent, |span| span.warnings += 1);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn try_close(&self, id: Id) -> bool {
        self.change(&id, |span| span.is_closed = true);
        true
    }
}

#[delayed]
fn double(n: u64) -> u64 {
    2 * n
}

#[delayed]
fn refuse(n: u64) -> Result<u64, String> {
    Err(format!("{n} is refused"))
}

/// One test, for the subscriber is that of the process.
#[test]
fn each_run_and_each_task_is_a_span() {
    let spans = Spans::default();
    tracing::subscriber::set_global_default(spans.clone()).unwrap();
    let builder = Runtime::builder().num_threads(2).observer(TracingObserver::new());
    let runtime = builder.build().unwrap();
    runtime.compute(&double(double(1))).unwrap();
    runtime.compute(&refuse(1)).unwrap_err();

    let (runs, tasks) = (spans.named("run"), spans.named("task"));
    assert_eq!((runs.len(), tasks.len()), (2, 3));
    assert!(runs.iter().chain(&tasks).all(|(_, span)| span.is_closed));
    for (_, task) in &tasks {
        assert!(runs.iter().any(|(run, _)| task.parent == Some(*run)));
        assert!(task.fields["duration_ns"].parse::<u64>().is_ok());
        assert!(task.fields["location"].contains("traced.rs"));
    }
    let of = |name: &str| {
        let quoted = format!("{name:?}");
        tasks.iter().filter(move |(_, task)| task.fields["name"] == quoted).map(|(_, task)| task)
    };
    assert_eq!(of("double").filter(|task| task.fields["outcome"] == "\"made\"").count(), 2);
    assert!(of("refuse").all(|task| task.fields["outcome"] == "\"failed\"" && task.warnings == 1));
}
