//! Every rule about what may be delayed.
//!
//! The rules never stop at the first mistake: what they return is fit to expand when nothing was complained about, and fit
//! for the fallback when something was.

use crate::args::Options;
use crate::attrs::is_delayed;
use crate::block::DelayedImpl;
use crate::call::{Binding, Call, Parameter, Reuse};
use crate::errors::Complaints;
use crate::item::DelayedFn;
use crate::lifetimes;
use crate::parameter::{self, Around};
use crate::returned;
use crate::types::{ReplaceSelf, any_ident, last_segment, peel};
use proc_macro2::Span;
use quote::{ToTokens as _, quote};
use syn::visit_mut::VisitMut as _;
use syn::{FnArg, GenericParam, Generics, Ident, Safety, Signature, Type, WherePredicate};

/// The longest tuple of arguments the runtime implements its traits for.
const MOST_PARAMETERS: usize = 16;

/// What `Delayed` does itself under these names would win over a lazy method.
const TAKEN: &[&str] = &[
    "compute",
    "compute_with",
    "compute_shared",
    "persist",
    "visualize",
    "graph",
    "map",
    "map_ref",
    "and_then",
    "zip",
    "unzip",
    "get",
    "flatten",
    "name",
    "key",
    "location",
    "clone",
    "tokenize",
];

const BORROWS: &str = "methods of a type that borrows cannot be delayed, because a `Delayed` value may outlive what \
                       it borrows from: write the block for a type that owns its data, or with `'static` for the \
                       lifetime";

const NO_LIFETIME_BOUND: &str = "a lifetime of a delayed function cannot be bounded, because every argument is \
                                 borrowed for as long as the task runs: remove the bound";

const SKIP: &str = "; or keep the method eager only, with `#[delayed(skip)]`";

/// Whether the function is a method, annotated without its block.
pub(crate) fn is_lone_method(item: &DelayedFn, complaints: &mut Complaints) -> bool {
    let message = "a method is delayed with its block: move `#[delayed]` to the `impl Type` block (the methods of a trait cannot be \
                   delayed)";
    if let Some(receiver) = item.sig.receiver() {
        complaints.on(receiver, message);
        return true;
    }
    let inputs = item.sig.inputs.to_token_stream();
    let output = item.sig.output.to_token_stream();
    let is_method = any_ident(quote!(#inputs #output), &|ident| ident == "Self");
    if is_method {
        complaints.on(&item.sig.ident, message);
    }
    is_method
}

/// Whether the function is the program's entry, which has to keep its type.
pub(crate) fn is_main(item: &DelayedFn, complaints: &mut Complaints) -> bool {
    let is_main = item.sig.ident == "main" && item.sig.inputs.is_empty();
    if is_main {
        complaints.on(
            &item.sig.ident,
            "`main` cannot be delayed, because the system runs it: call delayed functions in it",
        );
    }
    is_main
}

/// The rules for a free function.
pub(crate) fn function(item: &DelayedFn, options: &Options, complaints: &mut Complaints) -> Call {
    for repeated in item.attrs.iter().filter(|attribute| is_delayed(attribute)) {
        complaints.on(repeated, "`#[delayed]` is given twice: put all options into one");
    }
    if let Some(eager) = options.eager.as_ref().filter(|eager| **eager == item.sig.ident) {
        complaints.on(
            eager,
            "the plain function needs a name of its own: this one is the delayed function's",
        );
    }
    let around = Around { function: &item.sig.ident, generics: &[&item.sig.generics] };
    let mut call = call(&item.sig, None, &around, options, complaints);
    for parameter in &mut call.parameters {
        hide_from(&mut parameter.binding, options.eager.as_ref());
    }
    call
}

/// Keeps a parameter called like the plain function out of the sight of the code that calls the plain function.
fn hide_from(binding: &mut Binding, eager: Option<&Ident>) {
    if let Binding::Named(name) = binding
        && eager == Some(name)
    {
        name.set_span(name.span().resolved_at(Span::mixed_site()));
    }
}

/// The rules for a method of a block.
pub(crate) fn method(
    item: &DelayedFn,
    block: &DelayedImpl,
    options: &Options,
    complaints: &mut Complaints,
) -> Call {
    complaints.advise(SKIP);
    check_name(&item.sig.ident, complaints);
    let mut sig = item.sig.clone();
    replace_self(&mut sig, &block.self_ty);
    let around =
        Around { function: &item.sig.ident, generics: &[&block.generics, &item.sig.generics] };
    let mut call = call(&sig, Some(&block.self_ty), &around, options, complaints);
    if let Reuse::InMemory(Some(size)) = &mut call.reuse {
        ReplaceSelf(peel(&block.self_ty)).visit_expr_path_mut(size);
    }
    complaints.advise("");
    call
}

/// The rules for a block as a whole; without a name there is no trait to make.
pub(crate) fn block<'a>(block: &'a DelayedImpl, complaints: &mut Complaints) -> Option<&'a Ident> {
    let before = complaints.count();
    if let Some((path, _)) = &block.trait_ {
        complaints.on(
            path,
            "a trait impl cannot be delayed, because its methods have to keep the types of the trait: write \
             `#[delayed] impl Type { ... }` with methods that call the trait's",
        );
    }
    let name = check_self_type(&block.self_ty, complaints);
    for param in block.generics.lifetimes() {
        complaints.on(param, BORROWS);
    }
    if complaints.count() == before && block.methods().next().is_none() {
        complaints.on(
            block.impl_token,
            "this block has no methods to delay: write some, or remove `#[delayed]`",
        );
    }
    name.filter(|_| complaints.count() == before)
}

