//! What values own on the heap, as types that derive tell it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lazy_runtime::prelude::*;

#[derive(HeapSize)]
#[allow(dead_code, reason = "only the sizes matter")]
struct Picture {
    title: String,
    layers: Vec<Layer>,
    #[heap_size(with = Pixels::n_bytes)]
    pixels: Pixels,
    #[heap_size(skip)]
    format: Format,
}

#[derive(HeapSize)]
#[allow(dead_code, reason = "only the sizes matter")]
enum Layer {
    Empty,
    Filled(Vec<u8>),
    Named { name: Box<str>, opacity: f64 },
}

/// Types of another crate, so to say.
struct Pixels(usize);
struct Format;

impl Pixels {
    fn n_bytes(&self) -> usize {
        self.0
    }
}

#[derive(Clone, Copy, HeapSize)]
#[allow(dead_code, reason = "only the sizes matter")]
struct Point<T> {
    x: T,
    y: T,
}

#[test]
fn a_struct_owns_what_its_fields_own() {
    let layers = vec![
        Layer::Empty,
        Layer::Filled(vec![0; 100]),
        Layer::Named { name: "top".into(), opacity: 0.5 },
    ];
    let picture =
        Picture { title: "a title".to_owned(), layers, pixels: Pixels(1_000_000), format: Format };
    let expected = 7 + 3 * size_of::<Layer>() + 100 + 3 + 1_000_000;
    assert_eq!(picture.heap_size(), expected);
}

#[test]
fn plain_values_own_nothing_and_are_not_looked_at() {
    const {
        assert!(!Point::<f64>::HAS_HEAP);
        assert!(Point::<String>::HAS_HEAP);
        assert!(Picture::HAS_HEAP);
        assert!(Layer::HAS_HEAP);
    }
    let many = vec![Point { x: 1.0, y: 2.0 }; 1000];
    assert_eq!(many.heap_size(), 16_000);
}

#[test]
fn a_list_of_plain_values_is_counted_without_its_items() {
    /// Plain by its own word, and not to be asked.
    struct Unasked;

    impl HeapSize for Unasked {
        const HAS_HEAP: bool = false;

        fn heap_size(&self) -> usize {
            unreachable!("a value that owns nothing is not asked what it owns")
        }
    }
    assert_eq!(Vec::from([[(Unasked, 1_u8)]]).heap_size(), 1);
    assert_eq!(HashMap::from([(1, Some(Unasked))]).heap_size() % 4, 0);
}

#[test]
fn recursive_types_are_counted_to_the_end() {
    #[derive(HeapSize)]
    struct Tree {
        children: Vec<Tree>,
    }
    let leaf = || Tree { children: Vec::new() };
    let tree = Tree { children: vec![leaf(), Tree { children: vec![leaf()] }] };
    assert_eq!(tree.heap_size(), 3 * size_of::<Tree>());
}

#[test]
fn maps_are_estimated_closely() {
    // A table of 2^k places with keys of 8 and values of 24 bytes, beside what the values own.
    let table: HashMap<u64, Vec<u8>> = (0..1000).map(|n| (n, vec![0; 10])).collect();
    let size = table.heap_size();
    assert!((1000 * 42..2100 * 34 + 10_100).contains(&size), "{size}");
    let tree: BTreeMap<u64, u64> = (0..1000).map(|n| (n, n)).collect();
    let size = tree.heap_size();
    assert!((1000 * 16..1000 * 40).contains(&size), "{size}");
}

#[test]
fn shared_values_count_for_each_owner() {
    let shared: Arc<Vec<u64>> = Arc::new(vec![0; 100]);
    let one = shared.heap_size();
    assert!(one > 800);
    assert_eq!(vec![Arc::clone(&shared), shared].heap_size(), 2 * one + 2 * size_of::<usize>());
}
