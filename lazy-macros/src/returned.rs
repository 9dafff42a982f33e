//! The rules for results.

use crate::args::Options;
use crate::call::Returned;
use crate::errors::Complaints;
use crate::lifetimes;
use crate::text::text;
use crate::types::{last_segment, nameless, owned, peel};
use syn::spanned::Spanned as _;
use syn::{ReturnType, Signature, Type, TypeImplTrait};

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
                    "`fallible` needs a `Result` to look at, and nothing is returned: return a `Result`, or remove `fallible`",
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
            "a function that never returns cannot be delayed, because others wait for its result: return `()`, or a value",
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
                "a delayed function cannot return a borrow, because its result is stored for other tasks: return {}",
                remedy(ty, &stored)
            ),
        );
    }
    let is_fallible = is_fallible(&stored, options, complaints);
    Returned { is_fallible, ty: stored, span: ty.span() }
}

fn has_no_name(ty: &Type, complaints: &mut Complaints) -> bool {
    let found = nameless(ty);
    let has_no_name = found.impl_trait.is_some() || found.infer.is_some();
    if let Some(found) = found.impl_trait {
        complaints.on(
            &found,
            format_args!(
                "a delayed function cannot return `impl Trait`, because its result is stored under a type that has a name: \
                 return {}", named(&found)
            ),
        );
    }
    if let Some(found) = found.infer {
        complaints.on(
            found,
            "a result is stored under its type, which `_` does not tell: write the type out",
        );
    }
    has_no_name
}

/// The types to return instead of an `impl Trait`.
fn named(found: &TypeImplTrait) -> String {
    let bounds = text(&found.bounds);
    let borrows = found.bounds.iter().any(|bound| lifetimes::first(bound).is_some());
    if borrows {
        "a type that owns its data, such as a `Vec`".to_owned()
    } else {
        format!("the type itself, such as a `Vec`, or `Box<dyn {bounds} + Send + Sync>`")
    }
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
fn is_fallible(ty: &Type, options: &Options, complaints: &mut Complaints) -> bool {
    match (&options.fallible, &options.infallible) {
        (Some(option), _) if is_no_result(ty) => {
            let ty = text(ty);
            complaints.on(
                option,
                format_args!(
                    "`fallible` needs a `Result` to look at, and this is `{ty}`: return a `Result`, or remove `fallible`"
                ),
            );
            false
        }
        (Some(_), _) => true,
        (None, Some(_)) => false,
        (None, None) => last_segment(ty).is_some_and(|segment| segment.ident == "Result"),
    }
}

/// Whether the type is known not to be an alias of `Result`. The compiler would say so too, but again at every call.
fn is_no_result(ty: &Type) -> bool {
    const WELL_KNOWN: &[&str] = &[
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize", "String", "Vec", "Option", "Box", "Arc", "HashMap",
        "BTreeMap",
    ];
    match (ty, last_segment(ty)) {
        (_, Some(segment)) => WELL_KNOWN.iter().any(|name| segment.ident == name),
        (Type::Macro(_), None) => false,
        (_, None) => true,
    }
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
        assert!(read_with("fn f()", &options).1[0].contains("nothing is returned"));
        assert!(
            read_with("fn f() -> Option<i32>", &options).1[0].contains("this is `Option<i32>`")
        );
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
