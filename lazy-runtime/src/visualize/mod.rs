//! Pictures of a graph, drawn without running it.
//!
//! As in Dask, a circle is a function call and a box is data: `add(inc(1), inc(2))` is three
//! circles, each followed by the box of its result, and five arrows. Arrows run from a dependency
//! to its dependent, upwards unless [`rankdir`](Visualize::rankdir) says otherwise. The boxes of
//! the values that were asked for have a heavier outline. Values written in a call are hidden
//! unless [`literals`](Visualize::literals) asks for them. Every task name has its own colour.
//!
//! A graph too large to be read is drawn as a *summary*: one shape a name, with the number of its
//! nodes, and arrows with the number of their edges. It takes one pass over the graph and, unlike
//! the graph, may have cycles and loops.
//!
//! SVG and DOT are written by this crate alone; PNG and PDF need the program `dot` of Graphviz.
//! Names may hold any text.
//!
//! Drawing never runs a task and never looks at a value.

mod color;
mod dot;
mod drawing;
mod error;
mod fans;
mod geometry;
mod graphviz;
mod layered;
mod layout;
mod picture;
mod plain;
mod route;
mod save;
mod shape;
mod summary;
mod tint;
pub(crate) mod svg;
#[cfg(test)]
mod tests;
pub(crate) mod text;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use drawing::Drawing;
pub use error::Error;
pub(crate) use picture::{NodeKind, Picture, PictureNode, Source};
use summary::Overview;
pub use tint::Color;
use tint::Tints;

use crate::diagnostics::Profiler;

/// Nodes beyond which a picture is a summary: its labels would be too small to be read on a page.
/// An unoptimised build lays out this many in a quarter of a second, or half of one if tangled.
const LIMIT: usize = 300;
/// Edges a node at that limit. Tangled graphs are hard to lay out, and harder to read.
const EDGES_PER_NODE: usize = 4;
/// The most groups of a summary.
const MOST_GROUPS: usize = 100;

/// Which way arrows run, from dependencies to dependents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RankDir {
    /// Bottom to top: the result is above what it is made of. The default, as in Dask.
    #[default]
    BT,
    /// Top to bottom.
    TB,
    /// Left to right, the direction of reading, which suits long chains in running text.
    LR,
    /// Right to left.
    RL,
}

impl RankDir {
    /// The name of this direction in DOT.
    pub(crate) fn name(self) -> &'static str {
        match self {
            RankDir::BT => "BT",
            RankDir::TB => "TB",
            RankDir::LR => "LR",
            RankDir::RL => "RL",
        }
    }
}

/// When a picture shows names with counts rather than single nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Summary {
    /// For graphs beyond the [`limit`](Visualize::limit).
    #[default]
    Auto,
    /// For every graph.
    Always,
    /// For none. Graphs of many thousand nodes are then laid out in a plain way that takes no
    /// longer than it takes to write them.
    Never,
}

/// A picture of a graph: how it should look, and then [`save`](Visualize::save),
/// [`to_svg`](Visualize::to_svg) or [`to_dot`](Visualize::to_dot).
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
/// use lazy_runtime::RankDir;
///
/// #[delayed]
/// fn inc(x: i64) -> i64 { x + 1 }
///
/// #[delayed]
/// fn add(x: i64, y: i64) -> i64 { x + y }
///
/// let z = add(inc(1), inc(2));
/// let dot = z.visualize().rankdir(RankDir::LR).to_dot();
/// assert_eq!(dot.matches("shape=circle").count(), 3);
/// assert_eq!(dot.matches("shape=box").count(), 3);
/// assert_eq!(dot.matches("->").count(), 5);
/// ```
#[derive(Clone)]
#[must_use = "a picture is drawn by `save`, `to_svg` or `to_dot`"]
pub struct Visualize {
    source: Arc<dyn Source>,
    rankdir: RankDir,
    collapse_outputs: bool,
    title: Option<String>,
    literals: bool,
    summary: Summary,
    limit: usize,
    color: Color,
    profile: Option<Profiler>,
    /// What is wrong with what should be drawn.
    mistake: Option<Arc<crate::Error>>,
}

impl Visualize {
    pub(crate) fn new(source: impl Source + 'static) -> Visualize {
        Visualize {
            source: Arc::new(source),
            rankdir: RankDir::BT,
            collapse_outputs: false,
            title: None,
            literals: false,
            summary: Summary::Auto,
            limit: LIMIT,
            color: Color::None,
            profile: None,
            mistake: None,
        }
    }

    /// Tells a mistake in place of the picture.
    pub(crate) fn instead(mut self, mistake: crate::Error) -> Visualize {
        self.mistake = Some(Arc::new(mistake));
        self
    }

    /// Lets arrows run in another direction than from bottom to top.
    pub fn rankdir(mut self, rankdir: RankDir) -> Visualize {
        self.rankdir = rankdir;
        self
    }

    /// Draws a task and its result as one circle, which halves the picture. Off by default.
    pub fn collapse_outputs(mut self, collapse: bool) -> Visualize {
        self.collapse_outputs = collapse;
        self
    }

    /// Writes a title above the graph.
    pub fn title(mut self, title: impl Into<String>) -> Visualize {
        self.title = Some(title.into());
        self
    }

