//! Task graphs from ordinary functions.

mod arities;

mod arg;
mod collection;
mod combinators;
mod delayed;
mod drawn;
mod error;
mod execute;
mod graph;
mod handle;
mod key;
mod operators;
mod optimize;
mod options;
pub mod prelude;
mod runtime;
mod schedule;
mod task;
pub mod visualize;

pub use collection::{Collection, Compute, Outputs, Results};
pub use combinators::{
    CallWith, Flatten, GetItem, MissingItem, NothingToReduce, TryCallWith, Unzip, call, collect,
    reduce, try_call,
};
pub use delayed::{Delayed, delayed, delayed_shared};
pub use error::{Error, PanicError, Result, TaskError};
pub use graph::Graph;
pub use handle::Handle;
pub use key::Key;
pub use lazy_macros::delayed;
pub use optimize::{Optimized, optimize};
pub use options::ComputeOptions;
pub use runtime::{Runtime, RuntimeBuilder, Scheduler};
pub use visualize::{RankDir, Visualize};

/// What the expansion of `#[delayed]` uses. Not for users: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::__show as show;
    pub use crate::arg::{
        Arg, Args, FindNothing, FindOwner, IntoArg, IntoArgRef, Own, Owners, Probe, Ref, ShowDebug,
        ShowOpaque, Shown, lend, own,
    };
    pub use crate::delayed::Delayed;
    pub use crate::task::{
        Describe, Fallible, Function, Parameter, Show, TaskError, TaskResult, task, try_task,
    };
}
