//! `#[derive(Tokenize)]` and `#[derive(HeapSize)]`.

mod fields;

use crate::call::Runtime;
use crate::errors::Complaints;
use fields::{Field, How, Variant, container, variants};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{DeriveInput, ExprPath, parse_quote};

/// A trait that can be derived.
pub(crate) struct Derived {
    name: &'static str,
    /// The attribute on types and fields.
    helper: &'static str,
    /// The items of the impl.
    items: fn(&Emit<'_>) -> TokenStream,
}

pub(crate) const TOKENIZE: Derived =
    Derived { name: "Tokenize", helper: "tokenize", items: |emit| emit.tokenize() };

pub(crate) const HEAP_SIZE: Derived =
    Derived { name: "HeapSize", helper: "heap_size", items: |emit| emit.heap_size() };

/// What the items of an impl are made of.
struct Emit<'a> {
    runtime: &'a Runtime,
    variants: &'a [Variant<'a>],
    /// Whether something was complained about: then nothing of the type is looked at, so that no other error comes of it.
    is_rejected: bool,
}

/// ```text
/// impl<T: Bound + Tokenize> Tokenize for Model<T> where .. {
///     ..
/// }
/// ```
pub(crate) fn expand(derived: &Derived, tokens: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(tokens) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut complaints = Complaints::new();
    let runtime = Runtime(container(derived, &input, &mut complaints));
    let variants = variants(derived, &input, &mut complaints);
    let is_rejected = complaints.count() > 0;
    let errors = complaints.finish();
    let items = (derived.items)(&Emit { runtime: &runtime, variants: &variants, is_rejected });
    let head = head(derived, &input, &runtime);
    quote! {
        #errors
        #[automatically_derived]
        #[allow(clippy::all, deprecated)]
        #head { #items }
    }
}

