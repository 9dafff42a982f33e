//! The order in which tasks run, told by how many values are held at once.
//!
//! Cases of Dask's tests of `order`, by their names. *Held* is what Dask calls pressure: results that are there when a
//! task starts and that some task has yet to use; results that nobody uses are not counted. The bounds are those that
//! Dask's tests state, or the least that any order can reach (found by trying all of them), or close to it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

use lazy_runtime::prelude::*;
use tests::{Log, Tally, Tracked, synchronous};

/// A result: cloning the reference makes no further value.
type Held = Arc<Tracked>;

/// What the tasks of one run write to.
#[derive(Clone, Default)]
struct Watch {
    tally: Tally,
    held: Arc<AtomicIsize>,
    log: Log,
}

impl Watch {
    fn enter(&self, name: &str) {
        self.held.fetch_max(self.tally.live(), Ordering::SeqCst);
        self.log.note(name);
    }
}

#[delayed]
fn inner(name: String, inputs: Vec<Held>, watch: &Watch) -> Held {
    watch.enter(&name);
    Arc::new(Tracked::new(&watch.tally, inputs.len() as u64))
}

/// The same under a name that sorts elsewhere.
#[delayed(name = "zz")]
fn other(name: String, inputs: Vec<Held>, watch: &Watch) -> Held {
    watch.enter(&name);
    Arc::new(Tracked::new(&watch.tally, inputs.len() as u64))
}

#[delayed]
fn end(name: String, inputs: Vec<Held>, watch: &Watch) -> usize {
    watch.enter(&name);
    inputs.len()
}

/// Nodes in the order in which the user makes them, with what each needs.
type Shape = Vec<(String, Vec<String>)>;

/// One line a node: `name: dependency dependency`.
fn shape(lines: &str) -> Shape {
    let names = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    let node = |line: &str| {
        let (name, dependencies) = line.split_once(':').expect("a node is `name: dependencies`");
        (name.trim().to_owned(), names(dependencies))
    };
    lines.lines().filter(|line| !line.trim().is_empty()).map(node).collect()
}

/// What one run told.
struct Told {
    held: isize,
    log: Log,
}

impl Told {
    fn place(&self, name: &str) -> usize {
        self.log.place(name)
    }

    fn apart(&self, one: &str, other: &str) -> usize {
        self.place(one).abs_diff(self.place(other))
    }
}

/// Builds the graph and runs it on the reference; its ends are asked for in the order in which they were made, or the
/// other way round.
fn run(shape: &Shape, backwards: bool, renamed: impl Fn(usize) -> bool) -> Told {
    let watch = Watch::default();
    let mut needed: HashMap<&str, usize> = HashMap::new();
    shape.iter().flat_map(|(_, dependencies)| dependencies).for_each(|name| {
        *needed.entry(name).or_default() += 1;
    });
    let mut nodes: HashMap<&str, Delayed<Held>> = HashMap::new();
    let mut ends = vec![];
    for (index, (name, dependencies)) in shape.iter().enumerate() {
        let inputs: Vec<_> = dependencies.iter().map(|name| nodes[name.as_str()].clone()).collect();
        if !needed.contains_key(name.as_str()) {
            ends.push(end(name.clone(), inputs, watch.clone()));
        } else if renamed(index) {
            nodes.insert(name, other(name.clone(), inputs, watch.clone()));
        } else {
            nodes.insert(name, inner(name.clone(), inputs, watch.clone()));
        }
    }
    drop(nodes);
    if backwards {
        ends.reverse();
    }
    synchronous().compute(&ends).expect("nothing fails");
    assert_eq!(watch.tally.live(), 0);
    assert_eq!(watch.log.len(), shape.len());
    Told { held: watch.held.load(Ordering::SeqCst), log: watch.log }
}

/// Runs the graph with its ends in both orders; never more than `most` values are held.
#[track_caller]
fn holds(shape: &Shape, most: isize) -> [Told; 2] {
    let told = [run(shape, false, |_| false), run(shape, true, |_| false)];
    for (told, how) in told.iter().zip(["as made", "backwards"]) {
        assert!(
            told.held <= most,
            "{} held, not {most}, with ends {how}: {:?}",
            told.held,
            told.log
        );
    }
    told
}

#[test]
fn run_smaller_sections() {
    let sections = shape("a:\n c:\n e:\n cc:\n b: a c\n d: c e\n bb: cc\n aa: d bb\n dd: cc");
    holds(&sections, 3);
}

