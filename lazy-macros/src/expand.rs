//! A valid function to tokens.

use crate::args::Options;
use crate::attrs::Attributes;
use crate::call::{Call, Runtime};
use crate::eager;
use crate::emit::{Emit, Identity};
use crate::item::DelayedFn;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};

/// ```text
/// #[doc..] #[cfg..] #[allow..] #[track_caller]
/// pub fn add<T: Bound>(a: impl IntoArg<i32>, b: impl IntoArgRef<[T]>) -> Delayed<R> where .. {
///     let __arg0 = own::<i32, _>(a);          // outside the inner block, because
///     let __arg1 = lend::<[T], _>(b);         // a nested item hides a parameter of its name
///     {
///         fn add<T: Bound>(a: i32, b: &[T]) -> R where .. { body }
///         struct __Function;
///         impl Describe for __Function { .. }
///         task::<__Function, _, _, _>(add::<T>, (__arg0, __arg1,), keep!(R))
///     }
/// }
/// ```
pub(crate) fn function(item: &DelayedFn, call: &Call, options: &Options) -> TokenStream {
    let attributes = Attributes::sort(&item.attrs);
    let runtime = Runtime(options.runtime.clone());
    let emit = Emit { call, runtime: &runtime, outer: None };
    let identity = Identity::new(&item.sig.ident, None, options, item.source_hash);

    let (plain, nested) = match &options.eager {
        Some(name) => {
            let plain = eager::function(item, name, &attributes);
            (Some(plain), eager::forwarding(item, name, &attributes))
        }
        None => (None, nested(item, &attributes)),
    };
    let head = emit.head(item, &attributes);
    let conversions = emit.conversions();
    let description = emit.description(&identity);
    let value = emit.value(item.sig.ident.to_token_stream(), &item.sig.generics);
    let (size, handover) = (emit.size(), emit.handover(value));
    let body = item.body_of(quote! {
        #conversions
        {
            #nested
            #description
            #size
            #handover
        }
    });
    quote!(#plain #head #body)
}

/// `fn add<T: Bound>(a: i32, b: &[T]) -> R where .. { body }`: the user's function, token for token.
pub(crate) fn nested(item: &DelayedFn, attributes: &Attributes) -> TokenStream {
    let (mut sig, body, attrs) = (item.sig.clone(), &item.body, &attributes.inner);
    // The wrapper answers to lints about the name; this one is taken for the macro's.
    sig.ident.set_span(sig.ident.span().resolved_at(Span::mixed_site()));
    quote!(#(#attrs)* #sig #body)
}

#[cfg(test)]
mod tests {
    use crate::delayed_tokens;
    use crate::text::text;
    use proc_macro2::TokenStream;
    use quote::quote;

    /// The expansion, which has to parse as items.
    fn expanded(options: TokenStream, item: TokenStream) -> String {
        let tokens = delayed_tokens(options, item);
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
    fn a_function_gets_the_shape_drawn() {
        let expansion = expanded(
            quote!(),
            quote!(
                pub fn add<T: Copy>(a: i32, b: &[T]) -> f64 {
                    body
                }
            ),
        );
        assert_contains(
            &expansion,
            &[
                quote!(#[track_caller]),
                quote!(a: impl ::lazy_runtime::__private::IntoArg<i32>),
                quote!(b: impl ::lazy_runtime::__private::IntoArgRef<[T]>),
                quote!(-> ::lazy_runtime::__private::Delayed<f64>),
                quote!(let __arg0 = ::lazy_runtime::__private::own::<i32, _>(a);),
                quote!(let __arg1 = ::lazy_runtime::__private::lend::<[T], _>(b);),
                quote!(
                    fn add<T: Copy>(a: i32, b: &[T]) -> f64 {
                        body
                    }
                ),
                quote!(path: ::core::concat!(::core::module_path!(), "::add")),
                quote!(name: "add"),
                quote!(ty: "&[T]", show: ::core::option::Option::None),
                quote!(ty: "i32", show: ::lazy_runtime::__private::show!(own i32)),
                quote!(retries: 0u32),
                quote!(::lazy_runtime::__private::task::<__Function, _, _, _>(
                    add::<T>,
                    (__arg0, __arg1,),
                    ::lazy_runtime::__private::keep!(f64)
                )),
            ],
        );
    }

    #[test]
    fn options_reach_the_description() {
        let expansion = expanded(
            quote!(name = "plus", retries = 3, crate = "facade::engine"),
            quote!(
                fn add(a: i32) -> i32 {
                    a
                }
            ),
        );
        assert_contains(&expansion, &[quote!(name: "plus"), quote!(retries: 3u32)]);
        assert!(expansion.contains("facade::engine::__private::own"));
        assert!(!expansion.contains("::lazy_runtime"));
    }

    #[test]
    fn fallible_functions_hand_over_their_value() {
        let expansion = expanded(
            quote!(),
            quote!(
                fn parse() -> Result<i64, ParseIntError> {}
            ),
        );
        assert_contains(&expansion, &[quote!(-> ::lazy_runtime::__private::Delayed<i64>)]);
        assert!(expansion.contains(
            "try_task::<__Function, _, _, _>(parse, (), ::lazy_runtime::__private::keep!(i64))"
        ));
        let expansion = expanded(
            quote!(),
            quote!(
                fn read() -> std::io::Result<i64> {}
            ),
        );
        assert!(expansion.contains(
            "Delayed<<std::io::Result<i64> as ::lazy_runtime::__private::Fallible>::Value>"
        ));
    }

    #[test]
    fn pure_functions_take_what_has_a_token() {
        let expansion = expanded(
            quote!(pure),
            quote!(
                fn add(a: i32, b: &[f64]) -> f64 {}
            ),
        );
        assert_contains(
            &expansion,
            &[
                quote!(a: impl ::lazy_runtime::__private::IntoArg<i32, Arg: ::lazy_runtime::__private::TokenArg>),
                quote!(b: impl ::lazy_runtime::__private::IntoArgRef<[f64], Arg: ::lazy_runtime::__private::TokenArg>),
                quote!(::lazy_runtime::__private::pure_task::<__Function, _, _, _>(
                    add,
                    (__arg0, __arg1,),
                    ::lazy_runtime::__private::keep!(f64)
                )),
            ],
        );
    }

    #[test]
    fn cached_results_are_kept_where_it_says() {
        let item = quote!(
            fn load() -> Result<Image, Error> {}
        );
        let kept = |options| expanded(options, item.clone());
        let known = quote!(::lazy_runtime::__private::keep!(Image));
        let memory = quote!(::lazy_runtime::__private::in_memory::<Image, _>(#known));
        assert!(kept(quote!(cache)).contains(&text(&memory)));
        assert_contains(
            &kept(quote!(pure, cache = "memory")),
            &[quote!(try_pure_task::<__Function, _, _, _>(load, (), #memory))],
        );
        assert_contains(
            &kept(quote!(cache = "disk")),
            &[quote!((load, (), ::lazy_runtime::__private::on_disk::<Image, _>(#known)))],
        );
    }

    #[test]
    fn a_size_is_a_type_of_all_parameters() {
        let expansion = expanded(
            quote!(),
            quote!(
                impl<T: Clone> Model<T> {
                    #[delayed(cache, size = Self::n_bytes)]
                    fn fit<'a, U: ?Sized, const N: usize>(xs: &'a U) -> Self
                    where
                        T: From<U>,
                    {
                    }
                }
            ),
        );
        let parts = [
            "struct __Size<T: Clone, U: ?Sized, const N: usize>(",
            "PhantomData<fn() -> (*const T, *const U,)>) where T: From<U>;",
            "__private::SizeOf<Model<T>> for __Size<T, U, N> where T: From<U>{",
            "let __size: fn(&Model<T>) -> ::core::primitive::usize = <Model<T>>::n_bytes;",
            "in_memory_sized::<Model<T>, __Size::<T, U, N>, _>(",
        ];
        for part in parts {
            assert!(expansion.contains(part), "{part}\nis not in\n{expansion}");
        }
    }

    #[test]
    fn lifetimes_stay_inside() {
        let expansion = expanded(
            quote!(),
            quote!(
                fn f<'a, T>(x: &'a T, y: &'a str) {}
            ),
        );
        assert!(expansion.contains("fn f<T>(x: impl"));
        assert!(expansion.contains("fn f<'a, T>(x: &'a T, y: &'a str)"));
    }

    #[test]
    fn a_trait_object_is_lent_through_a_call() {
        let expansion = expanded(
            quote!(),
            quote!(
                fn f(x: &dyn Shape, y: i32) {}
            ),
        );
        assert!(expansion.contains("__arg0: &(dyn Shape + 'static)"));
    }

    #[test]
    fn a_rejected_function_keeps_its_callers_happy() {
        let expansion = expanded(
            quote!(),
            quote!(
                async fn f<T>(x: T, y: &mut T) -> &str {}
            ),
        );
        assert_eq!(expansion.matches("compile_error!").count(), 3);
        assert!(expansion.contains("y: impl ::core::marker::Sized"));
        assert!(expansion.contains("Delayed<&'static str>"));
        assert!(expansion.contains("::core::unreachable!()"));
    }

    #[test]
    fn what_does_not_parse_is_passed_through() {
        let tokens = delayed_tokens(quote!(), quote!(fn f(x: ) {}));
        let expansion = text(tokens);
        assert!(
            expansion.contains("compile_error!") && expansion.ends_with("fn f(x:) {}"),
            "{expansion}"
        );
    }

    #[test]
    fn a_block_is_kept_and_extended() {
        let expansion = expanded(
            quote!(trait = "LazyModel"),
            quote!(
                impl<T: Clone> Model<T> {
                    pub(crate) fn fit(xs: &[T]) -> Self {}
                    #[delayed(skip)]
                    pub fn skipped(&mut self) {}
                    fn merge(self, others: Vec<Self>) -> Option<Self> {}
                }
            ),
        );
        assert_contains(
            &expansion,
            &[
                quote!(
                    pub fn skipped(&mut self) {}
                ),
                quote!(pub(crate) trait LazyModel<T: Clone>),
                quote!(impl<T: Clone> LazyModel<T> for ::lazy_runtime::__private::Delayed<Model<T>>),
                quote!(fn merge(&self, others: impl ::lazy_runtime::__private::IntoArg<Vec<Model<T>>>)),
                quote!(::lazy_runtime::__private::own::<Model<T>, _>(::core::clone::Clone::clone(
                    self
                ))),
                quote!(::core::concat!(::core::module_path!(), "::Model::merge")),
                quote!((<Model<T>>::fit, (__arg0,), ::lazy_runtime::__private::keep!(Model<T>))),
            ],
        );
        assert!(!expansion.contains("#[delayed"));
    }

    #[test]
    fn doc_comments_do_not_change_the_hash() {
        let hash = |item: TokenStream| {
            let expansion = expanded(quote!(), item);
            let (_, rest) = expansion.split_once("source_hash: ").expect("there is a hash");
            rest.split(',').next().map(str::to_owned)
        };
        let plain = hash(quote!(
            fn f() {}
        ));
        assert_eq!(
            hash(quote!(
                #[doc = "text"]
                fn f() {}
            )),
            plain
        );
        assert_ne!(
            hash(quote!(
                fn f() {
                    1
                }
            )),
            plain
        );
    }
}
