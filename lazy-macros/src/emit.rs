//! The parts that the wrappers of functions and of methods are made of.

use crate::args::Options;
use crate::attrs::{Attributes, all};
use crate::call::{Binding, Call, Mode, Parameter, Runtime, respan};
use crate::item::DelayedFn;
use crate::text::text;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{GenericParam, Generics, Signature, Type, TypeParamBound};

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
        // A `Delayed` must be used anyway: the user's attribute is kept for its text.
        let twice =
            attributes.has_public("must_use").then(|| quote!(#[allow(clippy::double_must_use)]));
        let (vis, signature) = (&item.vis, self.signature(&item.sig));
        quote!(#twice #attrs #[track_caller] #vis #signature)
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
                Mode::Lend(ty @ Type::TraitObject(_)) => quote!(#local: &(#ty)),
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
        quote_spanned!(span=> #private::#task::<__Function, _, _, _>(#value, (#(#locals,)*), #private::Opaque))
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

/// `::<T, N>`, without lifetimes, or nothing.
pub(crate) fn turbofish(generics: &Generics) -> Option<TokenStream> {
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
pub(crate) fn local(index: usize) -> Ident {
    format_ident!("__arg{index}", span = Span::mixed_site())
}
