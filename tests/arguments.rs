//! What may be passed where a parameter stands.
#![allow(clippy::needless_borrows_for_generic_args, reason = "each form is a case of its own")]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lazy_runtime::prelude::*;
use tests::both;

#[delayed]
fn total(xs: Vec<i64>) -> i64 {
    xs.iter().sum()
}

#[delayed]
fn total_ref(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

#[delayed]
fn length(text: &str) -> usize {
    text.len()
}

#[delayed]
fn shout(text: String) -> String {
    text.to_uppercase()
}

#[delayed]
fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[delayed]
fn parent(path: PathBuf) -> PathBuf {
    path.parent().unwrap_or(&path).to_owned()
}

#[delayed]
fn sub(x: i64, y: i64) -> i64 {
    x - y
}

#[test]
fn a_value_a_handle_and_a_reference_to_one() {
    both(|_| {
        let (one, two) = (delayed(1), delayed(2));
        let all = vec![sub(1, 2), sub(1, &two), sub(&one, two), sub(one, 2)];
        assert_eq!(all.compute().unwrap(), [-1; 4]);
    });
}

#[test]
fn a_list_of_handles_for_a_vector() {
    both(|_| {
        let parts = || (1..4).map(delayed).collect::<Vec<Delayed<i64>>>();
        let kept = parts();
        let references: Vec<&Delayed<i64>> = kept.iter().collect();
        let all = vec![
            total(vec![1, 2, 3]),
            total(delayed(vec![1, 2, 3])),
            total(parts()),
            total(&kept),
            total(&kept[..]),
            total(references),
            total([delayed(1), delayed(2), delayed(3)]),
            total(&[delayed(1), delayed(2), delayed(3)]),
            total([&kept[0], &kept[1], &kept[2]]),
        ];
        assert_eq!(all.compute().unwrap(), [6; 9]);
    });
}

#[test]
fn a_list_of_handles_for_a_slice() {
    both(|_| {
        let kept: Vec<Delayed<i64>> = (1..4).map(delayed).collect();
        let all = vec![
            total_ref(kept.clone()),
            total_ref(&kept),
            total_ref(&kept[..]),
            total_ref(kept.iter().collect::<Vec<_>>()),
            total_ref([delayed(1), delayed(2), delayed(3)]),
        ];
        assert_eq!(all.compute().unwrap(), [6; 5]);
    });
}

#[test]
fn owners_of_a_slice_lend_it() {
    both(|_| {
        static NUMBERS: [i64; 3] = [1, 2, 3];
        let all = vec![
            total_ref(vec![1, 2, 3]),
            total_ref([1, 2, 3]),
            total_ref(&NUMBERS),
            total_ref(&NUMBERS[..]),
            total_ref(Arc::<[i64]>::from(vec![1, 2, 3])),
            total_ref(vec![1, 2, 3].into_boxed_slice()),
            total_ref(delayed(vec![1, 2, 3])),
            total_ref(&delayed([1, 2, 3])),
            total_ref(delayed(Arc::<[i64]>::from(vec![1, 2, 3]))),
            total_ref(&delayed(&NUMBERS[..])),
        ];
        assert_eq!(all.compute().unwrap(), [6; 10]);
    });
}

#[test]
fn owners_of_text_lend_it() {
    both(|_| {
        let all = vec![
            length("four"),
            length(String::from("four")),
            length(Cow::Borrowed("four")),
            length(Arc::<str>::from("four")),
            length(Box::<str>::from("four")),
            length(delayed("four")),
            length(&delayed("four".to_string())),
            length(shout("four")),
        ];
        assert_eq!(all.compute().unwrap(), [4; 8]);
    });
}

#[test]
fn text_is_made_a_string() {
    both(|_| {
        let owned = String::from("a");
        let all = vec![shout("a"), shout(owned.as_str()), shout(owned), shout(delayed("a".into()))];
        assert_eq!(all.compute().unwrap(), ["A"; 4]);
    });
}

#[test]
fn whatever_names_a_file_is_a_path() {
    both(|_| {
        let all = vec![
            stem("dir/name.txt"),
            stem(String::from("dir/name.txt")),
            stem(PathBuf::from("dir/name.txt")),
            stem(delayed(PathBuf::from("dir/name.txt"))),
            stem(delayed("dir/name.txt")),
            stem(Path::new("dir/name.txt")),
        ];
        assert_eq!(all.compute().unwrap(), ["name"; 6]);
        let all = vec![
            parent("dir/name"),
            parent(Path::new("dir/name")),
            parent("dir/x".to_string().as_str()),
        ];
        assert_eq!(all.compute().unwrap(), [Path::new("dir"); 3]);
    });
}

#[test]
fn smart_pointers_lend_what_they_own() {
    trait Shape: Send + Sync {
        fn area(&self) -> f64;
    }
    struct Square(f64); // not `Clone`
    impl Shape for Square {
        fn area(&self) -> f64 {
            self.0 * self.0
        }
    }
    #[delayed]
    fn area(shape: &Square) -> f64 {
        shape.area()
    }
    #[delayed]
    fn any_area(shape: &dyn Shape) -> f64 {
        shape.area()
    }
    both(|_| {
        let all = vec![
            area(Square(2.0)),
            area(Arc::new(Square(2.0))),
            area(Box::new(Square(2.0))),
            area(delayed(Square(2.0))),
            area(&delayed(Arc::new(Square(2.0)))),
            area(delayed(Box::new(Square(2.0)))),
            any_area(Arc::new(Square(2.0)) as Arc<dyn Shape>),
            any_area(&delayed(Box::new(Square(2.0)) as Box<dyn Shape>)),
        ];
        assert_eq!(all.compute().unwrap(), [4.0; 8]);
    });
}

#[test]
fn an_arc_is_a_value_too() {
    #[delayed]
    fn count(shared: Arc<Vec<i64>>) -> usize {
        shared.len()
    }
    both(|_| {
        let shared = Arc::new(vec![1, 2]);
        let all = [count(shared.clone()), count(delayed(shared.clone())), count(&delayed(shared))];
        assert_eq!(all.compute().unwrap(), [2; 3]);
    });
}

#[test]
fn tuples_of_handles_and_values() {
    #[delayed]
    fn pair(both: (i64, String)) -> String {
        format!("{} {}", both.0, both.1)
    }
    #[delayed]
    fn triple(all: (i64, i64, i64)) -> i64 {
        all.0 * 100 + all.1 * 10 + all.2
    }
    both(|_| {
        let (n, text) = (delayed(1), delayed("a".to_string()));
        let all = vec![
            pair((1, "a".to_string())),
            pair((n.clone(), text.clone())),
            pair((&n, &text)),
            pair((&n, "a".to_string())),
            pair((1, text.clone())),
            pair((n.clone(), &text)),
            pair(delayed((1, "a".to_string()))),
        ];
        assert_eq!(all.compute().unwrap(), ["1 a"; 7]);
        let all =
            [triple((&n, 2, delayed(3))), triple((1, 2, delayed(3))), triple((&n, &delayed(2), 3))];
        assert_eq!(all.compute().unwrap(), [123; 3]);
    });
}

#[test]
fn options_of_handles() {
    #[delayed]
    fn or_zero(x: Option<i64>) -> i64 {
        x.unwrap_or(0)
    }
    both(|_| {
        let seven = delayed(7);
        let nothing: Option<Delayed<i64>> = None;
        let all = vec![
            or_zero(Some(7)),
            or_zero(Some(delayed(7))),
            or_zero(Some(&seven)),
            or_zero(delayed(Some(7))),
            or_zero(nothing) + 7,
        ];
        assert_eq!(all.compute().unwrap(), [7; 5]);
    });
}

#[test]
fn arrays_of_handles() {
    #[delayed]
    fn last(xs: [i64; 3]) -> i64 {
        xs[2]
    }
    both(|_| {
        let all =
            [last([1, 2, 3]), last([delayed(1), delayed(2), delayed(3)]), last(delayed([1, 2, 3]))];
        assert_eq!(all.compute().unwrap(), [3; 3]);
    });
}

#[test]
fn maps_of_handles() {
    #[delayed]
    fn look_up(table: HashMap<String, i64>, key: &str) -> i64 {
        table[key]
    }
    #[delayed]
    fn first(table: BTreeMap<i64, String>) -> String {
        table.into_values().next().unwrap_or_default()
    }
    both(|_| {
        let keys = ["a", "b", "c"].map(String::from);
        let lazy: HashMap<_, _> = keys.iter().cloned().zip((1..4).map(delayed)).collect();
        let plain: HashMap<_, _> = keys.iter().cloned().zip(1..4).collect();
        let all = [look_up(lazy, "b"), look_up(plain.clone(), "b"), look_up(delayed(plain), "b")];
        assert_eq!(all.compute().unwrap(), [2; 3]);
        let tree = BTreeMap::from([(2, shout("b")), (1, shout("a"))]);
        assert_eq!(first(tree).compute().unwrap(), "A");
    });
}

#[test]
fn an_empty_list_is_a_list() {
    both(|_| {
        let none: Vec<Delayed<i64>> = vec![];
        assert_eq!((total(none.clone()), total_ref(none)).compute().unwrap(), (0, 0));
    });
}

#[test]
fn literals_infer_from_the_parameter() {
    #[delayed]
    fn mixed(a: u8, b: f32, c: i128, d: char) -> String {
        format!("{a} {b} {c} {d}")
    }
    both(|_| assert_eq!(mixed(1, 2.5, -3, 'd').compute().unwrap(), "1 2.5 -3 d"));
}

#[test]
fn sixteen_parameters_are_taken() {
    #[delayed]
    #[rustfmt::skip]
    #[allow(clippy::too_many_arguments, reason = "the most there may be")]
    fn all(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64,
           i: i64, j: i64, k: i64, l: i64, m: i64, n: i64, o: &i64, p: &i64) -> Vec<i64> {
        vec![a, b, c, d, e, f, g, h, i, j, k, l, m, n, *o, *p]
    }
    both(|_| {
        let x = delayed(3);
        let values = all(0, 1, 2, &x, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        assert_eq!(values.compute().unwrap(), (0..16).collect::<Vec<_>>());
    });
}

#[test]
fn generic_functions_take_handles() {
    #[delayed]
    fn repeat<T: Clone + Send + Sync + 'static>(value: T, times: usize) -> Vec<T> {
        vec![value; times]
    }
    both(|_| {
        assert_eq!(repeat::<i64>(delayed(7), 2).compute().unwrap(), [7, 7]);
        assert_eq!(repeat::<String>("a", delayed(2)).compute().unwrap(), ["a", "a"]);
    });
}

#[test]
fn parameters_may_be_patterns() {
    #[delayed]
    fn swap((a, b): (i64, i64), [first, ..]: [i64; 2], _: &str) -> (i64, i64) {
        (b, a + first)
    }
    both(|_| assert_eq!(swap((&delayed(1), 2), [10, 20], "x").compute().unwrap(), (2, 11)));
}

#[test]
fn methods_of_a_block_are_tasks() {
    #[derive(Clone, Debug, PartialEq)]
    struct Model {
        weights: Vec<f64>,
    }
    #[delayed]
    impl Model {
        fn fit(data: &[f64], rate: f64) -> Model {
            Model { weights: data.iter().map(|x| x * rate).collect() }
        }
        fn score(&self, data: &[f64]) -> f64 {
            self.weights.iter().zip(data).map(|(w, x)| w * x).sum()
        }
        fn scaled(mut self, by: f64) -> Model {
            self.weights.iter_mut().for_each(|w| *w *= by);
            self
        }
    }
    both(|_| {
        let data = delayed(vec![1.0, 2.0]);
        let model = Delayed::<Model>::fit(&data, 2.0);
        let scores = (model.score(&data), model.scaled(10.0).score(vec![1.0]), model.clone());
        let eager = Model::fit(&[1.0, 2.0], 2.0);
        assert_eq!(scores.compute().unwrap(), (10.0, 20.0, eager));
        assert_eq!(scores.graph().names(), ["Vec", "fit", "score", "scaled", "score"]);
    });
}

#[test]
fn the_eager_function_can_be_kept() {
    #[delayed(eager = "add_now")]
    fn add(x: i64, y: i64) -> i64 {
        x + y
    }
    both(|_| assert_eq!(add(1, 2).compute().unwrap(), add_now(1, 2)));
}
