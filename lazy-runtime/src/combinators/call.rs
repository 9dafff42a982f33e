//! `call`: a task from a function that cannot be annotated.

use std::panic::Location;

use super::names::Called;
use crate::arg::{IntoArg, Own, own};
use crate::delayed::Delayed;
use crate::task::{Fallible, IntoTaskError, TaskResult, task_at, try_task_at};

/// Calls a function lazily that cannot be annotated, such as one of another crate.
///
/// The arguments come as a tuple, each a value or a [`Delayed`]; the function takes them by value. What it returns is the result;
/// for a function that returns a `Result` see [`try_call`].
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
///
/// let base = delayed(2_i64);
/// let power = lazy_runtime::call(i64::pow, (&base, 10));
/// assert_eq!(power.compute()?, 1024);
///
/// let call = lazy_runtime::call(std::fs::read_to_string::<&str>, ("Cargo.toml",));
/// let text = call.flatten(); // an `Err` makes the task fail
/// assert!(text.compute()?.contains("lazy-runtime"));
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[track_caller]
pub fn call<F: CallWith<Args, Arguments>, Args, Arguments>(
    function: F,
    arguments: Arguments,
) -> Delayed<F::Output>
where
    F::Output: TaskResult,
{
    function.call_with(arguments, Location::caller())
}

/// [`call`] for a function that returns a `Result`; an `Err` makes the task fail.
///
/// # Examples
/// ```
/// use lazy_runtime::prelude::*;
///
/// let text = lazy_runtime::try_call(std::fs::read_to_string::<&str>, ("Cargo.toml",));
/// assert!(text.compute()?.contains("lazy-runtime"));
/// # Ok::<(), lazy_runtime::Error>(())
/// ```
#[track_caller]
pub fn try_call<F: TryCallWith<Args, Arguments>, Args, Arguments>(
    function: F,
    arguments: Arguments,
) -> Delayed<F::Value> {
    function.try_call_with(arguments, Location::caller())
}

/// Functions that [`call`] takes, with the arguments that fit them; up to 12.
#[diagnostic::on_unimplemented(
    message = "this function cannot be called with these arguments",
    label = "expected a function, `Send + Sync + 'static`, that takes what the tuple of arguments holds",
    note = "arguments come as a tuple: one argument is written `(x,)`"
)]
pub trait CallWith<Args, Arguments>: Sized {
    /// What the function returns.
    type Output: Send + Sync + 'static;
    /// Adds the call to the graph.
    fn call_with(
        self,
        arguments: Arguments,
        at: &'static Location<'static>,
    ) -> Delayed<Self::Output>;
}

/// Functions that [`try_call`] takes.
#[diagnostic::on_unimplemented(
    message = "this function cannot be called with these arguments, or returns no `Result`",
    label = "expected a function, `Send + Sync + 'static`, that takes what the tuple of arguments holds and returns a `Result`",
    note = "arguments come as a tuple: one argument is written `(x,)`; for a function that returns no `Result` use `call`"
)]
pub trait TryCallWith<Args, Arguments>: Sized {
    /// What the function returns when all goes well.
    type Value: Send + Sync + 'static;
    /// Adds the call to the graph.
    fn try_call_with(
        self,
        arguments: Arguments,
        at: &'static Location<'static>,
    ) -> Delayed<Self::Value>;
}

macro_rules! call_with {
    ($($T:ident $X:ident $at:tt),*) => {
        impl<F, R, $($T: 'static, $X: IntoArg<$T>),*> CallWith<($($T,)*), ($($X,)*)> for F
        where
            F: Fn($($T),*) -> R + Send + Sync + 'static,
            R: TaskResult,
        {
            type Output = R;

            #[allow(unused_variables, reason = "a function without parameters has no arguments")]
            fn call_with(self, arguments: ($($X,)*), at: &'static Location<'static>) -> Delayed<R> {
                task_at::<Called, F, ($(Own<$T, $X::Arg>,)*)>(self, ($(own::<$T, $X>(arguments.$at),)*), at)
            }
        }

        impl<F, R, $($T: 'static, $X: IntoArg<$T>),*> TryCallWith<($($T,)*), ($($X,)*)> for F
        where
            F: Fn($($T),*) -> R + Send + Sync + 'static,
            R: Fallible<Value: TaskResult, Error: IntoTaskError>,
        {
            type Value = R::Value;

            #[allow(unused_variables, reason = "a function without parameters has no arguments")]
            fn try_call_with(self, arguments: ($($X,)*), at: &'static Location<'static>) -> Delayed<R::Value> {
                try_task_at::<Called, F, ($(Own<$T, $X::Arg>,)*)>(self, ($(own::<$T, $X>(arguments.$at),)*), at)
            }
        }
    };
}

call_with!();
call_with!(T0 X0 0);
call_with!(T0 X0 0, T1 X1 1);
call_with!(T0 X0 0, T1 X1 1, T2 X2 2);
call_with!(T0 X0 0, T1 X1 1, T2 X2 2, T3 X3 3);
call_with!(T0 X0 0, T1 X1 1, T2 X2 2, T3 X3 3, T4 X4 4);
call_with!(T0 X0 0, T1 X1 1, T2 X2 2, T3 X3 3, T4 X4 4, T5 X5 5);
call_with!(T0 X0 0, T1 X1 1, T2 X2 2, T3 X3 3, T4 X4 4, T5 X5 5, T6 X6 6);
call_with!(T0 X0 0, T1 X1 1, T2 X2 2, T3 X3 3, T4 X4 4, T5 X5 5, T6 X6 6, T7 X7 7);
call_with!(T0 X0 0, T1 X1 1, T2 X2 2, T3 X3 3, T4 X4 4, T5 X5 5, T6 X6 6, T7 X7 7, T8 X8 8);
call_with!(T0 X0 0, T1 X1 1, T2 X2 2, T3 X3 3, T4 X4 4, T5 X5 5, T6 X6 6, T7 X7 7, T8 X8 8, T9 X9 9);
call_with!(T0 X0 0, T1 X1 1, T2 X2 2, T3 X3 3, T4 X4 4, T5 X5 5, T6 X6 6, T7 X7 7, T8 X8 8, T9 X9 9, T10 X10 10);
call_with!(T0 X0 0, T1 X1 1, T2 X2 2, T3 X3 3, T4 X4 4, T5 X5 5, T6 X6 6, T7 X7 7, T8 X8 8, T9 X9 9, T10 X10 10, T11 X11 11);
