//! The rules for results.

use crate::args::Options;
use crate::call::Returned;
use crate::errors::Complaints;
use crate::lifetimes;
use crate::source::text;
use crate::types::{last_segment, nameless, owned, peel};
use syn::spanned::Spanned as _;
use syn::{ReturnType, Signature, Type};

/// The result of a function with this signature.
pub(crate) fn read(
    signature: &Signature,
    options: &Options,
    complaints: &mut Complaints,
) -> Returned {
    match &signature.output {
        ReturnType::Default => {
            if let Some(option) = &options.fallible {
                complaints.on(
                    option,
                    "`fallible` has no result to look at: return a `Result`, or remove `fallible`",
                );
            }
            unit(signature)
        }
        ReturnType::Type(_, ty) => written(ty, signature, options, complaints),
    }
}

/// No result, or none that can be kept.
fn unit(signature: &Signature) -> Returned {
    let ty = syn::parse_quote!(());
    Returned { ty, is_fallible: false, span: signature.ident.span() }
}

fn written(
    ty: &Type,
    signature: &Signature,
    options: &Options,
    complaints: &mut Complaints,
) -> Returned {
    if let Type::Never(never) = peel(ty) {
        complaints.on(
            never,
            "a function that never returns has no result to wait for: return the type its callers expect, or call it \
             from a delayed function that does return",
        );
        return unit(signature);
    }
    if has_no_name(ty, complaints) {
        return unit(signature);
    }
    let mut stored = peel(ty).clone();
    let found = lifetimes::detach(&mut stored);
    if let Some(first) = found.into_iter().next() {
        complaints.on(
            first,
            format_args!(
                "a result is stored for later tasks and cannot borrow from the arguments: return {}",
                remedy(ty, &stored)
            ),
        );
    }
    Returned { is_fallible: is_fallible(&stored, options), ty: stored, span: ty.span() }
}

fn has_no_name(ty: &Type, complaints: &mut Complaints) -> bool {
    let found = nameless(ty);
    let has_no_name = found.impl_trait.is_some() || found.infer.is_some();
    if let Some(found) = found.impl_trait {
        let bounds = text(&found.bounds);
        complaints.on(
            &found,
            format_args!(
                "a result is stored under its type, which `impl Trait` does not name: return the type itself, such as \
                 a `Vec`, or `Box<dyn {bounds} + Send + Sync>`"
            ),
        );
    }
    if let Some(found) = found.infer {
        complaints.on(
            found,
            "a result is stored under its type, which `_` does not name: write the type out",
        );
    }
    has_no_name
}

/// The types to return instead of one that borrows.
fn remedy(ty: &Type, detached: &Type) -> String {
    let owner = owned(ty);
    let detached = text(detached);
    if owner == text(peel(ty)) {
        format!("a type that owns its data, or `{detached}`")
    } else {
        format!("`{owner}`, or `{detached}` if the data lives as long as the program")
    }
}

/// What the user says, or else whether the type is called `Result`.
fn is_fallible(ty: &Type, options: &Options) -> bool {
    if options.fallible.is_some() || options.infallible.is_some() {
        return options.fallible.is_some();
    }
    last_segment(ty).is_some_and(|segment| segment.ident == "Result")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_with(signature: &str, options: &Options) -> (Returned, Vec<String>) {
        let mut complaints = Complaints::new();
        let returned = read(&syn::parse_str(signature).unwrap(), options, &mut complaints);
        (returned, complaints.messages())
    }

    fn returned(signature: &str) -> Returned {
        let (returned, messages) = read_with(signature, &Options::default());
        assert!(messages.is_empty(), "{messages:?}");
        returned
    }

    fn complaint(signature: &str) -> String {
        let (_, mut messages) = read_with(signature, &Options::default());
        assert_eq!(messages.len(), 1, "{signature}: {messages:?}");
        messages.remove(0)
    }

    #[test]
    fn results_are_fallible_by_name() {
        assert!(!returned("fn f()").is_fallible);
        assert!(!returned("fn f() -> i32").is_fallible);
        assert!(returned("fn f() -> Result<i32, E>").is_fallible);
        assert!(returned("fn f() -> std::io::Result<()>").is_fallible);
    }

    #[test]
    fn options_overrule_the_name() {
        let word = || Some(quote::format_ident!("word"));
        let options = Options { fallible: word(), ..Options::default() };
        assert!(read_with("fn f() -> PolarsOutcome<i32>", &options).0.is_fallible);
        assert!(read_with("fn f()", &options).1[0].contains("no result to look at"));
        let options = Options { infallible: word(), ..Options::default() };
        assert!(!read_with("fn f() -> Result<i32, E>", &options).0.is_fallible);
    }

    #[test]
    fn a_result_written_out_names_its_value() {
        let value = |signature| returned(signature).written_value().map(text);
        assert_eq!(
            value("fn f() -> std::result::Result<Vec<i32>, E>").as_deref(),
            Some("Vec<i32>")
        );
        assert_eq!(value("fn f() -> std::io::Result<i32>"), None);
        assert_eq!(value("fn f() -> Outcome<i32, E>"), None);
    }

    #[test]
    fn borrowed_results_are_refused_with_types_to_return() {
        assert!(complaint("fn f(x: &str) -> &str").contains("return `String`, or `&'static str`"));
        assert!(
            complaint("fn f(x: &str) -> Parser<'_>").contains("return a type that owns its data")
        );
        assert!(
            complaint("fn f(x: &str) -> Result<&[u8], E>").contains("return `Result<Vec<u8>, E>`")
        );
        assert_eq!(text(returned("fn f() -> &'static str").ty), "&'static str");
    }

    #[test]
    fn nameless_results_are_refused() {
        assert!(
            complaint("fn f() -> impl Iterator<Item = u8>")
                .contains("Box<dyn Iterator<Item = u8> + Send + Sync>")
        );
        assert!(complaint("fn f() -> !").contains("never returns"));
        assert!(complaint("fn f() -> Vec<_>").contains("write the type out"));
    }
}