/// `impl<T: Bound + Tokenize> Tokenize for Model<T> where ..`
fn head(derived: &Derived, input: &DeriveInput, runtime: &Runtime) -> TokenStream {
    let private = runtime.at(Span::call_site());
    let (name, trait_) = (&input.ident, Ident::new(derived.name, Span::call_site()));
    let mut generics = input.generics.clone();
    for param in generics.type_params_mut() {
        param.bounds.push(parse_quote!(#private::#trait_));
    }
    let (parameters, arguments, where_clause) = generics.split_for_impl();
    quote!(impl #parameters #private::#trait_ for #name #arguments #where_clause)
}

impl Emit<'_> {
    /// ```text
    /// fn tokenize(&self, __tokenizer: &mut Tokenizer) {
    ///     match self {
    ///         Self::Circle { 0: __field0, .. } => {
    ///             Tokenizer::write_str(__tokenizer, "Circle");
    ///             <f64 as Tokenize>::tokenize(__field0, __tokenizer);
    ///         }
    ///     }
    /// }
    /// ```
    fn tokenize(&self) -> TokenStream {
        let private = self.runtime.at(Span::call_site());
        let to = Ident::new("__tokenizer", Span::mixed_site());
        let body = self.matched(|variant| {
            let name = variant.name.map(|name| {
                let name = name.unraw().to_string();
                quote!(#private::Tokenizer::write_str(#to, #name);)
            });
            let fields = variant.fields.iter().map(|Field { ty, local, how }| match how {
                How::Itself => {
                    let private = self.runtime.at_type(ty);
                    quote_spanned!(ty.span()=> <#ty as #private::Tokenize>::tokenize(#local, #to);)
                }
                How::With(function) => {
                    let private = self.runtime.at(function.span());
                    let with = quote!(fn(&#ty, &mut #private::Tokenizer));
                    let call = called(function, with, quote!(#local, #to));
                    quote!(#call;)
                }
                How::Skip => TokenStream::new(),
            });
            quote!({ #name #(#fields)* })
        });
        quote! {
            #[allow(unused_variables)]
            fn tokenize(&self, #to: &mut #private::Tokenizer) { #body }
        }
    }

    /// ```text
    /// const HAS_HEAP: bool = false || <f64 as HeapSize>::HAS_HEAP;
    /// fn heap_size(&self) -> usize {
    ///     match self {
    ///         Self::Circle { 0: __field0, .. } => 0 + <f64 as HeapSize>::heap_size(__field0),
    ///     }
    /// }
    /// ```
    fn heap_size(&self) -> TokenStream {
        let has_heap = self.has_heap();
        let body = self.matched(|variant| {
            let fields = variant.fields.iter().map(|Field { ty, local, how }| match how {
                How::Itself => {
                    let private = self.runtime.at_type(ty);
                    quote_spanned!(ty.span()=> + <#ty as #private::HeapSize>::heap_size(#local))
                }
                How::With(function) => {
                    let with = quote!(fn(&#ty) -> ::core::primitive::usize);
                    let call = called(function, with, quote!(#local));
                    quote!(+ #call)
                }
                How::Skip => TokenStream::new(),
            });
            quote!(0 #(#fields)*)
        });
        quote! {
            const HAS_HEAP: ::core::primitive::bool = #has_heap;
            fn heap_size(&self) -> ::core::primitive::usize { #body }
        }
    }

    /// Whether any field can own something on the heap.
    fn has_heap(&self) -> TokenStream {
        if self.is_rejected {
            return quote!(true);
        }
        let fields = self.variants.iter().flat_map(|variant| &variant.fields);
        let fields = fields.map(|Field { ty, how, .. }| match how {
            How::Itself => {
                let private = self.runtime.at_type(ty);
                quote_spanned!(ty.span()=> || <#ty as #private::HeapSize>::HAS_HEAP)
            }
            How::With(_) => quote!(|| true),
            How::Skip => TokenStream::new(),
        });
        quote!(false #(#fields)*)
    }

    /// `match self { Self::Circle { 0: __field0, .. } => arm, .. }`
    fn matched(&self, arm: impl Fn(&Variant<'_>) -> TokenStream) -> TokenStream {
        if self.is_rejected {
            return quote!(::core::unreachable!());
        }
        if self.variants.is_empty() {
            return quote!(match *self {});
        }
        let arms = self.variants.iter().map(|variant| {
            let (pattern, arm) = (variant.pattern(), arm(variant));
            quote!(#pattern => #arm,)
        });
        quote!(match self { #(#arms)* })
    }
}

/// `{ let __with: fn(&f64) -> usize = function; __with(__field0) }`: the type written out is what a message about a function of another
/// type tells to write.
fn called(function: &ExprPath, ty: TokenStream, arguments: TokenStream) -> TokenStream {
    let with = Ident::new("__with", Span::mixed_site());
    let chosen = quote_spanned!(function.span()=> let #with: #ty = #function;);
    quote!({ #chosen #with(#arguments) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::text;

    /// The expansion, which has to parse as items.
    fn expanded(derived: &Derived, item: TokenStream) -> String {
        let tokens = expand(derived, item);
        syn::parse2::<syn::File>(tokens.clone()).expect("an expansion is made of items");
        text(tokens)
    }

    #[track_caller]
    fn assert_contains(expansion: &str, parts: &[TokenStream]) {
        for part in parts {
            let part = text(part);
            assert!(expansion.contains(&part), "{part}\nis not in\n{expansion}");
        }
    }

    #[test]
    fn a_struct_is_written_field_by_field() {
        let expansion = expanded(
            &TOKENIZE,
            quote!(
                struct Model<'a, T: Clone = u8>
                where
                    T: Send,
                {
                    weights: Vec<T>,
                    #[tokenize(skip)]
                    title: &'a str,
                    #[tokenize(with = date::<u8>)]
                    since: Date,
                }
            ),
        );
        assert_contains(
            &expansion,
            &[
                quote!(impl<'a, T: Clone + ::lazy_runtime::__private::Tokenize> ::lazy_runtime::__private::Tokenize for Model<'a, T> where T: Send),
                quote!(Self { weights: __field0, since: __field2, .. }),
                quote!(<Vec<T> as ::lazy_runtime::__private::Tokenize>::tokenize(__field0, __tokenizer);),
                quote!({ let __with: fn(&Date, &mut ::lazy_runtime::__private::Tokenizer) = date::<u8>; __with(__field2, __tokenizer) };),
            ],
        );
    }

    #[test]
    fn a_variant_is_written_by_name() {
        let expansion = expanded(
            &TOKENIZE,
            quote!(
                enum Kernel {
                    r#Loop,
                    Gaussian(f64),
                    Cubic { r#in: u8 },
                }
            ),
        );
        assert_contains(
            &expansion,
            &[
                quote!(::lazy_runtime::__private::Tokenizer::write_str(__tokenizer, "Loop");),
                quote!(Self::r#Loop { .. }),
                quote!(Self::Gaussian { 0: __field0, .. }),
                quote!(Self::Cubic { r#in: __field0, .. }),
            ],
        );
        let expansion = expanded(
            &TOKENIZE,
            quote!(
                enum Nothing {}
            ),
        );
        assert_contains(&expansion, &[quote!(match *self {})]);
    }

    #[test]
    fn sizes_are_summed() {
        let expansion = expanded(
            &HEAP_SIZE,
            quote!(
                #[heap_size(crate = "facade::engine")]
                struct Picture(String, #[heap_size(skip)] Format, #[heap_size(with = size)] Image);
            ),
        );
        let heap = quote!(<String as facade::engine::__private::HeapSize>);
        assert_contains(
            &expansion,
            &[
                quote!(const HAS_HEAP: ::core::primitive::bool = false || #heap::HAS_HEAP || true;),
                quote!(=> 0 + #heap::heap_size(__field0) + { let __with: fn(&Image) -> ::core::primitive::usize = size; __with(__field2) },),
            ],
        );
        assert!(!expansion.contains("::lazy_runtime"));
    }

    #[test]
    fn what_is_rejected_still_implements_the_trait() {
        let expansion = expanded(
            &HEAP_SIZE,
            quote!(
                struct Picture<T>(#[heap_size(skp)] T, #[heap_size] Missing);
            ),
        );
        assert_eq!(expansion.matches("compile_error!").count(), 2);
        assert_contains(&expansion, &[quote!(for Picture<T>), quote!(::core::unreachable!())]);
        assert!(!expansion.contains("Missing"));
    }
}