#[test]
fn prefer_deep() {
    let [made, backwards] = holds(&shape("a:\n x:\n b: a\n y: x\n c: b"), 1);
    for told in [made, backwards] {
        assert!(
            told.apart("a", "b") == 1 && told.apart("b", "c") == 1 && told.apart("x", "y") == 1
        );
    }
}

#[test]
fn keeps_groups_together() {
    let neighbours = shape("a0:\n a1:\n a2:\n a3:\n b0: a0 a1\n b1: a2 a3");
    for told in holds(&neighbours, 2) {
        assert_eq!((told.apart("a0", "a1"), told.apart("a2", "a3")), (1, 1));
    }
    let strides = shape("a0:\n a1:\n a2:\n a3:\n b0: a0 a2\n b1: a1 a3");
    for told in holds(&strides, 2) {
        assert_eq!((told.apart("a0", "a2"), told.apart("a1", "a3")), (1, 1));
    }
}

#[test]
fn avoid_broker_nodes() {
    holds(&shape("a0:\n a1:\n b0: a0\n b1: a1\n b2: a1"), 1);
}

#[test]
fn base_of_reduce_preferred() {
    let mut lines = String::from("c:\n b0: c\n a0: b0\n");
    for i in 1..20 {
        lines += &format!("b{i}: c\n a{i}: a{} b{i}\n", i - 1);
    }
    holds(&shape(&lines), 3);
}

#[test]
fn nearest_neighbor() {
    let lines = "b1:\n b2:\n b3:\n b4:\n a1: b1\n a2: b1\n a3: b1 b2\n a4: b2\n a5: b2 b3\n a6: b3\n a7: b3 b4\n a8: b4\n a9: b4";
    holds(&shape(lines), 2);
}

#[test]
fn a_long_row_of_nearest_neighbors() {
    let mut lines: String = (0..200).map(|i| format!("b{i}:\n")).collect();
    for i in 0..199 {
        lines += &format!("a{i}: b{i}\n c{i}: b{i} b{}\n", i + 1);
    }
    holds(&shape(&lines), 2);
}

#[test]
fn map_overlap() {
    let lines = "e1:\n d1: e1\n c1: d1\n d2:\n e3:\n d3: e3\n c2: d1 d2 d3\n b1: c1 c2\n c3: d3\n d4:\n e5:\n d5: e5\n \
                 c4: d3 d4 d5\n b3: c2 c3 c4\n c5: d5\n b5: c4 c5";
    for told in holds(&shape(&lines.replace("\n ", "\n")), 5) {
        let finished = told.place("b1") < told.place("e5") || told.place("b5") < told.place("e1");
        assert!(finished, "one side is finished before the other one is opened: {:?}", told.log);
    }
}

/// A cumulative sum of 20 chunks `of`: sums within each chunk, and what the chunks before it add up to.
fn cumulative_sum(of: &str, result: &str) -> String {
    let chunk = |i: i32| {
        let own = format!("{result}c{i}: {of}{i}\n{result}l{i}: {result}c{i}\n");
        if i == 0 {
            return format!("{own}{result}{i}: {result}c{i}\n");
        }
        let (last, carried) = (format!("{result}l{}", i - 1), format!("{result}e{}", i - 1));
        let carried = if i == 1 { String::new() } else { carried };
        format!("{own}{result}e{i}: {carried} {last}\n{result}{i}: {result}e{i} {result}c{i}\n")
    };
    (0..20).map(chunk).collect()
}

#[test]
fn gh_3055() {
    // w = (y * x2).sum(), where x1 = r.cumsum(), y = (x1 * x1).cumsum() and x2 = x1.cumsum(), chunk by chunk.
    let chunks = |line: fn(i32) -> String| (0..20).map(line).collect::<String>();
    let mut lines = chunks(|i| format!("r{i}:\n"));
    lines += &cumulative_sum("r", "x1_");
    lines += &chunks(|i| format!("a{i}: x1_{i}\nb{i}: x1_{i}\np{i}: a{i} b{i}\n"));
    lines += &cumulative_sum("p", "y");
    lines += &cumulative_sum("x1_", "x2_");
    lines += &chunks(|i| format!("v{i}: x2_{i}\nq{i}: y{i} v{i}\nw{i}: q{i}\n"));
    // What only the last chunk would carry on is used by nobody, and is never made.
    for unused in ["x1_l19", "yl19", "x2_l19"] {
        lines = lines
            .lines()
            .filter(|line| !line.starts_with(&format!("{unused}:")))
            .map(|line| format!("{line}\n"))
            .collect();
    }
    for told in holds(&shape(&lines), 8) {
        // Chunk after chunk: the first is finished before most are begun.
        assert!((1..20).all(|i| told.place(&format!("w{}", i - 1)) < told.place(&format!("w{i}"))));
        let early = (0..20).filter(|i| told.place(&format!("w{i}")) < told.log.len() / 2).count();
        let late = (0..20).filter(|i| told.place(&format!("r{i}")) > told.log.len() / 2).count();
        assert!(early > 6 && late > 6, "{early} early, {late} late: {:?}", told.log);
    }
}

