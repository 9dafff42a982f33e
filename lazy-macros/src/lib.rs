//! The `#[delayed]` attribute of `lazy-runtime`, which re-exports it: depend on that crate, not on this one.
//!
//! Everything to know about the attribute stands at [`macro@delayed`]. The work is done from left to right: the item is
//! parsed (`item`, `block`, `args`), checked against all rules at once (`validate`, `parameter`, `returned`), and emitted
//! (`expand`, `extension`, or `fallback` if there was anything to complain about). The body of a function is never
//! looked at: half-typed code expands, and the compiler reports it.
//!
//! # Testing misuse, and what of the messages is stable
//!
//! A library that hands out delayed functions can pin what its users see when they pass the wrong thing, with
//! [trybuild](https://docs.rs/trybuild): one small program a mistake under `tests/ui`, the expected text beside it, and a
//! test of two lines:
//!
//! ```text
//! #[test]
//! fn mistakes_are_explained() {
//!     trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
//! }
//! ```
//!
//! `TRYBUILD=overwrite cargo test` writes the expected text, to be read before it is committed. Within a minor release of
//! this crate, these stay as they are: what is an error, the token that is underlined, and that a rejected function
//! adds no errors where it is called. The wording may improve in any release. What the compiler adds (`note: required by
//! a bound in ..`, lists of implementors, suggestions) belongs to the compiler and changes with it, so pin the toolchain
//! for such tests.

use proc_macro::TokenStream;
use quote::quote;

mod args;
mod attrs;
mod block;
mod call;
mod derive;
mod eager;
mod emit;
mod errors;
mod expand;
mod extension;
mod fallback;
mod given;
mod item;
mod known;
mod lifetimes;
mod parameter;
mod returned;
mod source;
mod text;
mod types;
mod validate;

use args::Options;
use block::{DelayedImpl, method_options};
use errors::Complaints;
use extension::LazyMethod;
use item::{DelayedFn, Item};
use known::Place;

