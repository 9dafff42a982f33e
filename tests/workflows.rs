//! Workflows of science: what their runs hold in memory, beside what the profile of the graph says.
//!
//! How near several workers come to what one holds is tested with a clock that is only counted, beside the scheduler
//! (`lazy-runtime/src/execute/simulated.rs`): what is held in a real run depends on what else the machine does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lazy_runtime::prelude::*;
use lazy_runtime::{MemoryProfile, Runtime};
use tests::workflow::{Workflow, epigenomics, workflows};
use tests::{Tally, Tracked, synchronous, threads};

type Held = Arc<Tracked>;

/// Takes that many microseconds.
#[delayed]
fn step(inputs: Vec<Held>, micros: u64, tally: &Tally) -> Held {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_micros(micros) {
        std::hint::spin_loop();
    }
    Arc::new(Tracked::new(tally, inputs.len() as u64))
}

/// The tasks that no other needs.
fn build(flow: &Workflow, tally: &Tally) -> Vec<Delayed<Held>> {
    let mut nodes: Vec<Delayed<Held>> = vec![];
    let mut is_needed = vec![false; flow.tasks.len()];
    for (index, needs) in flow.tasks.iter().enumerate() {
        let inputs: Vec<_> = needs.iter().map(|&need| nodes[need].clone()).collect();
        needs.iter().for_each(|&need| is_needed[need] = true);
        // Unequal, and the same in every run.
        let micros = ((index as u64 * 0x9E37_79B9) >> 7) % 60;
        nodes.push(step(inputs, micros, tally.clone()));
    }
    nodes.into_iter().zip(is_needed).filter(|(_, needed)| !needed).map(|(node, _)| node).collect()
}

/// The most values that lived at once in one run.
fn peak(flow: &Workflow, runtime: &Runtime) -> (isize, MemoryProfile) {
    let tally = Tally::new();
    let ends = build(flow, &tally);
    let profile = ends.graph().memory_profile();
    let results = runtime.compute(&ends).expect("nothing fails");
    drop(results);
    assert_eq!(tally.live(), 0);
    (tally.peak(), profile)
}

#[test]
fn one_worker_holds_what_the_profile_says() {
    for flow in workflows() {
        let (peak, profile) = peak(&flow, &synchronous());
        assert_eq!(peak, profile.peak() as isize, "{}", flow.name);
    }
}

#[test]
fn workflows_of_science_give_their_results_on_many_threads() {
    for flow in workflows() {
        for workers in [2, 4, 8] {
            let (peak, profile) = peak(&flow, &threads(workers));
            // A thread that the system holds up lets others go ahead, so this says little more than that something is released.
            let bound = profile.peak() * 4 + workers;
            assert!(peak <= bound as isize, "{} held {peak} of {}", flow.name, profile.peak());
        }
    }
}

#[test]
fn a_profile_counts_from_the_step_that_makes_to_the_last_that_uses() {
    let tally = Tally::new();
    let ends = build(&epigenomics(2, 3), &tally);
    let graph = ends.graph();
    let profile = graph.memory_profile();
    let n = graph.len();
    assert_eq!((profile.held().len(), profile.released().len()), (n, n));
    let mut last_use = vec![None; n];
    graph.edges().into_iter().for_each(|(from, to)| last_use[from] = last_use[from].max(Some(to)));
    assert_eq!(profile.released(), last_use);
    // One lane at a time, its pieces done one after the other; the lane before is one merged value.
    assert_eq!(profile.peak(), 1 + 1 + 3);
    let sizes = |step: usize| 10 + step as u64;
    let bytes = profile.bytes(sizes);
    let by_hand = |step: usize| {
        let is_held =
            |&node: &usize| node <= step && last_use[node].is_none_or(|last| last >= step);
        (0..n).filter(is_held).map(sizes).sum::<u64>()
    };
    assert_eq!(bytes, (0..n).map(by_hand).collect::<Vec<_>>());
}

#[test]
fn data_is_not_counted_and_outputs_are_held() {
    let tally = Tally::new();
    let data = delayed(3u64);
    let outputs = vec![&data + 1, &data + 2];
    let profile = outputs.graph().memory_profile();
    assert_eq!(profile.held(), [0, 1, 2]);
    assert_eq!(profile.released(), [None, None, None]);
    assert_eq!(profile.bytes(|_| 8), [0, 8, 16]);
    assert_eq!(Vec::<Delayed<u64>>::new().graph().memory_profile().peak(), 0);
    drop(tally);
}