fn check_self_type<'a>(self_ty: &'a Type, complaints: &mut Complaints) -> Option<&'a Ident> {
    let segment = match peel(self_ty) {
        Type::Path(path) if path.qself.is_none() => last_segment(self_ty),
        _ => None,
    };
    if segment.is_none() {
        complaints.on(
            self_ty,
            "this type cannot have delayed methods, only a struct or enum of your own can: annotate free functions instead",
        );
    }
    // A lifetime parameter of the block is complained about where it is declared.
    if let Some(lifetime) = lifetimes::first(self_ty).filter(|found| found.to_string() == "'_") {
        complaints.on(lifetime, BORROWS);
    }
    segment.map(|segment| &segment.ident)
}

fn check_name(name: &Ident, complaints: &mut Complaints) {
    if TAKEN.iter().any(|taken| name == taken) {
        complaints.on(
            name,
            format_args!(
                "`Delayed` has a `{name}` of its own, which a call would reach: rename the method"
            ),
        );
    }
}

fn replace_self(sig: &mut Signature, self_ty: &Type) {
    let mut replace = ReplaceSelf(peel(self_ty));
    replace.visit_generics_mut(&mut sig.generics);
    replace.visit_return_type_mut(&mut sig.output);
    for input in &mut sig.inputs {
        if let FnArg::Typed(input) = input {
            replace.visit_type_mut(&mut input.ty);
        }
    }
}

fn call(
    sig: &Signature,
    self_ty: Option<&Type>,
    around: &Around<'_>,
    options: &Options,
    complaints: &mut Complaints,
) -> Call {
    check_qualifiers(sig, complaints);
    let generics = generics(&sig.generics, complaints);
    let parameters = parameters(sig, self_ty, around, complaints);
    let returned = returned::read(sig, options, complaints);
    Call { parameters, returned, generics, reuse: Reuse::new(options) }
}

fn check_qualifiers(sig: &Signature, complaints: &mut Complaints) {
    if let Some(token) = &sig.constness {
        complaints.on(
            token,
            "a `const` function cannot be delayed, because calling it makes a task while the program runs: remove `const`",
        );
    }
    if let Some(token) = &sig.asyncness {
        complaints.on(
            token,
            "an `async` function cannot be delayed, because a task is run on a thread and not polled: remove `async`, and \
             wait inside, with the `block_on` of your executor",
        );
    }
    if let Safety::Unsafe(token) = &sig.safety {
        complaints.on(
            token,
            "an `unsafe` function cannot be delayed, because nobody can vouch for a call that is made later, on another \
             thread: remove `unsafe`, and use an `unsafe` block inside a function that is safe to call",
        );
    }
    if let Some(abi) = &sig.abi {
        complaints.on(
            abi,
            "an `extern` function cannot be delayed, because tasks are called from Rust: remove `extern`, or delay a Rust \
             function that calls this one",
        );
    }
    if let Some(variadic) = &sig.variadic {
        complaints.on(
            variadic,
            "a variadic function cannot be delayed, because a task stores each argument under its type: take a `Vec` \
             instead of `...`",
        );
    }
}

fn parameters(
    sig: &Signature,
    self_ty: Option<&Type>,
    around: &Around<'_>,
    complaints: &mut Complaints,
) -> Vec<Parameter> {
    if let Some(extra) = sig.inputs.iter().nth(MOST_PARAMETERS) {
        complaints.on(
            extra,
            format_args!("a delayed function has at most {MOST_PARAMETERS} parameters: group some of them in a struct or a tuple"),
        );
    }
    let inputs = sig.inputs.iter().enumerate();
    let read = inputs.filter_map(|(index, input)| match input {
        FnArg::Receiver(written) => {
            Some(parameter::receiver(written, self_ty?, around, complaints))
        }
        FnArg::Typed(written) => Some(parameter::typed(index, written, around, complaints)),
    });
    read.collect()
}

/// The type and const parameters, with the bounds that can be kept.
fn generics(written: &Generics, complaints: &mut Complaints) -> Generics {
    let mut kept = written.clone();
    kept.params = Default::default();
    for param in &written.params {
        match param {
            GenericParam::Lifetime(param) if !param.bounds.is_empty() => {
                complaints.on(&param.bounds, NO_LIFETIME_BOUND)
            }
            GenericParam::Lifetime(_) => {}
            GenericParam::Type(param) => {
                let mut param = param.clone();
                param.bounds = param
                    .bounds
                    .into_iter()
                    .filter(|bound| is_detached(bound, complaints))
                    .collect();
                kept.params.push(GenericParam::Type(param));
            }
            GenericParam::Const(param) => kept.params.push(GenericParam::Const(param.clone())),
        }
    }
    if let Some(clause) = &mut kept.where_clause {
        let predicates = std::mem::take(&mut clause.predicates).into_iter();
        clause.predicates =
            predicates.filter(|predicate| check_predicate(predicate, complaints)).collect();
    }
    kept
}

fn check_predicate(predicate: &WherePredicate, complaints: &mut Complaints) -> bool {
    match predicate {
        WherePredicate::Lifetime(predicate) => {
            complaints.on(predicate, NO_LIFETIME_BOUND);
            false
        }
        predicate => is_detached(predicate, complaints),
    }
}

fn is_detached<N: lifetimes::Walk + Clone>(bound: &N, complaints: &mut Complaints) -> bool {
    let Some(lifetime) = lifetimes::first(bound) else { return true };
    complaints.on(
        lifetime,
        "a bound of a delayed function cannot name a lifetime of the caller, because the task may outlive it: write \
         `'static`, or bind the lifetime with `for<'a>`",
    );
    false
}
