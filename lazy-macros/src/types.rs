//! Questions about a written type that need no knowledge of what its names mean.

use crate::text::text;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    ExprPath, GenericArgument, GenericParam, Generics, PathArguments, PathSegment, QSelf, Token,
    Type, TypeImplTrait, TypeInfer, TypePath,
};

/// The type without the parentheses, and the invisible groups of `macro_rules!`, around it.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        other => other,
    }
}

/// The last segment of a type that is a path, `Result<T, E>` of `std::result::Result<T, E>`.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match peel(ty) {
        Type::Path(TypePath { path, .. }) => path.segments.last(),
        _ => None,
    }
}

/// The type arguments of a segment; `None` when there is any other kind among them.
pub(crate) fn type_arguments(segment: &PathSegment) -> Option<Vec<&Type>> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    let types = arguments.args.iter().map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// Whether the type names a type or const parameter of `generics`.
pub(crate) fn mentions(ty: &Type, generics: &[&Generics]) -> bool {
    let is_parameter = |ident: &Ident| {
        generics.iter().flat_map(|generics| &generics.params).any(|param| match param {
            GenericParam::Type(param) => param.ident == *ident,
            GenericParam::Const(param) => param.ident == *ident,
            GenericParam::Lifetime(_) => false,
        })
    };
    any_ident(ty.to_token_stream(), &is_parameter)
}

/// Whether any identifier in the tokens passes the test.
pub(crate) fn any_ident(tokens: TokenStream, test: &impl Fn(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => test(&ident),
        TokenTree::Group(group) => any_ident(group.stream(), test),
        _ => false,
    })
}

/// What a type is made of that no value can be stored under.
#[derive(Default)]
pub(crate) struct Nameless {
    pub(crate) impl_trait: Option<TypeImplTrait>,
    pub(crate) infer: Option<TypeInfer>,
}

/// The first `impl Trait` and the first `_` anywhere in the type.
pub(crate) fn nameless(ty: &Type) -> Nameless {
    let mut found = Nameless::default();
    found.visit_type_mut(&mut ty.clone());
    found
}

impl VisitMut for Nameless {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::ImplTrait(found) => drop(self.impl_trait.get_or_insert_with(|| found.clone())),
            Type::Infer(found) => drop(self.infer.get_or_insert_with(|| found.clone())),
            _ => visit_mut::visit_type_mut(self, ty),
        }
    }
}

/// The type with its first `impl Trait` replaced by a name.
pub(crate) fn with_name(ty: &Type, name: &Ident) -> Type {
    struct Rename<'a>(&'a Ident);
    impl VisitMut for Rename<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            match ty {
                Type::ImplTrait(_) => *ty = path_type(self.0.clone()),
                _ => visit_mut::visit_type_mut(self, ty),
            }
        }
    }
    let mut ty = ty.clone();
    Rename(name).visit_type_mut(&mut ty);
    ty
}

fn path_type(ident: Ident) -> Type {
    Type::Path(TypePath { attrs: Vec::new(), qself: None, path: ident.into() })
}

/// The type a value would have that owns what this one borrows, for use in messages: `String` for `&str`, `Vec<T>` for
/// `&[T]`, `Vec<String>` for `Vec<&str>`.
pub(crate) fn owned(ty: &Type) -> String {
    let mut ty = ty.clone();
    Owner.visit_type_mut(&mut ty);
    text(ty)
}

struct Owner;

impl VisitMut for Owner {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match peel(ty) {
            Type::Reference(reference) => *ty = owner_of(&reference.elem),
            Type::Path(_) => {
                if let Some(owner) = owner_in_cow(ty) {
                    *ty = owner;
                }
            }
            _ => {}
        }
        visit_mut::visit_type_mut(self, ty);
    }
}

