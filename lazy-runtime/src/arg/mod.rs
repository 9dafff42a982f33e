//! What may be passed where a parameter stands, and what the task keeps of it.
//!
//! A parameter written `x: T` accepts whatever implements [`IntoArg<T>`], one written `x: &T` whatever implements
//! [`IntoArgRef<T>`]; types alone say where lazy values are, no argument is searched for them. Both turn into an
//! [`Arg`] that lies in the task's node: literals and references to nodes, nothing boxed.
//!
//! Two impls would overlap, `T` for `T` and `Vec<Delayed<U>>` for `Vec<U>`, as soon as `T` is still to be inferred. So
//! [`Delayed`] is not [`Unpin`] and a literal must be: for a `Vec<Delayed<U>>` only the second impl is left.

mod borrowed;
mod lists;
mod owned;
mod show;
mod tokens;
mod tuples;

use std::any::Any;
use std::marker::PhantomData;

pub(crate) use lists::List;
pub(crate) use owned::Dependency;
pub use show::{FindNothing, FindOwner, Owners, Probe, ShowDebug, ShowOpaque, Shown};

use crate::graph::{Dependencies, Inputs, ShowLiteral};
use crate::token::Tokenizer;

/// Accepted for a parameter that is taken by value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed to a delayed function that takes `{T}`",
    label = "expected `{T}`, `Delayed<{T}>` or `&Delayed<{T}>`",
    note = "a value passed as it is must be `Clone + Send + Sync + 'static`: derive `Clone`, use `Arc` for `Rc` and \
            `Mutex` for `RefCell`, and own what it borrows"
)]
pub trait IntoArg<T> {
    /// What the task keeps.
    type Arg: OwnedArg<T>;
    /// The argument as the task keeps it.
    fn into_arg(self) -> Self::Arg;
}

/// Accepted for a parameter that is borrowed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed to a delayed function that borrows `{T}`",
    label = "expected an owned value that lends `{T}`, or a `Delayed` of one",
    note = "a plain `&` is not accepted, because the task may run when that borrow is long over: pass the value itself \
            (a clone if you still need it), or make it a node once, with `delayed(value)`, and pass `&` of that",
    note = "a value passed as it is must be `Send + Sync + 'static`: use `Arc` for `Rc` and `Mutex` for `RefCell`, and \
            own what it borrows"
)]
pub trait IntoArgRef<T: ?Sized> {
    /// What the task keeps.
    type Arg: RefArg<T>;
    /// The argument as the task keeps it.
    fn into_arg(self) -> Self::Arg;
}

/// What a node may hold: it is shared by threads and may outlive its maker.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in a task graph",
    label = "this value cannot be shared between threads, or borrows something",
    note = "a value in the graph must be `Send + Sync + 'static`: pass an owned value, with `Arc` instead of `Rc`, `Mutex` \
            instead of `RefCell`, and add `Send + Sync + 'static` to a generic parameter"
)]
pub trait Stored: Send + Sync + 'static {}
#[diagnostic::do_not_recommend]
impl<T: ?Sized + Send + Sync + 'static> Stored for T {}

/// What may be passed by value: other tasks may use it too, or the task may be computed again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is taken by value by a delayed function, which needs `Clone`",
    label = "`{Self}` is not `Clone`",
    note = "a task gets the value itself when it is its last user and a clone otherwise: derive `Clone` for `{Self}`, or let \
            the function take `&{Self}`"
)]
pub trait CloneValue: Clone {}
#[diagnostic::do_not_recommend]
impl<T: Clone> CloneValue for T {}

