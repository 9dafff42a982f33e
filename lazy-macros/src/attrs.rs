//! Which attributes of the annotated function belong to what the macro makes of it.

use quote::ToTokens;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token, parse_quote_spanned, spanned::Spanned as _};

/// The attributes of one function, each where it has its meaning.
#[derive(Default)]
pub(crate) struct Attributes {
    /// For whoever calls: `doc`, `must_use`, `deprecated`. On the wrapper alone.
    pub(crate) public: Vec<Attribute>,
    /// `cfg`: on everything that is emitted beside the wrapper, too.
    pub(crate) cfg: Vec<Attribute>,
    /// Lint levels for the wrapper. `expect` becomes `allow`: the lint fires in the user's function, and an expectation
    /// that is not met is itself a warning.
    pub(crate) lints: Vec<Attribute>,
    /// For the user's own function: lint levels as written, `inline`, `cold`, other macros' attributes.
    pub(crate) inner: Vec<Attribute>,
}

/// Where an attribute goes.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Public,
    Cfg,
    Lint,
    Inner,
}

impl Attributes {
    pub(crate) fn sort(attributes: &[Attribute]) -> Self {
        let mut sorted = Attributes::default();
        for attribute in attributes {
            match split(attribute) {
                Some(parts) => parts.into_iter().for_each(|(place, part)| sorted.put(place, part)),
                None => sorted.put(place(&attribute.meta), attribute.clone()),
            }
        }
        sorted
    }

    fn put(&mut self, place: Place, attribute: Attribute) {
        match place {
            Place::Public => self.public.push(attribute),
            Place::Cfg => self.cfg.push(attribute),
            Place::Inner => self.inner.push(attribute),
            Place::Lint => {
                self.lints.push(allowed(&attribute));
                self.inner.push(attribute);
            }
        }
    }

    /// Whether the wrapper carries an attribute of this name.
    pub(crate) fn has_public(&self, name: &str) -> bool {
        self.public
            .iter()
            .any(|attribute| any_meta(&attribute.meta, &|meta| meta.path().is_ident(name)))
    }
}

/// Whether this is our own attribute, by whatever path it was reached.
pub(crate) fn is_delayed(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "delayed")
}

fn place(meta: &Meta) -> Place {
    let name = meta.path().get_ident().map(ToString::to_string);
    match name.as_deref() {
        Some("doc" | "must_use" | "deprecated") => Place::Public,
        Some("cfg") => Place::Cfg,
        Some("allow" | "warn" | "deny" | "forbid" | "expect") => Place::Lint,
        _ => Place::Inner,
    }
}

/// The condition of a `cfg_attr` and the attributes under it.
fn conditional(meta: &Meta) -> Option<(Meta, Vec<Meta>)> {
    let Meta::List(list) = meta else { return None };
    if !list.path.is_ident("cfg_attr") {
        return None;
    }
    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
    let mut parts = parser.parse2(list.tokens.clone()).ok()?.into_iter();
    Some((parts.next()?, parts.collect()))
}

/// A `cfg_attr` as one `cfg_attr` for each of its attributes, with the place of that one.
fn split(attribute: &Attribute) -> Option<Vec<(Place, Attribute)>> {
    let (condition, metas) = conditional(&attribute.meta)?;
    let part = |meta: Meta| {
        let part = parse_quote_spanned!(attribute.span()=> #[cfg_attr(#condition, #meta)]);
        (place(&meta), part)
    };
    Some(metas.into_iter().map(part).collect())
}

fn any_meta(meta: &Meta, test: &impl Fn(&Meta) -> bool) -> bool {
    match conditional(meta) {
        Some((_, metas)) => metas.iter().any(|meta| any_meta(meta, test)),
        None => test(meta),
    }
}

/// `#[allow(..)]` for `#[expect(..)]`, any other attribute as it is.
fn allowed(attribute: &Attribute) -> Attribute {
    let rewrite = |meta: &Meta| match meta {
        Meta::List(list) if list.path.is_ident("expect") => {
            let lints = &list.tokens;
            syn::parse_quote!(allow(#lints))
        }
        other => other.clone(),
    };
    let mut attribute = attribute.clone();
    attribute.meta = match conditional(&attribute.meta) {
        Some((condition, metas)) => {
            let metas = metas.iter().map(rewrite);
            syn::parse_quote!(cfg_attr(#condition, #(#metas),*))
        }
        None => rewrite(&attribute.meta),
    };
    attribute
}

/// All of the attributes, for `quote!`.
pub(crate) fn all<'a>(groups: &[&'a [Attribute]]) -> impl ToTokens + use<'a> {
    let mut tokens = proc_macro2::TokenStream::new();
    groups.iter().copied().flatten().for_each(|attribute| attribute.to_tokens(&mut tokens));
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::text;

    fn sorted(attributes: &str) -> [Vec<String>; 4] {
        let attributes = Attribute::parse_outer.parse_str(attributes).unwrap();
        let Attributes { public, cfg, lints, inner } = Attributes::sort(&attributes);
        [public, cfg, lints, inner]
            .map(|group| group.iter().map(|attribute| text(&attribute.meta)).collect())
    }

    #[test]
    fn each_attribute_has_its_place() {
        let [public, cfg, lints, inner] = sorted(
            "#[doc = \"d\"] #[must_use] #[cfg(test)] #[inline] #[allow(dead_code)] #[deprecated] #[cold] #[other::tool]",
        );
        assert_eq!(public, ["doc = \"d\"", "must_use", "deprecated"]);
        assert_eq!(cfg, ["cfg(test)"]);
        assert_eq!(lints, ["allow(dead_code)"]);
        assert_eq!(inner, ["inline", "allow(dead_code)", "cold", "other::tool"]);
    }

    #[test]
    fn an_expectation_is_kept_by_the_inner_function_alone() {
        let [_, _, lints, inner] = sorted("#[expect(unused_variables, reason = \"r\")]");
        assert_eq!(lints, ["allow(unused_variables, reason = \"r\")"]);
        assert_eq!(inner, ["expect(unused_variables, reason = \"r\")"]);
    }

    #[test]
    fn conditional_attributes_are_taken_apart() {
        let [public, cfg, lints, inner] =
            sorted("#[cfg_attr(unix, must_use, inline, expect(dead_code), cfg(test))]");
        assert_eq!(public, ["cfg_attr(unix, must_use)"]);
        assert_eq!(cfg, ["cfg_attr(unix, cfg(test))"]);
        assert_eq!(lints, ["cfg_attr(unix, allow(dead_code))"]);
        assert_eq!(inner, ["cfg_attr(unix, inline)", "cfg_attr(unix, expect(dead_code))"]);
    }
}
