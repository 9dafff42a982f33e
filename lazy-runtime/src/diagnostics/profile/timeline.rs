//! A profile as a picture for documents: the tasks of each worker over time, and whose colour is whose.
//!
//! What is narrower than a step of [`STEP`] is drawn together, in the colour that takes most of the step: a picture of a million tasks is no
//! larger than one of a few thousand.

use std::fmt::Write as _;

use super::data::{Data, Task};
use super::lanes::{self, Row};
use super::palette::{self, TONES};
use super::report::Report;
use crate::diagnostics::event::TaskOutcome;
use crate::diagnostics::units;
use crate::visualize::svg::{escaped, number};
use crate::visualize::text;

const WIDTH: f64 = 960.0;
const GUTTER: f64 = 74.0;
const MARGIN: f64 = 12.0;
/// The height of a worker's row, and of a row of tasks within its tasks.
const ROW: f64 = 24.0;
const INNER_ROW: f64 = 14.0;
/// The tallest all rows together may be: beyond it they become thinner.
const TALLEST: f64 = 640.0;
const GAP: f64 = 3.0;
const HEAD: f64 = 22.0;
/// The narrowest thing that is drawn by itself.
const STEP: f64 = 1.0;
/// The most names that are listed.
const MOST_NAMES: usize = 24;
const LINE: &str = "#7d8590";
const LINE_DARK: &str = "#9198a1";
const FAILED: &str = "#d1242f";

/// All that was measured as SVG: legible on light and on dark pages.
pub(super) fn print(data: &Data) -> String {
    let rows = lanes::rows(data);
    let report = Report::of(data);
    let (begin, end) = data.span();
    let mut picture = Picture {
        data,
        begin,
        scale: (WIDTH - GUTTER - MARGIN) / (end - begin).max(1) as f64,
        colors: palette::places(&data.names),
        thinner: (TALLEST / rows.iter().map(height).sum::<f64>()).min(1.0),
        out: String::new(),
    };
    let bottom = HEAD + rows.iter().map(|row| picture.height(row)).sum::<f64>();
    picture.axis(bottom, end - begin);
    picture.runs(bottom);
    let mut top = HEAD;
    for row in &rows {
        picture.row(row, top);
        top += picture.height(row);
    }
    let height = picture.legend(&report, bottom + 44.0) + MARGIN;
    let (opening, body) = (opening(&report, height), picture.out);
    format!("{opening}{}{body}</svg>\n", stylesheet())
}

fn opening(report: &Report, height: f64) -> String {
    let summary = report.to_string();
    let summary = summary.lines().last().unwrap_or_default();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lazy-profile\" role=\"img\" \
         aria-label=\"profile: {}\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\" font-size=\"11\">\n",
        escaped(summary),
    )
}

/// Colours are attributes that every viewer knows; rules replace them where the page is dark.
fn stylesheet() -> String {
    let mut out = format!(
        "<style>\n@media (prefers-color-scheme: dark) {{\n.lazy-profile .note {{ fill: {LINE_DARK}; }}\n"
    );
    for (place, (_, dark)) in TONES.iter().enumerate() {
        let _ = writeln!(out, ".lazy-profile .c{place} {{ fill: {}; }}", dark.fill);
        let _ = writeln!(out, ".lazy-profile .i{place} {{ fill: {}; }}", dark.ink);
    }
    out.push_str("}\n</style>\n");
    out
}

fn height(row: &Row) -> f64 {
    if row.level == 0 { ROW } else { INNER_ROW }
}

struct Picture<'a> {
    data: &'a Data,
    begin: u64,
    /// Pixels a nanosecond.
    scale: f64,
    colors: Vec<usize>,
    thinner: f64,
    out: String,
}

/// Tasks too narrow to be drawn by themselves.
#[derive(Clone, Copy)]
struct Crowd {
    from: f64,
    to: f64,
    /// The name of the longest, and how long that is.
    name: u32,
    longest: u64,
}

