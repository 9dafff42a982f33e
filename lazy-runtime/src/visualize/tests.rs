//! What a picture shows, whatever its format.

use super::picture::{NodeKind, Picture, PictureNode};
use super::{Error, RankDir, Summary, Visualize};

const NAMES: [&str; 16] = [
    "say \"hi\"",
    "Vec<Option<&str>>",
    "{a|b}\\N \\l",
    "two\nlines",
    "平均を計算",
    "αβγ – naïve",
    "🦀 crab",
    "a & b &amp; c &lt;",
    "<b>bold</b>",
    "tab\tnul\0esc\u{1b}",
    "مرحبا",
    "]]>",
    "-->",
    "\\",
    "",
    "digraph",
];

/// A picture from `(label, kind, dependencies)`; the last node is the output.
fn picture(nodes: &[(&str, NodeKind, &[u32])]) -> Picture {
    let mut picture = Picture::default();
    for (index, (label, kind, dependencies)) in nodes.iter().enumerate() {
        let output = index + 1 == nodes.len();
        picture.nodes.push(PictureNode { label: (*label).to_owned(), kind: *kind, output });
        picture.edges.extend(dependencies.iter().map(|&from| (from, index as u32)));
    }
    picture
}

/// `add(inc(1), inc(2))` with its literals.
fn add_inc() -> Visualize {
    use NodeKind::{Literal, Task};
    Visualize::new(picture(&[
        ("1", Literal, &[]),
        ("inc", Task, &[0]),
        ("2", Literal, &[]),
        ("inc", Task, &[2]),
        ("add", Task, &[1, 3]),
    ]))
}

fn chain(length: u32) -> Visualize {
    let node = |_| PictureNode { label: "inc".into(), kind: NodeKind::Task, output: false };
    let nodes = (0..length).map(node).collect();
    Visualize::new(Picture { nodes, edges: (1..length).map(|to| (to - 1, to)).collect() })
}

fn dot_counts(dot: &str) -> (usize, usize, usize) {
    let count = |what| dot.matches(what).count();
    (count("shape=circle") + count("shape=ellipse"), count("shape=box"), count(" -> "))
}

fn svg_counts(svg: &str) -> (usize, usize, usize) {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
    let heads = document.descendants().filter(|node| node.attribute("class") == Some("head"));
    (count("circle") + count("ellipse"), count("rect"), heads.count())
}

/// Checks one drawing in both formats.
fn shows(picture: &Visualize, circles: usize, boxes: usize, arrows: usize) {
    assert_eq!(dot_counts(&picture.to_dot()), (circles, boxes, arrows), "dot");
    assert_eq!(svg_counts(&picture.to_svg()), (circles, boxes, arrows), "svg");
}

#[test]
fn a_task_is_a_circle_and_the_box_of_its_result() {
    shows(&add_inc(), 3, 3, 5);
}

#[test]
fn collapsed_outputs_leave_circles_alone() {
    shows(&add_inc().collapse_outputs(true), 3, 0, 2);
}

#[test]
fn literals_are_drawn_on_request() {
    shows(&add_inc().literals(true), 3, 5, 7);
    assert!(!add_inc().to_dot().contains("dashed"));
    assert!(add_inc().literals(true).to_dot().contains("dashed"));
}

#[test]
fn data_is_a_box_with_its_label() {
    let picture = picture(&[("prices", NodeKind::Data, &[]), ("mean", NodeKind::Task, &[0])]);
    let picture = Visualize::new(picture);
    shows(&picture, 1, 2, 2);
    assert!(picture.to_dot().contains("label=\"prices\""));
}

#[test]
fn an_edge_given_twice_is_drawn_once() {
    let picture = picture(&[("x", NodeKind::Task, &[]), ("add", NodeKind::Task, &[0, 0])]);
    shows(&Visualize::new(picture), 2, 2, 3);
}

#[test]
fn outputs_have_a_heavier_outline() {
    assert_eq!(add_inc().to_dot().matches("penwidth=2.4").count(), 1);
    assert_eq!(add_inc().collapse_outputs(true).to_dot().matches("penwidth=2.4").count(), 1);
    assert_eq!(add_inc().to_svg().matches("stroke-width=\"2.6\"").count(), 1);
}

#[test]
fn nodes_are_numbered_in_static_order() {
    let dot = add_inc().collapse_outputs(true).to_dot();
    let place = |text: &str| dot.find(text).unwrap_or_else(|| panic!("{text} is missing: {dot}"));
    assert!(place("n0[label=\"inc\"") < place("n1[label=\"inc\""));
    assert!(place("n1[label=\"inc\"") < place("n2[label=\"add\""));
    assert!(place("n0 -> n2") < place("n1 -> n2"));
}

#[test]
fn the_same_program_gives_the_same_picture() {
    assert_eq!(add_inc().to_dot(), add_inc().to_dot());
    assert_eq!(add_inc().to_svg(), add_inc().to_svg());
}

#[test]
fn every_direction_is_drawn() {
    let mut seen = Vec::new();
    for rankdir in [RankDir::BT, RankDir::TB, RankDir::LR, RankDir::RL] {
        let picture = add_inc().rankdir(rankdir);
        shows(&picture, 3, 3, 5);
        assert!(picture.to_dot().contains(&format!("rankdir={}", rankdir.name())));
        assert!(!seen.contains(&picture.to_svg()));
        seen.push(picture.to_svg());
    }
}

#[test]
fn an_empty_graph_is_an_empty_picture() {
    shows(&Visualize::new(Picture::default()), 0, 0, 0);
}

