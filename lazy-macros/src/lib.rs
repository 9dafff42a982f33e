//! The `#[delayed]` attribute.

use proc_macro::TokenStream;
use quote::quote;

mod args;
mod attrs;
mod block;
mod call;
mod errors;
mod expand;
mod extension;
mod fallback;
mod item;
mod lifetimes;
mod parameter;
mod returned;
mod source;
mod types;
mod validate;

use args::{Options, Place};
use block::{DelayedImpl, method_options};
use errors::Complaints;
use extension::LazyMethod;
use item::{DelayedFn, Item};

/// Makes a function lazy.
#[proc_macro_attribute]
pub fn delayed(options: TokenStream, item: TokenStream) -> TokenStream {
    delayed_tokens(options.into(), item.into()).into()
}

/// The attribute on the tokens that tests can make, too.
fn delayed_tokens(
    options: proc_macro2::TokenStream,
    item: proc_macro2::TokenStream,
) -> proc_macro2::TokenStream {
    match Item::parse(item.clone()) {
        Ok(Item::Function(function)) => expand_function(options, &function),
        Ok(Item::Block(block)) => expand_block(options, &block),
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#error #item)
        }
    }
}

fn expand_function(
    options: proc_macro2::TokenStream,
    item: &DelayedFn,
) -> proc_macro2::TokenStream {
    let mut complaints = Complaints::new();
    let options = Options::parse(options, Place::Function, &mut complaints);
    let keeps_its_type =
        validate::is_lone_method(item, &mut complaints) || validate::is_main(item, &mut complaints);
    if keeps_its_type {
        let errors = complaints.finish();
        return quote!(#errors #item);
    }
    let call = validate::function(item, &options, &mut complaints);
    match complaints.finish() {
        None => expand::function(item, &call, &options),
        Some(errors) => {
            let fallback = fallback::function(item, &call, &options);
            quote!(#errors #fallback)
        }
    }
}

fn expand_block(
    options: proc_macro2::TokenStream,
    block: &DelayedImpl,
) -> proc_macro2::TokenStream {
    let mut complaints = Complaints::new();
    let options = Options::parse(options, Place::Block, &mut complaints);
    let Some(self_name) = validate::block(block, &mut complaints) else {
        let errors = complaints.finish();
        return quote!(#errors #block);
    };
    let methods: Vec<_> =
        block.methods().filter_map(|method| read_method(method, block, &mut complaints)).collect();
    let errors = complaints.finish();
    let expanded = extension::block(block, self_name, &methods, &options);
    quote!(#errors #expanded)
}

/// A method of the block, unless it is to be skipped.
fn read_method<'a>(
    item: &'a DelayedFn,
    block: &DelayedImpl,
    complaints: &mut Complaints,
) -> Option<LazyMethod<'a>> {
    let before = complaints.count();
    let options = method_options(item, complaints);
    if options.skip {
        return None;
    }
    let call = validate::method(item, block, &options, complaints);
    Some(LazyMethod { item, call, options, is_rejected: complaints.count() > before })
}
