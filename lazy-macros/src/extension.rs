//! A valid block to tokens: the block itself, and the trait that carries its methods to `Delayed`.

use crate::args::Options;
use crate::attrs::{Attributes, all};
use crate::block::DelayedImpl;
use crate::call::{Call, Runtime};
use crate::emit::{Emit, Identity};
use crate::fallback;
use crate::item::DelayedFn;
use crate::types::peel;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Generics, Visibility};

/// A method that becomes lazy.
pub(crate) struct LazyMethod<'a> {
    pub(crate) item: &'a DelayedFn,
    pub(crate) call: Call,
    pub(crate) options: Options,
    /// Whether something about it was complained about.
    pub(crate) is_rejected: bool,
}

/// ```text
/// impl<T> Model<T> { .. }                                             // as it was
///
/// #[doc = ".."]
/// pub trait DelayedModel<T> {
///     #[doc..] #[track_caller]
///     fn score(&self, data: impl IntoArgRef<[f64]>) -> Delayed<f64>;
/// }
/// impl<T> DelayedModel<T> for Delayed<Model<T>> {
///     fn score(&self, data: impl IntoArgRef<[f64]>) -> Delayed<f64> { .. }
/// }
/// ```
pub(crate) fn block(
    block: &DelayedImpl,
    self_name: &Ident,
    methods: &[LazyMethod<'_>],
    options: &Options,
) -> TokenStream {
    let runtime = Runtime(options.runtime.clone());
    let private = runtime.at(proc_macro2::Span::call_site());
    let name = trait_name(self_name, options);
    let vis = widest(methods);
    let Attributes { cfg, lints, .. } = Attributes::sort(&block.attrs);
    let attrs = all(&[&cfg, &lints]);
    let doc = format!(
        "The methods of `{self_name}` on a `Delayed<{self_name}>`, each of them making a task."
    );

    let (generics, where_clause) = (&block.generics, &block.generics.where_clause);
    let (_, arguments, _) = block.generics.split_for_impl();
    let self_ty = peel(&block.self_ty);
    let declarations = methods.iter().map(|method| declaration(method, &runtime));
    let definitions = methods.iter().map(|method| definition(method, block, self_name, &runtime));
    // The user decides about names, receivers and what is used when writing the methods; here they are given.
    quote! {
        #block

        #attrs
        #[doc = #doc]
        #[allow(dead_code, non_snake_case, unreachable_pub, private_bounds, private_interfaces, clippy::all)]
        #vis trait #name #generics #where_clause {
            #(#declarations)*
        }

        #attrs
        #[allow(deprecated)]
        impl #generics #name #arguments for #private::Delayed<#self_ty> #where_clause {
            #(#definitions)*
        }
    }
}

/// `DelayedModel`, or what the user calls it.
fn trait_name(self_name: &Ident, options: &Options) -> Ident {
    match &options.trait_name {
        Some(name) => name.clone(),
        None => format_ident!("Delayed{}", self_name),
    }
}

/// The trait has one visibility: the widest of its methods, so that each can be called where it could be before.
fn widest(methods: &[LazyMethod<'_>]) -> Visibility {
    let rank = |vis: &Visibility| match vis {
        Visibility::Public(_) => 3,
        Visibility::Restricted(restricted) if restricted.path.is_ident("self") => 0,
        Visibility::Restricted(restricted) if restricted.path.is_ident("crate") => 2,
        Visibility::Restricted(_) => 1,
        Visibility::Inherited => 0,
    };
    let widest = methods.iter().map(|method| &method.item.vis).max_by_key(|vis| rank(vis));
    widest.cloned().unwrap_or(Visibility::Inherited)
}

/// `#[doc..] #[track_caller] fn score(&self, data: impl IntoArgRef<[f64]>) -> Delayed<f64>;`
fn declaration(method: &LazyMethod<'_>, runtime: &Runtime) -> TokenStream {
    let Attributes { public, cfg, lints, .. } = Attributes::sort(&method.item.foreign_attrs());
    let attrs = all(&[&public, &cfg, &lints]);
    let signature = Emit { call: &method.call, runtime, outer: None }.signature(&method.item.sig);
    let doc = public.iter().all(|attribute| !attribute.path().is_ident("doc")).then(|| {
        let doc = format!("The task of calling `{}`.", method.item.sig.ident);
        quote!(#[doc = #doc])
    });
    quote!(#doc #attrs #[track_caller] #signature;)
}

/// ```text
/// #[cfg..] #[track_caller]
/// fn score(&self, data: impl IntoArgRef<[f64]>) -> Delayed<f64> {
///     let __arg0 = lend::<Model, _>(Clone::clone(self));
///     let __arg1 = lend::<[f64], _>(data);
///     {
///         struct __Function;
///         impl Describe for __Function { .. }
///         task::<__Function, _, _, _>(<Model>::score, (__arg0, __arg1,), keep!(f64))
///     }
/// }
/// ```
fn definition(
    method: &LazyMethod<'_>,
    block: &DelayedImpl,
    self_name: &Ident,
    runtime: &Runtime,
) -> TokenStream {
    let LazyMethod { item, call, options, is_rejected } = method;
    let Attributes { cfg, lints, .. } = Attributes::sort(&item.foreign_attrs());
    let attrs = all(&[&cfg, &lints]);
    let emit = Emit { call, runtime, outer: Some(&block.generics) };
    let (name, signature) = (&item.sig.ident, emit.signature(&item.sig));
    if *is_rejected {
        return fallback::method(item, &attrs, &signature);
    }
    let conversions = emit.conversions();
    let identity = Identity::new(name, Some(self_name), options, method_hash(item, block));
    let description = emit.description(&identity);
    let self_ty = peel(&block.self_ty);
    let value = emit.value(quote!(<#self_ty>::#name), &item.sig.generics);
    let (size, handover) = (emit.size(), emit.handover(value));
    let body = item.body_of(quote! {
        #conversions
        {
            #description
            #size
            #handover
        }
    });
    quote!(#attrs #[track_caller] #signature #body)
}

/// The hash of a method covers the head of its block, which gives `Self` and the parameters their meaning.
fn method_hash(item: &DelayedFn, block: &DelayedImpl) -> u128 {
    let (self_ty, generics): (_, &Generics) = (&block.self_ty, &block.generics);
    let where_clause = &generics.where_clause;
    let own = item.source_hash.to_string();
    crate::source::hash(quote!(impl #generics #self_ty #where_clause { #own }))
}
