//! A value lives no longer than somebody needs it: peaks, early release, and nothing left behind.

use lazy_runtime::prelude::*;
use lazy_runtime::{ComputeOptions, Error, Runtime, reduce};
use tests::{Gate, Log, Tally, Tracked, both, in_time, synchronous, threads};

#[delayed]
fn make(n: u64, tally: &Tally) -> Tracked {
    Tracked::new(tally, n)
}

#[delayed]
fn next(x: &Tracked) -> Tracked {
    Tracked::new(x.tally(), x.value() + 1)
}

#[delayed]
fn pair(x: &Tracked, y: &Tracked) -> Tracked {
    Tracked::new(x.tally(), x.value() + y.value())
}

fn merge(a: Tracked, b: Tracked) -> Tracked {
    let sum = a.value() + b.value();
    a.with(sum)
}

/// The most values held at once by one worker on a graph that needs that many, with one more in its hands.
fn bound(one_worker: usize, runtime: &Runtime) -> isize {
    (one_worker * runtime.num_threads()) as isize
}

#[test]
fn a_chain_of_borrowers_holds_two() {
    both(|_| {
        let tally = Tally::new();
        let last = (0..1_000).fold(make(0, tally.clone()), |x, _| next(x));
        assert_eq!(last.compute().unwrap().value(), 1_000);
        assert_eq!((tally.peak(), tally.live()), (2, 0));
    });
}

#[test]
fn many_chains_hold_two_a_worker_and_their_ends() {
    both(|runtime| {
        let tally = Tally::new();
        let chains: Vec<_> = (0..100)
            .map(|n| (0..20).fold(make(n, tally.clone()), |x, _| next(x)).map_ref(Tracked::value))
            .collect();
        assert_eq!(chains.compute().unwrap(), (20..120).collect::<Vec<_>>());
        assert!(tally.peak() <= bound(2, runtime), "{} values at once", tally.peak());
        assert_eq!(tally.live(), 0);
    });
}

#[test]
fn a_pairwise_reduction_of_1000_leaves_holds_a_logarithm() {
    both(|runtime| {
        let tally = Tally::new();
        let leaves = (0..1_000).map(|n| make(n, tally.clone()));
        let total = reduce(leaves, 2, merge);
        assert_eq!(total.compute().unwrap().value(), 499_500);
        assert!(tally.peak() <= bound(12, runtime), "{} values at once", tally.peak());
        assert_eq!((tally.clones(), tally.live()), (0, 0));
    });
}

#[test]
fn neighbouring_pairs_reduced_as_a_tree_hold_a_logarithm() {
    both(|runtime| {
        let tally = Tally::new();
        let cells: Vec<_> = (0..1_000).map(|n| make(n, tally.clone())).collect();
        let pairs = cells.windows(2).map(|w| pair(&w[0], &w[1]));
        let total = reduce(pairs.collect::<Vec<_>>(), 2, merge);
        drop(cells);
        assert_eq!(total.compute().unwrap().value(), 2 * 499_500 - 999);
        assert!(tally.peak() <= bound(16, runtime), "{} values at once", tally.peak());
        assert_eq!(tally.live(), 0);
    });
}

#[test]
fn a_wide_fan_out_of_wide_fan_ins_holds_its_own_width() {
    both(|runtime| {
        let tally = Tally::new();
        let groups: Vec<_> = (0..50)
            .map(|group| {
                let parts: Vec<_> = (0..8).map(|n| make(group * 8 + n, tally.clone())).collect();
                lazy_runtime::collect(parts).map_ref(|parts| parts.iter().map(Tracked::value).sum())
            })
            .collect();
        let total: Delayed<u64> = groups.into_iter().sum();
        assert_eq!(total.compute().unwrap(), 400 * 399 / 2);
        assert!(tally.peak() <= bound(8, runtime), "{} values at once", tally.peak());
    });
}