/// `String` for `str`, `Vec<T>` for `[T]`, a box for a trait object; most types own themselves.
fn owner_of(borrowed: &Type) -> Type {
    let borrowed = peel(borrowed);
    let name = last_segment(borrowed).map(|segment| segment.ident.to_string());
    match (borrowed, name.as_deref()) {
        (Type::Slice(slice), _) => {
            let element = &slice.elem;
            syn::parse_quote!(Vec<#element>)
        }
        (Type::TraitObject(_), _) => syn::parse_quote!(Box<#borrowed>),
        (_, Some("str")) => syn::parse_quote!(String),
        (_, Some("Path")) => syn::parse_quote!(PathBuf),
        (_, Some("OsStr")) => syn::parse_quote!(OsString),
        (_, Some("CStr")) => syn::parse_quote!(CString),
        _ => borrowed.clone(),
    }
}

fn owner_in_cow(ty: &Type) -> Option<Type> {
    let segment = last_segment(ty)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.last() {
        Some(GenericArgument::Type(inner)) if segment.ident == "Cow" => Some(owner_of(inner)),
        _ => None,
    }
}

/// Writes the impl block's type for `Self`, which means something else in the extension trait.
pub(crate) struct ReplaceSelf<'a>(pub(crate) &'a Type);

impl ReplaceSelf<'_> {
    /// `<Model>::` for the `Self::` that a path begins with.
    fn qualify(&self, qself: &mut Option<QSelf>, path: &mut syn::Path) {
        let is_self = path.segments.first().is_some_and(|first| first.ident == "Self");
        if qself.is_some() || !is_self || path.segments.len() < 2 {
            return;
        }
        let rest = std::mem::take(&mut path.segments).into_iter().skip(1).collect();
        path.segments = rest;
        path.leading_colon = Some(<Token![::]>::default());
        *qself = Some(QSelf {
            lt_token: <Token![<]>::default(),
            ty: Box::new(self.0.clone()),
            position: 0,
            as_token: None,
            gt_token: <Token![>]>::default(),
        });
    }
}

impl VisitMut for ReplaceSelf<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::Path(path) if path.qself.is_none() && path.path.is_ident("Self") => {
                *ty = self.0.clone();
            }
            _ => visit_mut::visit_type_mut(self, ty),
        }
    }

    fn visit_type_path_mut(&mut self, path: &mut TypePath) {
        visit_mut::visit_type_path_mut(self, path);
        self.qualify(&mut path.qself, &mut path.path);
    }

    fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
        visit_mut::visit_expr_path_mut(self, path);
        self.qualify(&mut path.qself, &mut path.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn owners_are_named() {
        let cases = [
            ("&str", "String"),
            ("&'a [f64]", "Vec<f64>"),
            ("&Path", "PathBuf"),
            ("&std::path::Path", "PathBuf"),
            ("&Model", "Model"),
            ("&dyn Shape", "Box<dyn Shape>"),
            ("Cow<'a, str>", "String"),
            ("Vec<&str>", "Vec<String>"),
            ("HashMap<&str, &[u8]>", "HashMap<String, Vec<u8>>"),
            ("Result<&str, Error>", "Result<String, Error>"),
            ("&[&str]", "Vec<String>"),
            ("Parser<'a>", "Parser<'a>"),
        ];
        for (borrowed, owner) in cases {
            assert_eq!(owned(&syn::parse_str(borrowed).unwrap()), owner);
        }
    }

    #[test]
    fn self_becomes_the_type_of_the_block() {
        let model: Type = parse_quote!(Model<T>);
        let mut ty: Type = parse_quote!(HashMap<Self, [Self::Item; Self::LEN]>);
        ReplaceSelf(&model).visit_type_mut(&mut ty);
        assert_eq!(text(ty), "HashMap<Model<T>, [<Model<T>>::Item; <Model<T>>::LEN]>");
    }

    #[test]
    fn parameters_are_seen_inside_a_type() {
        let generics: Generics = parse_quote!(<'a, T, const N: usize>);
        assert!(mentions(&parse_quote!(Vec<(i32, T)>), &[&generics]));
        assert!(mentions(&parse_quote!([f64; N]), &[&generics]));
        assert!(!mentions(&parse_quote!(Vec<f64>), &[&generics]));
    }

    #[test]
    fn what_has_no_name_is_found_at_any_depth() {
        let found = nameless(&parse_quote!(Vec<(_, Option<impl Fn() -> i32>)>));
        assert_eq!(text(found.impl_trait.unwrap()), "impl Fn() -> i32");
        assert!(found.infer.is_some());
    }
}
