//! Tables of options: which there are, where they may stand, and what is said about others.

use crate::errors::Complaints;
use crate::given::{self, Given};
use proc_macro2::TokenStream;

/// An accepted option: its name, how it is written, where it may stand, and what it does to the options `O` read so far.
pub(crate) struct Known<O> {
    pub(crate) name: &'static str,
    pub(crate) form: &'static str,
    pub(crate) places: &'static [Place],
    pub(crate) set: fn(&mut O, &Given) -> syn::Result<()>,
}

/// What an attribute stands on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    Function,
    Block,
    Method,
    /// A struct or enum that derives.
    Type,
    Variant,
    Field,
}

/// Reads the options of an attribute that stands on a `place`.
pub(crate) fn read<O: Default>(
    table: &'static [Known<O>],
    tokens: TokenStream,
    place: Place,
    complaints: &mut Complaints,
) -> O {
    let mut options = O::default();
    let mut seen = Vec::new();
    for given in given::read(tokens, &forms(table, place)) {
        let outcome = given.and_then(|given| take(&mut options, table, given, place, &mut seen));
        if let Err(error) = outcome {
            complaints.add(error);
        }
    }
    options
}

fn take<O>(
    options: &mut O,
    table: &[Known<O>],
    given: Given,
    place: Place,
    seen: &mut Vec<String>,
) -> syn::Result<()> {
    let name = given.name.to_string();
    let Some(known) = table.iter().find(|known| known.name == name) else {
        return Err(given.on_name(unknown(&name, table, place)));
    };
    if !known.places.contains(&place) {
        return Err(given.on_name(misplaced(known, place)));
    }
    if seen.contains(&name) {
        return Err(given.on_name(format!("`{name}` is given twice: keep one of the two")));
    }
    seen.push(name);
    (known.set)(options, &given)
}

/// How the options are written, those of this place first.
fn forms<O>(table: &[Known<O>], place: Place) -> Vec<(&'static str, &'static str)> {
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        table.iter().partition(|known| known.places.contains(&place));
    here.into_iter().chain(elsewhere).map(|known| (known.name, known.form)).collect()
}

fn unknown<O>(name: &str, table: &[Known<O>], place: Place) -> String {
    let allowed = || table.iter().filter(|known| known.places.contains(&place));
    let nearest = allowed()
        .map(|known| (strsim::jaro_winkler(name, known.name), known))
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    match nearest {
        // Below this the nearest name is a guess, and the whole list helps more.
        Some((likeness, known)) if likeness >= 0.8 => {
            format!("there is no option `{name}`; did you mean `{}`?", known.form)
        }
        _ => {
            let names: Vec<_> = allowed().map(|known| format!("`{}`", known.name)).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            format!("there is no option `{name}`; {} takes {names}", place.noun())
        }
    }
}

fn misplaced<O>(known: &Known<O>, place: Place) -> String {
    let places: Vec<_> = known.places.iter().map(|place| place.noun()).collect();
    format!("`{}` belongs on {}, not on {}", known.name, places.join(" or "), place.noun())
}

impl Place {
    fn noun(self) -> &'static str {
        match self {
            Place::Function => "a function",
            Place::Block => "an `impl` block",
            Place::Method => "a method of a delayed `impl` block",
            Place::Type => "a struct or enum",
            Place::Variant => "a variant",
            Place::Field => "a field",
        }
    }
}
