//! Colours of task names, for pages and pictures alike.
//!
//! Middle tones, so that the bars stand out from light and from dark pages; beyond ten names, paler ones. Neighbours differ in lightness as well as in hue, for
//! readers who see fewer hues.

/// A colour of bars and that of text on them.
pub(super) struct Tone {
    pub(super) fill: &'static str,
    pub(super) ink: &'static str,
}

const fn tone(fill: &'static str, ink: &'static str) -> Tone {
    Tone { fill, ink }
}

const WHITE: &str = "#ffffff";
const INK: &str = "#14181d";

/// On light pages, and with the same hues on dark ones.
pub(super) const TONES: [(Tone, Tone); 20] = [
    (tone("#3b74b4", WHITE), tone("#6ea6e3", INK)),
    (tone("#e8913a", INK), tone("#f0a45c", INK)),
    (tone("#2d8464", WHITE), tone("#55c29a", INK)),
    (tone("#e0c341", INK), tone("#e3cb5f", INK)),
    (tone("#b5446c", WHITE), tone("#ec86a8", INK)),
    (tone("#a58bd8", INK), tone("#b9a1ec", INK)),
    (tone("#1f7d92", WHITE), tone("#45a9be", INK)),
    (tone("#a9bb4a", INK), tone("#bccc5c", INK)),
    (tone("#8a5a30", WHITE), tone("#b98455", INK)),
    (tone("#98a2ad", INK), tone("#a3adb8", INK)),
    // The same again, closer to the page.
    (tone("#93b3d6", INK), tone("#3f5e81", WHITE)),
    (tone("#f2c293", INK), tone("#835d3b", WHITE)),
    (tone("#8cbbaa", INK), tone("#326d5b", WHITE)),
    (tone("#eede96", INK), tone("#7c723c", WHITE)),
    (tone("#d698ae", INK), tone("#814e62", WHITE)),
    (tone("#cebfea", INK), tone("#665c86", WHITE)),
    (tone("#84b8c3", INK), tone("#2a606e", WHITE)),
    (tone("#d0da9b", INK), tone("#68723b", WHITE)),
    (tone("#bfa48d", INK), tone("#664d37", WHITE)),
    (tone("#c6ccd2", INK), tone("#5b626b", WHITE)),
];

/// The place of each name's colour: by the alphabet, so that the same program has the same colours whoever came first.
pub(super) fn places(names: &[&str]) -> Vec<usize> {
    let mut sorted: Vec<usize> = (0..names.len()).collect();
    sorted.sort_by_key(|&name| names[name]);
    let mut places = vec![0; names.len()];
    sorted.into_iter().enumerate().for_each(|(place, name)| places[name] = place % TONES.len());
    places
}

/// The colours as variables of a stylesheet.
pub(super) fn variables(is_dark: bool) -> String {
    let tone = |(light, dark): &'static (Tone, Tone)| if is_dark { dark } else { light };
    let line = |(place, tones)| {
        let Tone { fill, ink } = tone(tones);
        format!("--c{place}: {fill}; --i{place}: {ink};")
    };
    TONES.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_the_alphabet_and_not_the_order_of_events() {
        assert_eq!(places(&["load", "add", "sum"]), [1, 0, 2]);
        assert_eq!(places(&["sum", "load", "add"]), [2, 1, 0]);
    }
}