#[test]
fn a_title_is_shown_and_read_out() {
    let picture = add_inc().title("a < b & \"c\"\nd");
    let svg = picture.to_svg();
    let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
    let label = document.root_element().attribute("aria-label");
    assert_eq!(label, Some("a < b & \"c\" d: task graph: 3 tasks"));
    assert!(picture.to_dot().contains(r#"label="a < b &amp; \"c\"\nd""#));
}

#[test]
fn names_come_out_as_they_are_in_svg() {
    for name in NAMES {
        let svg = Visualize::new(picture(&[(name, NodeKind::Task, &[])])).to_svg();
        let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
        let texts = document.descendants().filter(|node| node.has_tag_name("text"));
        let found: Vec<_> = texts.filter_map(|node| node.text()).collect();
        assert_eq!(found.join("\n"), super::text::printable(name));
    }
}

#[test]
fn names_come_back_out_of_dot() {
    for name in NAMES {
        let dot = Visualize::new(picture(&[(name, NodeKind::Task, &[])])).to_dot();
        let label = dot.split("n0[label=\"").nth(1).expect("a node");
        let found = unquoted(label);
        assert_eq!(found, super::text::printable(name), "{dot}");
    }
}

/// Reads a string of DOT up to its closing quote.
fn unquoted(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next().expect("a closing quote") {
            '"' => return out.replace("&amp;", "&"),
            '\\' => match chars.next().expect("an escaped character") {
                'n' => out.push('\n'),
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
}

#[test]
fn a_graph_beyond_the_limit_is_summarised() {
    let dot = chain(1_000).to_dot();
    assert_eq!(dot_counts(&dot), (1, 0, 1));
    assert!(dot.contains("inc\\n× 1,000") && dot.contains("n0 -> n0 [label=\" 999\"]"));
    let svg = chain(1_000).to_svg();
    assert_eq!(svg_counts(&svg), (1, 0, 1));
    assert!(svg.contains("× 1,000") && svg.contains(">999<"));
}

#[test]
fn the_limit_and_the_summary_can_be_chosen() {
    assert_eq!(dot_counts(&chain(10).to_dot()), (10, 10, 19));
    assert_eq!(dot_counts(&chain(10).limit(9).to_dot()), (1, 0, 1));
    assert_eq!(dot_counts(&chain(10).summary(Summary::Always).to_dot()), (1, 0, 1));
    assert_eq!(dot_counts(&chain(10).limit(9).summary(Summary::Never).to_dot()), (10, 10, 19));
}

#[test]
fn a_tangle_is_summarised_by_its_edges() {
    let node = |_| PictureNode { label: "x".into(), kind: NodeKind::Task, output: false };
    let edges = (0..50).flat_map(|from| (50..100).map(move |to| (from, to))).collect();
    let picture = Visualize::new(Picture { nodes: (0..100).map(node).collect(), edges });
    assert_eq!(dot_counts(&picture.to_dot()), (1, 0, 1));
}

#[test]
fn groups_that_depend_on_each_other_are_drawn() {
    use NodeKind::Task;
    let nodes: &[(&str, NodeKind, &[u32])] =
        &[("a", Task, &[]), ("b", Task, &[0]), ("a", Task, &[1]), ("a", Task, &[2])];
    for rankdir in [RankDir::BT, RankDir::TB, RankDir::LR, RankDir::RL] {
        let picture = Visualize::new(picture(nodes)).summary(Summary::Always).rankdir(rankdir);
        shows(&picture, 2, 0, 3);
    }
}

#[test]
fn a_large_graph_is_drawn_in_full_when_asked() {
    let svg = chain(20_000).summary(Summary::Never).to_svg();
    assert_eq!(svg.matches("class=\"head\"").count(), 39_999);
}

#[test]
fn pictures_are_saved_whole_and_replaced() {
    let directory = Scratch::new("saved");
    for name in ["z.svg", "z.dot", "z.gv", "Z.SVG"] {
        let path = directory.0.join(name);
        std::fs::write(&path, "old").expect("the scratch directory is writable");
        add_inc().save(&path).expect("saved");
        let text = std::fs::read_to_string(&path).expect("a picture");
        assert!(text.starts_with("<svg") || text.starts_with("digraph"));
    }
    assert_eq!(std::fs::read_dir(&directory.0).expect("a directory").count(), 4);
}

#[test]
fn an_unknown_format_is_named() {
    let error = add_inc().save("z.bmp").unwrap_err();
    assert!(matches!(error, Error::UnknownFormat { .. }));
    let expected = "cannot write `z.bmp`: `.bmp` is no known format; end it in `.svg`, `.dot`, \
                    `.gv`, `.png` or `.pdf`";
    assert_eq!(error.to_string(), expected);
    let error = add_inc().save("picture").unwrap_err().to_string();
    assert!(error.contains("the name says no format"), "{error}");
}

#[test]
fn a_missing_directory_is_named() {
    let error = add_inc().save("no/such/place/z.svg").unwrap_err();
    assert!(matches!(error, Error::MissingDirectory { .. }));
    assert!(error.to_string().contains("`no/such/place`"), "{error}");
}

#[test]
fn a_file_that_cannot_be_written_keeps_its_cause() {
    let directory = Scratch::new("blocked");
    let path = directory.0.join("z.svg");
    std::fs::create_dir(&path).expect("the scratch directory is writable");
    let error = add_inc().save(&path).unwrap_err();
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(std::fs::read_dir(&directory.0).expect("a directory").count(), 1);
}

#[test]
fn errors_can_be_sent_anywhere() {
    fn can_be_sent<T: std::error::Error + Send + Sync + 'static>() {}
    can_be_sent::<Error>();
    fn can_be_shared<T: Send + Sync + Clone>() {}
    can_be_shared::<Visualize>();
}

/// A directory that goes away with its test.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("lazy-picture-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary directory is writable");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