/// A by-value argument as a task keeps it.
pub trait OwnedArg<T>: Send + Sync + 'static {
    /// Whether it matters to the task that it gets the value itself as its last user, even where a copy costs nothing.
    const MOVES: bool = false;
    /// Names the nodes it needs.
    fn dependencies(&self, found: &mut Dependencies<'_>);
    /// The value, from the inputs named before and in the same order.
    fn load(&self, inputs: &mut Inputs<'_>) -> T;
    /// Passes over the same inputs again, giving up what [`OwnedArg::load`] has not.
    fn release(&self, inputs: &mut Inputs<'_>);
    /// Writes what stands for it in the key of a call; false if that is not known of a value of its type.
    fn token_if_known(&self, _: &mut Tokenizer) -> bool {
        false
    }
    /// The literal, if it is one.
    fn literal(&self) -> Option<&dyn Any> {
        None
    }
}

/// A borrowed argument as a task keeps it.
pub trait RefArg<T: ?Sized>: Send + Sync + 'static {
    /// What is held during the call.
    type Loaded<'r>;
    /// Names the nodes it needs.
    fn dependencies(&self, found: &mut Dependencies<'_>);
    /// What is held during the call, from the inputs named before and in the same order.
    fn load<'r>(&'r self, inputs: &mut Inputs<'r>) -> Self::Loaded<'r>;
    /// The borrow that the function gets.
    fn lend<'a>(loaded: &'a Self::Loaded<'_>) -> &'a T;
    /// Passes over the same inputs again, giving them up.
    fn release(&self, inputs: &mut Inputs<'_>);
    /// Writes what stands for it in the key of a call; false if that is not known of a value of its type.
    fn token_if_known(&self, _: &mut Tokenizer) -> bool {
        false
    }
    /// The literal, if it is one.
    fn literal(&self) -> Option<&dyn Any> {
        None
    }
}

/// An argument of either kind, for a function that gets an [`Arg::Item`].
pub trait Arg: Send + Sync + 'static {
    /// `OwnedArg::MOVES`.
    const MOVES: bool;
    /// What is held during the call.
    type Loaded<'r>;
    /// What the function gets.
    type Item<'a>;
    /// Names the nodes it needs.
    fn dependencies(&self, found: &mut Dependencies<'_>);
    /// What is held during the call.
    fn load<'r>(&'r self, inputs: &mut Inputs<'r>) -> Self::Loaded<'r>;
    /// What the function gets of it.
    fn item<'a>(loaded: &'a mut Self::Loaded<'_>) -> Self::Item<'a>;
    /// Gives the inputs up.
    fn release(&self, inputs: &mut Inputs<'_>);
    /// Writes what stands for it in the key of a call; false if that is not known of a value of its type.
    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool;
    /// The literal, if it is one.
    fn literal(&self) -> Option<&dyn Any>;
}

/// An argument of a pure function: what stands for it in the key of the call is known.
pub trait TokenArg {
    /// Writes it.
    fn token(&self, tokenizer: &mut Tokenizer);
}

/// An argument for a parameter `x: T`.
pub struct Own<T, A> {
    arg: A,
    parameter: PhantomData<fn() -> T>,
}

/// An argument for a parameter `x: &T`.
pub struct Ref<T: ?Sized, A> {
    arg: A,
    parameter: PhantomData<fn() -> *const T>,
}

/// Converts what was passed for a parameter `x: T`.
#[inline]
pub fn own<T, X: IntoArg<T>>(passed: X) -> Own<T, X::Arg> {
    Own { arg: passed.into_arg(), parameter: PhantomData }
}

/// Converts what was passed for a parameter `x: &T`.
#[inline]
pub fn lend<T: ?Sized, X: IntoArgRef<T>>(passed: X) -> Ref<T, X::Arg> {
    Ref { arg: passed.into_arg(), parameter: PhantomData }
}

impl<T, A> Own<T, A> {
    pub(crate) fn from_arg(arg: A) -> Self {
        Own { arg, parameter: PhantomData }
    }
}

impl<T: ?Sized, A> Ref<T, A> {
    pub(crate) fn from_arg(arg: A) -> Self {
        Ref { arg, parameter: PhantomData }
    }
}

impl<T: 'static, A: OwnedArg<T>> Arg for Own<T, A> {
    const MOVES: bool = A::MOVES;
    type Loaded<'r> = Option<T>;
    type Item<'a> = T;

    #[inline]
    fn dependencies(&self, found: &mut Dependencies<'_>) {
        self.arg.dependencies(found);
    }

    #[inline]
    fn load<'r>(&'r self, inputs: &mut Inputs<'r>) -> Option<T> {
        Some(self.arg.load(inputs))
    }

    #[inline]
    fn item(loaded: &mut Option<T>) -> T {
        loaded.take().expect("an argument is handed over once")
    }

    #[inline]
    fn release(&self, inputs: &mut Inputs<'_>) {
        self.arg.release(inputs);
    }

    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
        self.arg.token_if_known(tokenizer)
    }

    fn literal(&self) -> Option<&dyn Any> {
        self.arg.literal()
    }
}

impl<T: ?Sized + 'static, A: RefArg<T>> Arg for Ref<T, A> {
    const MOVES: bool = false;
    type Loaded<'r> = A::Loaded<'r>;
    type Item<'a> = &'a T;

    #[inline]
    fn dependencies(&self, found: &mut Dependencies<'_>) {
        self.arg.dependencies(found);
    }

    #[inline]
    fn load<'r>(&'r self, inputs: &mut Inputs<'r>) -> A::Loaded<'r> {
        self.arg.load(inputs)
    }

    #[inline]
    fn item<'a>(loaded: &'a mut A::Loaded<'_>) -> &'a T {
        A::lend(loaded)
    }

    #[inline]
    fn release(&self, inputs: &mut Inputs<'_>) {
        self.arg.release(inputs);
    }

    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
        self.arg.token_if_known(tokenizer)
    }

    fn literal(&self) -> Option<&dyn Any> {
        self.arg.literal()
    }
}

