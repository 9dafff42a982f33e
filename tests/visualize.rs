//! Pictures of graphs, drawn without running them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lazy_runtime::diagnostics::Profiler;
use lazy_runtime::prelude::*;
use lazy_runtime::visualize::{Error, Summary};
use lazy_runtime::{Color, RankDir, Runtime, Visualize};
use tests::{Log, on_a_small_stack};

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn add(x: i64, y: i64) -> i64 {
    x + y
}

fn add_inc() -> Visualize {
    add(inc(1), inc(2)).visualize()
}

/// Circles, boxes and arrows of a picture in DOT.
fn dot_counts(dot: &str) -> (usize, usize, usize) {
    let count = |what| dot.matches(what).count();
    (count("shape=circle") + count("shape=ellipse"), count("shape=box"), count(" -> "))
}

/// The text that a picture in SVG shows, if it is well-formed.
fn svg_texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.filter_map(|node| node.text().map(str::to_owned)).collect()
}

#[test]
fn a_task_is_a_circle_followed_by_the_box_of_its_result() {
    assert_eq!(dot_counts(&add_inc().to_dot()), (3, 3, 5));
    let texts = svg_texts(&add_inc().to_svg());
    assert_eq!(texts.iter().filter(|text| *text == "inc").count(), 2);
    assert_eq!(texts.iter().filter(|text| *text == "add").count(), 1);
}

#[test]
fn arrows_run_upwards_unless_told() {
    assert!(add_inc().to_dot().contains("rankdir=BT"));
    let directions = [RankDir::BT, RankDir::TB, RankDir::LR, RankDir::RL];
    for (direction, name) in directions.into_iter().zip(["BT", "TB", "LR", "RL"]) {
        let dot = add_inc().rankdir(direction).to_dot();
        assert!(dot.contains(&format!("rankdir={name}")), "{dot}");
    }
}

#[test]
fn literals_are_shown_on_request() {
    #[delayed]
    fn greet(name: &str, times: u32, _secret: Option<f64>) -> String {
        name.repeat(times as usize)
    }
    let x = greet("world", 3, Some(0.5));
    assert_eq!(dot_counts(&x.visualize().to_dot()), (1, 1, 1));
    let dot = x.visualize().literals(true).to_dot();
    assert_eq!(dot_counts(&dot), (1, 4, 4));
    for text in ["name = \\\"world\\\"", "times = 3", "_secret = Some(0.5)"] {
        assert!(dot.contains(text), "{text} is missing: {dot}");
    }
    assert!(!x.visualize().to_dot().contains("world"));
}

#[test]
fn literals_are_shown_for_every_owner_and_type() {
    #[delayed]
    fn all(a: &[f64], b: String, c: &Path, d: Arc<u8>, e: &u8) -> usize {
        a.len() + b.len() + c.as_os_str().len() + usize::from(*d) + usize::from(*e)
    }
    let task = all(vec![1.5], "text", "a/b", Arc::new(7), Arc::new(8));
    let dot = task.visualize().literals(true).to_dot();
    for text in ["a = [1.5]", "b = \\\"text\\\"", "c = \\\"a/b\\\"", "d = 7", "e = 8"] {
        assert!(dot.contains(text), "{text} is missing: {dot}");
    }
}

#[test]
fn a_literal_that_cannot_be_shown_shows_its_type() {
    struct Opaque(u8);
    #[delayed]
    fn open(secret: &Opaque) -> u8 {
        secret.0
    }
    let dot = open(Opaque(1)).visualize().literals(true).to_dot();
    assert!(dot.contains("label=\"secret = Opaque\""), "{dot}");
}

#[test]
fn a_large_literal_is_cut_short() {
    #[delayed]
    fn total(xs: &[u64]) -> u64 {
        xs.iter().sum()
    }
    let task = total((0..100_000).collect::<Vec<_>>());
    assert!(task.visualize().literals(true).to_dot().len() < 4_000);
}

