//! Operators between handles, and between handles and values.

use lazy_runtime::prelude::*;
use tests::{Tally, Tracked, both};

#[test]
fn every_operator_on_integers() {
    both(|_| {
        let (a, b) = (delayed(0b1100_i64), delayed(0b101_i64));
        let all = vec![
            &a + &b,
            &a - &b,
            &a * &b,
            &a / &b,
            &a % &b,
            &a & &b,
            &a | &b,
            &a ^ &b,
            &a << &b,
            &a >> &b,
        ];
        let (x, y) = (0b1100_i64, 0b101_i64);
        let expected = [x + y, x - y, x * y, x / y, x % y, x & y, x | y, x ^ y, x << y, x >> y];
        assert_eq!(all.compute().unwrap(), expected);
    });
}

#[test]
fn every_operator_on_floats() {
    both(|_| {
        let (a, b) = (delayed(7.5), delayed(2.0));
        let all = [&a + &b, &a - &b, &a * &b, &a / &b, &a % &b];
        assert_eq!(all.compute().unwrap(), [9.5, 5.5, 15.0, 3.75, 1.5]);
    });
}

#[test]
fn unary_operators() {
    both(|_| {
        let (x, flag) = (delayed(5_i64), delayed(true));
        assert_eq!((-&x, !&x, !&flag, -x, !flag).compute().unwrap(), (-5, -6, false, -5, false));
    });
}

#[test]
fn every_mix_of_owned_and_borrowed() {
    both(|_| {
        let x = || delayed(10);
        let y = x();
        let all =
            vec![x() - x(), x() - &y, &y - x(), &y - &y, x() - 10, &y - 10, 10 - x(), 10 - &y];
        assert_eq!(all.compute().unwrap(), [0; 8]);
    });
}

#[test]
fn a_value_on_the_left_keeps_its_side() {
    both(|_| {
        let d = delayed(3);
        let all = vec![10 - &d, 10 / &d, 10 % &d, 1 << &d, 100 >> &d, 6 & &d, 8 | &d, 5 ^ &d];
        assert_eq!(all.compute().unwrap(), [7, 3, 1, 8, 12, 2, 11, 6]);
        assert_eq!((1.0 / delayed(4.0_f64)).compute().unwrap(), 0.25);
    });
}

#[test]
fn small_and_large_numbers_too() {
    both(|_| {
        let x = (
            delayed(200_u8) + 55,
            2 * delayed(1_u128 << 100),
            delayed(1.5_f32) * 2.0,
            5 - delayed(3_usize),
        );
        assert_eq!(x.compute().unwrap(), (255, 1 << 101, 3.0, 2));
    });
}

#[test]
fn text_can_be_added_where_its_type_allows() {
    #[derive(Clone, Debug, PartialEq)]
    struct Text(String);
    impl std::ops::Add for Text {
        type Output = Text;
        fn add(self, other: Text) -> Text {
            Text(self.0 + &other.0)
        }
    }
    both(|_| {
        let text = |s: &str| Text(s.to_string());
        let sum = delayed(text("a")) + text("b") + delayed(text("c"));
        assert_eq!(sum.compute().unwrap(), text("abc"));
    });
}

#[test]
fn an_expression_is_a_graph_of_named_tasks() {
    let (x, y) = (delayed(2), delayed(3));
    let z = -(&x * &y + 1) % 4;
    assert_eq!(z.graph().names(), ["i32", "i32", "mul", "add", "neg", "rem"]);
}

#[test]
fn a_chain_of_operators_moves_its_value() {
    #[derive(Clone)]
    struct Amount(Tracked);
    impl std::ops::Add for Amount {
        type Output = Amount;
        fn add(self, other: Amount) -> Amount {
            let sum = self.0.value() + other.0.value();
            Amount(self.0.with(sum))
        }
    }
    #[delayed]
    fn amount(n: u64, tally: &Tally) -> Amount {
        Amount(Tracked::new(tally, n))
    }
    both(|_| {
        let tally = Tally::new();
        let sum = amount(1, tally.clone()) + amount(2, tally.clone()) + amount(3, tally.clone());
        assert_eq!(sum.compute().unwrap().0.value(), 6);
        assert_eq!((tally.clones(), tally.live()), (0, 0));
    });
}

#[test]
fn an_overflow_is_a_panic_with_its_place() {
    both(|_| {
        let (sum, line) = (delayed(i32::MAX) + 1, line!());
        match sum.compute() {
            Err(lazy_runtime::Error::Panic(e)) => {
                assert_eq!((e.task_name(), e.location().line()), ("add", line));
                assert_eq!(e.message(), "attempt to add with overflow");
            }
            other => panic!("expected a panic, got {other:?}"),
        }
    });
}
