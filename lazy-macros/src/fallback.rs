//! What invalid input expands to beside its errors, so that the calls of a rejected function add none of their own.

use crate::args::Options;
use crate::attrs::{Attributes, all};
use crate::call::{Call, Runtime};
use crate::emit::Emit;
use crate::expand::nested;
use crate::item::DelayedFn;
use crate::lifetimes;
use crate::types::nameless;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{FnArg, ReturnType, Type};

/// ```text
/// #[doc..] #[cfg..] #[allow(unused, clippy::all)]
/// pub fn add<T: Bound>(a: impl IntoArg<i32>, b: impl Sized) -> Delayed<R> where .. {
///     fn add<T: Bound>(a: i32, b: &mut [T]) -> R where .. { body }
///     unreachable!()
/// }
/// ```
pub(crate) fn function(item: &DelayedFn, call: &Call, options: &Options) -> TokenStream {
    let attributes = Attributes::sort(&item.foreign_attrs());
    let attrs = all(&[&attributes.public, &attributes.cfg]);
    let runtime = Runtime(options.runtime.clone());
    let signature = Emit { call, runtime: &runtime, outer: None }.signature(&item.sig);
    // The body is checked along with everything else, and what it imports counts as used.
    let nested = is_rust(item).then(|| nested(item, &attributes));
    let eager = options.eager.as_ref().filter(|name| **name != item.sig.ident);
    let eager = eager.map(|name| plain(item, name, &attributes));
    let vis = &item.vis;
    let body = item.body_of(quote!(#nested ::core::unreachable!()));
    quote!(#eager #attrs #[allow(unused, clippy::all)] #vis #signature #body)
}

/// `#[cfg..] #[allow(unused)] fn score(&self, ..) -> Delayed<f64> { unreachable!() }`
pub(crate) fn method(
    item: &DelayedFn,
    attrs: &impl ToTokens,
    signature: &TokenStream,
) -> TokenStream {
    let body = item.body_of(quote!(::core::unreachable!()));
    quote!(#attrs #[allow(unused)] #signature #body)
}

/// The function as written, under the name of its `eager` option.
fn plain(item: &DelayedFn, name: &syn::Ident, attributes: &Attributes) -> TokenStream {
    let attrs = all(&[&attributes.public, &attributes.cfg, &attributes.inner]);
    let DelayedFn { vis, sig, body, .. } = item;
    let mut sig = sig.clone();
    sig.ident = name.clone();
    quote!(#attrs #[allow(unused, clippy::all)] #vis #sig #body)
}

/// Whether the compiler accepts the signature of an ordinary function: where it does not, its error would be a second one.
fn is_rust(item: &DelayedFn) -> bool {
    let is_named = |ty: &Type| nameless(ty).infer.is_none();
    let inputs_named = item.sig.inputs.iter().all(|input| match input {
        FnArg::Typed(input) => is_named(&input.ty),
        FnArg::Receiver(_) => false,
    });
    // Whose borrow is returned may be unclear: no matter, once nothing borrowed is.
    let output_named = match &item.sig.output {
        ReturnType::Default => true,
        ReturnType::Type(_, ty) => is_named(ty) && lifetimes::first(&**ty).is_none(),
    };
    item.sig.variadic.is_none() && inputs_named && output_named
}