#[test]
fn outputs_can_be_collapsed() {
    assert_eq!(dot_counts(&add_inc().collapse_outputs(true).to_dot()), (3, 0, 2));
}

#[test]
fn data_is_a_box() {
    let x = delayed(vec![1.0]);
    assert_eq!(dot_counts(&x.map_ref(Vec::len).visualize().to_dot()), (1, 2, 2));
    assert_eq!(dot_counts(&x.visualize().to_dot()), (0, 1, 0));
}

#[test]
fn a_node_used_twice_by_one_task_has_one_arrow() {
    let x = inc(1);
    assert_eq!(dot_counts(&add(&x, &x).visualize().to_dot()), (2, 2, 3));
}

#[test]
fn plain_values_and_nothing_are_empty_pictures() {
    assert_eq!(dot_counts(&(1, "two").visualize().to_dot()), (0, 0, 0));
    svg_texts(&Vec::<Delayed<i32>>::new().visualize().to_svg());
}

#[test]
fn the_same_program_gives_the_same_picture() {
    let program = || {
        let parts: Vec<_> = (0..50).map(|n| add(inc(n), inc(n + 1))).collect();
        let best = lazy_runtime::reduce(parts.clone(), 3, |a, b| a.max(b));
        (best, parts).visualize().literals(true)
    };
    let (one, two) = (program(), program());
    assert_eq!(one.to_dot(), two.to_dot());
    assert_eq!(one.to_svg(), two.to_svg());
}

#[delayed]
fn count(table: HashMap<i64, i64>) -> usize {
    table.len()
}

/// A table as a user fills it: entry after entry, the same way in each run of the program.
fn table() -> HashMap<i64, Delayed<i64>> {
    (0..20).map(|n| (n, if n % 3 == 0 { inc(n) } else { add(n, n) })).collect()
}

#[test]
fn a_hash_map_as_an_argument_gives_the_same_picture() {
    let program = || count(table()).visualize().to_dot();
    assert!(program() == program());
}

#[test]
fn a_hash_map_of_outputs_gives_the_same_picture() {
    let program = || table().visualize().to_dot();
    assert!(program() == program());
}

#[test]
fn names_may_hold_any_text() {
    macro_rules! named {
        ($($name:literal)*) => {
            vec![$({
                #[delayed(name = $name)]
                fn task() -> i64 { 1 }
                ($name, task())
            }),*]
        };
    }
    let tasks = named! {
        "say \"hi\"" "Vec<Option<&str>>" "{a|b}\\N" "two\nlines" "平均" "αβγ – naïve" "🦀" "a & b &amp; c" "]]>" "\\"
        "digraph" "tab\there" "مرحبا"
    };
    for (name, task) in tasks {
        assert_eq!(task.name(), name);
        let expected = name.replace('\t', " ");
        let svg = task.visualize().to_svg();
        assert_eq!(svg_texts(&svg), expected.lines().collect::<Vec<_>>());
        let dot = task.visualize().to_dot();
        graphviz_reads(&dot, &expected);
    }
}