    /// Shows the values written in calls, as `4` and `5` in `exponent(4, 5)`. Off by default; a
    /// summary never shows them.
    pub fn literals(mut self, literals: bool) -> Visualize {
        self.literals = literals;
        self
    }

    /// Says when to draw names with counts rather than single nodes.
    pub fn summary(mut self, summary: Summary) -> Visualize {
        self.summary = summary;
        self
    }

    /// Sets the number of nodes up to which [`Summary::Auto`] draws each of them: 300 unless set.
    /// A graph with more than four times as many edges is summarised as well.
    pub fn limit(mut self, nodes: usize) -> Visualize {
        self.limit = nodes;
        self
    }

    /// Says what the colour of a node tells. All but [`Color::None`] and [`Color::Order`] need a [profile](Visualize::profile).
    ///
    /// In a summary, times and sizes are those of all nodes of a name together.
    /// Without one, [`save`](Visualize::save) is an error, and the texts of [`to_svg`](Visualize::to_svg) and
    /// [`to_dot`](Visualize::to_dot) say so in place of the legend.
    pub fn color(mut self, color: Color) -> Visualize {
        self.color = color;
        self
    }

    /// Adds what was measured: nodes tell it when a reader rests on them and can be [coloured](Visualize::color) by it, and the
    /// path from a root to an output that took longest is drawn thick.
    ///
    /// Nodes are known by their [keys](crate::Key): the graph is to be the one that ran, or one with nodes of it.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::diagnostics::Profiler;
    /// use lazy_runtime::prelude::*;
    /// use lazy_runtime::{Color, Runtime};
    ///
    /// let profiler = Profiler::new();
    /// let runtime = Runtime::builder().observer(profiler.clone()).build()?;
    /// let z = delayed(20) + 1;
    /// runtime.compute(&z)?;
    ///
    /// let svg = z.visualize().profile(&profiler).color(Color::Time).to_svg();
    /// assert!(svg.contains("thick: the longest path"));
    /// # Ok::<(), lazy_runtime::Error>(())
    /// ```
    pub fn profile(mut self, profile: &Profiler) -> Visualize {
        self.profile = Some(profile.clone());
        self
    }

    /// The picture in the DOT language of Graphviz: the same text for the same program. For a collection that is not in
    /// [order](crate::Collection::check) an empty graph, whose title says why.
    pub fn to_dot(&self) -> String {
        dot::print(&self.drawing())
    }

    /// The picture as SVG, laid out by this crate: legible on light and on dark pages, with no
    /// reference to anything outside. For a collection that is not in [order](crate::Collection::check) only a title that says why.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    ///
    /// let svg = delayed(1).visualize().title("one").to_svg();
    /// assert!(svg.starts_with("<svg"));
    /// ```
    pub fn to_svg(&self) -> String {
        svg::print(&self.drawing())
    }

    /// Writes the picture in the format that `path` ends in: `.svg`, `.dot` or `.gv`, and `.png` or
    /// `.pdf` where Graphviz is installed.
    ///
    /// The file appears whole or not at all; an older one is replaced.
    ///
    /// # Errors
    /// When the format is unknown, the directory is missing or cannot be written, Graphviz is
    /// needed and is missing, fails, or is not done within two minutes, or nodes should be coloured by a profile that was not given;
    /// or the collection is not in [order](crate::Collection::check).
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    ///
    /// # let path = std::env::temp_dir().join("lazy-runtime-doc.svg");
    /// delayed(1).visualize().save(&path)?;
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        if let Some(source) = &self.mistake {
            return Err(Error::Invalid { path: path.to_owned(), source: Arc::clone(source) });
        }
        if self.color.needs_profile() && self.profile.is_none() {
            return Err(Error::MissingProfile { path: path.to_owned(), color: self.color });
        }
        save::save(path, || self.drawing())
    }

    fn drawing(&self) -> Drawing {
        let tints = Tints::of(&*self.source, self.color, self.profile.as_ref());
        let drawing = match self.is_summary() {
            true => {
                let overview = Overview::of(&*self.source, MOST_GROUPS);
                let tints = tints.grouped(&overview.of_node, overview.groups.len());
                Drawing::of_overview(&overview, &tints)
            }
            false => {
                let picture = self.source.picture(self.literals);
                Drawing::of_picture(&picture, self.collapse_outputs, &tints)
            }
        };
        Drawing { title: self.heading(), rankdir: self.rankdir, ..drawing }
    }

    fn heading(&self) -> Option<String> {
        match (&self.title, &self.mistake) {
            (Some(title), Some(mistake)) => Some(format!("{title}: {mistake}")),
            (None, Some(mistake)) => Some(mistake.to_string()),
            (title, None) => title.clone(),
        }
    }

    fn is_summary(&self) -> bool {
        match self.summary {
            Summary::Always => true,
            Summary::Never => false,
            Summary::Auto => {
                self.source.n_nodes() > self.limit
                    || self.source.n_edges() > self.limit.saturating_mul(EDGES_PER_NODE)
            }
        }
    }
}

impl fmt::Debug for Visualize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visualize")
            .field("nodes", &self.source.n_nodes())
            .field("rankdir", &self.rankdir)
            .field("collapse_outputs", &self.collapse_outputs)
            .field("title", &self.title)
            .field("literals", &self.literals)
            .field("summary", &self.summary)
            .field("limit", &self.limit)
            .field("color", &self.color)
            .finish()
    }
}
