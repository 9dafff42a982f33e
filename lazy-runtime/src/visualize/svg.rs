//! A drawing as an SVG that needs no other file and no program.
//!
//! Colours are attributes of each element, which every viewer understands; a stylesheet replaces
//! them where the page is dark, in viewers that know. The background is left to the page.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::color::{self, LINE, LINE_DARK};
use super::drawing::{Arrow, Drawing, Form, Shape};
use super::geometry::{Curve, Point, Size};
use super::layout::{self, COUNT_SIZE, Layout};
use super::shape;
use super::text::{self, FONT_SIZE, LINE_HEIGHT};
use super::tint::{Item, Legend};

const MARGIN: f64 = 12.0;
const TITLE_SIZE: f64 = 15.0;
const TITLE_HEIGHT: f64 = 30.0;
const HEAD_LENGTH: f64 = 7.0;
const HEAD_WIDTH: f64 = 6.0;
const HEAVY_HEAD_WIDTH: f64 = 10.0;
/// Of a legend: a row and a note.
const LEGEND_ROW: f64 = 24.0;
const SWATCH: f64 = 16.0;
const FONTS: &str = "Helvetica, Arial, 'Liberation Sans', sans-serif";

/// Lays a drawing out and prints it.
pub(crate) fn print(drawing: &Drawing) -> String {
    let layout = layout::lay_out(drawing);
    let mut svg = Svg::default();
    svg.open(drawing, &layout);
    svg.stylesheet(drawing);
    svg.title(drawing, &layout);
    let down = MARGIN + title_height(drawing);
    svg.line(&format!(r#"<g transform="translate({} {})">"#, number(MARGIN), number(down)));
    svg.arrows(drawing, &layout);
    svg.shapes(drawing, &layout);
    svg.line("</g>");
    svg.legend(drawing, down + layout.size.height);
    svg.line("</svg>");
    svg.0
}

fn title_height(drawing: &Drawing) -> f64 {
    if drawing.title.is_some() { TITLE_HEIGHT } else { 0.0 }
}

fn title_width(drawing: &Drawing) -> f64 {
    drawing.title.as_deref().map_or(0.0, |title| text::width(&title_line(title), TITLE_SIZE) * 1.1)
}

fn title_line(title: &str) -> String {
    text::printable(title).replace('\n', " ")
}

#[derive(Default)]
struct Svg(String);

impl Svg {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn open(&mut self, drawing: &Drawing, layout: &Layout) {
        let width = (width(drawing, layout) + 2.0 * MARGIN).ceil();
        let below = legend_height(drawing);
        let height = (layout.size.height + 2.0 * MARGIN + title_height(drawing) + below).ceil();
        let label = match &drawing.title {
            Some(title) => format!("{}: {}", title_line(title), drawing.description),
            None => drawing.description.clone(),
        };
        self.line(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lazy-graph\" role=\"img\" \
             aria-label=\"{}\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" font-size=\"{FONT_SIZE}\">",
            escaped(&label),
        ));
    }

    /// Rules begin with the drawing's class, because an SVG put into a page shares its styles.
    fn stylesheet(&mut self, drawing: &Drawing) {
        self.line("<style>\n@media (prefers-color-scheme: dark) {");
        self.line(&format!(
            ".lazy-graph .line {{ stroke: {LINE_DARK}; }}\n\
             .lazy-graph .head, .lazy-graph .note {{ fill: {LINE_DARK}; }}"
        ));
        let legend = drawing.legend.iter().flat_map(|legend| &legend.items);
        let swatches = legend.filter_map(|item| match item {
            Item::Swatch(paint) => Some(paint.class),
            Item::Text(_) => None,
        });
        let shapes = drawing.shapes.iter().map(|shape| shape.paint.class);
        let used: HashSet<_> = shapes.chain(swatches).collect();
        for paint in color::all().filter(|paint| used.contains(paint.class)) {
            let (class, dark) = (paint.class, paint.dark);
            self.line(&format!(
                ".lazy-graph .{class} > .shape {{ fill: {}; stroke: {}; }}\n\
                 .lazy-graph .{class} > text {{ fill: {}; }}",
                dark.fill, dark.stroke, dark.ink
            ));
        }
        self.line("}\n</style>");
    }

    fn title(&mut self, drawing: &Drawing, layout: &Layout) {
        let Some(title) = &drawing.title else { return };
        let middle = width(drawing, layout) / 2.0 + MARGIN;
        self.line(&format!(
            r#"<text class="note" x="{}" y="{}" font-size="{TITLE_SIZE}" font-weight="600" text-anchor="middle" fill="{LINE}">{}</text>"#,
            number(middle),
            number(MARGIN + TITLE_SIZE),
            escaped(&title_line(title)),
        ));
    }

    fn arrows(&mut self, drawing: &Drawing, layout: &Layout) {
        for (index, arrow) in drawing.arrows.iter().enumerate() {
            if let Some(visible) = Visible::of(arrow, &layout.curves[index], drawing, layout) {
                self.line(&visible.print());
            }
            if let (Some(at), Some(label)) = (layout.labels[index], &arrow.label) {
                self.line(&format!(
                    r#"<text class="note" x="{}" y="{}" font-size="{COUNT_SIZE}" fill="{LINE}">{}</text>"#,
                    number(at.x),
                    number(at.y + COUNT_SIZE * 0.35),
                    escaped(label),
                ));
            }
        }
    }

    fn shapes(&mut self, drawing: &Drawing, layout: &Layout) {
        for (shape, &(at, size)) in drawing.shapes.iter().zip(&layout.shapes) {
            self.line(&format!(
                r#"<g class="{}"><title>{}</title>{}{}</g>"#,
                shape.paint.class,
                escaped(&shape.hint),
                outline(shape, at, size),
                label(shape, at),
            ));
        }
    }
}

impl Svg {
    fn legend(&mut self, drawing: &Drawing, top: f64) {
        let Some(legend) = &drawing.legend else { return };
        let mut down = top;
        if !legend.items.is_empty() {
            down += LEGEND_ROW;
            let mut across = MARGIN;
            for item in &legend.items {
                self.item(item, across, down);
                across += item_width(item);
            }
        }
        if let Some(note) = legend.note.as_ref().filter(|note| !note.is_empty()) {
            self.item(&Item::Text(note.clone()), MARGIN, down + LEGEND_ROW * 0.8);
        }
    }

    fn item(&mut self, item: &Item, x: f64, y: f64) {
        match item {
            Item::Text(text) => self.line(&format!(
                r#"<text class="note" x="{}" y="{}" font-size="{COUNT_SIZE}" fill="{LINE}">{}</text>"#,
                number(x),
                number(y),
                escaped(text),
            )),
            Item::Swatch(paint) => self.line(&format!(
                r#"<g class="{}"><path class="shape" d="M{} {}h{SWATCH}v10h-{SWATCH}Z" fill="{}" stroke="{}" stroke-width="0.8"/></g>"#,
                paint.class,
                number(x),
                number(y - 9.0),
                paint.light.fill,
                paint.light.stroke,
            )),
        }
    }
}

fn item_width(item: &Item) -> f64 {
    match item {
        Item::Text(text) => text::width(text, COUNT_SIZE) * 1.1 + 8.0,
        Item::Swatch(_) => SWATCH + 4.0,
    }
}

fn legend_height(drawing: &Drawing) -> f64 {
    let rows = |legend: &Legend| {
        let note = legend.note.as_ref().is_some_and(|note| !note.is_empty());
        f64::from(u8::from(!legend.items.is_empty())) + if note { 0.8 } else { 0.0 }
    };
    drawing.legend.as_ref().map_or(0.0, |legend| rows(legend) * LEGEND_ROW)
}

fn legend_width(legend: &Legend) -> f64 {
    let note = legend.note.iter().map(|note| item_width(&Item::Text(note.clone())));
    note.fold(legend.items.iter().map(item_width).sum(), f64::max)
}

/// How wide the drawing is with all that is written above and below.
fn width(drawing: &Drawing, layout: &Layout) -> f64 {
    let legend = drawing.legend.as_ref().map_or(0.0, legend_width);
    layout.size.width.max(title_width(drawing)).max(legend)
}

fn outline(shape: &Shape, at: Point, size: Size) -> String {
    let tone = shape.paint.light;
    let width = match shape {
        Shape { heavy: true, .. } => "3.4",
        Shape { output: true, .. } => "2.6",
        _ => "1.3",
    };
    let dashes = if shape.form == Form::Note { r#" stroke-dasharray="3 3""# } else { "" };
    let look = format!(
        r#"class="shape" fill="{}" stroke="{}" stroke-width="{width}"{dashes}"#,
        tone.fill, tone.stroke
    );
    let (x, y) = (number(at.x), number(at.y));
    let (across, down) = (number(size.width / 2.0), number(size.height / 2.0));
    match shape.form {
        Form::Circle if size.width == size.height => {
            format!(r#"<circle cx="{x}" cy="{y}" r="{across}" {look}/>"#)
        }
        Form::Circle => {
            format!(r#"<ellipse cx="{x}" cy="{y}" rx="{across}" ry="{down}" {look}/>"#)
        }
        Form::Box | Form::Note => format!(
            r#"<rect x="{}" y="{}" width="{}" height="{}" rx="4" {look}/>"#,
            number(at.x - size.width / 2.0),
            number(at.y - size.height / 2.0),
            number(size.width),
            number(size.height),
        ),
    }
}

fn label(shape: &Shape, at: Point) -> String {
    let lines = shape.lines.iter().chain(&shape.count);
    let height = (lines.clone().count() as f64 - 1.0) * LINE_HEIGHT;
    // A third of the size brings the middle of the letters to where their line should be; the
    // attribute for it is not known to all viewers.
    let first = at.y - height / 2.0 + FONT_SIZE * 0.345;
    let mut out = String::new();
    for (index, line) in lines.enumerate() {
        let _ = write!(
            out,
            r#"<text x="{}" y="{}" text-anchor="middle" fill="{}">{}</text>"#,
            number(at.x),
            number(first + index as f64 * LINE_HEIGHT),
            shape.paint.light.ink,
            escaped(line),
        );
    }
    out
}

/// The part of an arrow that is not hidden by the shapes at its ends, and its head.
struct Visible {
    heavy: bool,
    line: Curve,
    tip: Point,
    base: Point,
}

impl Visible {
    fn of(arrow: &Arrow, curve: &Curve, drawing: &Drawing, layout: &Layout) -> Option<Visible> {
        let inside = |index: u32, point: Point| {
            let (at, size) = layout.shapes[index as usize];
            shape::holds(drawing.shapes[index as usize].form, at, size, point)
        };
        let end = curve.end();
        let leaves = first_outside(0.0, end, |t| inside(arrow.from, curve.at(t)))?;
        let arrives = first_outside(end, 0.0, |t| inside(arrow.to, curve.at(t)))?;
        let tip = curve.at(arrives);
        let neck = first_outside(arrives, leaves, |t| curve.at(t).distance(tip) < HEAD_LENGTH);
        let neck = neck.filter(|&neck| neck > leaves)?;
        Some(Visible {
            heavy: arrow.heavy,
            line: curve.part(leaves, neck),
            tip,
            base: curve.at(neck),
        })
    }

    fn print(&self) -> String {
        let Visible { heavy, line, tip, base } = self;
        let length = tip.distance(*base).max(1e-6);
        let half = if *heavy { HEAVY_HEAD_WIDTH } else { HEAD_WIDTH } / 2.0 / length;
        let width = if *heavy { "3.4" } else { "1.2" };
        let (across, down) = ((tip.y - base.y) * half, (base.x - tip.x) * half);
        format!(
            r#"<path class="line" d="{}" fill="none" stroke="{LINE}" stroke-width="{width}"/><path class="head" d="M{} {}L{} {}L{} {}Z" fill="{LINE}"/>"#,
            path(line),
            number(tip.x),
            number(tip.y),
            number(base.x + across),
            number(base.y + down),
            number(base.x - across),
            number(base.y - down),
        )
    }
}

/// The parameter on the way from `start` to `stop` at which `inside` ends.
fn first_outside(start: f64, stop: f64, inside: impl Fn(f64) -> bool) -> Option<f64> {
    let steps = ((stop - start).abs() * 8.0).ceil() as usize;
    let at = |step: usize| start + (stop - start) * step as f64 / steps as f64;
    let outside = (0..=steps).find(|&step| !inside(at(step)))?;
    let (mut within, mut without) = (at(outside.saturating_sub(1)), at(outside));
    for _ in 0..12 {
        let middle = f64::midpoint(within, without);
        *if inside(middle) { &mut within } else { &mut without } = middle;
    }
    Some(without)
}

fn path(curve: &Curve) -> String {
    let mut out = String::new();
    for (index, [start, first, second, end]) in curve.0.iter().enumerate() {
        if index == 0 {
            let _ = write!(out, "M{} {}", number(start.x), number(start.y));
        }
        let points = [first, second, end].map(|p| format!("{} {}", number(p.x), number(p.y)));
        let _ = write!(out, "C{}", points.join(" "));
    }
    out
}

/// A number with at most one decimal, as no eye sees more.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text as XML carries it, in elements and in attributes alike.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
