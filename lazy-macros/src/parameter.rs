//! The rules for parameters.

use crate::call::{Binding, Mode, Parameter};
use crate::errors::Complaints;
use crate::lifetimes;
use crate::text::text;
use crate::types::{mentions, nameless, owned, peel, with_name};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::ext::IdentExt as _;
use syn::{
    Generics, Ident, Pat, PatType, Receiver, ReceiverKind, Type, TypeImplTrait, TypeReference,
};

/// What the rules need to know about the function around a parameter.
pub(crate) struct Around<'a> {
    pub(crate) function: &'a Ident,
    /// The generic parameters in scope, those of the impl block among them.
    pub(crate) generics: &'a [&'a Generics],
}

/// A parameter by its pattern and type.
pub(crate) fn typed(
    index: usize,
    written: &PatType,
    around: &Around<'_>,
    complaints: &mut Complaints,
) -> Parameter {
    let before = complaints.count();
    let (name, text) = name(index, &written.pat);
    check_attributes(written, complaints);
    let mode = mode(&text, &written.ty, around, complaints);
    Parameter {
        binding: Binding::Named(name),
        text,
        mode: if complaints.count() == before { mode } else { Mode::Reject },
        is_concrete: !mentions(&written.ty, around.generics),
        ty: peel(&written.ty).clone(),
    }
}

