//! Colours by what is known of each node, rather than by name: what [`Visualize::color`](super::Visualize::color) asks for.

use std::collections::HashMap;

use super::color::{CACHE, HEAT, Paint, RANKS, UNKNOWN};
use super::picture::Source;
use super::text;
use crate::diagnostics::{Measured, Profiler, units};
use crate::key::Key;

/// What the colour of a node says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Color {
    /// Its name: every name has a colour.
    #[default]
    None,
    /// Its place in the static order: from pale, first, to strong, last.
    Order,
    /// How long it took when it ran last: needs a [profile](super::Visualize::profile).
    Time,
    /// How large its result was: needs a [profile](super::Visualize::profile).
    Bytes,
    /// Whether its result came out of a cache, was kept in one, or was computed and not kept: needs a
    /// [profile](super::Visualize::profile).
    Cache,
}

impl Color {
    /// Whether only a profile can tell it.
    pub(super) fn needs_profile(self) -> bool {
        matches!(self, Color::Time | Color::Bytes | Color::Cache)
    }

    /// One word for it, as it is printed.
    pub(super) fn name(self) -> &'static str {
        match self {
            Color::None => "name",
            Color::Order => "order",
            Color::Time => "time",
            Color::Bytes => "bytes",
            Color::Cache => "cache",
        }
    }
}

/// From this far apart on, times and sizes are told apart by their magnitude.
const MAGNITUDES: f64 = 30.0;

/// This far apart and more, the smallest are all alike: a few tiny ones would take the colours of all others.
const WIDEST: f64 = 1000.0;

/// Colours of nodes, by index, and what is said about them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tints {
    color: Color,
    /// Of each node in static order; empty for a picture coloured by name without a profile.
    nodes: Vec<Tint>,
    scale: Scale,
    pub(crate) path: Path,
    pub(crate) legend: Option<Legend>,
}

/// What is known of one node.
#[derive(Clone, Copy, Debug, Default)]
struct Tint {
    /// Rank, nanoseconds, or bytes.
    value: Option<f64>,
    /// Place in [`CACHE`].
    state: Option<usize>,
    measured: Option<Measured>,
}

/// The longest path by time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    /// For each node on it, the one before.
    before: HashMap<u32, Option<u32>>,
    nanoseconds: f64,
}

impl Path {
    pub(crate) fn has(&self, node: u32) -> bool {
        self.before.contains_key(&node)
    }

    /// Whether the path goes along this edge.
    pub(crate) fn goes(&self, from: u32, to: u32) -> bool {
        self.before.get(&to) == Some(&Some(from))
    }
}

/// What is written below a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Legend {
    pub items: Vec<Item>,
    pub note: Option<String>,
}

/// One thing in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Text(String),
    Swatch(Paint),
}

/// From values to steps of a ramp.
#[derive(Clone, Copy, Debug, Default)]
struct Scale {
    least: f64,
    most: f64,
    is_logarithmic: bool,
    /// There are smaller ones than `least`.
    is_cut: bool,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let ends = values.fold(None, |ends: Option<(f64, f64)>, value| match ends {
            Some((least, most)) => Some((least.min(value), most.max(value))),
            None => Some((value, value)),
        });
        let (least, most) = ends?;
        let is_logarithmic = most > MAGNITUDES * least.max(1.0);
        let is_cut = is_logarithmic && most > WIDEST * least.max(1.0);
        let least = if is_cut { most / WIDEST } else { least };
        Some(Scale { least, most, is_logarithmic, is_cut })
    }

    fn step(&self, value: f64, steps: usize) -> usize {
        let place = |value: f64| if self.is_logarithmic { value.max(1.0).ln() } else { value };
        let (least, most) = (place(self.least), place(self.most));
        let part = if most > least { (place(value) - least) / (most - least) } else { 1.0 };
        // Below the least it is negative, which becomes 0.
        ((part * steps as f64) as usize).min(steps - 1)
    }
}

