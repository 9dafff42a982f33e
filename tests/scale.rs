//! Large graphs on small stacks: nothing recurses, and everything stays linear.

use std::sync::Arc;

use lazy_runtime::prelude::*;
use lazy_runtime::{Error, reduce};
use tests::{Tally, Tracked, on_a_small_stack, synchronous, threads};

const MANY: u64 = 1_000_000;
const WIDE: u64 = 100_000;

#[delayed]
fn inc(x: u64) -> u64 {
    x + 1
}

#[delayed]
fn longer(x: String) -> String {
    x
}

fn chain() -> Delayed<u64> {
    (1..MANY).fold(inc(0), |x, _| inc(x))
}

#[test]
fn a_chain_of_a_million_runs_on_the_calling_thread() {
    on_a_small_stack(|| assert_eq!(synchronous().compute(&chain()).unwrap(), MANY));
}

#[test]
fn a_chain_of_a_million_runs_on_threads() {
    on_a_small_stack(|| {
        for count in [1, 2] {
            assert_eq!(threads(count).compute(&chain()).unwrap(), MANY);
        }
    });
}

#[test]
fn a_chain_of_a_million_results_that_are_dropped() {
    on_a_small_stack(|| {
        let chain = (1..MANY).fold(longer("x"), |x, _| longer(&x));
        for runtime in [synchronous(), threads(2)] {
            assert_eq!(runtime.compute(&chain).unwrap(), "x");
        }
    });
}

#[test]
fn a_chain_of_a_million_is_counted_and_drawn() {
    on_a_small_stack(|| {
        let chain = chain();
        let graph = chain.graph();
        assert_eq!((graph.len(), graph.n_tasks()), (MANY as usize, MANY as usize));
        assert_eq!(
            (graph.critical_path(), graph.edges().len()),
            (MANY as usize, MANY as usize - 1)
        );
        assert_eq!(graph.names().len(), MANY as usize);
        let picture = chain.visualize();
        assert!(picture.to_dot().contains("× 1,000,000"));
        assert!(picture.to_svg().len() < 20_000);
    });
}

#[test]
fn a_chain_of_a_million_is_persisted() {
    on_a_small_stack(|| {
        let kept = threads(2).persist(&chain()).unwrap();
        assert_eq!((kept.graph().len(), synchronous().compute(&kept).unwrap()), (1, MANY));
    });
}

#[test]
fn a_chain_of_a_million_is_dropped_in_any_order() {
    on_a_small_stack(|| {
        let tally = Tally::new();
        let from_first_to_last: fn(Vec<Delayed<u64>>) = drop;
        let from_last_to_first: fn(Vec<Delayed<u64>>) = |mut all| while all.pop().is_some() {};
        let only_the_last: fn(Vec<Delayed<u64>>) = |mut all| all.truncate(1);
        for drop_all in [from_first_to_last, from_last_to_first, only_the_last] {
            let mut all = vec![delayed(Tracked::new(&tally, 0)).map_ref(Tracked::value)];
            (1..MANY).for_each(|n| all.push(inc(&all[n as usize - 1])));
            assert_eq!(tally.live(), 1);
            drop_all(all);
            assert_eq!(tally.live(), 0);
        }
    });
}

#[test]
fn a_chain_of_a_million_is_dropped_by_another_thread() {
    let chain = chain();
    on_a_small_stack(move || drop(chain));
}

#[test]
fn a_chain_of_a_million_that_fails_at_its_start() {
    on_a_small_stack(|| {
        let failing = delayed(1).and_then(|_| Err::<u64, _>("no"));
        let chain = (1..MANY).fold(failing, |x, _| inc(x));
        for runtime in [synchronous(), threads(2)] {
            let Err(Error::Task(e)) = runtime.compute(&chain) else { panic!("it fails") };
            assert_eq!((e.task_name(), e.path().len()), ("and_then", 100));
            let options = lazy_runtime::ComputeOptions::new().collect_errors(true);
            let Err(Error::Many(errors)) = runtime.compute_with(&chain, options) else {
                panic!("it fails")
            };
            assert_eq!(errors.len(), 1);
        }
    });
}

#[test]
fn a_wide_fan_in() {
    #[delayed]
    fn sum(xs: Vec<u64>) -> u64 {
        xs.iter().sum()
    }
    #[delayed]
    fn sum_ref(xs: &[u64]) -> u64 {
        xs.iter().sum()
    }
    on_a_small_stack(|| {
        let parts: Vec<_> = (0..WIDE).map(inc).collect();
        let all = (sum(&parts), sum_ref(&parts), parts.iter().sum::<Delayed<u64>>());
        let expected = WIDE * (WIDE + 1) / 2;
        for runtime in [synchronous(), threads(2)] {
            assert_eq!(runtime.compute(&all).unwrap(), (expected, expected, expected));
        }
    });
}

#[test]
fn a_wide_fan_out_and_many_outputs() {
    on_a_small_stack(|| {
        let first = longer("x");
        let all: Vec<_> = (0..WIDE).map(|n| first.map_ref(move |x| x.len() as u64 + n)).collect();
        let expected: Vec<_> = (1..=WIDE).collect();
        for runtime in [synchronous(), threads(2)] {
            assert_eq!(runtime.compute(&all).unwrap(), expected);
        }
    });
}

#[test]
fn a_deep_ladder_of_shared_nodes() {
    #[delayed]
    fn add(x: u64, y: &u64) -> u64 {
        x.wrapping_add(*y)
    }
    on_a_small_stack(|| {
        // Every node is used twice: a walk that follows each way on its own would take 2^200000 steps.
        let last = (0..200_000).fold(inc(0), |x, _| add(&x, &x));
        for runtime in [synchronous(), threads(2)] {
            assert_eq!(runtime.compute(&last).unwrap(), 0);
        }
        assert_eq!(last.graph().len(), 200_001);
    });
}

#[test]
fn a_deep_comb_holds_little() {
    on_a_small_stack(|| {
        let tally = Tally::new();
        let leaf = |n: u64| {
            let tally = tally.clone();
            delayed(()).map(move |()| Arc::new(Tracked::new(&tally, n)))
        };
        let merge = |a: Arc<Tracked>, b: Arc<Tracked>| {
            Arc::new(Tracked::new(a.tally(), a.value().wrapping_add(b.value())))
        };
        let comb =
            (1..100_000).fold(leaf(0), |x, n| x.zip(&leaf(n)).map(move |(a, b)| merge(a, b)));
        assert_eq!(synchronous().compute(&comb).unwrap().value(), 100_000 * 99_999 / 2);
        assert!(tally.peak() <= 5, "{} values at once", tally.peak());
    });
}

#[test]
fn a_reduction_of_many_leaves_holds_little_on_threads() {
    on_a_small_stack(|| {
        let tally = Tally::new();
        let leaf = |n: u64| {
            let tally = tally.clone();
            delayed(()).map(move |()| Tracked::new(&tally, n))
        };
        let total = reduce((0..50_000).map(leaf), 2, |a, b| {
            let sum = a.value() + b.value();
            a.with(sum)
        });
        for count in [1, 2, 4] {
            tally.restart();
            assert_eq!(threads(count).compute(&total).unwrap().value(), 50_000 * 49_999 / 2);
            assert!(tally.peak() <= 24 * count as isize, "{} values at once", tally.peak());
            assert_eq!((tally.live(), tally.clones()), (0, 0));
        }
    });
}
