//! Task graphs from ordinary functions.
//!
//! Annotate a function with [`#[delayed]`](macro@delayed) and calling it computes nothing: it adds a task to a graph and returns a
//! [`Delayed<T>`]. Tasks take values and other `Delayed`s alike. [`compute`](Collection::compute) runs what is needed on all
//! cores, [`persist`](Collection::persist) runs it and keeps the values in the graph, [`visualize`](Collection::visualize) draws it.
//!
//! ```
//! use lazy_runtime::prelude::*;
//!
//! #[delayed]
//! fn square(x: i64) -> i64 {
//!     x * x
//! }
//!
//! #[delayed]
//! fn add(x: i64, y: i64) -> i64 {
//!     x + y
//! }
//!
//! let a = square(3);
//! let b = square(4);
//! let c = add(&a, &b); // nothing has run yet
//! assert_eq!(c.compute()?, 25); // both squares at the same time, then the sum
//! # Ok::<(), lazy_runtime::Error>(())
//! ```
//!
//! # How values move
//!
//! A parameter `x: T` takes a `T`, a `Delayed<T>` or `&Delayed<T>`; for a `Vec<T>` also lists of `Delayed<T>`, likewise tuples, options and
//! maps. The body gets the value itself when this task is its last user, a clone otherwise: a pipeline copies nothing, and no task can
//! change what another one sees. A parameter `x: &T` borrows and needs no `Clone`; it takes owners too: `Vec<T>` for `&[T]`, `String` for
//! `&str`, `Arc<T>` for `&T`.
//!
//! A literal argument is stored in its task, which may be computed again: by value it is cloned. A value that many tasks share is better made a node once, with [`delayed`](fn@delayed).
//! A result is dropped as soon as its last user has finished. Nothing is kept between computations unless it is
//! [persisted](Collection::persist), or the result of a function that is cached.
//!
//! # What is kept
//!
//! `#[delayed(pure)]` says that equal calls have equal results: they are one node and have one [`Key`], which is made of the function's path,
//! its types, its source and the [tokens](Tokenize) of its arguments. `#[delayed(cache)]` keeps the results in memory between
//! computations, `#[delayed(cache = "disk")]` on disk, for other processes as well; what only a kept result needed does not run.
//! [`Runtime::cache`] tells what there is and clears it. With a [`memory_limit`](RuntimeBuilder::memory_limit) results go to disk and
//! come back, least soon needed first.
//!
//! ```
//! use lazy_runtime::prelude::*;
//! use lazy_runtime::Runtime;
//!
//! #[delayed(cache)]
//! fn features(text: &str) -> Vec<usize> {
//!     text.split(' ').map(str::len).collect()
//! }
//!
//! let runtime = Runtime::builder().cache_bytes(64 << 20).memory_limit(1 << 30).build()?;
//! assert_eq!(runtime.compute(&features("to be or not"))?, [2, 2, 2, 3]);
//! assert_eq!(runtime.compute(&features("to be or not"))?, [2, 2, 2, 3]); // not computed again
//! assert_eq!(runtime.cache().stats().hits, 1);
//! # Ok::<(), lazy_runtime::Error>(())
//! ```
//!
//! With the feature `polars`, data frames and series of Polars can be all of this: arguments of pure functions, told by their content, and
//! results that are cached and go to disk.
//!
//! # What happened
//!
//! [`diagnostics`] tells what runs do: a progress bar, a profile as a table, a page or a picture, and whatever an
//! [`Observer`](diagnostics::Observer) of yours makes of it. Pictures of the graph can be [coloured](Visualize::color) by what was measured.
//!
//! # When things fail
//!
//! A delayed function that returns a `Result` is *fallible*: it gives a `Delayed` of what is inside, and an `Err` becomes an [`Error`] that names
//! the task, the line that made it (write `map(|x| f(x))` rather than `map(f)`, which is called inside the standard library) and what needed it. A panic is caught and told in the same way. The first failure stops whatever has not
//! started; with [`ComputeOptions`] all failures are collected, or a time limit is set. `#[delayed(retries = 3)]` tries again.
//!
//! # Generic functions
//!
//! Where only a `&Delayed` says what a type parameter is, the compiler asks for it, for the reference itself might be meant:
//!
//! ```
//! # use lazy_runtime::prelude::*;
//! #[delayed]
//! fn show<T: std::fmt::Debug + Send + Sync + 'static>(x: &T) -> String {
//!     format!("{x:?}")
//! }
//!
//! let x = delayed(5_u8);
//! assert_eq!(show::<u8>(&x).compute()?, "5"); // or `show(x.clone())`
//! # Ok::<(), lazy_runtime::Error>(())
//! ```
//!
//! # Testing your own misuse
//!
//! What your users may not do with your delayed functions can be tested with the `trybuild` crate. Put a program that must not compile
//! into a file, say `tests/ui/wrong_argument.rs`:
//!
//! ```compile_fail
//! use lazy_runtime::prelude::*;
//!
//! #[delayed]
//! fn area(width: f64, height: f64) -> f64 {
//!     width * height
//! }
//!
//! fn main() {
//!     let _ = area("wide", 2.0);
//! }
//! ```
//!
//! and run it from a test; `TRYBUILD=overwrite cargo test` writes the expected message beside it, for you to read and commit:
//!
//! ```no_run
//! # // the attribute is left out so that this compiles as an example
//! fn misuse_is_explained() {
//!     let tests = trybuild::TestCases::new();
//!     tests.compile_fail("tests/ui/wrong_argument.rs");
//! }
//! # misuse_is_explained();
//! ```
//!
//! Stable, within a minor version of this crate, are what is refused and the token that is underlined. The wording may improve in any release, and
//! what the compiler adds around it changes with the compiler: pin both where you keep such tests.
//!
//! # Limits
//!
//! - A delayed function has up to 16 parameters; `async`, `const`, `unsafe` and `extern` functions, `impl Trait` parameters, `&mut` parameters and
//!   borrowed results are refused, with a message that says what to write instead.
//! - By-value parameters need `Clone`; results need `Send + Sync + 'static`.
//! - Plain values borrow as the owners listed at [`#[delayed]`](macro@delayed); for another owner take it as it is, or go through
//!   [`map_ref`](Delayed::map_ref).
//! - A task that runs is never interrupted: cancelling and time limits keep further tasks from starting.
//! - `#[delayed] impl` leaves the block as it is: `Model::fit(..)` is the eager call, `Delayed::<Model>::fit(..)` the task.
//! - A line of a local `String` is a borrow of it: pass `line.to_owned()` to a task.
//! - A graph has fewer than 2^30 nodes.
//! - What a pure function calls, the globals that it reads and the files that it opens are not part of its key.