#[test]
fn dont_run_all_dependents_too_early() {
    let mut lines = String::from("a0:\n b0:\n c0:\n d0: a0 b0 c0\n");
    for i in 1..10 {
        lines += &format!("b{i}: b0\n c{i}: c0\n d{i}: d{} b{i} c{i}\n", i - 1);
    }
    for told in holds(&shape(&lines), 5) {
        for i in 1..10 {
            // Dask runs no `b` before the `d` of the step before; the last of all may come a step early and free `b0`.
            let before = told.place(&format!("d{}", (i - 1).min(7)));
            assert!(before < told.place(&format!("b{i}")), "{:?}", told.log);
        }
    }
}

#[test]
fn eager_to_compute_dependent_to_free_parent() {
    let mut lines = String::new();
    for i in 0..50 {
        let (l, r) = match i {
            0 => (String::new(), String::new()),
            _ => (format!("L{}", i - 1), format!("R{}", i - 1)),
        };
        lines += &format!("x{i}:\n l{i}: x{i}\n r{i}: x{i}\n L{i}: l{i} {l}\n R{i}: r{i} {r}\n");
    }
    holds(&shape(&lines), 5);
}

#[test]
fn three_results_of_each_file_hold_one_file() {
    // As in `(means, deviations, extremes).compute()`, three lists with one result a file.
    let mut lines: String = (0..50).map(|file| format!("f{file}:\n")).collect();
    for result in 0..3 {
        lines.extend((0..50).map(|file| format!("r{result}x{file}: f{file}\n")));
    }
    holds(&shape(&lines), 1);
}

#[test]
fn files_are_split_into_columns_one_after_the_other() {
    let mut lines = String::new();
    for file in 0..60 {
        lines += &format!("f{file}:\n");
        for column in 0..3 {
            let before = if file == 0 { String::new() } else { format!("r{column}x{}", file - 1) };
            lines += &format!(
                "s{column}x{file}: f{file}\n r{column}x{file}: s{column}x{file} {before}\n"
            );
        }
    }
    holds(&shape(&lines), 7);
}

#[test]
fn local_parents_of_reduction() {
    holds(&shape("a3:\n a2: a3\n a1: a2\n b3:\n b2: b3 a2\n b1: b2\n c3:\n c2: c3 b2\n c1: c2"), 2);
}

#[test]
fn favor_longest_critical_path_where_it_costs_nothing() {
    let lines = "c:\n d: c\n e: c\n b: c\n a: b\n";
    holds(&shape(lines), 2);
}

#[test]
fn a_tree_is_reduced_depth_first() {
    let mut lines: String = (0..64).map(|i| format!("t0x{i}:\n")).collect();
    for level in 1..=6 {
        for i in 0..64 >> level {
            lines += &format!("t{level}x{i}: t{0}x{1} t{0}x{2}\n", level - 1, 2 * i, 2 * i + 1);
        }
    }
    holds(&shape(&lines), 7);
}

#[test]
fn the_order_does_not_depend_on_names() {
    let mut lines: String = (0..30).map(|i| format!("b{i}:\n")).collect();
    for i in 0..29 {
        lines += &format!("c{i}: b{i} b{}\n d{i}: c{i}\n e{i}: c{i} b{}\n", i + 1, (i * 7) % 30);
    }
    let shape = shape(&lines);
    let plain = run(&shape, false, |_| false).log.events();
    for step in [2, 3, 5] {
        assert_eq!(run(&shape, false, |index| index % step == 0).log.events(), plain);
    }
}

#[test]
fn the_order_is_the_same_in_every_run() {
    let mut lines: String = (0..30).map(|i| format!("b{i}:\n")).collect();
    for i in 0..29 {
        lines += &format!("c{i}: b{i} b{}\n d{i}: c{i} b{}\n", i + 1, (i * 11) % 30);
    }
    let shape = shape(&lines);
    let first = run(&shape, false, |_| false).log.events();
    for _ in 0..5 {
        assert_eq!(run(&shape, false, |_| false).log.events(), first);
    }
}
