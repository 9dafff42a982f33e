//! The source of a function as a hash, for caches.

use crate::text::delimiters;
use proc_macro2::{Group, TokenStream, TokenTree};

/// The 128-bit FNV-1a hash of the tokens.
///
/// What does not change a program does not change the hash: spans, white space, comments and doc comments, and the
/// invisible groups that `macro_rules!` leaves around its fragments.
pub(crate) fn hash(tokens: TokenStream) -> u128 {
    let mut state = Fnv::new();
    walk(tokens, &mut state);
    state.0
}

struct Fnv(u128);

impl Fnv {
    // Offset basis and prime of FNV-1a for 128 bits, from the draft RFC "The FNV Non-Cryptographic Hash Algorithm".
    fn new() -> Self {
        Fnv(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    }

    /// One token: a tag of its kind, its text, and an end mark, so that `ab c` and `a bc` differ.
    fn token(&mut self, kind: u8, text: &str) {
        self.bytes(&[kind]);
        self.bytes(text.as_bytes());
        self.bytes(&[0xff]);
    }
}

fn walk(tokens: TokenStream, state: &mut Fnv) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                if tokens.next_if(is_doc).is_none() {
                    state.token(b'p', "#");
                }
            }
            TokenTree::Punct(mark) => state.token(b'p', mark.as_char().encode_utf8(&mut [0; 4])),
            TokenTree::Ident(ident) => state.token(b'i', &ident.to_string()),
            TokenTree::Literal(literal) => state.token(b'l', &literal.to_string()),
            TokenTree::Group(group) => walk_group(&group, state),
        }
    }
}

fn walk_group(group: &Group, state: &mut Fnv) {
    let (open, close) = delimiters(group.delimiter());
    if open.is_empty() {
        return walk(group.stream(), state);
    }
    state.token(b'g', open);
    walk(group.stream(), state);
    state.token(b'g', close);
}

/// `[doc = ...]`, what stands behind the `#` of a doc comment; inner ones have a `!` between and keep it, which is
/// harmless: they only make two hashes differ.
fn is_doc(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let first = group.stream().into_iter().next();
    matches!(first, Some(TokenTree::Ident(ident)) if ident == "doc")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Delimiter;
    use quote::quote;

    #[test]
    fn invisible_groups_do_not_count() {
        let inner = Group::new(Delimiter::None, quote!(Vec<f64>));
        assert_eq!(hash(quote!(Option<#inner>)), hash(quote!(Option<Vec<f64>>)));
    }

    #[test]
    fn hash_is_pinned() {
        // The hash is part of cache keys: a change here makes every user's disk cache cold.
        assert_eq!(hash(TokenStream::new()), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(
            hash(quote!(
                fn one() -> i32 {
                    1
                }
            )),
            hash("fn one() -> i32 {\n 1 }".parse().unwrap())
        );
    }

    #[test]
    fn hash_sees_the_body_and_not_the_docs() {
        let plain = quote!(
            fn f(x: i32) -> i32 {
                x + 1
            }
        );
        let other = quote!(
            fn f(x: i32) -> i32 {
                x + 2
            }
        );
        let documented = quote! {
            /// Adds one.
            fn f(x: i32) -> i32 { x + 1 }
        };
        assert_ne!(hash(plain.clone()), hash(other));
        assert_eq!(hash(plain), hash(documented));
    }

    #[test]
    fn hash_keeps_tokens_apart() {
        assert_ne!(hash(quote!(ab c)), hash(quote!(a bc)));
        assert_ne!(hash(quote!((a) b)), hash(quote!((a b))));
        assert_ne!(hash(quote!("a")), hash(quote!(a)));
    }
}