#[test]
fn a_value_is_dropped_right_after_its_last_user() {
    struct Noted(&'static str, Log);
    impl Drop for Noted {
        fn drop(&mut self) {
            self.1.note(format!("drop {}", self.0));
        }
    }
    #[delayed]
    fn note(name: &'static str, log: &Log) -> Noted {
        log.note(format!("make {name}"));
        Noted(name, log.clone())
    }
    #[delayed]
    fn read(x: &Noted) -> usize {
        x.1.note(format!("read {}", x.0));
        x.0.len()
    }
    for runtime in [synchronous(), threads(1)] {
        let log = Log::new();
        let (a, b) = (note("a", log.clone()), note("b", log.clone()));
        runtime.compute(&(read(&a), read(&b), read(&b))).unwrap();
        let expected = ["make a", "read a", "drop a", "make b", "read b", "read b", "drop b"];
        assert_eq!(log.events(), expected);
    }
}

#[test]
fn a_literal_goes_with_the_last_handle_though_its_neighbours_live() {
    #[delayed]
    fn hold(x: &Tracked) -> u64 {
        x.value()
    }
    #[delayed]
    fn own(x: Tracked) -> u64 {
        x.value()
    }
    let tally = Tally::new();
    let before = hold(Tracked::new(&tally, 1));
    let (large, by_value) = (hold(Tracked::new(&tally, 2)), own(Tracked::new(&tally, 3)));
    let after = hold(Tracked::new(&tally, 4));
    let dependent = &large + 1;
    assert_eq!(tally.live(), 4);
    drop((large, by_value));
    assert_eq!(tally.live(), 3, "the dependent still needs one of the two");
    drop(dependent);
    assert_eq!(tally.live(), 2);
    assert_eq!((before, after).compute().unwrap(), (1, 4));
    assert_eq!(tally.live(), 0);
}

#[test]
fn data_goes_with_its_last_handle() {
    both(|_| {
        let tally = Tally::new();
        let x = delayed(Tracked::new(&tally, 1));
        let y = next(&x);
        drop(x);
        assert_eq!(tally.live(), 1);
        drop(y.compute().unwrap());
        assert_eq!(tally.live(), 1);
        drop(y);
        assert_eq!(tally.live(), 0);
    });
}

#[test]
fn persisted_values_live_as_long_as_their_handles() {
    both(|_| {
        let tally = Tally::new();
        let kept = vec![make(1, tally.clone()), next(make(2, tally.clone()))].persist().unwrap();
        assert_eq!(tally.live(), 2);
        let built = next(&kept[0]);
        drop(kept);
        assert_eq!(tally.live(), 1);
        drop(built);
        assert_eq!(tally.live(), 0);
    });
}

/// A graph whose results are of all kinds, with one task in the middle that does what it is told.
fn around(tally: &Tally, middle: fn(Tracked) -> Result<Tracked, String>) -> Delayed<Vec<Tracked>> {
    let parts: Vec<_> = (0..40).map(|n| make(n, tally.clone())).collect();
    let shared = next(&parts[0]);
    let odd = pair(&shared, &parts[1]).and_then(middle);
    let rest = parts.iter().map(|part| pair(part, &shared));
    lazy_runtime::collect(rest.chain([pair(&odd, &shared), shared.clone()]).collect::<Vec<_>>())
}

#[test]
fn nothing_is_left_after_a_failure() {
    both(|_| {
        let tally = Tally::new();
        let failing = around(&tally, |_| Err("no".into()));
        assert!(matches!(failing.compute(), Err(Error::Task(_))));
        assert_eq!(tally.live(), 0);
        let options = ComputeOptions::new().collect_errors(true);
        assert!(matches!(failing.compute_with(options), Err(Error::Many(_))));
        assert_eq!(tally.live(), 0);
    });
}

#[test]
fn nothing_is_left_after_a_panic() {
    both(|_| {
        let tally = Tally::new();
        let panicking = around(&tally, |_| panic!("no"));
        assert!(matches!(panicking.compute(), Err(Error::Panic(_))));
        assert_eq!(tally.live(), 0);
        let options = ComputeOptions::new().collect_errors(true);
        assert!(matches!(panicking.compute_with(options), Err(Error::Many(_))));
        assert_eq!(tally.live(), 0);
    });
}

#[test]
fn nothing_is_left_after_retries() {
    #[delayed(retries = 3)]
    fn never(x: Tracked, y: &Tracked) -> Result<Tracked, String> {
        Err(format!("{} {}", x.value(), y.value()))
    }
    both(|_| {
        let tally = Tally::new();
        let (x, y) = (make(1, tally.clone()), make(2, tally.clone()));
        assert!(never(&x, &y).compute().is_err());
        assert!(never(Tracked::new(&tally, 3), &x).compute().is_err());
        assert_eq!(tally.live(), 0);
    });
}

#[test]
fn nothing_is_left_after_a_cancel() {
    in_time(|| {
        both(|runtime| {
            let tally = Tally::new();
            let (entered, leave) = (Gate::new(), Gate::new());
            let (told, wait) = (entered.clone(), leave.clone());
            let slow = make(1, tally.clone()).map(move |x| {
                told.open();
                wait.pass();
                x
            });
            let (ended, end) = std::sync::mpsc::channel();
            let last = next(&slow).map_ref(|x| x.value());
            // Dropped with the run, after all its values.
            let guard = delayed(Ended(ended));
            let handle = runtime.spawn(&last.zip(&guard.map_ref(|_| ())));
            drop((slow, last, guard));
            entered.pass();
            handle.cancel();
            assert!(matches!(handle.join(), Err(Error::Cancelled)));
            leave.open();
            end.recv().expect_err("nothing is sent");
            assert_eq!(tally.live(), 0);
        });
    });
}

/// Tells by its drop that the graph it belongs to is gone.
struct Ended(#[allow(dead_code, reason = "it is dropped")] std::sync::mpsc::Sender<()>);

#[test]
fn a_result_nobody_asks_for_is_dropped() {
    in_time(|| {
        both(|runtime| {
            let tally = Tally::new();
            let handle = runtime.spawn(&vec![make(1, tally.clone()), make(2, tally.clone())]);
            while !handle.is_finished() {
                std::thread::yield_now();
            }
            assert_eq!(tally.live(), 2);
            drop(handle);
            // The worker that made them may be the last one to let them go.
            while tally.live() > 0 {
                std::thread::yield_now();
            }
        });
    });
}

#[test]
fn a_failed_branch_holds_nothing_while_others_go_on() {
    #[delayed]
    fn fail(_x: &Tracked) -> Result<Tracked, String> {
        Err("no".into())
    }
    #[delayed]
    fn live(x: u64, tally: &Tally) -> u64 {
        x + tally.live() as u64
    }
    let tally = Tally::new();
    let x = make(1, tally.clone());
    let skipped = pair(fail(&x), next(&x));
    let after = live(0, tally.clone());
    let all = (skipped.map_ref(Tracked::value), delayed(0).map(|x| x) + after);
    let options = ComputeOptions::new().collect_errors(true);
    let Err(Error::Many(errors)) = synchronous().compute_with(&all, options) else {
        panic!("one task fails")
    };
    assert_eq!((errors.len(), tally.live()), (1, 0));
}
