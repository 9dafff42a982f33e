//! The options inside `#[delayed(...)]`.

use crate::errors::Complaints;
use crate::given::Given;
use crate::known::{self, Known, Place};
use proc_macro2::{Ident, TokenStream};
use syn::{ExprPath, Lit, LitStr, Path};

/// What stands behind an accepted option, for one function, method or block.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) retries: u32,
    pub(crate) eager: Option<Ident>,
    pub(crate) fallible: Option<Ident>,
    pub(crate) infallible: Option<Ident>,
    pub(crate) pure: bool,
    pub(crate) cache: Option<Cache>,
    /// The option's name, and the function that it names.
    pub(crate) size: Option<(Ident, ExprPath)>,
    pub(crate) runtime: Option<Path>,
    pub(crate) trait_name: Option<Ident>,
    pub(crate) skip: bool,
}

/// Where results are kept between runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cache {
    Memory,
    Disk,
}

/// Every option there is.
const OPTIONS: &[Known<Options>] = {
    use Place::{Block, Function, Method};
    &[
        Known { name: "name", form: r#"name = "...""#, places: &[Function, Method], set: name },
        Known { name: "retries", form: "retries = 3", places: &[Function, Method], set: retries },
        Known { name: "eager", form: r#"eager = "other_name""#, places: &[Function], set: eager },
        Known { name: "fallible", form: "fallible", places: &[Function, Method], set: fallible },
        Known {
            name: "infallible",
            form: "infallible",
            places: &[Function, Method],
            set: infallible,
        },
        Known { name: "pure", form: "pure", places: &[Function, Method], set: pure },
        Known { name: "cache", form: "cache", places: &[Function, Method], set: cache },
        Known {
            name: "size",
            form: "size = path::to::function",
            places: &[Function, Method],
            set: size,
        },
        Known {
            name: "crate",
            form: r#"crate = "path::to::lazy_runtime""#,
            places: &[Function, Block],
            set: runtime,
        },
        Known { name: "trait", form: r#"trait = "OtherName""#, places: &[Block], set: trait_name },
        Known { name: "skip", form: "skip", places: &[Method], set: skip },
    ]
};

impl Options {
    /// Reads the options of an attribute that stands on a `place`.
    pub(crate) fn parse(tokens: TokenStream, place: Place, complaints: &mut Complaints) -> Self {
        let options = known::read(OPTIONS, tokens, place, complaints);
        options.check_contradictions(complaints);
        options
    }

    fn check_contradictions(&self, complaints: &mut Complaints) {
        if let (Some(_), Some(second)) = (&self.fallible, &self.infallible) {
            complaints.on(
                second,
                "`fallible` and `infallible` contradict each other: keep `fallible` if an `Err` is to fail the task, \
                 `infallible` if the `Result` itself is its value",
            );
        }
        if let Some((option, _)) = &self.size
            && self.cache != Some(Cache::Memory)
        {
            let found = match self.cache {
                None => "results are not kept",
                Some(_) => "results are kept on disk",
            };
            complaints.on(
                option,
                format_args!(
                    "`size` says how much a result takes in the memory cache, and here {found}: write `cache`, or remove `size`"
                ),
            );
        }
    }
}

fn name(options: &mut Options, given: &Given) -> syn::Result<()> {
    let name = given.string(r#"name = "...""#)?;
    if name.value().trim().is_empty() {
        return Err(given
            .on_value("`name` cannot be empty, because it is what people see: `name = \"...\"`"));
    }
    options.name = Some(name);
    Ok(())
}

fn retries(options: &mut Options, given: &Given) -> syn::Result<()> {
    let message =
        "`retries` takes a whole number, how often a failed task is run again: `retries = 3`";
    let number = match given.literal(message)? {
        Lit::Int(number) => number.base10_parse().ok(),
        _ => None,
    };
    options.retries = number.ok_or_else(|| given.on_value(message))?;
    Ok(())
}

fn eager(options: &mut Options, given: &Given) -> syn::Result<()> {
    let name = given.string(r#"eager = "other_name""#)?;
    let message = "`eager` takes the name of a function, such as `eager = \"add_now\"`";
    options.eager = Some(name.parse().map_err(|_| given.on_value(message))?);
    Ok(())
}

fn fallible(options: &mut Options, given: &Given) -> syn::Result<()> {
    options.fallible = Some(given.flag()?);
    Ok(())
}

fn infallible(options: &mut Options, given: &Given) -> syn::Result<()> {
    options.infallible = Some(given.flag()?);
    Ok(())
}

fn pure(options: &mut Options, given: &Given) -> syn::Result<()> {
    given.flag()?;
    options.pure = true;
    Ok(())
}

fn cache(options: &mut Options, given: &Given) -> syn::Result<()> {
    let message = r#"results are kept in memory or on disk: write `cache`, or `cache = "disk"`"#;
    let place = match &given.value {
        None => Cache::Memory,
        Some(_) => match given.literal(message)? {
            Lit::Str(place) if place.value() == "memory" => Cache::Memory,
            Lit::Str(place) if place.value() == "disk" => Cache::Disk,
            _ => return Err(given.on_value(message)),
        },
    };
    options.cache = Some(place);
    Ok(())
}

fn size(options: &mut Options, given: &Given) -> syn::Result<()> {
    options.size = Some((given.name.clone(), given.function("size = path::to::function")?));
    Ok(())
}

fn runtime(options: &mut Options, given: &Given) -> syn::Result<()> {
    options.runtime = Some(given.runtime()?);
    Ok(())
}

fn trait_name(options: &mut Options, given: &Given) -> syn::Result<()> {
    let name = given.string(r#"trait = "OtherName""#)?;
    let message = "`trait` takes the name of the trait that carries the lazy methods, such as `trait = \"DelayedModelIo\"`";
    options.trait_name = Some(name.parse().map_err(|_| given.on_value(message))?);
    Ok(())
}

fn skip(options: &mut Options, given: &Given) -> syn::Result<()> {
    given.flag()?;
    options.skip = true;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(options: &str, place: Place) -> (Options, Vec<String>) {
        let mut complaints = Complaints::new();
        let options = Options::parse(options.parse().unwrap(), place, &mut complaints);
        (options, complaints.messages())
    }

    fn complaint(options: &str) -> String {
        let (_, mut messages) = parse(options, Place::Function);
        assert_eq!(messages.len(), 1, "{options}: {messages:?}");
        messages.remove(0)
    }

    #[test]
    fn options_are_read() {
        let (options, messages) = parse(
            r#"name = "tree-sum", retries = 3, eager = "now", fallible, crate = "crate::facade::lazy_runtime","#,
            Place::Function,
        );
        assert!(messages.is_empty(), "{messages:?}");
        assert_eq!(options.name.unwrap().value(), "tree-sum");
        assert_eq!(options.retries, 3);
        assert_eq!(options.eager.unwrap(), "now");
        assert!(options.fallible.is_some() && options.infallible.is_none());
        assert_eq!(options.runtime.unwrap().segments.len(), 3);
    }

    #[test]
    fn no_options_are_fine() {
        assert!(parse("", Place::Block).1.is_empty());
    }

    #[test]
    fn unknown_options_name_the_nearest() {
        assert_eq!(
            complaint("nmae = \"x\""),
            r#"there is no option `nmae`; did you mean `name = "..."`?"#
        );
        assert_eq!(
            complaint("retry = 3"),
            "there is no option `retry`; did you mean `retries = 3`?"
        );
        assert_eq!(
            complaint("infalible"),
            "there is no option `infalible`; did you mean `infallible`?"
        );
        assert!(complaint("memoize").contains("a function takes `name`, `retries`"));
    }

    #[test]
    fn only_options_of_the_place_are_offered() {
        let (_, messages) = parse("skipp", Place::Method);
        assert_eq!(messages, ["there is no option `skipp`; did you mean `skip`?"]);
        assert!(!complaint("skipp").contains("did you mean"));
        assert!(complaint("skip").contains("belongs on a method"));
    }

    #[test]
    fn wrong_values_say_what_is_expected() {
        assert_eq!(complaint("name = 3"), r#"`name` takes a string: `name = "..."`"#);
        assert_eq!(complaint("name"), r#"`name` takes a string: `name = "..."`"#);
        assert_eq!(complaint("name ="), r#"a value is missing: `name = "..."`"#);
        assert_eq!(complaint("name(\"x\")"), r#"expected `,` or `=` here: `name = "..."`"#);
        assert!(complaint("retries = \"x\"").contains("a whole number"));
        assert!(complaint("retries = -1").contains("a whole number"));
        assert!(complaint("retries = 99999999999").contains("a whole number"));
        assert!(complaint("eager = \"not an ident\"").contains("the name of a function"));
        assert!(complaint("pure = true").contains("takes no value"));
        assert!(complaint("cache = \"dis\"").contains(r#"or `cache = "disk"`"#));
        assert!(complaint("cache = true").contains(r#"or `cache = "disk"`"#));
        assert!(complaint("cache, size = \"f\"").contains("without quotes"));
        assert!(complaint("cache, size").contains("`size = path::to::function`"));
        assert!(complaint("\"name\"").contains("expected an option"));
        assert!(complaint("name = \"\"").contains("cannot be empty"));
    }

    #[test]
    fn results_are_kept_where_it_says() {
        let kept = |options| {
            let (options, messages) = parse(options, Place::Method);
            assert!(messages.is_empty(), "{messages:?}");
            (options.pure, options.cache)
        };
        assert_eq!(kept("pure"), (true, None));
        assert_eq!(kept("cache, size = Image::<u8>::n_bytes"), (false, Some(Cache::Memory)));
        assert_eq!(kept("cache = \"memory\""), (false, Some(Cache::Memory)));
        assert_eq!(kept("pure, cache = \"disk\""), (true, Some(Cache::Disk)));
    }

    #[test]
    fn a_size_is_for_the_memory_cache() {
        assert!(complaint("size = f").contains("here results are not kept: write `cache`"));
        assert!(complaint("cache = \"disk\", size = f").contains("here results are kept on disk"));
        assert!(complaint("cache, cache = \"disk\"").contains("given twice"));
    }

    #[test]
    fn all_mistakes_come_out_together() {
        let (_, messages) =
            parse("fallible, infallible, name = 1, name = \"x\", speed", Place::Function);
        assert_eq!(messages.len(), 4, "{messages:?}");
    }
}
