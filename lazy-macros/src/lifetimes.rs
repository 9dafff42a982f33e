//! The lifetimes of a type: which of them tie it to its caller.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{BoundLifetimes, GenericParam, Lifetime, Type};

/// Replaces every lifetime that ties `node` to its caller by `'static`, and returns the tokens replaced, in order.
///
/// Left alone are `'static` itself, what a `for<'a>` binds, and what is elided inside `fn(&T)` or `Fn(&T)`, where
/// leaving it out means "for any lifetime".
pub(crate) fn detach<N: Walk>(node: &mut N) -> Vec<TokenStream> {
    let mut walker = Walker::default();
    node.walk(&mut walker);
    walker.found
}

/// The first lifetime that ties `node` to its caller.
pub(crate) fn first<N: Walk + Clone>(node: &N) -> Option<TokenStream> {
    detach(&mut node.clone()).into_iter().next()
}

/// What can be searched for lifetimes.
pub(crate) trait Walk {
    fn walk(&mut self, walker: &mut Walker);
}

impl Walk for Type {
    fn walk(&mut self, walker: &mut Walker) {
        walker.visit_type_mut(self);
    }
}

impl Walk for syn::TypeParamBound {
    fn walk(&mut self, walker: &mut Walker) {
        walker.visit_type_param_bound_mut(self);
    }
}

impl Walk for syn::WherePredicate {
    fn walk(&mut self, walker: &mut Walker) {
        walker.visit_where_predicate_mut(self);
    }
}

#[derive(Default)]
pub(crate) struct Walker {
    found: Vec<TokenStream>,
    /// Names bound by the `for<..>` around the current place.
    bound: Vec<Ident>,
    /// How many `fn(..)` and `Fn(..)` are around the current place.
    signatures: usize,
}

impl Walker {
    fn with_bound(&mut self, lifetimes: Option<&BoundLifetimes>, visit: impl FnOnce(&mut Self)) {
        let outside = self.bound.len();
        for param in lifetimes.iter().flat_map(|bound| &bound.lifetimes) {
            if let GenericParam::Lifetime(param) = param {
                self.bound.push(param.lifetime.ident.clone());
            }
        }
        visit(self);
        self.bound.truncate(outside);
    }

    fn in_signature(&mut self, visit: impl FnOnce(&mut Self)) {
        self.signatures += 1;
        visit(self);
        self.signatures -= 1;
    }

    fn is_free(&self, lifetime: &Lifetime) -> bool {
        let name = &lifetime.ident;
        !(name == "static" || self.bound.contains(name) || name == "_" && self.signatures > 0)
    }
}

impl VisitMut for Walker {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if self.is_free(lifetime) {
            self.found.push(lifetime.to_token_stream());
            *lifetime = Lifetime::new("'static", lifetime.span());
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
        if reference.lifetime.is_none() && self.signatures == 0 {
            let and = reference.and_token;
            self.found.push(quote!(#and));
            reference.lifetime = Some(Lifetime::new("'static", Span::call_site()));
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_bound_lifetimes_mut(&mut self, _: &mut BoundLifetimes) {
        // `for<'a>` binds `'a`, it does not use it.
    }

    fn visit_type_fn_ptr_mut(&mut self, pointer: &mut syn::TypeFnPtr) {
        let lifetimes = pointer.lifetimes.clone();
        self.with_bound(lifetimes.as_ref(), |walker| {
            walker.in_signature(|walker| visit_mut::visit_type_fn_ptr_mut(walker, pointer));
        });
    }

    fn visit_trait_bound_mut(&mut self, bound: &mut syn::TraitBound) {
        let lifetimes = bound.lifetimes.clone();
        self.with_bound(lifetimes.as_ref(), |walker| {
            visit_mut::visit_trait_bound_mut(walker, bound);
        });
    }

    fn visit_predicate_type_mut(&mut self, predicate: &mut syn::PredicateType) {
        let lifetimes = predicate.lifetimes.clone();
        self.with_bound(lifetimes.as_ref(), |walker| {
            visit_mut::visit_predicate_type_mut(walker, predicate);
        });
    }

    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        arguments: &mut syn::ParenthesizedGenericArguments,
    ) {
        self.in_signature(|walker| {
            visit_mut::visit_parenthesized_generic_arguments_mut(walker, arguments);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::text;

    fn detached(ty: &str) -> (String, Vec<String>) {
        let mut ty: Type = syn::parse_str(ty).unwrap();
        let found = detach(&mut ty).into_iter().map(text).collect();
        (text(ty), found)
    }

    #[test]
    fn ties_are_found_and_cut() {
        let cases = [
            ("Cow<'a, str>", "Cow<'static, str>", vec!["'a"]),
            ("Parser<'_>", "Parser<'static>", vec!["'_"]),
            ("Vec<&str>", "Vec<&'static str>", vec!["&"]),
            ("HashMap<&'k str, &V>", "HashMap<&'static str, &'static V>", vec!["'k", "&"]),
            ("Box<dyn Fn() + 'a>", "Box<dyn Fn() + 'static>", vec!["'a"]),
            ("Box<dyn Fn(&'a str)>", "Box<dyn Fn(&'static str)>", vec!["'a"]),
        ];
        for (written, cut, found) in cases {
            assert_eq!(
                detached(written),
                (cut.to_owned(), found.into_iter().map(String::from).collect())
            );
        }
    }

    #[test]
    fn free_standing_types_are_left_alone() {
        let cases = [
            "Vec<f64>",
            "&'static str",
            "fn(&str) -> &str",
            "Box<dyn Fn(&str) -> &str>",
            "Box<dyn Fn(Cow<'_, str>)>",
            "Box<dyn for<'a> Fn(&'a str) -> &'a str>",
            "for<'a> fn(&'a str)",
            "Box<dyn for<'a> Visit<'a>>",
        ];
        for case in cases {
            assert_eq!(detached(case), (case.to_owned(), vec![]));
        }
    }

    #[test]
    fn a_name_bound_in_one_place_is_free_in_the_next() {
        let (_, found) = detached("(Box<dyn for<'a> Visit<'a>>, Parser<'a>)");
        assert_eq!(found, ["'a"]);
    }
}