/// The receiver of a method on `self_ty`.
pub(crate) fn receiver(
    written: &Receiver,
    self_ty: &Type,
    around: &Around<'_>,
    complaints: &mut Complaints,
) -> Parameter {
    let (mode, ty) = match &written.kind {
        ReceiverKind::Value => (Mode::Own(self_ty.clone()), self_ty.clone()),
        ReceiverKind::Reference(_, _, None) => {
            (Mode::Lend(self_ty.clone()), syn::parse_quote!(&#self_ty))
        }
        ReceiverKind::Reference(and, _, Some(mutable)) => {
            complaints.on(
                quote!(#and #mutable),
                "a `&mut self` method cannot be delayed, because a task cannot change a value that others share: take `self` \
                 and return the changed value",
            );
            (Mode::Reject, self_ty.clone())
        }
        _ => {
            complaints
                .on(written, "a delayed method takes `self` or `&self`: what it is called on is no box or pointer");
            (Mode::Reject, self_ty.clone())
        }
    };
    let is_concrete = !mentions(self_ty, around.generics);
    Parameter { binding: Binding::Receiver, text: "self".to_owned(), mode, ty, is_concrete }
}

/// The wrapper's name for a parameter and the one for people: the user's own where there is one.
pub(crate) fn name(index: usize, pattern: &Pat) -> (Ident, String) {
    match pattern {
        Pat::Ident(pattern) if pattern.subpat.is_none() => {
            (in_wrapper(&pattern.ident), pattern.ident.unraw().to_string())
        }
        Pat::Paren(pattern) => name(index, &pattern.pat),
        pattern => (format_ident!("arg{index}", span = Span::mixed_site()), text(pattern)),
    }
}

/// The name as it is, but for `_x`: the wrapper does use that one, which lints would hold against the user.
fn in_wrapper(name: &Ident) -> Ident {
    let mut name = name.clone();
    let text = name.to_string();
    if text.starts_with('_') && !text.starts_with("__arg") {
        name.set_span(name.span().resolved_at(Span::mixed_site()));
    }
    name
}

fn check_attributes(written: &PatType, complaints: &mut Complaints) {
    for attribute in &written.attrs {
        if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
            complaints.on(
                attribute,
                "a parameter of a delayed function cannot be conditional: write the function once for each configuration, \
                 with `#[cfg]` on the whole",
            );
        }
    }
}

fn mode(name: &str, ty: &Type, around: &Around<'_>, complaints: &mut Complaints) -> Mode {
    if let Type::Reference(reference) = peel(ty)
        && reference.mutability.is_some()
    {
        reject_exclusive(name, reference, complaints);
        return Mode::Reject;
    }
    check_names(name, ty, around, complaints);
    match peel(ty) {
        Type::Reference(reference) if !is_static(reference) => {
            check_lifetimes(ty, &reference.elem, complaints);
            Mode::Lend(peel(&reference.elem).clone())
        }
        value => {
            check_lifetimes(ty, value, complaints);
            Mode::Own(value.clone())
        }
    }
}

fn is_static(reference: &TypeReference) -> bool {
    reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static")
}

fn reject_exclusive(name: &str, reference: &TypeReference, complaints: &mut Complaints) {
    let TypeReference { and_token, lifetime, mutability, .. } = reference;
    let owned = owned(&Type::Reference(reference.clone()));
    complaints.on(
        quote!(#and_token #lifetime #mutability),
        format_args!(
            "a `&mut` parameter cannot be delayed, because a task cannot write into a value of its caller: take \
             `{name}: {owned}` and return the changed value"
        ),
    );
}

fn check_names(name: &str, ty: &Type, around: &Around<'_>, complaints: &mut Complaints) {
    let found = nameless(ty);
    if let Some(found) = found.impl_trait {
        let parameter = free_name(around.generics);
        let bounds = static_bounds(&found);
        let named = text(with_name(peel(ty), &parameter));
        let function = around.function;
        complaints.on(
            &found,
            format_args!(
                "an `impl Trait` parameter cannot be delayed, because a task stores the argument under a type that has a \
                 name: write `fn {function}<{parameter}: {bounds}>` with `{name}: {named}`"
            ),
        );
    }
    if let Some(found) = found.infer {
        complaints.on(found, "a task stores its arguments under their types, which `_` does not tell: write the type out");
    }
}

/// The bounds that a type parameter needs in place of the `impl Trait`.
fn static_bounds(found: &TypeImplTrait) -> String {
    let bounds = text(&found.bounds);
    if bounds.contains("'static") { bounds } else { format!("{bounds} + 'static") }
}

/// A name for a type parameter that is not taken.
fn free_name(generics: &[&Generics]) -> Ident {
    let taken = |name: &str| {
        generics.iter().flat_map(|generics| generics.type_params()).any(|param| param.ident == name)
    };
    let name = ["T", "U", "V", "W"].into_iter().find(|name| !taken(name)).unwrap_or("Argument");
    Ident::new(name, Span::call_site())
}

/// Rejects what borrows: `whole` is the type as written, `part` what remains of it behind a leading `&`.
fn check_lifetimes(whole: &Type, part: &Type, complaints: &mut Complaints) {
    let mut detached = part.clone();
    let found = lifetimes::detach(&mut detached);
    let Some(first) = found.into_iter().next() else { return };
    let and = if std::ptr::eq(peel(whole), part) { "" } else { "&" };
    let remedy = remedy(and, part, &detached);
    let whole = text(peel(whole));
    complaints.on(
        first,
        format_args!(
            "`{whole}` cannot be a parameter of a delayed function, because it holds a borrow that the task may outlive: \
             write {remedy}"
        ),
    );
}

/// The types to write for one that borrows: one that owns, or one that borrows from the program itself.
fn remedy(and: &str, written: &Type, detached: &Type) -> String {
    let owner = owned(written);
    let detached = text(detached);
    if owner == text(written) {
        format!("`{and}{detached}`, or a type that owns its data")
    } else if contains_mut(written.to_token_stream()) {
        format!("`{and}{owner}`")
    } else {
        format!("`{and}{owner}` or `{and}{detached}`")
    }
}

fn contains_mut(tokens: TokenStream) -> bool {
    crate::types::any_ident(tokens, &|ident| ident == "mut")
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::{FnArg, Signature};

    fn read(signature: &str) -> (Vec<String>, Vec<String>) {
        let signature: Signature = syn::parse_str(signature).unwrap();
        let mut complaints = Complaints::new();
        let around = Around { function: &signature.ident, generics: &[&signature.generics] };
        let read = signature.inputs.iter().enumerate().map(|(index, input)| match input {
            FnArg::Receiver(written) => {
                receiver(written, &syn::parse_quote!(Model), &around, &mut complaints)
            }
            FnArg::Typed(written) => typed(index, written, &around, &mut complaints),
        });
        let shown = read.map(|parameter| {
            let mode = match &parameter.mode {
                Mode::Own(ty) => format!("own {}", text(ty)),
                Mode::Lend(ty) => format!("lend {}", text(ty)),
                Mode::Reject => "reject".to_owned(),
            };
            format!("{}: {mode}", parameter.text)
        });
        (shown.collect(), complaints.messages())
    }

    fn complaint(parameter: &str) -> String {
        let (modes, mut messages) = read(&format!("fn f<'a, T>({parameter})"));
        assert_eq!(messages.len(), 1, "{parameter}: {messages:?}");
        assert!(modes[0].ends_with("reject"), "{modes:?}");
        messages.remove(0)
    }

    #[test]
    fn parameters_are_owned_or_lent() {
        let (modes, messages) = read(
            "fn f<'a, T>(x: i64, xs: &[f64], s: &'a str, k: &'static str, (a, b): (i32, T), mut m: Vec<T>, _: u8, \
             p: &dyn Shape, q: fn(&str) -> &str)",
        );
        assert!(messages.is_empty(), "{messages:?}");
        assert_eq!(
            modes,
            [
                "x: own i64",
                "xs: lend [f64]",
                "s: lend str",
                "k: own &'static str",
                "(a, b): own (i32, T)",
                "m: own Vec<T>",
                "_: own u8",
                "p: lend dyn Shape",
                "q: own fn(&str) -> &str",
            ]
        );
    }

    #[test]
    fn receivers_are_owned_or_lent() {
        assert_eq!(read("fn f(&self)").0, ["self: lend Model"]);
        assert_eq!(read("fn f(mut self)").0, ["self: own Model"]);
        assert!(read("fn f(&mut self)").1[0].contains("take `self`"));
        assert!(read("fn f(self: Box<Self>)").1[0].contains("takes `self` or `&self`"));
    }

    #[test]
    fn borrows_are_refused_with_types_to_write() {
        assert!(complaint("x: Cow<'a, str>").ends_with("write `String` or `Cow<'static, str>`"));
        assert!(
            complaint("x: Parser<'_>")
                .ends_with("write `Parser<'static>`, or a type that owns its data")
        );
        assert!(complaint("x: Vec<&str>").ends_with("write `Vec<String>` or `Vec<&'static str>`"));
        assert!(complaint("x: &[&str]").ends_with("write `&[String]` or `&[&'static str]`"));
        assert!(complaint("x: Option<&mut T>").ends_with("write `Option<T>`"));
        assert!(
            complaint("x: &'static [&T]").ends_with("write `Vec<T>` or `&'static [&'static T]`")
        );
    }

    #[test]
    fn exclusive_borrows_are_refused() {
        assert!(complaint("xs: &mut Vec<f64>").contains("take `xs: Vec<f64>` and return"));
        assert!(complaint("xs: &mut [T]").contains("take `xs: Vec<T>` and return"));
    }

    #[test]
    fn nameless_types_are_refused() {
        assert!(
            complaint("xs: impl Iterator<Item = u64>")
                .ends_with("`fn f<U: Iterator<Item = u64> + 'static>` with `xs: U`")
        );
        assert!(complaint("x: &impl Shape").ends_with("`fn f<U: Shape + 'static>` with `x: &U`"));
        assert!(complaint("x: Vec<_>").contains("write the type out"));
    }
}
