//! A valid function to tokens. The parts that methods share are the functions of [`Emit`].

use crate::args::Options;
use crate::attrs::{Attributes, all};
use crate::call::{Binding, Call, Mode, Parameter, Runtime, respan};
use crate::item::DelayedFn;
use crate::source::text;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{FnArg, GenericParam, Generics, Signature, Type, TypeParamBound};

/// ```text
/// #[doc..] #[cfg..] #[allow..] #[track_caller]
/// pub fn add<T: Bound>(a: impl IntoArg<i32>, b: impl IntoArgRef<[T]>) -> Delayed<R> where .. {
///     let __arg0 = own::<i32, _>(a);          // outside the inner block, because
///     let __arg1 = lend::<[T], _>(b);         // a nested item hides a parameter of its name
///     {
///         fn add<T: Bound>(a: i32, b: &[T]) -> R where .. { body }
///         struct __Function;
///         impl Describe for __Function { .. }
///         task::<__Function, _, _>(add::<T>, (__arg0, __arg1,))
///     }
/// }
/// ```
pub(crate) fn function(item: &DelayedFn, call: &Call, options: &Options) -> TokenStream {
    let attributes = Attributes::sort(&item.attrs);
    let runtime = Runtime(options.runtime.clone());
    let emit = Emit { call, runtime: &runtime };
    let identity = Identity::new(&item.sig.ident, None, options, item.source_hash);

    let (eager, nested) = match &options.eager {
        Some(name) => (Some(eager(item, name, &attributes)), forwarding(item, name, &attributes)),
        None => (None, nested(item, &attributes)),
    };
    let head = emit.head(item, &attributes);
    let conversions = emit.conversions();
    let description = emit.description(&identity);
    let value = emit.value(item.sig.ident.to_token_stream(), &item.sig.generics);
    let handover = emit.handover(value);
    let body = item.body_of(quote! {
        #conversions
        {
            #nested
            #description
            #handover
        }
    });
    quote!(#eager #head #body)
}

/// `fn add<T: Bound>(a: i32, b: &[T]) -> R where .. { body }`: the user's function, token for token.
pub(crate) fn nested(item: &DelayedFn, attributes: &Attributes) -> TokenStream {
    let (mut sig, body, attrs) = (item.sig.clone(), &item.body, &attributes.inner);
    // The wrapper answers to lints about the name; this one is taken for the macro's.
    sig.ident.set_span(sig.ident.span().resolved_at(Span::mixed_site()));
    quote!(#(#attrs)* #sig #body)
}

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
fn eager(item: &DelayedFn, name: &Ident, attributes: &Attributes) -> TokenStream {
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
fn forwarding(item: &DelayedFn, name: &Ident, attributes: &Attributes) -> TokenStream {
    let (sig, names) = simple_signature(item, &item.sig.ident);
    let turbofish = turbofish(&item.sig.generics);
    let deprecated = attributes.has_public("deprecated").then(|| quote!(#[allow(deprecated)]));
    // The parameters get names of the macro's own: one called like the function would hide it.
    let locals: Vec<_> = (0..names.len()).map(local).collect();
    let mut sig = sig;
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
        let name = match &*input.pat {
            syn::Pat::Ident(pattern) if pattern.subpat.is_none() => pattern.ident.clone(),
            _ => format_ident!("arg{index}", span = Span::mixed_site()),
        };
        input.attrs.clear();
        *input.pat = syn::parse_quote!(#name);
        names.push(name);
    }
    (sig, names)
}

/// `::<T, N>`, without lifetimes, or nothing.
fn turbofish(generics: &Generics) -> Option<TokenStream> {
    let names: Vec<_> = generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    (!names.is_empty()).then(|| quote!(::<#(#names),*>))
}

/// `__arg0`, out of the user's sight.
fn local(index: usize) -> Ident {
    format_ident!("__arg{index}", span = Span::mixed_site())
}

/// What a task is known as.
pub(crate) struct Identity {
    /// The path below the module: `add`, `Model::score`.
    path: String,
    name: String,
    source_hash: u128,
    retries: u32,
}

impl Identity {
    pub(crate) fn new(
        function: &Ident,
        self_name: Option<&Ident>,
        options: &Options,
        source_hash: u128,
    ) -> Self {
        let own_name = function.unraw().to_string();
        let path = match self_name {
            Some(self_name) => format!("{}::{own_name}", self_name.unraw()),
            None => own_name.clone(),
        };
        let name = options.name.as_ref().map_or(own_name, syn::LitStr::value);
        Identity { path, name, source_hash, retries: options.retries }
    }
}

/// Emits the parts of a wrapper.
pub(crate) struct Emit<'a> {
    pub(crate) call: &'a Call,
    pub(crate) runtime: &'a Runtime,
}

impl Emit<'_> {
    /// `#[doc..] #[cfg..] #[track_caller] pub fn add<T: Bound>(a: impl IntoArg<i32>, ..) -> Delayed<R> where ..`
    pub(crate) fn head(&self, item: &DelayedFn, attributes: &Attributes) -> TokenStream {
        let attrs = all(&[&attributes.public, &attributes.cfg, &attributes.lints]);
        // What clippy has to say of a signature it says of the user's own, inside; and a `Delayed` must be used anyway,
        // the attribute is kept for its text.
        let quiet = quote!(#[allow(clippy::double_must_use, clippy::too_many_arguments)]);
        let (vis, signature) = (&item.vis, self.signature(&item.sig));
        quote!(#quiet #attrs #[track_caller] #vis #signature)
    }

    /// `fn add<T: Bound>(a: impl IntoArg<i32>, b: impl IntoArgRef<[T]>) -> Delayed<R> where ..`
    pub(crate) fn signature(&self, written: &Signature) -> TokenStream {
        let (fn_token, name) = (written.fn_token, &written.ident);
        let generics = &self.call.generics;
        let where_clause = &generics.where_clause;
        let parameters = self.call.parameters.iter().map(|parameter| self.parameter(parameter));
        let result = self.result();
        quote!(#fn_token #name #generics (#(#parameters),*) -> #result #where_clause)
    }

    /// `a: impl IntoArg<i32>`
    fn parameter(&self, parameter: &Parameter) -> TokenStream {
        let Binding::Named(name) = &parameter.binding else { return quote!(&self) };
        let accepted = match &parameter.mode {
            Mode::Own(ty) => {
                let private = self.runtime.at_type(ty);
                quote_spanned!(ty.span()=> impl #private::IntoArg<#ty>)
            }
            Mode::Lend(ty) => {
                let private = self.runtime.at_type(ty);
                quote_spanned!(ty.span()=> impl #private::IntoArgRef<#ty>)
            }
            Mode::Reject => quote!(impl ::core::marker::Sized),
        };
        quote!(#name: #accepted)
    }

    /// `Delayed<R>`: of the type inside, for a `Result`.
    fn result(&self) -> TokenStream {
        let returned = &self.call.returned;
        let (ty, span) = (&returned.ty, returned.span);
        let private = self.runtime.at(span);
        let value = match returned.written_value() {
            _ if !returned.is_fallible => ty.to_token_stream(),
            Some(value) => value.to_token_stream(),
            None => quote_spanned!(span=> <#ty as #private::Fallible>::Value),
        };
        quote_spanned!(span=> #private::Delayed<#value>)
    }

    /// `let __arg0 = own::<i32, _>(a); let __arg1 = lend::<[T], _>(b);`
    pub(crate) fn conversions(&self) -> TokenStream {
        let conversions = self.call.parameters.iter().enumerate().map(|(index, parameter)| {
            let local = local(index);
            let argument = match &parameter.binding {
                Binding::Named(name) => name.to_token_stream(),
                Binding::Receiver => quote!(::core::clone::Clone::clone(self)),
            };
            match &parameter.mode {
                Mode::Own(ty) => {
                    let private = self.runtime.at_type(ty);
                    quote_spanned!(ty.span()=> let #local = #private::own::<#ty, _>(#argument);)
                }
                Mode::Lend(ty) => {
                    let private = self.runtime.at_type(ty);
                    quote_spanned!(ty.span()=> let #local = #private::lend::<#ty, _>(#argument);)
                }
                Mode::Reject => TokenStream::new(),
            }
        });
        conversions.collect()
    }

    /// ```text
    /// struct __Function;
    /// impl Describe for __Function {
    ///     const FUNCTION: Function = Function {
    ///         path: concat!(module_path!(), "::add"), name: "add", source_hash: 0x.., parameters: &[..], result: "R", retries: 0,
    ///     };
    /// }
    /// ```
    pub(crate) fn description(&self, identity: &Identity) -> TokenStream {
        let Identity { path, name, source_hash, retries } = identity;
        let private = self.runtime.at(Span::call_site());
        let path = format!("::{path}");
        let source_hash = Literal::u128_suffixed(*source_hash);
        let parameters = self.call.parameters.iter().map(|parameter| self.shown(parameter));
        let result = text(&self.call.returned.ty);
        quote! {
            struct __Function;
            impl #private::Describe for __Function {
                const FUNCTION: #private::Function = #private::Function {
                    path: ::core::concat!(::core::module_path!(), #path),
                    name: #name,
                    source_hash: #source_hash,
                    parameters: &[#(#parameters),*],
                    result: #result,
                    retries: #retries,
                };
            }
        }
    }

    /// `Parameter { name: "a", ty: "i32", show: show!(own i32) }`
    fn shown(&self, parameter: &Parameter) -> TokenStream {
        let private = self.runtime.at(Span::call_site());
        let (name, ty) = (&parameter.text, text(&parameter.ty));
        let show = match &parameter.mode {
            Mode::Own(ty) if parameter.is_concrete => quote!(#private::show!(own #ty)),
            Mode::Lend(ty) if parameter.is_concrete => quote!(#private::show!(lend #ty)),
            _ => quote!(::core::option::Option::None),
        };
        quote!(#private::Parameter { name: #name, ty: #ty, show: #show })
    }

    /// `add::<T>`, at the place of the result: the bounds that a result has to meet are bounds on this value.
    pub(crate) fn value(&self, path: TokenStream, generics: &Generics) -> TokenStream {
        let turbofish = turbofish(generics);
        let path = respan(quote!(#path #turbofish), self.call.returned.span);
        if self.call.parameters.iter().any(lends_an_object) { self.adapted(&path) } else { path }
    }

    /// `|__arg0: i32, __arg1: &(dyn Shape + 'static)| area(__arg0, __arg1)`
    ///
    /// In `shape: &'a dyn Shape` the object is bounded by `'a`; what the runtime lends is bounded by `'static`. A call
    /// shortens the one to the other, a function passed as it is does not.
    fn adapted(&self, path: &TokenStream) -> TokenStream {
        let parameters = self.call.parameters.iter().enumerate().map(|(index, parameter)| {
            let local = local(index);
            match &parameter.mode {
                Mode::Lend(ty) if lends_an_object(parameter) => quote!(#local: &(#ty + 'static)),
                Mode::Lend(ty) => quote!(#local: &#ty),
                Mode::Own(ty) => quote!(#local: #ty),
                Mode::Reject => quote!(#local),
            }
        });
        let locals = (0..self.call.parameters.len()).map(local);
        quote!(|#(#parameters),*| #path(#(#locals),*))
    }

    /// `task::<__Function, _, _>(add::<T>, (__arg0, __arg1,))`, or `try_task` for a function that can fail.
    pub(crate) fn handover(&self, value: TokenStream) -> TokenStream {
        let span = self.call.returned.span;
        let private = self.runtime.at(span);
        let task = if self.call.returned.is_fallible { "try_task" } else { "task" };
        let task = Ident::new(task, span);
        let locals = (0..self.call.parameters.len()).map(local);
        quote_spanned!(span=> #private::#task::<__Function, _, _>(#value, (#(#locals,)*)))
    }
}

/// Whether this is a `&dyn Trait` with no lifetime written for the object.
fn lends_an_object(parameter: &Parameter) -> bool {
    match &parameter.mode {
        Mode::Lend(Type::TraitObject(object)) => {
            !object.bounds.iter().any(|bound| matches!(bound, TypeParamBound::Lifetime(_)))
        }
        _ => false,
    }
}
