//! Values move: who gets the value itself, who a clone, and that nobody sees what another one does to it.

use std::sync::atomic::{AtomicUsize, Ordering};

use lazy_runtime::prelude::*;
use tests::{Padded, Tally, Tracked, both, synchronous};

#[delayed]
fn make(n: u64, tally: &Tally) -> Tracked {
    Tracked::new(tally, n)
}

#[delayed]
fn step(x: Tracked) -> Tracked {
    let next = x.value() + 1;
    x.with(next)
}

#[delayed]
fn look(x: &Tracked) -> u64 {
    x.value()
}

#[delayed]
fn use_up(x: Tracked) -> u64 {
    x.value()
}

#[test]
fn a_pipeline_clones_nothing() {
    both(|_| {
        let tally = Tally::new();
        let last = (0..100).fold(make(0, tally.clone()), |x, _| step(&x));
        assert_eq!(last.compute().unwrap().value(), 100);
        assert_eq!((tally.clones(), tally.peak(), tally.live()), (0, 1, 0));
    });
}

#[test]
fn a_pipeline_of_combinators_clones_nothing() {
    both(|_| {
        let tally = Tally::new();
        let x = make(1, tally.clone()).map(|x| x.with(2)).and_then(|x| Ok::<_, String>(x.with(3)));
        let list = lazy_runtime::collect([x, make(4, tally.clone())]);
        let first = list.map(|mut list| list.swap_remove(0));
        assert_eq!(first.compute().unwrap().value(), 3);
        assert_eq!((tally.clones(), tally.live()), (0, 0));
    });
}

#[test]
fn the_last_user_gets_the_value_and_others_clones() {
    let tally = Tally::new();
    let x = make(1, tally.clone());
    let users: Vec<_> = (0..10).map(|_| use_up(&x)).collect();
    synchronous().compute(&users).unwrap();
    assert_eq!((tally.clones(), tally.live()), (9, 0));
    tally.restart();
    both(|_| {
        users.compute().unwrap();
        assert_eq!(tally.live(), 0);
    });
    assert!((36..=40).contains(&tally.clones()), "{}", tally.clones());
}

#[test]
fn one_task_that_takes_a_value_twice_gets_one_clone() {
    #[delayed]
    fn both_of(x: Tracked, y: Tracked) -> u64 {
        x.value() + y.value()
    }
    #[delayed]
    fn own_and_look(x: Tracked, y: &Tracked) -> u64 {
        x.value() + y.value()
    }
    #[delayed]
    fn look_and_own(x: &Tracked, y: Tracked) -> u64 {
        x.value() + y.value()
    }
    both(|_| {
        let tally = Tally::new();
        for made in [both_of, own_and_look, look_and_own].map(|task| {
            let x = make(1, tally.clone());
            task(x.clone(), x)
        }) {
            assert_eq!(made.compute().unwrap(), 2);
        }
        assert_eq!((tally.clones(), tally.live()), (3, 0));
    });
}

#[test]
fn borrowers_clone_nothing() {
    both(|_| {
        let tally = Tally::new();
        let x = make(7, tally.clone());
        let users: Vec<_> = (0..100).map(|_| look(&x)).collect();
        assert_eq!(users.compute().unwrap(), [7; 100]);
        assert_eq!((tally.clones(), tally.peak(), tally.live()), (0, 1, 0));
    });
}

#[test]
fn a_value_borrowed_first_is_moved_afterwards() {
    let tally = Tally::new();
    let x = make(7, tally.clone());
    let (seen, used) = (look(&x), use_up(&x));
    assert_eq!(synchronous().compute(&(seen, used)).unwrap(), (7, 7));
    assert_eq!(tally.clones(), 0);
}

#[test]
fn a_result_is_moved_home() {
    both(|_| {
        let tally = Tally::new();
        let x = make(7, tally.clone());
        let home = x.compute().unwrap();
        assert_eq!((home.value(), tally.clones(), tally.live()), (7, 0, 1));
        drop(home);
        let shared = x.compute_shared().unwrap();
        let kept = x.persist().unwrap();
        assert_eq!((tally.clones(), tally.live()), (0, 2));
        drop((shared, kept));
        assert_eq!(tally.live(), 0);
    });
}

#[test]
fn a_result_wanted_beside_its_user_is_cloned_once() {
    both(|_| {
        let tally = Tally::new();
        let x = make(7, tally.clone());
        let (home, used) = (&x, use_up(&x)).compute().unwrap();
        assert_eq!((home.value(), used, tally.clones()), (7, 7, 1));
        drop(home);
        assert_eq!(tally.live(), 0);
    });
}

#[test]
fn data_stays_and_its_users_get_clones() {
    both(|_| {
        let tally = Tally::new();
        let x = delayed(Tracked::new(&tally, 1));
        assert_eq!(step(&x).compute().unwrap().value(), 2);
        assert_eq!((step(&x).compute().unwrap().value(), tally.clones()), (2, 2));
        assert_eq!((look(&x).compute().unwrap(), tally.clones(), tally.live()), (1, 2, 1));
        drop(x);
        assert_eq!(tally.live(), 0);
    });
}

