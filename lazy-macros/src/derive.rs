//! `#[derive(Tokenize)]` and `#[derive(HeapSize)]`.

mod fields;

use crate::call::Runtime;
use crate::errors::Complaints;
use fields::{Field, How, Variant, container, variants};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{DeriveInput, parse_quote};

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
                How::With(function) => quote_spanned!(function.span()=> #function(#local, #to);),
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
                How::With(function) => quote_spanned!(function.span()=> + #function(#local)),
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
