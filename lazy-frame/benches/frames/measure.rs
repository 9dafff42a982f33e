//! A work done by each engine: how long it takes, that all give the same, and how much memory one needs.

use lazy_frame::polars::prelude::*;

use super::clock::{Span, median, timed};
use super::resident;
use super::works::{Work, scan};

/// Who does it.
#[derive(Clone, Copy)]
pub(crate) enum Engine {
    Lazy,
    InMemory,
    Streaming,
}

impl Engine {
    pub(crate) const ALL: [Engine; 3] = [Engine::Lazy, Engine::InMemory, Engine::Streaming];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Engine::Lazy => "lazy",
            Engine::InMemory => "in-memory",
            Engine::Streaming => "streaming",
        }
    }

    fn run(self, work: &Work) -> DataFrame {
        let by_polars = |engine| (work.polars)().collect_with_engine(engine);
        let result = match self {
            Engine::Lazy => return (work.lazy)(),
            Engine::InMemory => by_polars(polars::prelude::Engine::InMemory),
            Engine::Streaming => by_polars(polars::prelude::Engine::Streaming),
        };
        result.expect("nothing fails").unwrap_single()
    }
}

/// The medians of the engines, in the order of [`Engine::ALL`].
pub(crate) type Times = [Span; 3];

/// All engines in turn, after a first round that compares what they give.
pub(crate) fn measure(work: &Work, repetitions: usize) -> Times {
    let digests = Engine::ALL.map(|engine| Digest::of(result(work, engine)));
    for (engine, digest) in Engine::ALL.into_iter().zip(&digests) {
        assert!(
            digest.is_close(&digests[0]),
            "{}: {} gives {digest:?}, lazy {:?}",
            work.name,
            engine.name(),
            digests[0]
        );
    }
    let rounds: Vec<_> =
        (0..repetitions).map(|_| Engine::ALL.map(|engine| timed(|| engine.run(work)).1)).collect();
    [0, 1, 2].map(|i| Span {
        cpu: median(rounds.iter().map(|round| round[i].cpu)),
        wall: median(rounds.iter().map(|round| round[i].wall)),
    })
}

/// What was returned, or written.
fn result(work: &Work, engine: Engine) -> DataFrame {
    let returned = engine.run(work);
    let Some((folder, column)) = &work.written else { return returned };
    let rows = scan(folder).collect().expect("files that were written");
    let sorted = rows
        .column(column)
        .expect("a column")
        .as_materialized_series()
        .is_sorted(SortOptions::default());
    assert!(
        sorted.expect("values that have an order"),
        "{}: {} does not sort",
        work.name,
        engine.name()
    );
    rows
}

/// The most memory over that before, in MB, in a process that has done nothing else.
pub(crate) fn peak(work: &Work, engine: Engine) -> f64 {
    let before = resident::now();
    // What loading the data took at its peak is not counted, where the system can forget it.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    drop(engine.run(work));
    (resident::peak() - before) / 1e6
}

/// What is compared of a result: the number of rows, and the sum of each numeric column.
#[derive(Debug)]
struct Digest {
    rows: usize,
    sums: Vec<f64>,
}

impl Digest {
    fn of(result: DataFrame) -> Self {
        let sum = |column: &Column| {
            let values = match column.dtype() {
                DataType::List(_) => {
                    column.explode(ExplodeOptions { empty_as_null: true, keep_nulls: true }).ok()?
                }
                _ => column.clone(),
            };
            let is_number = values.dtype().is_primitive_numeric();
            let values = is_number.then(|| values.cast(&DataType::Float64).ok()).flatten()?;
            Some(values.f64().ok()?.iter().flatten().filter(|value| !value.is_nan()).sum())
        };
        Digest { rows: result.height(), sums: result.columns().iter().filter_map(sum).collect() }
    }

    fn is_close(&self, other: &Digest) -> bool {
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-6 * a.abs().max(1.0);
        self.rows == other.rows
            && self.sums.len() == other.sums.len()
            && self.sums.iter().zip(&other.sums).all(close)
    }
}
