//! The parts that the wrappers of functions and of methods are made of.

use crate::args::Options;
use crate::attrs::{Attributes, all};
use crate::call::{Binding, Call, Mode, Parameter, Returned, Reuse, Runtime, respan};
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
    /// The generic parameters of the block around a method.
    pub(crate) outer: Option<&'a Generics>,
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

    /// `a: impl IntoArg<i32>`, or `a: impl IntoArg<i32, Arg: TokenArg>` for a pure function.
    fn parameter(&self, parameter: &Parameter) -> TokenStream {
        let Binding::Named(name) = &parameter.binding else { return quote!(&self) };
        let accepted = match &parameter.mode {
            Mode::Own(ty) => {
                let private = self.runtime.at_type(ty);
                let token = self.token(ty);
                quote_spanned!(ty.span()=> impl #private::IntoArg<#ty #token>)
            }
            Mode::Lend(ty) => {
                let private = self.runtime.at_type(ty);
                let token = self.token(ty);
                quote_spanned!(ty.span()=> impl #private::IntoArgRef<#ty #token>)
            }
            Mode::Reject => quote!(impl ::core::marker::Sized),
        };
        quote!(#name: #accepted)
    }

    /// `, Arg: TokenArg`, for a pure function.
    fn token(&self, ty: &Type) -> Option<TokenStream> {
        let private = self.runtime.at_type(ty);
        self.call.reuse.is_pure().then(|| quote_spanned!(ty.span()=> , Arg: #private::TokenArg))
    }

    /// `Delayed<R>`
    fn result(&self) -> TokenStream {
        let span = self.call.returned.span;
        let (private, value) = (self.runtime.at(span), self.value_type());
        quote_spanned!(span=> #private::Delayed<#value>)
    }

    /// `R`: the type inside, for a `Result`.
    fn value_type(&self) -> TokenStream {
        let returned = &self.call.returned;
        let (ty, span) = (&returned.ty, returned.span);
        let private = self.runtime.at(span);
        match returned.written_value() {
            _ if !returned.is_fallible => ty.to_token_stream(),
            Some(value) => value.to_token_stream(),
            None => quote_spanned!(span=> <#ty as #private::Fallible>::Value),
        }
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

    /// `task::<__Function, _, _, _>(add::<T>, (__arg0, __arg1,), keep!(R))`; `pure_task` for a pure function, `try_` before it for one
    /// that can fail.
    pub(crate) fn handover(&self, value: TokenStream) -> TokenStream {
        let Returned { span, is_fallible, .. } = self.call.returned;
        let private = self.runtime.at(span);
        let task = match (self.call.reuse.is_pure(), is_fallible) {
            (false, false) => "task",
            (false, true) => "try_task",
            (true, false) => "pure_task",
            (true, true) => "try_pure_task",
        };
        let task = Ident::new(task, span);
        let locals = (0..self.call.parameters.len()).map(local);
        let kept = self.kept();
        quote_spanned!(span=> #private::#task::<__Function, _, _, _>(#value, (#(#locals,)*), #kept))
    }

    /// `keep!(R)`, what the type of the result allows; or `in_memory::<R, _>(keep!(R))`, what the user asks for. At the place of the result:
    /// each asks something of its type.
    fn kept(&self) -> TokenStream {
        let span = self.call.returned.span;
        let (private, value) = (self.runtime.at(span), self.value_type());
        let known = quote_spanned!(span=> #private::keep!(#value));
        match &self.call.reuse {
            Reuse::None | Reuse::Pure => known,
            Reuse::InMemory(None) => {
                quote_spanned!(span=> #private::in_memory::<#value, _>(#known))
            }
            Reuse::InMemory(Some(_)) => {
                let turbofish = turbofish(&self.generics());
                quote_spanned!(span=> #private::in_memory_sized::<#value, __Size #turbofish, _>(#known))
            }
            Reuse::OnDisk => quote_spanned!(span=> #private::on_disk::<#value, _>(#known)),
        }
    }

    /// For `size = path`, a type that stands for the function; it names all generic parameters that the result may name.
    /// ```text
    /// struct __Size<T: Bound>(PhantomData<fn() -> (*const T,)>) where ..;
    /// impl<T: Bound> SizeOf<R> for __Size<T> where .. {
    ///     fn size_of(value: &R) -> usize {
    ///         let __size: fn(&R) -> usize = path;
    ///         __size(value)
    ///     }
    /// }
    /// ```
    pub(crate) fn size(&self) -> Option<TokenStream> {
        let Reuse::InMemory(Some(function)) = &self.call.reuse else { return None };
        let private = self.runtime.at(Span::call_site());
        let (value, generics) = (self.value_type(), self.generics());
        let types = generics.type_params().map(|param| &param.ident);
        let (parameters, arguments, where_clause) = generics.split_for_impl();
        let size = Ident::new("__size", Span::mixed_site());
        let given = Ident::new("__value", Span::mixed_site());
        let chosen = quote_spanned!(function.span()=>
            let #size: fn(&#value) -> ::core::primitive::usize = #function;
        );
        Some(quote! {
            #[allow(dead_code)]
            struct __Size #parameters (::core::marker::PhantomData<fn() -> (#(*const #types,)*)>) #where_clause;
            impl #parameters #private::SizeOf<#value> for __Size #arguments #where_clause {
                fn size_of(#given: &#value) -> ::core::primitive::usize {
                    #chosen
                    #size(#given)
                }
            }
        })
    }

    /// The generic parameters in scope, those of the block first.
    fn generics(&self) -> Generics {
        let mut all = self.outer.cloned().unwrap_or_default();
        let own = &self.call.generics;
        all.params.extend(own.params.iter().cloned());
        if let Some(clause) = &own.where_clause {
            all.make_where_clause().predicates.extend(clause.predicates.iter().cloned());
        }
        all
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