impl<T, A: TokenArg> TokenArg for Own<T, A> {
    #[inline]
    fn token(&self, tokenizer: &mut Tokenizer) {
        self.arg.token(tokenizer);
    }
}

impl<T: ?Sized, A: TokenArg> TokenArg for Ref<T, A> {
    #[inline]
    fn token(&self, tokenizer: &mut Tokenizer) {
        self.arg.token(tokenizer);
    }
}

/// All arguments of a call: tuples of [`Arg`].
pub trait Args: Send + Sync + 'static {
    /// `OwnedArg::MOVES`, for any of them.
    const MOVES: bool;
    /// Names the nodes they need, in order.
    fn dependencies(&self, found: &mut Dependencies<'_>);
    /// Gives the inputs up, in order.
    fn release(&self, inputs: &mut Inputs<'_>);
    /// Writes what stands for them in the key of a call; false if that is not known of one of them.
    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool;
    /// Shows the literals with their positions.
    fn literals(&self, show: ShowLiteral<'_>);
}

macro_rules! args {
    ($($A:ident $at:tt),*) => {
        impl<$($A: Arg),*> Args for ($($A,)*) {
            const MOVES: bool = false $(|| $A::MOVES)*;

            #[inline]
            #[allow(unused_variables, reason = "a function without parameters has no inputs")]
            fn dependencies(&self, found: &mut Dependencies<'_>) {
                $(self.$at.dependencies(found);)*
            }

            #[inline]
            #[allow(unused_variables, reason = "a function without parameters has no inputs")]
            fn release(&self, inputs: &mut Inputs<'_>) {
                $(self.$at.release(inputs);)*
            }

            #[allow(unused_variables, reason = "a function without parameters has no inputs")]
            fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
                true $(&& self.$at.token_if_known(tokenizer))*
            }

            #[allow(unused_variables, reason = "a function without parameters has no inputs")]
            fn literals(&self, show: ShowLiteral<'_>) {
                $(if let Some(literal) = self.$at.literal() {
                    show($at, literal);
                })*
            }
        }

        impl<$($A: TokenArg),*> TokenArg for ($($A,)*) {
            #[inline]
            #[allow(unused_variables, reason = "a function without parameters has no arguments")]
            fn token(&self, tokenizer: &mut Tokenizer) {
                $(self.$at.token(tokenizer);)*
            }
        }
    };
}

crate::arities::up_to_16!(args);