impl Tints {
    /// Asks the graph and the profile.
    pub(super) fn of(source: &dyn Source, color: Color, profile: Option<&Profiler>) -> Tints {
        if color == Color::None && profile.is_none() {
            return Tints::default();
        }
        let measured = profile.map(Profiler::measured).unwrap_or_default();
        let mut nodes = Vec::with_capacity(source.n_nodes());
        source.visit_keys(&mut |key, is_task| {
            let rank = nodes.len();
            nodes.push(if is_task {
                Tint::of(color, rank, key, &measured)
            } else {
                Tint::default()
            });
        });
        let path = if measured.is_empty() { Path::default() } else { longest(source, &nodes) };
        let scale = Scale::of(nodes.iter().filter_map(|tint| tint.value)).unwrap_or_default();
        let mut tints = Tints { color, nodes, scale, path, legend: None };
        tints.legend = tints.legend_of(profile.is_some());
        tints
    }

    /// The colours of groups of a summary: times and sizes are sums, ranks means, and the state is that of most.
    pub(super) fn grouped(mut self, group_of: &[u32], n_groups: usize) -> Tints {
        if self.nodes.is_empty() {
            return self;
        }
        let mut groups = vec![Group::default(); n_groups];
        for (tint, &group) in self.nodes.iter().zip(group_of) {
            groups[group as usize].add(tint);
        }
        self.nodes = groups.iter().map(|group| group.tint(self.color)).collect();
        self.scale = Scale::of(self.nodes.iter().filter_map(|tint| tint.value)).unwrap_or_default();
        self.path = Path::default();
        let has_profile = self.legend.as_ref().is_some_and(|legend| legend.note.is_some());
        self.legend = self.legend_of(has_profile);
        self
    }

    /// The colour of a node; `None` where names have colours.
    pub(super) fn paint(&self, node: u32) -> Option<Paint> {
        let tint = self.nodes.get(node as usize)?;
        let ramp = |ramp: &[Paint; 7]| {
            tint.value.map_or(UNKNOWN, |value| ramp[self.scale.step(value, ramp.len())])
        };
        match self.color {
            Color::None => None,
            Color::Order => Some(ramp(&RANKS)),
            Color::Time | Color::Bytes => Some(ramp(&HEAT)),
            Color::Cache => Some(tint.state.map_or(UNKNOWN, |state| CACHE[state].0)),
        }
    }

    /// What was measured of a node, in words.
    pub(super) fn hint(&self, node: u32) -> Option<String> {
        let measured = self.nodes.get(node as usize)?.measured?;
        let time = measured.time.map(|time| units::time(time as f64));
        let bytes = measured.bytes.map(|bytes| units::bytes(bytes as f64));
        let hint = time.into_iter().chain(bytes).collect::<Vec<_>>().join(", ");
        (!hint.is_empty()).then_some(hint)
    }

    fn legend_of(&self, has_profile: bool) -> Option<Legend> {
        let text = |text: &str| Item::Text(text.to_owned());
        let ramp = |paints: &[Paint], ends: [String; 2]| {
            let [least, most] = ends;
            let title = format!("{}: {least}", self.color.name());
            let swatches = paints.iter().copied().map(Item::Swatch);
            [Item::Text(title)].into_iter().chain(swatches).chain([Item::Text(most)]).collect()
        };
        let has_values = self.nodes.iter().any(|tint| tint.value.is_some());
        let ends = |print: fn(f64) -> String| {
            let [least, most] = [self.scale.least, self.scale.most].map(print);
            [if self.scale.is_cut { format!("up to {least}") } else { least }, most]
        };
        let items = match self.color {
            Color::None => Vec::new(),
            Color::Order => ramp(&RANKS, [String::from("first"), String::from("last")]),
            Color::Time if has_values => ramp(&HEAT, ends(units::time)),
            Color::Bytes if has_values => ramp(&HEAT, ends(units::bytes)),
            Color::Time | Color::Bytes if has_profile => {
                let name = self.color.name();
                vec![Item::Text(format!("{name}: not known of any node; draw the graph that ran"))]
            }
            Color::Time | Color::Bytes | Color::Cache if !has_profile => {
                vec![Item::Text(format!("{}: there is no profile", self.color.name()))]
            }
            _ => {
                let kinds =
                    CACHE.iter().flat_map(|(paint, name)| [Item::Swatch(*paint), text(name)]);
                let is_idle = self.nodes.iter().any(|tint| tint.state.is_none());
                let idle = is_idle.then(|| [Item::Swatch(UNKNOWN), text("did not run")]);
                let all = [text("cache:")].into_iter().chain(kinds);
                all.chain(idle.into_iter().flatten()).collect()
            }
        };
        let note = has_profile.then(|| match self.path.before.len() {
            0 => String::new(),
            nodes => format!(
                "thick: the longest path, {} in {} task{}",
                units::time(self.path.nanoseconds),
                text::grouped(nodes as u64),
                if nodes == 1 { "" } else { "s" },
            ),
        });
        (!items.is_empty() || note.as_ref().is_some_and(|note| !note.is_empty()))
            .then_some(Legend { items, note })
    }
}

