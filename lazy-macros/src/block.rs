//! An annotated `impl` block and its methods.

use crate::args::Options;
use crate::attrs::is_delayed;
use crate::errors::Complaints;
use crate::item::{DelayedFn, braces, is_function};
use crate::known::Place;
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, Generics, Meta, Path, Token, Type, Visibility};

/// An `impl` block.
pub(crate) struct DelayedImpl {
    pub(crate) attrs: Vec<Attribute>,
    unsafety: Option<Token![unsafe]>,
    pub(crate) impl_token: Token![impl],
    pub(crate) generics: Generics,
    /// The trait of `impl Trait for Type`.
    pub(crate) trait_: Option<(Path, Token![for])>,
    pub(crate) self_ty: Type,
    members: Vec<Member>,
}

enum Member {
    Method(Box<DelayedFn>),
    /// A constant, a type, a macro call, an inner attribute: kept as it is.
    Other(TokenStream),
}

impl DelayedImpl {
    pub(crate) fn methods(&self) -> impl Iterator<Item = &DelayedFn> {
        self.members.iter().filter_map(|member| match member {
            Member::Method(method) => Some(&**method),
            Member::Other(_) => None,
        })
    }
}

impl Parse for DelayedImpl {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        let unsafety = input.parse()?;
        let impl_token = input.parse()?;
        let mut generics: Generics = input.parse()?;
        let (trait_, self_ty) = parse_subject(input)?;
        generics.where_clause = input.parse()?;
        let body = braces(input)?.stream();
        // The braces may sit in an invisible group, of which this is the inside.
        let members = parse_members.parse2(body)?;
        Ok(DelayedImpl { attrs, unsafety, impl_token, generics, trait_, self_ty, members })
    }
}

/// `Type`, or `Trait for Type`.
fn parse_subject(input: ParseStream<'_>) -> syn::Result<(Option<(Path, Token![for])>, Type)> {
    let ahead = input.fork();
    let is_trait = ahead.parse::<Option<Token![!]>>().is_ok()
        && ahead.parse::<Path>().is_ok()
        && ahead.peek(Token![for]);
    if !is_trait {
        return Ok((None, input.parse()?));
    }
    input.parse::<Option<Token![!]>>()?;
    Ok((Some((input.parse()?, input.parse()?)), input.parse()?))
}

fn parse_members(input: ParseStream<'_>) -> syn::Result<Vec<Member>> {
    let inner = input.call(Attribute::parse_inner)?;
    let mut members = vec![Member::Other(quote!(#(#inner)*))];
    while !input.is_empty() {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        ahead.parse::<Visibility>()?;
        members.push(match is_function(&ahead) {
            true => Member::Method(input.parse()?),
            false => Member::Other(parse_other(input)?),
        });
    }
    Ok(members)
}

/// The tokens to the end of an item that is no function: `;`, or the braces of a macro call.
fn parse_other(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let mut is_call = false;
    while !input.is_empty() {
        let token: TokenTree = input.parse()?;
        let mark = match &token {
            TokenTree::Punct(mark) => mark.as_char(),
            _ => ' ',
        };
        let is_end = mark == ';' || is_call && is_braces(&token);
        is_call |= mark == '!';
        tokens.extend([token]);
        if is_end {
            break;
        }
    }
    Ok(tokens)
}

fn is_braces(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace)
}

/// The options of the `#[delayed(...)]` on a method of the block.
pub(crate) fn method_options(method: &DelayedFn, complaints: &mut Complaints) -> Options {
    let mut helpers = method.attrs.iter().filter(|attribute| is_delayed(attribute));
    let options = match helpers.next().map(|helper| &helper.meta) {
        Some(Meta::List(list)) => Options::parse(list.tokens.clone(), Place::Method, complaints),
        Some(Meta::NameValue(pair)) => {
            complaints.on(pair, "options stand in parentheses: `#[delayed(name = \"...\")]`");
            Options::default()
        }
        Some(Meta::Path(_)) | None => Options::default(),
    };
    for repeated in helpers {
        complaints.on(repeated, "`#[delayed]` is given twice: put all options into one");
    }
    options
}

impl ToTokens for DelayedImpl {
    /// The block as the user wrote it, without our attributes on its methods.
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let DelayedImpl { attrs, unsafety, impl_token, generics, trait_, self_ty, members } = self;
        let where_clause = &generics.where_clause;
        let trait_ = trait_.as_ref().map(|(path, for_token)| quote!(#path #for_token));
        tokens.extend(quote! {
            #(#attrs)* #unsafety #impl_token #generics #trait_ #self_ty #where_clause { #(#members)* }
        });
    }
}

impl ToTokens for Member {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Member::Method(method) => method.to_tokens(tokens),
            Member::Other(other) => other.to_tokens(tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(tokens: TokenStream) -> DelayedImpl {
        syn::parse2(tokens).unwrap()
    }

    #[test]
    fn a_block_comes_out_as_it_went_in() {
        let tokens = quote! {
            #[cfg(unix)]
            impl<T: Clone> models::Model<T> where T: Send {
                pub const LIMIT: usize = { 4 };
                type Item = [T; 2];
                macro_call! { a b }
                macro_call!(c);
                pub(crate) fn fit(&self) -> Self { half typed . }
                const fn zero() -> i32 { 0 }
            }
        };
        let parsed = block(tokens.clone());
        assert_eq!(parsed.methods().count(), 2);
        assert_eq!(parsed.to_token_stream().to_string(), tokens.to_string());
    }

    #[test]
    fn helper_attributes_are_consumed() {
        let parsed = block(quote!(
            impl Model {
                #[delayed(skip)]
                #[inline]
                fn peek(&self) {}
            }
        ));
        assert_eq!(
            parsed.to_token_stream().to_string(),
            quote!(impl Model { #[inline] fn peek(&self) {} }).to_string()
        );
        let mut complaints = Complaints::new();
        let options = parsed.methods().map(|method| method_options(method, &mut complaints));
        assert!(options.into_iter().all(|options| options.skip));
        assert!(complaints.messages().is_empty());
    }

    #[test]
    fn a_trait_impl_is_seen() {
        let parsed = block(quote!(impl Shape for Square { fn area(&self) -> f64 { 1.0 } }));
        assert!(parsed.trait_.is_some());
        assert!(block(quote!(impl Square {})).trait_.is_none());
    }
}