/// Reads the first label of a picture as Graphviz does: quotes, backslashes and entities.
fn graphviz_reads(dot: &str, expected: &str) {
    let node = dot.find("n0[label=\"").unwrap_or_else(|| panic!("no label in {dot}"));
    let mut text = String::new();
    let mut chars = dot[node + 10..].chars();
    loop {
        match chars.next().expect("the label ends") {
            '"' => break,
            '\\' => match chars.next().expect("something is escaped") {
                'n' => text.push('\n'),
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
    assert_eq!(text.replace("&amp;", "&"), expected);
}

#[test]
fn a_title_is_written() {
    let picture = add_inc().title("Sales & more");
    assert!(svg_texts(&picture.to_svg()).contains(&"Sales & more".to_string()));
    assert!(picture.to_dot().contains("Sales &amp; more"));
}

#[test]
fn a_large_graph_is_a_summary() {
    let parts: Vec<_> = (0..100_000).map(inc).collect();
    let picture = lazy_runtime::reduce(parts, 2, |a, b| a.max(b)).visualize();
    let dot = picture.to_dot();
    assert_eq!(dot_counts(&dot), (2, 0, 2), "{dot}");
    assert!(dot.contains("× 100,000") && dot.contains("× 99,999"), "{dot}");
    assert!(svg_texts(&picture.to_svg()).contains(&"reduce".to_string()));
    assert!(picture.to_svg().len() < 20_000);
}

#[test]
fn a_summary_of_a_long_chain_needs_no_stack() {
    on_a_small_stack(|| {
        let mut x = inc(0);
        for _ in 1..100_000 {
            x = inc(&x);
        }
        let dot = x.visualize().to_dot();
        assert_eq!(dot_counts(&dot), (1, 0, 1), "{dot}");
        assert!(dot.contains("99,999"));
    });
}

#[test]
fn summaries_are_drawn_always_or_never_when_told() {
    assert!(add_inc().summary(Summary::Always).to_dot().contains("× 2"));
    let chain = (0..400).fold(inc(0), |x, _| inc(x));
    assert!(chain.visualize().to_dot().contains("× 401"));
    let dot = chain.visualize().summary(Summary::Never).collapse_outputs(true).to_dot();
    assert_eq!(dot_counts(&dot), (401, 0, 400));
}

/// A directory that goes away with its test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("lazy-tests-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary directory is writable");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn dot_and_svg_are_saved_without_any_program() {
    let scratch = Scratch::new("saved");
    for (name, start) in
        [("z.svg", "<svg"), ("z.dot", "digraph"), ("z.gv", "digraph"), ("Z.SVG", "<svg")]
    {
        let path = scratch.0.join(name);
        add_inc().save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(start), "{name}");
    }
    assert_eq!(std::fs::read_dir(&scratch.0).unwrap().count(), 4, "nothing else is left behind");
}

#[test]
fn an_unknown_format_names_the_known_ones() {
    let error = add_inc().save("z.bmp").unwrap_err();
    assert!(matches!(error, Error::UnknownFormat { .. }));
    for known in [".svg", ".dot", ".png", ".pdf"] {
        assert!(error.to_string().contains(known), "{error}");
    }
    assert!(matches!(add_inc().save("picture").unwrap_err(), Error::UnknownFormat { .. }));
    let converted: lazy_runtime::Error = error.into();
    assert!(converted.to_string().contains("z.bmp"));
}

#[test]
fn a_missing_directory_is_an_error() {
    let error = add_inc().save("no/such/place/z.svg").unwrap_err();
    assert!(matches!(error, Error::MissingDirectory { .. }), "{error}");
}

#[test]
fn drawing_runs_nothing() {
    #[delayed]
    fn told(log: &Log) -> i64 {
        log.note("ran");
        1
    }
    let scratch = Scratch::new("lazy");
    let log = Log::new();
    let picture = (told(log.clone()) + told(log.clone())).visualize().literals(true);
    let _ = (picture.to_dot(), picture.to_svg());
    picture.save(scratch.0.join("z.svg")).unwrap();
    assert!(log.is_empty());
}

/// A profile of a graph that has run.
fn profile_of(z: &Delayed<i64>) -> Profiler {
    let profiler = Profiler::new();
    let runtime = Runtime::builder().num_threads(2).observer(profiler.clone()).build().unwrap();
    runtime.compute(z).unwrap();
    profiler
}

#[delayed]
fn slow(x: i64) -> i64 {
    (0..200_000).fold(x, |x, y| std::hint::black_box(x ^ y))
}

/// One slow way and three quick ones to the result.
fn one_slow_way() -> Delayed<i64> {
    let quick = (0..3).map(inc);
    lazy_runtime::reduce(quick.chain([inc(slow(4))]), 4, i64::max)
}

#[test]
fn order_needs_no_profile() {
    let picture = add_inc().color(Color::Order);
    assert_eq!(dot_counts(&picture.to_dot()), (3, 3, 5));
    let texts = svg_texts(&picture.to_svg());
    assert!(texts.contains(&"order: first".to_owned()) && texts.contains(&"last".to_owned()));
    // The first and the last have the ends of the ramp.
    let dot = picture.to_dot();
    assert!(dot.contains("#e3fbfc") && dot.contains("#86acf2"), "{dot}");
}

#[test]
fn what_was_not_measured_cannot_be_a_colour() {
    for color in [Color::Time, Color::Bytes, Color::Cache] {
        let picture = add_inc().color(color);
        let error = picture.save("never-written.svg").unwrap_err();
        assert!(matches!(error, Error::MissingProfile { .. }));
        assert!(error.to_string().contains("give it with `.profile(&profiler)`"), "{error}");
        assert!(!Path::new("never-written.svg").exists());
        let texts = svg_texts(&picture.to_svg());
        assert!(texts.iter().any(|text| text.ends_with("there is no profile")), "{texts:?}");
        assert!(picture.to_dot().contains("there is no profile"));
    }
}

#[test]
fn the_longest_path_is_thick() {
    let z = one_slow_way();
    let picture = z.visualize().profile(&profile_of(&z)).collapse_outputs(true);
    let dot = picture.to_dot();
    // slow, inc, the reduction; and the two arrows between them, with larger heads.
    assert_eq!(dot.matches("penwidth=3.2").count(), 5, "{dot}");
    assert_eq!(dot.matches("arrowsize=0.9").count(), 2);
    assert!(dot.contains("thick: the longest path"));
    let svg = picture.to_svg();
    assert_eq!(svg.matches("stroke-width=\"3.4\"").count(), 5);
    assert!(svg_texts(&svg).iter().any(|text| text.ends_with("in 3 tasks")));
}

#[test]
fn times_are_told_by_colours_and_hints() {
    let z = one_slow_way();
    let picture = z.visualize().profile(&profile_of(&z)).color(Color::Time);
    let svg = picture.to_svg();
    let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
    let hints = document.descendants().filter(|node| node.has_tag_name("title"));
    let slow = hints.filter(|hint| hint.text().is_some_and(|text| text.starts_with("slow: ")));
    let classes: Vec<_> =
        slow.filter_map(|hint| hint.parent().and_then(|node| node.attribute("class"))).collect();
    assert_eq!(classes, ["h6"], "the slowest has the end of the ramp");
    let (circles, boxes, arrows) = dot_counts(&z.visualize().to_dot());
    assert_eq!(dot_counts(&picture.to_dot()), (circles, boxes, arrows));
}

#[test]
fn a_graph_that_did_not_run_is_not_known() {
    let profile = profile_of(&one_slow_way());
    let other = one_slow_way().visualize().profile(&profile).color(Color::Time);
    let texts = svg_texts(&other.to_svg());
    let advice = "time: not known of any node; draw the graph that ran";
    assert!(texts.contains(&advice.to_owned()), "{texts:?}");
    assert!(!other.to_dot().contains("penwidth=3.2"));
}

#[test]
fn cache_states_have_a_legend() {
    let z = one_slow_way();
    let picture = z.visualize().profile(&profile_of(&z)).color(Color::Cache);
    let texts = svg_texts(&picture.to_svg());
    for text in ["hit", "computed and kept", "computed"] {
        assert!(texts.contains(&text.to_owned()), "{texts:?}");
    }
}

#[test]
fn a_summary_is_coloured_by_sums() {
    let z = one_slow_way();
    let picture = z.visualize().profile(&profile_of(&z)).color(Color::Time);
    let svg = picture.summary(Summary::Always).to_svg();
    let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
    let groups: Vec<_> =
        document.descendants().filter_map(|node| node.attribute("class")).collect();
    assert!(groups.contains(&"h6"), "{groups:?}");
    assert!(svg_texts(&svg).iter().any(|text| text.starts_with("time: ")));
}
