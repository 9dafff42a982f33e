//! The policy of the scheduler with workers and a clock that are only counted: what a run holds, whatever the machine does.

use workflow::{Workflow, workflows};

use crate::collection::outputs;
use crate::delayed::Delayed;
use crate::graph::{Ready, Run, Snapshot, Step};
use crate::prelude::*;
use crate::schedule::{Seat, Spares};

#[path = "../../../tests/common/workflow.rs"]
#[allow(
    unreachable_pub,
    reason = "public for the tests that use it as a module of their own crate"
)]
mod workflow;

/// A result that holds memory.
type Held = Box<u8>;

/// The outputs are the tasks that no other needs.
fn build(flow: &Workflow) -> Vec<Delayed<Held>> {
    let mut nodes: Vec<Delayed<Held>> = vec![];
    let mut is_needed = vec![false; flow.tasks.len()];
    for needs in &flow.tasks {
        let inputs: Vec<_> = needs.iter().map(|&need| nodes[need].clone()).collect();
        needs.iter().for_each(|&need| is_needed[need] = true);
        nodes.push(crate::call(|_: Vec<Held>| Held::default(), (inputs,)));
    }
    nodes.into_iter().zip(is_needed).filter(|(_, needed)| !needed).map(|(node, _)| node).collect()
}

/// Goes in order for so many tasks, is taken over in the middle of the last, and goes on as one of two.
fn run_taken_over_after(flow: &Workflow, steps: usize) -> Vec<u32> {
    let ends = build(flow);
    let (run, mut in_order) = Run::shared(Snapshot::new(outputs(&ends)), None, false);
    let spares = Spares::new(2, true, None);
    let mut executed = vec![];
    let mut execute = |task: Ready| {
        executed.push(task.rank());
        let (done, failure) = run.execute(task);
        assert!(failure.is_none());
        done
    };
    let mut last = None;
    let begin = || spares.begin(run.take_over().unwrap_or_default());
    for step in 0..steps {
        let Step::Execute(task) = run.advance(&mut in_order, last.take(), true) else { break };
        if step + 1 == steps {
            begin();
        }
        last = Some(execute(task));
    }
    if steps == 0 {
        begin();
    }
    let seat = spares.sit();
    let mut ready = vec![];
    match run.advance(&mut in_order, last, true) {
        Step::TakenOver(last) => {
            last.into_iter().for_each(|done| run.finish(done, |task| ready.push(task)))
        }
        Step::Ended => (),
        Step::Execute(_) => panic!("the run was taken over, or has ended"),
    }
    while let Some(task) = ready.pop().or_else(|| spares.take(&seat)) {
        run.finish(execute(task), |task| ready.push(task));
    }
    drop(run.finished());
    executed
}

/// One worker: what it runs, and until when.
struct Worker {
    seat: Seat,
    task: Option<(u64, Ready)>,
}

/// The most values that are held at once when that many workers run the graph, each task as long as `time` says. A value counts from
/// the start of its task to the end of the last that uses it.
fn peak(flow: &Workflow, workers: usize, time: impl Fn(u32) -> u64) -> usize {
    let ends = build(flow);
    let profile = ends.graph().memory_profile();
    let (run, _) = Run::shared(Snapshot::new(outputs(&ends)), None, false);
    // A value is released at the end of the last task that uses it, whichever that is in this run.
    let mut users = vec![0usize; run.snapshot().len()];
    let of = |task: u32| run.snapshot().dependencies(task).map(|node| node as usize);
    (0..users.len() as u32).flat_map(of).for_each(|node| users[node] += 1);
    let is_output: Vec<_> = profile.released().iter().map(Option::is_none).collect();
    let spares = Spares::new(workers, run.snapshot().holds_memory(), None);
    spares.begin(run.take_over().expect("nothing has been done in order"));
    let mut crew: Vec<_> =
        (0..workers).map(|_| Worker { seat: spares.sit(), task: None }).collect();
    let (mut now, mut held, mut most) = (0, 0usize, 0);
    loop {
        for worker in crew.iter_mut().filter(|worker| worker.task.is_none()) {
            worker.task = spares.take(&worker.seat).map(|task| (now + time(task.rank()), task));
            held += usize::from(worker.task.is_some());
        }
        most = most.max(held);
        let first = crew.iter_mut().filter(|worker| worker.task.is_some());
        let first = first.min_by_key(|worker| worker.task.as_ref().map(|&(end, _)| end));
        let Some(worker) = first else { break };
        let Some((end, task)) = worker.task.take() else { break };
        now = end;
        let (done, failure) = run.execute(task);
        assert!(failure.is_none());
        for node in of(done.index()) {
            users[node] -= 1;
            held -= usize::from(users[node] == 0 && !is_output[node]);
        }
        let (mut next, mut others) = (None, vec![]);
        run.finish(done, |ready| match next {
            None => next = Some(ready),
            Some(_) => others.push(ready),
        });
        spares.settle(&worker.seat, &mut next, &mut others);
        held += usize::from(next.is_some());
        worker.task = next.map(|task| (now + time(task.rank()), task));
    }
    drop(run.finished());
    most
}

/// One worker holds at most one result that it is making. Each further worker makes one, too, and may keep one more waiting.
#[test]
fn several_workers_hold_two_values_more_each() {
    for flow in workflows() {
        let one = peak(&flow, 1, |_| 1);
        assert_eq!(one, build(&flow).graph().memory_profile().peak(), "{}", flow.name);
        for workers in [2, 4, 8, 16] {
            let many = peak(&flow, workers, |_| 1);
            assert!(many <= one + 2 * workers, "{}: {workers} held {many}, one {one}", flow.name);
        }
    }
}

/// While one worker is in a long task the others go ahead, rather than wait for it.
#[test]
fn workers_go_ahead_of_long_tasks_by_a_few_values() {
    let unequal = |task: u32| 1 + ((u64::from(task) * 0x9E37_79B9) >> 7) % 60;
    let some_long = |task: u32| if task % 37 == 5 { 400 } else { 10 };
    for flow in workflows() {
        let one = peak(&flow, 1, |_| 1);
        for workers in [2, 4, 8, 16] {
            let many = peak(&flow, workers, unequal);
            assert!(many <= one + 3 * workers, "{}: {workers} held {many}, one {one}", flow.name);
            let many = peak(&flow, workers, some_long);
            assert!(many <= one + 7 * workers, "{}: {workers} held {many}, one {one}", flow.name);
        }
    }
}

#[test]
fn a_run_may_be_taken_over_anywhere() {
    for flow in workflows() {
        let count = flow.tasks.len();
        for steps in (0..count).step_by(count / 40).chain([1, 2, count - 1, count, count + 1]) {
            let mut executed = run_taken_over_after(&flow, steps);
            executed.sort_unstable();
            assert!(executed.into_iter().eq(0..count as u32), "{} after {steps}", flow.name);
        }
    }
}
