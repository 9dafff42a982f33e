//! Colours of a drawing, chosen in one place.
//!
//! Fills are opaque, so a label is read against its own shape and not against the page. Everything
//! that does lie on the page (lines, title, counts) is a middle grey that keeps a contrast of at
//! least 3.5 on white and on the near-black of dark pages, because a viewer that cannot tell the
//! two apart shows the light colours on both.

use std::collections::HashMap;

use super::picture::NodeKind;

/// Colours of one shape on a light and on a dark page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paint {
    /// Its place in the stylesheet of an SVG.
    pub class: &'static str,
    pub light: Tone,
    pub dark: Tone,
}

/// Fill, outline and text of a shape on one kind of page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tone {
    pub fill: &'static str,
    pub stroke: &'static str,
    pub ink: &'static str,
}

/// Lines, title and counts, on any page.
pub(crate) const LINE: &str = "#7d8590";
/// The same where the page is known to be dark.
pub(crate) const LINE_DARK: &str = "#9198a1";

const fn paint(class: &'static str, light: [&'static str; 3], dark: [&'static str; 3]) -> Paint {
    let [fill, stroke, ink] = light;
    let light = Tone { fill, stroke, ink };
    let [fill, stroke, ink] = dark;
    Paint { class, light, dark: Tone { fill, stroke, ink } }
}

const INK: &str = "#1f2328";
const INK_DARK: &str = "#f0f6fc";

/// Colours of tasks, one a name. Neighbours differ in lightness as well as in hue, so that they
/// stay apart for readers who see fewer hues, and in print.
pub(crate) const TASKS: [Paint; 10] = [
    paint("t0", ["#a9cdf0", "#3a72ae", INK], ["#24507f", "#82b4e8", INK_DARK]),
    paint("t1", ["#f8c79c", "#b5601a", INK], ["#7c4416", "#efa564", INK_DARK]),
    paint("t2", ["#9fd8c0", "#267d5e", INK], ["#1c5c46", "#62c7a2", INK_DARK]),
    paint("t3", ["#f4e6a4", "#937708", INK], ["#655208", "#dfc552", INK_DARK]),
    paint("t4", ["#f2b5c8", "#ad3860", INK], ["#752842", "#ee8aab", INK_DARK]),
    paint("t5", ["#cbbbea", "#684ca6", INK], ["#4a3679", "#b59de6", INK_DARK]),
    paint("t6", ["#bce8f0", "#1d7c90", INK], ["#185867", "#70cbdc", INK_DARK]),
    paint("t7", ["#cfdb8f", "#697910", INK], ["#4c570e", "#bccb58", INK_DARK]),
    paint("t8", ["#e0c8b4", "#82562d", INK], ["#5d3f23", "#cda67f", INK_DARK]),
    paint("t9", ["#c9d1d9", "#57606a", INK], ["#3f4751", "#a3adb8", INK_DARK]),
];

/// Seven steps from little to much. In both kinds of page each is as far from the one before as from the one after, to the eye: they are even
/// in lightness, saturation and hue of the space Oklch (Ottosson, "A perceptual color space for image processing", 2020).
pub(crate) const HEAT: [Paint; 7] = [
    paint("h0", ["#faf6dc", "#8a814f", INK], ["#23221a", "#999370", INK_DARK]),
    paint("h1", ["#f7e8c0", "#8e793d", INK], ["#302916", "#a8986d", INK_DARK]),
    paint("h2", ["#f6d8a4", "#94702b", INK], ["#402f10", "#b89c6b", INK_DARK]),
    paint("h3", ["#f8c68a", "#996517", INK], ["#523408", "#ca9f6b", INK_DARK]),
    paint("h4", ["#fab374", "#9e5900", INK], ["#653702", "#dca16e", INK_DARK]),
    paint("h5", ["#fc9e63", "#a34c00", INK], ["#793903", "#eea275", INK_DARK]),
    paint("h6", ["#fc8758", "#a63d02", INK], ["#8d3912", "#ffa37f", INK_DARK]),
];