/// Makes a function, or the methods of an `impl` block, lazy: a call makes a task and returns a `Delayed` of the result.
///
/// ```text
/// #[delayed]
/// fn exponent(x: i64, y: u32) -> i64 {
///     x.pow(y)
/// }
///
/// let x = exponent(4, 5);          // Delayed<i64>: nothing has run
/// let y = exponent(&x, 2);         // depends on x
/// y.compute()?;                    // 1_048_576
/// ```
///
/// The function keeps its name, visibility, generic parameters, `where` clause, documentation and attributes; what changes
/// is what it accepts and what it returns. Inside its body its own name is the plain function, so recursion is an ordinary
/// call.
///
/// # Parameters
///
/// | written | accepts at the call | the body gets |
/// |---|---|---|
/// | `x: T` | `T`, `Delayed<T>`, `&Delayed<T>`; collections, tuples and options of `Delayed` for those of values; `&str` for a `String` | an owned `T`: moved when this task is the last user of the value, cloned otherwise, so `T: Clone` |
/// | `x: &T`, `&[T]`, `&str`, `&Path`, `&dyn Trait` | a value that owns a `T` (itself, `Vec<T>`, `String`, `PathBuf`, `Arc<T>`, `Box<T>`, arrays, `'static` slices and strings), or a `Delayed` of one; `Vec<Delayed<T>>` for `&[T]` | a borrow; no `Clone` needed |
/// | `x: &'static T` | as `x: T`, for the type `&'static T` | the reference itself |
/// | `(a, b): (A, B)`, `mut x: T`, `_: T` | as for a plain name | what the pattern takes apart |
///
/// A literal argument is kept in the task and is no node of the graph. There are at most 16 parameters. What a task keeps
/// may outlive the call, so a parameter cannot hold a borrow (`Vec<&str>`, `Cow<'a, str>`): write an owned type, or
/// `'static`. Lifetimes of plain borrows (`x: &'a T`) may be named, and are of no consequence.
///
/// A generic parameter of the function can be inferred from arguments that are values or `Delayed`; for `x: &T` with a
/// `&Delayed<T>` the compiler cannot tell, and a turbofish does: `show::<f64>(&d)`.
///
/// # Results
///
/// A result is kept in the graph and shared between threads: it is `Send + Sync + 'static`, and `T` of the function's
/// generic parameters has to be bounded so. A return type whose last path segment is `Result` makes the task fallible: it
/// gives a `Delayed` of the `Ok` type, and an `Err` fails the task. `fallible` says so of an alias under another name,
/// `infallible` makes the `Result` itself the value.
///
/// # Options
///
/// | option | on | meaning |
/// |---|---|---|
/// | `name = "tree-sum"` | function, method | what pictures, keys and errors call the task; the function's name otherwise |
/// | `retries = 3` | function, method | how often a task that fails or panics is run again |
/// | `fallible`, `infallible` | function, method | overrules what the name of the return type says |
/// | `eager = "sum_now"` | function | also emits the plain function, under this name, with the same visibility and documentation |
/// | `crate = "my_crate::lazy_runtime"` | function, block | where to find the runtime, when it is re-exported by another crate |
/// | `trait = "LazyModel"` | block | the name of the extension trait, `Delayed` and the type's name otherwise |
/// | `skip` | method | leaves the method out |
/// | `pure` | function, method | equal calls are one task, under a key that does not change from run to run |
/// | `cache` | function, method | `pure`, and results are kept in the runtime's memory cache; the result is `HeapSize` |
/// | `cache = "disk"` | function, method | `pure`, and results are kept on disk, also for later processes; the result is serde's `Serialize` and `DeserializeOwned` |
/// | `size = path::to::function` | function, method | with `cache`: a `fn(&T) -> usize` that says how many bytes a result of type `T` owns on the heap, in place of `HeapSize` |
///
/// # Pure functions
///
/// A function is pure if its result depends on nothing but its arguments, and if nobody misses a call that is not made. Say so with `pure` or `cache`, and
/// calls are told apart by key alone: two calls with one key are one task in a graph, and a cached result stands for every later call with its key.
///
/// A key is made of
/// - the path of the function, and its type parameters,
/// - a hash of its source as written: attributes, signature and body, but not comments, documentation, white space, or the options of `#[delayed]`,
/// - the tokens of its arguments: of a literal, what `Tokenize` writes, for which its type has to implement it; of a `Delayed`, its key, whatever its
///   type. A receiver is an argument like others.
///
/// What a key does not see: the functions that this one calls, macros that it uses, constants and statics that it reads, files, the network,
/// the time. When a helper changes, results in a disk cache stay what they were: change the function itself, too, or clear the cache. A function
/// that reads a file may take the time of its last change as an argument.
///
/// A pure call on the result of one that is not pure is equal to another such call only where it depends on the very same node.
///
/// ```text
/// #[delayed(pure)]
/// fn exponent(x: i64, y: u32) -> i64 { .. }                       // exponent(4, 5).key() == exponent(4, 5).key()
///
/// #[delayed(cache)]
/// fn features(path: &str, k: usize) -> Result<Vec<f64>, Error> { .. }   // an `Err` is not kept
///
/// #[delayed(cache, size = Image::n_bytes)]                        // a type of another crate
/// fn thumbnail(image: &Image, width: u32) -> Image { .. }
/// ```
///
/// # On an `impl` block
///
/// ```text
/// #[delayed]
/// impl Model {
///     fn fit(data: &[f64], rate: f64) -> Model { .. }    // Delayed::<Model>::fit(&data, 0.1)
///     fn score(&self, data: &[f64]) -> f64 { .. }        // d.score(&data) on a Delayed<Model>
///     #[delayed(name = "scale", retries = 2)]
///     fn scaled(self, by: f64) -> Model { .. }
///     #[delayed(skip)]
///     fn push(&mut self, weight: f64) { .. }             // stays eager only
/// }
/// ```
///
/// The block is kept as it is: its methods are as eager as before. A trait `DelayedModel`, implemented for `Delayed<Model>`,
/// carries the lazy versions under the same names; it is as visible as the most visible of them, has the generic
/// parameters of the block, and is imported where it is used from another module. A second delayed block for the same type
/// needs a `trait = "..."` of its own.
///
/// `&self` lends the value, `self` hands it over and needs `Clone`. A method cannot have a name that `Delayed` has
/// (`compute`, `map`, `name`, ..). Trait impls, and blocks for types that borrow or have no name, cannot be delayed.
///
/// # What cannot be delayed
///
/// `async`, `const`, `unsafe`, `extern` and variadic functions, `impl Trait` parameters and results, `&mut` parameters,
/// borrowed results, functions that never return, bounds on lifetimes, and items other than functions and inherent `impl`
/// blocks. Each is an error on the token at fault that says what to write instead; all errors of an item come in one run,
/// and calls of a rejected function add none.
///
/// # Attributes
///
/// `doc`, `cfg`, `must_use` and `deprecated` stay with the function that is called. Lint levels apply to it and to the body,
/// `expect` to the body alone. Whatever else there is (`inline`, `cold`, other macros' attributes) belongs to the body. The
/// place of the call is what errors report: the function is `#[track_caller]`.
#[proc_macro_attribute]
pub fn delayed(options: TokenStream, item: TokenStream) -> TokenStream {
    delayed_tokens(options.into(), item.into()).into()
}

