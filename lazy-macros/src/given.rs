//! The grammar inside the parentheses of `#[delayed(...)]`: names, values, commas.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::{ExprPath, Lit, LitStr, Path};

/// One option as the user wrote it.
pub(crate) struct Given {
    pub(crate) name: Ident,
    /// What stands behind `=`.
    pub(crate) value: Option<TokenStream>,
}

impl Given {
    /// Reads the tokens between two commas.
    fn parse(piece: Vec<TokenTree>, forms: &Forms) -> syn::Result<Self> {
        let mut tokens = piece.into_iter();
        let name = match tokens.next() {
            Some(TokenTree::Ident(name)) => name,
            other => {
                let message = format!("expected an option, {}", accepted(forms));
                return Err(match other {
                    Some(token) => syn::Error::new_spanned(token, message),
                    None => syn::Error::new(Span::call_site(), message),
                });
            }
        };
        match tokens.next() {
            None => Ok(Given { name, value: None }),
            Some(TokenTree::Punct(mark)) if mark.as_char() == '=' => {
                Given { name, value: Some(tokens.collect()) }.with_value(mark.into(), forms)
            }
            Some(other) => {
                let message = format!("expected `,` or `=` here: `{}`", form(&name, forms));
                Err(syn::Error::new_spanned(other, message))
            }
        }
    }

    /// Itself, if there is anything behind the `=`.
    fn with_value(self, equals: TokenTree, forms: &Forms) -> syn::Result<Self> {
        match &self.value {
            Some(value) if value.is_empty() => {
                let message = format!("a value is missing: `{}`", form(&self.name, forms));
                Err(syn::Error::new_spanned(equals, message))
            }
            _ => Ok(self),
        }
    }

    pub(crate) fn on_name(&self, message: impl std::fmt::Display) -> syn::Error {
        syn::Error::new_spanned(&self.name, message)
    }

    /// An error on the value, or on the name where there is no value.
    pub(crate) fn on_value(&self, message: impl std::fmt::Display) -> syn::Error {
        match &self.value {
            Some(value) => syn::Error::new_spanned(value, message),
            None => self.on_name(message),
        }
    }

    pub(crate) fn literal(&self, message: &str) -> syn::Result<Lit> {
        let value = self.value.clone().ok_or_else(|| self.on_name(message))?;
        syn::parse2(value).map_err(|_| self.on_value(message))
    }

    pub(crate) fn string(&self, form: &str) -> syn::Result<LitStr> {
        let message = format!("`{}` takes a string: `{form}`", self.name);
        match self.literal(&message)? {
            Lit::Str(value) => Ok(value),
            _ => Err(self.on_value(message)),
        }
    }

    /// The path of a function, which stands without quotes.
    pub(crate) fn function(&self, form: &str) -> syn::Result<ExprPath> {
        let message =
            format!("`{}` takes the path of a function, without quotes: `{form}`", self.name);
        let value = self.value.clone().ok_or_else(|| self.on_name(&message))?;
        syn::parse2(value).map_err(|_| self.on_value(message))
    }

    /// The path of the runtime, which stands in quotes.
    pub(crate) fn runtime(&self) -> syn::Result<Path> {
        let path = self.string(r#"crate = "path::to::lazy_runtime""#)?;
        let message =
            "`crate` takes the path of the runtime, such as `crate = \"my_crate::lazy_runtime\"`";
        path.parse_with(Path::parse_mod_style).map_err(|_| self.on_value(message))
    }

    pub(crate) fn flag(&self) -> syn::Result<Ident> {
        let name = &self.name;
        match &self.value {
            Some(value) => {
                let message = format!("`{name}` takes no value: write `{name}`, or leave it out");
                Err(syn::Error::new_spanned(value, message))
            }
            None => Ok(name.clone()),
        }
    }
}

/// The names of accepted options, each with how it is written.
type Forms = [(&'static str, &'static str)];

/// The options between the commas, each as far as it could be read.
pub(crate) fn read(tokens: TokenStream, forms: &Forms) -> impl Iterator<Item = syn::Result<Given>> {
    split_at_commas(tokens).into_iter().map(|piece| Given::parse(piece, forms))
}

/// How an option is written; an unknown one is echoed.
fn form(name: &Ident, forms: &Forms) -> String {
    let known = forms.iter().find(|(known, _)| name == known);
    known.map_or_else(|| name.to_string(), |(_, form)| (*form).to_owned())
}

/// The beginning of the list of options.
fn accepted(forms: &Forms) -> String {
    let forms: Vec<_> = forms.iter().take(2).map(|(_, form)| format!("`{form}`")).collect();
    format!("such as {}", forms.join(" or "))
}

fn split_at_commas(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut pieces = vec![Vec::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(mark) if mark.as_char() == ',' => pieces.push(Vec::new()),
            _ => pieces.last_mut().expect("there is always an open piece").push(token),
        }
    }
    // A trailing comma leaves nothing behind it.
    if pieces.last().is_some_and(Vec::is_empty) {
        pieces.pop();
    }
    pieces
}
