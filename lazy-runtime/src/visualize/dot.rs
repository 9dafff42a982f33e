//! A drawing as text in the DOT language, built and printed with graphviz-rust.

use graphviz_rust::dot_structures::{
    Attribute, Edge, EdgeTy, Graph, GraphAttributes, Id, Node, NodeId, Stmt, Vertex,
};
use graphviz_rust::printer::{DotPrinter, PrinterContext};

use super::color::LINE;
use super::drawing::{Arrow, Drawing, Form, Shape};
use super::shape;
use super::text;
use super::tint::{Item, Legend};

/// Prints a drawing. Nodes are called `n0`, `n1`, ... in static order.
pub(crate) fn print(drawing: &Drawing) -> String {
    let circle = circle_width(drawing);
    let mut stmts = settings(drawing);
    let shapes = drawing.shapes.iter().enumerate();
    stmts.extend(shapes.map(|(index, shape)| Stmt::Node(node(index, shape, &circle))));
    stmts.extend(drawing.arrows.iter().map(|arrow| Stmt::Edge(edge(arrow))));
    stmts.extend(drawing.legend.iter().map(|of| Stmt::Node(legend(of))));
    let graph = Graph::DiGraph { id: Id::Plain("tasks".into()), strict: false, stmts };
    let mut context = PrinterContext::default();
    let mut dot = graph.print(context.with_semi());
    dot.push('\n');
    dot
}

/// The least width of a circle, in inches: all are alike, as in SVG, unless a name is long. Then SVG has ellipses; here they stay
/// circles, as in Dask, and Graphviz makes each as wide as its label.
fn circle_width(drawing: &Drawing) -> String {
    shape::diameter(drawing).map_or("0.6".to_owned(), |pixels| format!("{:.2}", pixels / 78.0))
}

fn settings(drawing: &Drawing) -> Vec<Stmt> {
    let font = || [text_pair("fontname", "Helvetica,Arial,sans-serif"), pair("fontsize", "12")];
    let mut graph = vec![
        pair("rankdir", drawing.rankdir.name()),
        // Transparent, so that the same picture serves light and dark pages.
        text_pair("bgcolor", "transparent"),
        pair("nodesep", "0.22"),
        pair("ranksep", "0.36"),
        pair("pad", "0.1"),
    ];
    if let Some(title) = &drawing.title {
        graph.push(text_pair("label", title));
        graph.push(pair("labelloc", "t"));
        graph.push(text_pair("fontcolor", LINE));
    }
    graph.extend(font());
    let mut node = vec![pair("style", "filled"), pair("penwidth", "1.2")];
    node.extend(font());
    let mut edge = vec![text_pair("color", LINE), text_pair("fontcolor", LINE)];
    edge.extend([pair("penwidth", "1.1"), pair("arrowsize", "0.65")]);
    edge.extend(font());
    let all =
        [GraphAttributes::Graph(graph), GraphAttributes::Node(node), GraphAttributes::Edge(edge)];
    all.into_iter().map(Stmt::GAttribute).collect()
}

fn node(index: usize, shape: &Shape, circle: &str) -> Node {
    let tone = shape.paint.light;
    let mut attributes = vec![text_pair("label", &label(shape))];
    match shape.form {
        Form::Circle => {
            attributes.push(pair("shape", "circle"));
            attributes.push(pair("width", circle));
            attributes.push(pair("margin", "0.03"));
        }
        Form::Box => {
            attributes.push(pair("shape", "box"));
            let size = if shape.lines.is_empty() { "0.26" } else { "0.34" };
            attributes.extend([pair("width", size), pair("height", size)]);
            attributes.push(text_pair("style", "filled,rounded"));
        }
        Form::Note => {
            attributes.push(pair("shape", "box"));
            attributes.extend([pair("width", "0.2"), pair("height", "0.24")]);
            attributes.push(text_pair("style", "dashed"));
        }
    }
    if shape.form != Form::Note {
        attributes.push(text_pair("fillcolor", tone.fill));
    }
    attributes.push(text_pair("color", tone.stroke));
    attributes.push(text_pair("fontcolor", tone.ink));
    if shape.heavy || shape.output {
        attributes.push(pair("penwidth", if shape.heavy { "3.2" } else { "2.4" }));
    }
    attributes.push(text_pair("tooltip", &shape.hint));
    Node { id: name(index), attributes }
}

fn label(shape: &Shape) -> String {
    let lines = shape.lines.iter().chain(&shape.count);
    lines.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// An arrow on the longest path.
const HEAVY: [(&str, &str); 2] = [("penwidth", "3.2"), ("arrowsize", "0.9")];

fn edge(arrow: &Arrow) -> Edge {
    let ends = [arrow.from, arrow.to].map(|index| Vertex::N(name(index as usize)));
    let [from, to] = ends;
    let label = arrow.label.as_ref().map(|label| text_pair("label", &format!(" {label}")));
    let weight = arrow.own.then(|| pair("weight", "8"));
    let heavy = if arrow.heavy { &HEAVY[..] } else { &[] };
    let heavy = heavy.iter().map(|&(key, value)| pair(key, value));
    let attributes = label.into_iter().chain(weight).chain(heavy).collect();
    Edge { ty: EdgeTy::Pair(from, to), attributes }
}

/// A node of its own: Graphviz has no other way to put colours below a graph.
fn legend(legend: &Legend) -> Node {
    let cell = |item: &Item| match item {
        Item::Text(text) => format!("<td>{}</td>", markup(text)),
        Item::Swatch(paint) => {
            format!("<td bgcolor=\"{}\" width=\"16\"></td>", paint.light.fill)
        }
    };
    let row = |cells: String| if cells.is_empty() { cells } else { format!("<tr>{cells}</tr>") };
    let items = row(legend.items.iter().map(cell).collect());
    let columns = legend.items.len().max(1);
    let note = legend.note.as_ref().filter(|note| !note.is_empty());
    let note = note
        .map(|note| row(format!("<td colspan=\"{columns}\" align=\"left\">{}</td>", markup(note))));
    let table = format!(
        "<<table border=\"0\" cellspacing=\"1\" cellpadding=\"2\">{items}{}</table>>",
        note.unwrap_or_default()
    );
    let attributes = vec![
        Attribute(Id::Plain("label".into()), Id::Html(table)),
        pair("shape", "plaintext"),
        text_pair("style", ""),
        pair("fontsize", "10"),
        text_pair("fontcolor", LINE),
    ];
    Node { id: NodeId(Id::Plain("legend".into()), None), attributes }
}

/// Text in a label of markup.
fn markup(text: &str) -> String {
    super::svg::escaped(&text::printable(text))
}

fn name(index: usize) -> NodeId {
    NodeId(Id::Plain(format!("n{index}")), None)
}

fn pair(key: &str, value: &str) -> Attribute {
    Attribute(Id::Plain(key.into()), Id::Plain(value.into()))
}

fn text_pair(key: &str, value: &str) -> Attribute {
    Attribute(Id::Plain(key.into()), Id::Escaped(quoted(value)))
}

/// A string in DOT. Besides its own escapes, Graphviz reads entities of HTML in labels, so `&` is
/// written as one.
fn quoted(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for char in text::printable(value).chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '&' => out.push_str("&amp;"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