/// Implements `Tokenize`, which tells values apart for the keys of pure functions: what may be an argument of one.
///
/// A struct writes its fields in order, an enum the name of the variant and then its fields: variants can be moved and added without a
/// change to any token, fields cannot. Every type parameter is bounded by `Tokenize`.
///
/// ```text
/// #[derive(Tokenize)]
/// struct Settings {
///     rate: f64,
///     #[tokenize(skip)]                        // of no consequence for any result
///     title: String,
///     #[tokenize(with = tokenize_date)]        // a type of another crate
///     since: Date,
/// }
///
/// fn tokenize_date(date: &Date, tokenizer: &mut Tokenizer) {
///     tokenizer.write_u64(date.days());
/// }
/// ```
///
/// | attribute | on | meaning |
/// |---|---|---|
/// | `#[tokenize(skip)]` | field | is not written; a function that looks at it all the same gets results that belong to other values |
/// | `#[tokenize(with = path)]` | field | a `fn(&T, &mut Tokenizer)` writes it |
/// | `#[tokenize(crate = "my_crate::lazy_runtime")]` | type | where to find the runtime, when it is re-exported by another crate |
#[proc_macro_derive(Tokenize, attributes(tokenize))]
pub fn derive_tokenize(input: TokenStream) -> TokenStream {
    derive::expand(&derive::TOKENIZE, input.into()).into()
}

/// Implements `HeapSize`, which says how many bytes a value owns on the heap: what may be a result that is kept in memory.
///
/// The size is the sum over the fields. Every type parameter is bounded by `HeapSize`. Where no field can own anything, `HAS_HEAP` is false, and
/// a list of such values is counted at once.
///
/// ```text
/// #[derive(HeapSize)]
/// struct Picture {
///     title: String,
///     #[heap_size(with = Image::n_bytes)]      // a type of another crate
///     image: Image,
///     #[heap_size(skip)]                       // owns nothing
///     format: Format,
/// }
/// ```
///
/// | attribute | on | meaning |
/// |---|---|---|
/// | `#[heap_size(skip)]` | field | is not counted |
/// | `#[heap_size(with = path)]` | field | a `fn(&T) -> usize` counts it |
/// | `#[heap_size(crate = "my_crate::lazy_runtime")]` | type | where to find the runtime, when it is re-exported by another crate |
#[proc_macro_derive(HeapSize, attributes(heap_size))]
pub fn derive_heap_size(input: TokenStream) -> TokenStream {
    derive::expand(&derive::HEAP_SIZE, input.into()).into()
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