/// Seven steps from early to late, made in the same way.
pub(crate) const RANKS: [Paint; 7] = [
    paint("o0", ["#e3fbfc", "#488d91", INK], ["#192424", "#6e9c9e", INK_DARK]),
    paint("o1", ["#ccf0f7", "#328997", INK], ["#142e33", "#6ba4af", INK_DARK]),
    paint("o2", ["#b6e5f5", "#1b839e", INK], ["#0b3845", "#6aabc1", INK_DARK]),
    paint("o3", ["#a3d9f5", "#047ca6", INK], ["#024159", "#6db2d4", INK_DARK]),
    paint("o4", ["#94cbf5", "#0674ad", INK], ["#04496f", "#75b7e7", INK_DARK]),
    paint("o5", ["#8abcf4", "#1c6ab3", INK], ["#174f85", "#82bbfa", INK_DARK]),
    paint("o6", ["#86acf2", "#305eb7", INK], ["#2e539b", "#93beff", INK_DARK]),
];

/// What a cache did with a result.
pub(crate) const CACHE: [(Paint, &str); 3] =
    [(TASKS[0], "hit"), (TASKS[1], "computed and kept"), (TASKS[9], "computed")];

/// Of a node nothing is known.
pub(crate) const UNKNOWN: Paint = DATA;

const DATA: Paint = paint("data", ["#f6f8fa", "#6e7781", INK], ["#21262d", "#9198a1", INK_DARK]);
const LITERAL: Paint = paint("literal", ["none", LINE, LINE], ["none", LINE_DARK, LINE_DARK]);

/// Gives every shape its colours.
///
/// Names take the palette in the order in which they first appear, so the same program gives the
/// same picture. Colours by what a profile measured are chosen in `tint.rs`.
#[derive(Debug, Default)]
pub(crate) struct Painter {
    seen: HashMap<String, usize>,
}

impl Painter {
    pub(crate) fn paint(&mut self, name: &str, kind: NodeKind) -> Paint {
        match kind {
            NodeKind::Task => TASKS[self.place(name) % TASKS.len()],
            NodeKind::Data => DATA,
            NodeKind::Literal => LITERAL,
        }
    }

    fn place(&mut self, name: &str) -> usize {
        if let Some(&place) = self.seen.get(name) {
            return place;
        }
        let place = self.seen.len();
        self.seen.insert(name.to_owned(), place);
        place
    }
}

/// Every paint there is, for a stylesheet.
pub(crate) fn all() -> impl Iterator<Item = Paint> {
    TASKS.into_iter().chain(HEAT).chain(RANKS).chain([DATA, LITERAL])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance as WCAG 2 defines it.
    fn luminance(color: &str) -> f64 {
        let part = |at: usize| {
            let value = u8::from_str_radix(&color[at..at + 2], 16).unwrap();
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_stands_out_from_its_shape_on_both_kinds_of_page() {
        for paint in all().filter(|paint| paint.class != LITERAL.class) {
            for tone in [paint.light, paint.dark] {
                let found = contrast(tone.fill, tone.ink);
                assert!(found > 6.5, "{}: {found:.1}", paint.class);
            }
        }
    }

    #[test]
    fn lines_stand_out_from_white_and_from_dark_pages() {
        for page in ["#ffffff", "#0d1117"] {
            assert!(contrast(LINE, page) > 3.5, "{page}: {:.1}", contrast(LINE, page));
        }
        assert!(contrast(LINE_DARK, "#0d1117") > 5.0);
    }

    #[test]
    fn outlines_stand_out_from_their_page() {
        for paint in all() {
            assert!(contrast(paint.light.stroke, "#ffffff") > 3.0, "{}", paint.class);
            assert!(contrast(paint.dark.stroke, "#0d1117") > 4.5, "{}", paint.class);
        }
    }

    #[test]
    fn a_name_keeps_its_colour_and_the_palette_repeats() {
        let mut painter = Painter::default();
        let first = painter.paint("inc", NodeKind::Task);
        for other in 1..TASKS.len() {
            assert_ne!(painter.paint(&format!("task{other}"), NodeKind::Task), first);
        }
        assert_eq!(painter.paint("inc", NodeKind::Task), first);
        assert_eq!(painter.paint("one more", NodeKind::Task), first);
    }
}