// In the order in which a computation moves; a module may use what stands before it.
mod sync;
mod arities;
mod files;
mod error;
mod key;
mod location;
mod token;
mod heap_size;
#[cfg(feature = "polars")]
mod frames;
mod codec;
mod keep;
mod witness;
mod cache;
mod store;
mod task;
mod identity;
mod arg;
mod graph;
mod delayed;
mod operators;
mod combinators;
mod collection;
mod optimize;
mod order;
mod memory;
pub mod diagnostics;
mod schedule;
mod execute;
mod options;
mod job;
mod handle;
mod stand_in;
mod runtime;
mod scratch;
mod drawn;
pub mod visualize;
pub mod prelude;

pub use cache::{Cache, CacheEntry, CacheStats, DiskUsage};
pub use collection::{Collection, Compute, Outputs, Results};
pub use combinators::{
    CallWith, Flatten, GetItem, MissingItem, NothingToReduce, TryCallWith, Unzip, call, collect,
    reduce, try_call,
};
pub use delayed::{Delayed, delayed, delayed_pure, delayed_shared};
pub use error::{Error, InvalidError, PanicError, Result, TaskError};
pub use graph::Graph;
pub use handle::Handle;
pub use heap_size::HeapSize;
pub use key::Key;
pub use lazy_macros::{HeapSize, Tokenize, delayed};
pub use location::at;
pub use memory::MemoryProfile;
pub use optimize::{Optimized, optimize};
pub use options::ComputeOptions;
pub use runtime::{Runtime, RuntimeBuilder, Scheduler};
pub use scratch::{Hold, Scratch};
pub use stand_in::stand_in;
pub use token::{Tokenize, Tokenizer, token};
pub use visualize::{Color, RankDir, Visualize};

/// What the expansion of `#[delayed]` uses. Not for users: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::__keep as keep;
    pub use crate::__show as show;
    pub use crate::arg::{
        Arg, Args, FindNothing, FindOwner, IntoArg, IntoArgRef, Own, Owners, Probe, Ref, ShowDebug,
        ShowOpaque, Shown, TokenArg, lend, own,
    };
    pub use crate::delayed::Delayed;
    pub use crate::heap_size::HeapSize;
    pub use crate::keep::{
        InMemory, InMemorySized, Keep, KeepCounted, KeepOpaque, KeepProbe, KeepWritable, OnDisk,
        Opaque, SizeOf, in_memory, in_memory_sized, on_disk,
    };
    pub use crate::task::{
        Describe, Fallible, Function, IntoTaskError, Parameter, Show, TaskResult, pure_task, task,
        try_pure_task, try_task,
    };
    pub use crate::token::{Tokenize, Tokenizer};
}

/// The programs of the README compile and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Those of the guide, too.
#[cfg(doctest)]
#[doc = include_str!("../../docs/keeping.md")]
#[doc = include_str!("../../docs/watching.md")]
struct Guide;
