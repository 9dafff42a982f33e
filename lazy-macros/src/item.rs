//! What the attribute stands on, parsed as far as the macro needs to understand it.

use crate::attrs::is_delayed;
use crate::block::DelayedImpl;
use crate::source;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, Signature, Token, Visibility};

/// An annotated item.
pub(crate) enum Item {
    Function(Box<DelayedFn>),
    Block(Box<DelayedImpl>),
}

/// A function, free or a method.
pub(crate) struct DelayedFn {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// The braces and all inside, never looked at: half-typed code expands, and the compiler reports it.
    pub(crate) body: Group,
    /// Hash of the whole function as written, but for its doc comments and our own attribute.
    pub(crate) source_hash: u128,
}

impl Item {
    /// Reads the item the attribute stands on.
    pub(crate) fn parse(tokens: TokenStream) -> syn::Result<Self> {
        syn::parse2(tokens)
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        ahead.parse::<Visibility>()?;
        if is_function(&ahead) {
            return Ok(Item::Function(input.parse()?));
        }
        if ahead.peek(Token![impl]) || ahead.peek(Token![unsafe]) && ahead.peek2(Token![impl]) {
            return Ok(Item::Block(input.parse()?));
        }
        Err(refuse(&ahead))
    }
}

/// Whether a function begins here, behind attributes and visibility.
pub(crate) fn is_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    while ahead.peek(Token![const])
        || ahead.peek(Token![async])
        || ahead.peek(Token![unsafe])
        || ahead.peek(Token![extern])
        || ahead.peek(syn::LitStr)
    {
        if ahead.parse::<TokenTree>().is_err() {
            return false;
        }
    }
    ahead.peek(Token![fn])
}

/// The error for an item that is neither a function nor an `impl` block, on the word that says what it is.
fn refuse(input: ParseStream<'_>) -> syn::Error {
    let word = input.fork().call(Ident::parse_any).map(|word| word.to_string());
    let found = match word.as_deref() {
        Ok("struct") => "a struct: annotate the functions that make or use it, or its `impl` block",
        Ok("enum") => "an enum: annotate the functions that make or use it, or its `impl` block",
        Ok("union") => "a union: annotate the functions that make or use it",
        Ok("trait") => {
            "a trait: annotate functions that call its methods, such as `fn area<T: Shape>(shape: &T) -> f64`"
        }
        Ok("mod") => "a module: annotate the functions in it, one by one",
        Ok("const" | "static") => "a constant: `delayed(value)` makes a `Delayed` of a value",
        Ok("type") => "a type alias: annotate functions",
        Ok("use") => "an import: annotate functions",
        Ok("macro_rules") => "a macro: write `#[delayed]` on the functions that it makes",
        Ok("let") => "a statement: `delayed(value)` makes a `Delayed` of a value",
        _ => "this",
    };
    input.error(format!("`#[delayed]` goes on a function or an `impl` block, not on {found}"))
}

impl Parse for DelayedFn {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig: Signature = input.parse()?;
        if input.peek(Token![;]) {
            let message = "`#[delayed]` goes on a function with a body; in a trait, annotate functions that call the \
                           method instead";
            return Err(input.error(message));
        }
        let body = braces(input)?;
        let foreign = attrs.iter().filter(|attribute| !is_delayed(attribute));
        let source_hash = source::hash(quote!(#(#foreign)* #vis #sig #body));
        Ok(DelayedFn { attrs, vis, sig, body, source_hash })
    }
}

/// The next token as a group in braces, out of the invisible one a `$body:block` puts around it.
pub(crate) fn braces(input: ParseStream<'_>) -> syn::Result<Group> {
    input.step(|cursor| match cursor.token_tree() {
        Some((TokenTree::Group(group), rest)) if is_braced(&group) => Ok((group, rest)),
        _ => Err(cursor.error("expected `{`")),
    })
}

fn is_braced(group: &Group) -> bool {
    match group.delimiter() {
        Delimiter::Brace => true,
        Delimiter::None => {
            let mut inside = group.stream().into_iter();
            let first = inside.next();
            inside.next().is_none()
                && matches!(first, Some(TokenTree::Group(inner)) if is_braced(&inner))
        }
        _ => false,
    }
}

impl DelayedFn {
    /// Braces at the place of the user's own, around what is emitted: an item that begins at the user's `fn` and ends at
    /// the user's `}` is taken for the user's by lints and messages.
    pub(crate) fn body_of(&self, emitted: TokenStream) -> Group {
        let mut body = Group::new(Delimiter::Brace, emitted);
        body.set_span(self.body.span());
        body
    }

    /// The attributes apart from our own, which a method may carry as a helper.
    pub(crate) fn foreign_attrs(&self) -> Vec<Attribute> {
        self.attrs.iter().filter(|attribute| !is_delayed(attribute)).cloned().collect()
    }
}

impl ToTokens for DelayedFn {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let DelayedFn { vis, sig, body, .. } = self;
        let attrs = self.foreign_attrs();
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(tokens: TokenStream) -> String {
        match Item::parse(tokens) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("this is no function and no block"),
        }
    }

    fn function(tokens: TokenStream) -> DelayedFn {
        match Item::parse(tokens) {
            Ok(Item::Function(function)) => *function,
            _ => panic!("this is a function"),
        }
    }

    #[test]
    fn a_body_is_not_looked_at() {
        let item = function(quote!(pub fn f(x: i32) -> i32 { let = ; x. }));
        assert_eq!(item.sig.ident, "f");
        assert_eq!(item.body.to_string(), quote!({ let = ; x. }).to_string());
    }

    #[test]
    fn options_are_no_part_of_the_source() {
        let plain = function(quote!(
            #[inline]
            fn f() {}
        ));
        let kept = function(quote!(
            #[inline]
            #[delayed(cache, retries = 3)]
            fn f() {}
        ));
        assert_eq!(kept.source_hash, plain.source_hash);
        let other = function(quote!(
            fn f() {}
        ));
        assert_ne!(other.source_hash, plain.source_hash);
    }

    #[test]
    fn every_qualifier_leads_to_a_function() {
        for qualifiers in
            ["const", "async", "unsafe", "extern \"C\"", "pub(crate) const unsafe extern \"C\""]
        {
            let tokens = format!("#[inline] {qualifiers} fn f() {{}}").parse().unwrap();
            assert_eq!(function(tokens).sig.ident, "f");
        }
    }

    #[test]
    fn other_items_are_refused_by_name() {
        assert!(
            refusal(quote!(
                pub struct Point;
            ))
            .contains("not on a struct")
        );
        assert!(
            refusal(quote!(
                enum Shape {}
            ))
            .contains("not on an enum")
        );
        assert!(
            refusal(quote!(
                pub trait Shape {}
            ))
            .contains("not on a trait")
        );
        assert!(
            refusal(quote!(
                mod shapes {}
            ))
            .contains("not on a module")
        );
        assert!(
            refusal(quote!(
                const LIMIT: i32 = 4;
            ))
            .contains("not on a constant")
        );
        assert!(
            refusal(quote!(
                fn area(&self) -> f64;
            ))
            .contains("with a body")
        );
    }

    #[test]
    fn a_block_fragment_is_a_body() {
        let body = Group::new(Delimiter::None, quote!({ 4 }));
        assert_eq!(function(quote!(fn f() -> i32 #body)).sig.ident, "f");
    }
}