impl Tint {
    fn of(color: Color, rank: usize, key: Key, measured: &HashMap<Key, Measured>) -> Tint {
        let measured = measured.get(&key).copied();
        let time = measured.and_then(|measured| measured.time);
        let value = match color {
            Color::Order => Some(rank as f64),
            Color::Time => time.map(|time| time as f64),
            Color::Bytes => measured.and_then(|of| of.bytes).map(|bytes| bytes as f64),
            Color::None | Color::Cache => None,
        };
        let state = measured.and_then(|of| match of {
            of if of.is_hit => Some(0),
            of if of.is_kept => Some(1),
            of if of.time.is_some() => Some(2),
            _ => None,
        });
        Tint { value, state, measured }
    }
}

/// The nodes of one name.
#[derive(Clone, Default)]
struct Group {
    sum: f64,
    count: usize,
    states: [usize; CACHE.len()],
    measured: Measured,
}

impl Group {
    fn add(&mut self, tint: &Tint) {
        if let Some(value) = tint.value {
            self.sum += value;
            self.count += 1;
        }
        if let Some(state) = tint.state {
            self.states[state] += 1;
        }
        let sum = |sum: Option<u64>, more: Option<u64>| match more {
            Some(more) => Some(sum.unwrap_or(0) + more),
            None => sum,
        };
        let measured = tint.measured.unwrap_or_default();
        self.measured.time = sum(self.measured.time, measured.time);
        self.measured.bytes = sum(self.measured.bytes, measured.bytes);
    }

    fn tint(&self, color: Color) -> Tint {
        let value = match color {
            Color::Order => self.sum / self.count.max(1) as f64,
            _ => self.sum,
        };
        let state = (0..self.states.len()).max_by_key(|&state| self.states[state]);
        Tint {
            value: (self.count > 0).then_some(value),
            state: state.filter(|&state| self.states[state] > 0),
            measured: Some(self.measured),
        }
    }
}

/// The path from a root to an output on which tasks took longest together; empty if nothing was measured of this graph.
fn longest(source: &dyn Source, nodes: &[Tint]) -> Path {
    let time = |node: u32| {
        nodes[node as usize].measured.and_then(|measured| measured.time).unwrap_or(0) as f64
    };
    let mut until: Vec<f64> = (0..nodes.len() as u32).map(time).collect();
    let mut before: Vec<Option<u32>> = vec![None; nodes.len()];
    // Dependencies come before dependents, and the edges to a node before those to later ones.
    source.visit_edges(&mut |from, to| {
        let through = until[from as usize] + time(to);
        if until[from as usize] > 0.0 && through > until[to as usize] {
            until[to as usize] = through;
            before[to as usize] = Some(from);
        }
    });
    let last = (0..nodes.len() as u32).max_by(|&a, &b| {
        // Of two that are alike the first.
        until[a as usize].total_cmp(&until[b as usize]).then(b.cmp(&a))
    });
    let Some(last) = last.filter(|&last| until[last as usize] > 0.0) else {
        return Path::default();
    };
    let nodes = std::iter::successors(Some(last), |&node| before[node as usize]);
    let before = nodes.map(|node| (node, before[node as usize])).collect();
    Path { before, nanoseconds: until[last as usize] }
}
