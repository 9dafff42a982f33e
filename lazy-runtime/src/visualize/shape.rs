//! How large shapes are, and where their outlines run.

use super::drawing::{Drawing, Form, Shape};
use super::geometry::{Point, Size};
use super::text::{self, FONT_SIZE, LINE_HEIGHT};

/// The widest label that is still set in a true circle; beyond it circles would tower over their
/// neighbours, and all of the picture's become ellipses.
const ROUND_LABEL: f64 = 62.0;
const LEAST_CIRCLE: f64 = 44.0;
/// Between a label and the outline. It also allows for faces wider than the one measured.
const PADDING: f64 = 10.0;
const RESULT: Size = Size::new(20.0, 20.0);

/// The size of each shape.
pub(crate) fn sizes(drawing: &Drawing) -> Vec<Size> {
    let diameter = diameter(drawing);
    drawing.shapes.iter().map(|shape| size(shape, diameter)).collect()
}

/// The diameter of all circles, as one size keeps ranks even; none if they have to be ellipses.
pub(crate) fn diameter(drawing: &Drawing) -> Option<f64> {
    let circles = drawing.shapes.iter().filter(|shape| shape.form == Form::Circle);
    let labels: Vec<Size> = circles.map(label_size).collect();
    let round = |label: &Size| label.width <= ROUND_LABEL && label.height <= LINE_HEIGHT;
    let widest =
        labels.iter().map(|label| label.width + 2.0 * PADDING).fold(LEAST_CIRCLE, f64::max);
    labels.iter().all(round).then_some(widest.ceil())
}

fn size(shape: &Shape, round: Option<f64>) -> Size {
    let label = label_size(shape);
    match (shape.form, round) {
        (Form::Circle, Some(diameter)) => Size::new(diameter, diameter),
        (Form::Circle, None) => ellipse(label),
        (Form::Box, _) if shape.lines.is_empty() && shape.count.is_none() => RESULT,
        (Form::Box, _) => Size::new((label.width + 2.0 * PADDING).max(36.0), label.height + 14.0),
        (Form::Note, _) => Size::new((label.width + 14.0).max(20.0), label.height + 6.0),
    }
}

/// The ellipse around a label whose corners it must not touch.
fn ellipse(label: Size) -> Size {
    let height = label.height + 22.0;
    let reach = (1.0 - (label.height / height).powi(2)).sqrt();
    Size::new((label.width / reach + 1.6 * PADDING).max(LEAST_CIRCLE), height)
}

/// Width and height of all lines of a label.
fn label_size(shape: &Shape) -> Size {
    let lines = shape.lines.iter().chain(&shape.count);
    let width = lines.clone().map(|line| text::width(line, FONT_SIZE)).fold(0.0, f64::max);
    Size::new(width, lines.count().max(1) as f64 * LINE_HEIGHT)
}

/// Whether a point lies within a shape, its outline included.
pub(crate) fn holds(form: Form, center: Point, size: Size, point: Point) -> bool {
    const OUTLINE: f64 = 0.8;
    let across = (point.x - center.x).abs() / (size.width / 2.0 + OUTLINE);
    let down = (point.y - center.y).abs() / (size.height / 2.0 + OUTLINE);
    match form {
        Form::Circle => across * across + down * down <= 1.0,
        Form::Box | Form::Note => across <= 1.0 && down <= 1.0,
    }
}