#[test]
fn what_one_task_does_to_its_input_no_other_sees() {
    #[delayed]
    fn base() -> Vec<i64> {
        vec![0]
    }
    #[delayed]
    fn push(mut xs: Vec<i64>, x: i64) -> Vec<i64> {
        xs.push(x);
        xs
    }
    #[delayed]
    fn length(xs: &[i64]) -> usize {
        xs.len()
    }
    both(|_| {
        for base in [base(), delayed(vec![0]), base().persist().unwrap()] {
            let all = (&base, push(&base, 1), length(&base), push(&base, 2), &base);
            let expected = (vec![0], vec![0, 1], 1, vec![0, 2], vec![0]);
            assert_eq!(all.compute().unwrap(), expected);
            assert_eq!(all.compute().unwrap(), expected, "a second time");
        }
    });
}

#[test]
fn a_literal_is_as_it_was_in_every_compute() {
    #[delayed]
    fn push(mut xs: Vec<i64>, x: i64) -> Vec<i64> {
        xs.push(x);
        xs
    }
    both(|_| {
        let task = push(vec![0], 1);
        assert_eq!((task.compute().unwrap(), task.compute().unwrap()), (vec![0, 1], vec![0, 1]));
    });
}

#[test]
fn parts_of_lists_maps_and_tuples_are_moved() {
    #[delayed]
    fn sum(xs: Vec<Tracked>, y: Option<Tracked>, z: (Tracked, Tracked)) -> u64 {
        xs.iter().chain(&y).chain([&z.0, &z.1]).map(Tracked::value).sum()
    }
    #[delayed]
    fn sum_ref(xs: &[Tracked]) -> u64 {
        xs.iter().map(Tracked::value).sum()
    }
    both(|_| {
        let tally = Tally::new();
        let make = |n| make(n, tally.clone());
        let all = sum(vec![make(1), make(2)], Some(make(3)), (make(4), make(5)));
        let slice = sum_ref(vec![make(1), make(2)]);
        assert_eq!((all, slice).compute().unwrap(), (15, 3));
        assert_eq!((tally.clones(), tally.live()), (0, 0));
    });
}

#[test]
fn the_last_part_of_a_tuple_is_moved_out() {
    #[delayed]
    fn pair(tally: &Tally) -> (Tracked, Tracked) {
        (Tracked::new(tally, 1), Tracked::new(tally, 2))
    }
    let tally = Tally::new();
    let (a, b) = pair(tally.clone()).unzip();
    let (a, b) = synchronous().compute(&(a, b)).unwrap();
    assert_eq!((a.value(), b.value(), tally.clones(), tally.live()), (1, 2, 1, 2));
}

/// A pipeline, a shared value and an output asked for twice, for a value of any size.
fn sizes<const N: usize>() {
    #[delayed]
    fn padded<const N: usize>(tally: &Tally) -> Padded<N> {
        Padded { tracked: Tracked::new(tally, 5), padding: [7; N] }
    }
    #[delayed]
    fn same<const N: usize>(x: Padded<N>) -> Padded<N> {
        assert_eq!(std::ptr::from_ref(&x).addr() % 64, 0, "a value lies where its alignment asks");
        x
    }
    #[delayed]
    fn check<const N: usize>(x: &Padded<N>) -> bool {
        assert_eq!(std::ptr::from_ref(x).addr() % 64, 0, "a value lies where its alignment asks");
        x.tracked.value() == 5 && x.padding == [7; N]
    }
    both(|_| {
        let tally = Tally::new();
        let x = padded::<N>(tally.clone());
        let y = same::<N>(same::<N>(x));
        let (seen, home, again) = (check::<N>(y.clone()), &y, &y).compute().unwrap();
        assert!(seen && home.padding == again.padding);
        assert_eq!((tally.clones(), tally.live()), (1, 2));
        drop((home, again));
        let literal = check::<N>(Padded { tracked: Tracked::new(&tally, 5), padding: [7; N] });
        assert!(literal.compute().unwrap());
        drop(literal);
        assert_eq!(tally.live(), 0);
    });
}

#[test]
fn values_of_every_size_and_alignment() {
    sizes::<0>();
    sizes::<48>();
    sizes::<2_000>();
}

#[test]
fn values_as_wide_as_one_to_five_words() {
    fn wide<const N: usize>() {
        #[delayed]
        fn words<const N: usize>(tally: &Tally) -> ([u64; N], Box<Tracked>) {
            ([9; N], Box::new(Tracked::new(tally, 1)))
        }
        both(|_| {
            let tally = Tally::new();
            let x = words::<N>(tally.clone());
            let ends = x.map_ref(|(words, _)| words.iter().sum::<u64>());
            let moved = x.map(|(words, tracked)| (words, tracked.value()));
            assert_eq!((ends, moved).compute().unwrap(), (9 * N as u64, ([9; N], 1)));
            assert_eq!(tally.live(), 0);
        });
    }
    wide::<0>();
    wide::<1>();
    wide::<2>();
    wide::<3>();
    wide::<4>();
    wide::<5>();
}

#[test]
fn a_value_of_no_size_is_dropped_once() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Marker;
    impl Marker {
        fn new() -> Marker {
            MADE.fetch_add(1, Ordering::SeqCst);
            Marker
        }
    }
    impl Clone for Marker {
        fn clone(&self) -> Marker {
            Marker::new()
        }
    }
    impl Drop for Marker {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::SeqCst);
        }
    }
    #[delayed]
    fn mark() -> Marker {
        Marker::new()
    }
    #[delayed]
    fn pass(marker: Marker, _other: &Marker) -> Marker {
        marker
    }
    both(|_| {
        let x = mark();
        drop((pass(&x, &x), &x).compute().unwrap());
        assert_eq!(MADE.load(Ordering::SeqCst), DROPPED.load(Ordering::SeqCst));
    });
}