impl Picture<'_> {
    fn height(&self, row: &Row) -> f64 {
        height(row) * self.thinner
    }

    fn x(&self, time: u64) -> f64 {
        GUTTER + (time - self.begin) as f64 * self.scale
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn note(&mut self, x: f64, y: f64, anchor: &str, label: &str) {
        self.line(&format!(
            r#"<text class="note" x="{}" y="{}" text-anchor="{anchor}" fill="{LINE}">{}</text>"#,
            number(x),
            number(y),
            escaped(label),
        ));
    }

    fn axis(&mut self, bottom: f64, span: u64) {
        let step = nice_step(span as f64 / 8.0);
        let mut at = 0.0;
        while at <= span as f64 {
            let x = number(GUTTER + at * self.scale);
            self.line(&format!(
                r#"<path d="M{x} {}V{}" stroke="{LINE}" stroke-width="0.6" stroke-opacity="0.35"/>"#,
                number(HEAD - 4.0),
                number(bottom + 4.0),
            ));
            let x = GUTTER + at * self.scale;
            let anchor = if x > WIDTH - 30.0 { "end" } else { "middle" };
            self.note(x, bottom + 17.0, anchor, &tick_text(at));
            at += step;
        }
    }

    /// Where runs begin, if there are several and not too many.
    fn runs(&mut self, bottom: f64) {
        if !(2..=40).contains(&self.data.runs.len()) {
            return;
        }
        let mut free = 0.0;
        for run in &self.data.runs {
            let x = self.x(run.started);
            self.line(&format!(
                r#"<path d="M{} {}V{}" stroke="{LINE}" stroke-width="1.2" stroke-dasharray="3 3"/>"#,
                number(x),
                number(HEAD - 6.0),
                number(bottom),
            ));
            if x >= free {
                self.note(x, HEAD - 9.0, "start", &run.id.to_string());
                free = x + 50.0;
            }
        }
    }

    fn row(&mut self, row: &Row, top: f64) {
        let tall = self.height(row) - GAP * self.thinner;
        if row.level == 0 && tall >= 8.0 {
            let label = format!("worker {}", row.worker);
            self.note(GUTTER - 8.0, top + tall / 2.0 + 4.0, "end", &label);
        }
        let mut crowd: Option<Crowd> = None;
        for &task in &row.tasks {
            let task = &self.data.tasks[task as usize];
            let (from, to) = (self.x(task.started), self.x(task.ended));
            if let Some(so_far) = crowd.filter(|crowd| to - crowd.from > STEP || to - from >= STEP)
            {
                self.crowd(so_far, top, tall);
                crowd = None;
            }
            if to - from >= STEP {
                self.bar(task, from, to, top, tall);
                continue;
            }
            let new = Crowd { from, to, name: task.name, longest: task.duration() };
            crowd = Some(match crowd {
                Some(before) if before.longest >= new.longest => Crowd { to, ..before },
                Some(before) => Crowd { from: before.from, ..new },
                None => new,
            });
        }
        if let Some(crowd) = crowd {
            self.crowd(crowd, top, tall);
        }
    }

    fn crowd(&mut self, crowd: Crowd, top: f64, tall: f64) {
        let color = self.colors[crowd.name as usize];
        self.line(&format!(
            r#"<rect class="c{color}" x="{:.2}" y="{}" width="{:.2}" height="{}" fill="{}"/>"#,
            crowd.from,
            number(top),
            (crowd.to - crowd.from).max(0.3),
            number(tall),
            TONES[color].0.fill,
        ));
    }

    fn bar(&mut self, task: &Task, from: f64, to: f64, top: f64, tall: f64) {
        let name = self.data.names[task.name as usize];
        let color = self.colors[task.name as usize];
        let width = to - from;
        // A hair of the page between neighbours.
        let drawn = if width > 3.0 { width - 0.6 } else { width };
        let failed = match task.outcome {
            TaskOutcome::Made => String::new(),
            _ => format!(r#" stroke="{FAILED}" stroke-width="2""#),
        };
        let radius = if width > 6.0 { r#" rx="2""# } else { "" };
        let _ = write!(
            self.out,
            r#"<rect class="c{color}" x="{from:.2}" y="{}" width="{drawn:.2}" height="{}"{radius} fill="{}"{failed}>{}</rect>"#,
            number(top),
            number(tall),
            TONES[color].0.fill,
            if width > 3.0 { hint(task) } else { String::new() },
        );
        let label = text::printable(name).replace('\n', " ");
        if tall >= 12.0 && text::width(&label, 11.0) * 1.1 + 8.0 < drawn {
            let _ = write!(
                self.out,
                r#"<text class="i{color}" x="{}" y="{}" text-anchor="middle" fill="{}">{}</text>"#,
                number(from + drawn / 2.0),
                number(top + tall / 2.0 + 3.8),
                TONES[color].0.ink,
                escaped(&label),
            );
        }
        self.out.push('\n');
    }

    /// Names, most time first, with what they took. Says where it ends.
    fn legend(&mut self, report: &Report, top: f64) -> f64 {
        const COLUMN: f64 = 290.0;
        const LINE_HEIGHT: f64 = 18.0;
        let rows = &report.rows[..report.rows.len().min(MOST_NAMES)];
        let lines = rows.len().div_ceil(3);
        for (place, row) in rows.iter().enumerate() {
            let x = GUTTER + (place / lines.max(1)) as f64 * COLUMN;
            let y = top + (place % lines.max(1)) as f64 * LINE_HEIGHT;
            let name = self.data.names.iter().position(|name| *name == row.name).unwrap_or(0);
            let color = self.colors[name];
            self.line(&format!(
                r#"<rect class="c{color}" x="{}" y="{}" width="11" height="11" rx="2" fill="{}"/>"#,
                number(x),
                number(y - 9.5),
                TONES[color].0.fill,
            ));
            let name = text::lines(&row.name).join(" ");
            let total = units::time(row.total.as_nanos() as f64);
            let tasks = if row.count == 1 { "task" } else { "tasks" };
            let label = format!("{name}: {} {tasks}, {total}", text::grouped(row.count as u64));
            self.note(x + 17.0, y, "start", &label);
        }
        let end = top + lines as f64 * LINE_HEIGHT;
        let more = report.rows.len() - rows.len();
        let summary = report.to_string();
        let summary = summary.lines().last().unwrap_or_default().to_owned();
        let summary = if more > 0 { format!("{more} more names; {summary}") } else { summary };
        self.note(GUTTER, end + 6.0, "start", &summary);
        end + 8.0
    }
}

/// What a viewer shows of a bar that a reader rests on.
fn hint(task: &Task) -> String {
    let hint = format!("{}: {}", task.key, units::time(task.duration() as f64));
    format!("<title>{}</title>", escaped(&text::printable(&hint)))
}

/// A time on the axis, without zeros at its end.
fn tick_text(at: f64) -> String {
    let text = units::time(at);
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ if at == 0.0 => "0".to_owned(),
        _ => text,
    }
}

/// 1, 2 or 5 times a power of ten, not less than the value.
fn nice_step(value: f64) -> f64 {
    let power = 10f64.powf(value.max(1.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|&s| s >= value)
        .unwrap_or(power)
}
