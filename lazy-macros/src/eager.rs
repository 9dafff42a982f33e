//! The plain function of `eager = "..."`, and how the delayed one uses it.

use crate::attrs::{Attributes, all};
use crate::emit::{local, turbofish};
use crate::expand::nested;
use crate::item::DelayedFn;
use crate::parameter;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{FnArg, Signature};

/// ```text
/// #[doc..] #[cfg..]
/// pub fn add_now<T: Bound>(a: i32, b: &[T]) -> R where .. {
///     let __arg0 = a;
///     let __arg1 = b;
///     {
///         fn add<T: Bound>(a: i32, b: &[T]) -> R where .. { body }    // recursion finds the plain function
///         add::<T>(__arg0, __arg1,)
///     }
/// }
/// ```
pub(crate) fn function(item: &DelayedFn, name: &Ident, attributes: &Attributes) -> TokenStream {
    let nested = nested(item, attributes);
    let attrs = all(&[&attributes.public, &attributes.cfg, &attributes.lints]);
    let (sig, names) = simple_signature(item, name);
    let locals: Vec<_> = (0..names.len()).map(local).collect();
    let (vis, inner) = (&item.vis, &item.sig.ident);
    let turbofish = turbofish(&item.sig.generics);
    let body = item.body_of(quote! {
        #(let #locals = #names;)*
        {
            #nested
            #inner #turbofish (#(#locals),*)
        }
    });
    quote!(#attrs #vis #sig #body)
}

/// `fn add<T: Bound>(a: i32, b: &[T]) -> R where .. { add_now::<T>(a, b,) }`: keeps the body in one place.
pub(crate) fn forwarding(item: &DelayedFn, name: &Ident, attributes: &Attributes) -> TokenStream {
    let (mut sig, names) = simple_signature(item, &item.sig.ident);
    sig.ident.set_span(sig.ident.span().resolved_at(Span::mixed_site()));
    let turbofish = turbofish(&item.sig.generics);
    let deprecated = attributes.has_public("deprecated").then(|| quote!(#[allow(deprecated)]));
    // The parameters get names of the macro's own: one called like the function would hide it.
    let locals: Vec<_> = (0..names.len()).map(local).collect();
    for (input, local) in sig.inputs.iter_mut().zip(&locals) {
        if let FnArg::Typed(input) = input {
            *input.pat = syn::parse_quote!(#local);
        }
    }
    quote!(#deprecated #sig { #name #turbofish (#(#locals),*) })
}

/// The signature under another name, with a plain name for each parameter.
fn simple_signature(item: &DelayedFn, name: &Ident) -> (Signature, Vec<Ident>) {
    let mut sig = item.sig.clone();
    sig.ident = name.clone();
    let mut names = Vec::new();
    for (index, input) in sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(input) = input else { continue };
        let (name, _) = parameter::name(index, &input.pat);
        input.attrs.clear();
        *input.pat = syn::parse_quote!(#name);
        names.push(name);
    }
    (sig, names)
}
