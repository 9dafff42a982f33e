//! A task: a function, its arguments, and what is known about it without running it.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use crate::arg::{Arg, Args, TokenArg};
use crate::delayed::Delayed;
use crate::error::Failure;
use crate::graph::{Dependencies, Inputs, Kind, Payload, ShowLiteral};
use crate::identity::identity;
use crate::keep::{Keep, Kept, Opaque};
use crate::key::Key;
use crate::token::Tokenizer;

/// What is known of a function before it is called: one static value a function, a pointer a node.
#[derive(Debug)]
pub struct Function {
    /// Module path and name, as `my_crate::clean::parse`.
    pub path: &'static str,
    /// What is shown: the function's name, or the one given with `name = "..."`.
    pub name: &'static str,
    /// A hash of the function's source tokens, documentation left out.
    pub source_hash: u128,
    /// The parameters, in order.
    pub parameters: &'static [Parameter],
    /// The type that the function returns, as written.
    pub result: &'static str,
    /// How many further attempts a failed call is given.
    pub retries: u32,
}

/// A parameter of a [`Function`].
#[derive(Debug)]
pub struct Parameter {
    /// The name as written; for a pattern, the pattern.
    pub name: &'static str,
    /// The type as written.
    pub ty: &'static str,
    /// How a literal argument is shown; `None` where the type cannot be named outside the function.
    pub show: Option<Show>,
}

/// Shows a literal argument.
pub type Show = fn(&dyn Any, &mut fmt::Formatter<'_>) -> fmt::Result;

impl Function {
    pub(crate) const DATA: Function = Function::internal("data", "lazy_runtime::data");

    /// A function of this crate, which has no source of the user's.
    pub(crate) const fn internal(name: &'static str, path: &'static str) -> Function {
        Function { path, name, source_hash: 0, parameters: &[], result: "", retries: 0 }
    }
}

/// Ties a [`Function`] to a type, so that a node type knows it without storing it.
pub trait Describe: 'static {
    /// What is known of the function.
    const FUNCTION: Function;
}

/// What a task may return: it is made on one thread, read on others, and may outlive the caller.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a delayed function",
    label = "this result cannot be kept in the graph and shared between threads",
    note = "a result must be `Send + Sync + 'static`: return an owned value, with `Arc` instead of `Rc`, `Mutex` instead of `RefCell`, \
            and add `Send + Sync + 'static` to a generic parameter"
)]
pub trait TaskResult: Send + Sync + 'static {}
#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> TaskResult for T {}

/// A return type that can say that the task failed.
#[diagnostic::on_unimplemented(
    message = "a fallible delayed function returns a `Result`, not `{Self}`",
    label = "not a `Result`",
    note = "return `Result<T, E>` (an alias of it will do), or take the type as it is: remove `fallible`, or write \
            `#[delayed(infallible)]` for a type of your own that is called `Result`"
)]
pub trait Fallible {
    /// What a task returns that went well.
    type Value;
    /// Why it failed.
    type Error;
    /// The return value as a plain [`Result`].
    fn into_result(self) -> Result<Self::Value, Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Value = T;
    type Error = E;

    #[inline]
    fn into_result(self) -> Result<T, E> {
        self
    }
}

/// An error that a task may return: it travels to whoever computes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a delayed function",
    label = "this error cannot travel from the task to the caller",
    note = "the error must convert into `Box<dyn Error + Send + Sync>`: implement `std::error::Error` for it and keep it \
            `Send + Sync + 'static`; `String`, `anyhow::Error` and `Box<dyn Error + Send + Sync>` will do as they are"
)]
pub trait IntoTaskError {
    /// The error as the source of an [`Error`](crate::Error).
    fn into_source(self) -> Box<dyn std::error::Error + Send + Sync>;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> IntoTaskError for E {
    fn into_source(self) -> Box<dyn std::error::Error + Send + Sync> {
        self.into()
    }
}

/// A function that can be called with what some arguments become.
pub trait TaskFn<A: Args>: Send + Sync + 'static {
    /// What the function returns.
    type Output;

    /// Loads the arguments and calls the function.
    fn invoke<'r>(&self, args: &'r A, inputs: &mut Inputs<'r>) -> Self::Output;
}

/// How what a function returns becomes the result of its task.
pub(crate) trait Outcome<R>: Send + Sync + 'static {
    type Value: Send + Sync + 'static;
    fn of(returned: R) -> Result<Self::Value, Failure>;
}

/// The return value is the result.
pub(crate) struct Plain;

impl<R: TaskResult> Outcome<R> for Plain {
    type Value = R;

    #[inline]
    fn of(returned: R) -> Result<R, Failure> {
        Ok(returned)
    }
}

/// An `Err` makes the task fail.
pub(crate) struct MayFail;

impl<R: Fallible<Value: TaskResult, Error: IntoTaskError>> Outcome<R> for MayFail {
    type Value = R::Value;

    #[inline]
    fn of(returned: R) -> Result<R::Value, Failure> {
        returned.into_result().map_err(|error| Failure::Returned(error.into_source()))
    }
}

/// The node of a call: function and arguments side by side, nothing boxed.
struct Call<D, F, A, O, K> {
    function: F,
    args: A,
    described: Known<(D, O, K)>,
}

/// What is known by type alone.
type Known<T> = PhantomData<fn() -> T>;

impl<D, F, A, O, K> Payload for Call<D, F, A, O, K>
where
    D: Describe,
    F: TaskFn<A>,
    A: Args,
    O: Outcome<F::Output>,
    K: Keep<O::Value>,
{
    type Output = O::Value;
    const KIND: Kind = Kind::Task;
    const FUNCTION: Function = D::FUNCTION;
    const MOVES: bool = A::MOVES;
    const KEPT: Kept = K::KEPT;

    fn dependencies(&self, found: &mut Dependencies<'_>) {
        self.args.dependencies(found);
    }

    #[inline]
    fn run<'r>(&'r self, inputs: &mut Inputs<'r>) -> Result<O::Value, Failure> {
        if const { D::FUNCTION.retries > 0 } {
            return self.run_with_retries(inputs);
        }
        let result = O::of(self.function.invoke(&self.args, inputs));
        self.release(inputs);
        result
    }

    fn literals(&self, show: ShowLiteral<'_>) {
        self.args.literals(show);
    }
}

impl<D: Describe, F: TaskFn<A>, A: Args, O: Outcome<F::Output>, K> Call<D, F, A, O, K> {
    fn release(&self, inputs: &mut Inputs<'_>) {
        inputs.rewind();
        self.args.release(inputs);
    }

    /// Attempts the call until it goes well or no attempt is left. All but the last attempt work on clones, so that
    /// a failed one has used nothing up.
    #[cold]
    fn run_with_retries<'r>(&'r self, inputs: &mut Inputs<'r>) -> Result<O::Value, Failure> {
        for _ in 0..D::FUNCTION.retries {
            inputs.restart(true);
            let attempt =
                catch_unwind(AssertUnwindSafe(|| O::of(self.function.invoke(&self.args, inputs))));
            if let Ok(Ok(value)) = attempt {
                self.release(inputs);
                return Ok(value);
            }
        }
        inputs.restart(false);
        let result = O::of(self.function.invoke(&self.args, inputs));
        self.release(inputs);
        result
    }
}

/// The node of a call that is told from others by what it calls with what: equal calls are one.
struct PureCall<C> {
    call: C,
    /// In halves, for a node is no larger than it has to be.
    token: [u64; 2],
}

impl<C: Payload> PureCall<C> {
    fn new(call: C, token: u128) -> Self {
        PureCall { call, token: [token as u64, (token >> 64) as u64] }
    }
}

impl<C: Payload> Payload for PureCall<C> {
    type Output = C::Output;
    const KIND: Kind = C::KIND;
    const FUNCTION: Function = C::FUNCTION;
    const MOVES: bool = C::MOVES;
    const KEPT: Kept = C::KEPT;
    const IS_PURE: bool = true;

    fn dependencies(&self, found: &mut Dependencies<'_>) {
        self.call.dependencies(found);
    }

    #[inline]
    fn run<'r>(&'r self, inputs: &mut Inputs<'r>) -> Result<C::Output, Failure> {
        self.call.run(inputs)
    }

    fn literals(&self, show: ShowLiteral<'_>) {
        self.call.literals(show);
    }

    fn key(&self) -> Option<Key> {
        let token = u128::from(self.token[1]) << 64 | u128::from(self.token[0]);
        Some(Key::of_token(C::FUNCTION.name, token))
    }
}

#[inline]
fn call<D, F, A, O, K>(function: F, args: A) -> Call<D, F, A, O, K> {
    Call { function, args, described: PhantomData }
}

/// Adds the node of a call.
#[inline]
fn add<D: Describe, F: TaskFn<A>, A: Args, O: Outcome<F::Output>, K: Keep<O::Value>>(
    function: F,
    args: A,
    location: &'static Location<'static>,
) -> Delayed<O::Value> {
    Delayed::new(Call::<D, F, A, O, K> { function, args, described: PhantomData }, location)
}

/// Adds a call to the graph; what the function returns is the result.
#[track_caller]
#[inline]
pub fn task<D: Describe, F: TaskFn<A, Output: TaskResult>, A: Args, K: Keep<F::Output>>(
    function: F,
    args: A,
    _: K,
) -> Delayed<F::Output> {
    add::<D, F, A, Plain, K>(function, args, Location::caller())
}

/// [`task`] for code of this crate that knows the place of the user's call.
#[inline]
pub(crate) fn task_at<D: Describe, F: TaskFn<A, Output: TaskResult>, A: Args>(
    function: F,
    args: A,
    location: &'static Location<'static>,
) -> Delayed<F::Output> {
    add::<D, F, A, Plain, Opaque>(function, args, location)
}

/// Adds a call to the graph; an `Err` that it returns makes the task fail.
#[track_caller]
#[inline]
pub fn try_task<D: Describe, F, A: Args, K>(
    function: F,
    args: A,
    _: K,
) -> Delayed<<F::Output as Fallible>::Value>
where
    F: TaskFn<A, Output: Fallible<Value: TaskResult, Error: IntoTaskError>>,
    K: Keep<<F::Output as Fallible>::Value>,
{
    add::<D, F, A, MayFail, K>(function, args, Location::caller())
}

/// [`try_task`] for code of this crate that knows the place of the user's call.
#[inline]
pub(crate) fn try_task_at<D: Describe, F, A: Args>(
    function: F,
    args: A,
    location: &'static Location<'static>,
) -> Delayed<<F::Output as Fallible>::Value>
where
    F: TaskFn<A, Output: Fallible<Value: TaskResult, Error: IntoTaskError>>,
{
    add::<D, F, A, MayFail, Opaque>(function, args, location)
}

/// The token of a call: what is called, and with what.
#[inline]
fn token_of<D: Describe, F: 'static>(
    write_args: impl FnOnce(&mut Tokenizer) -> bool,
) -> Option<u128> {
    let mut tokenizer = Tokenizer::new();
    tokenizer.write_node(identity::<D, F>());
    write_args(&mut tokenizer).then(|| tokenizer.finish_key())
}

#[inline]
fn token_of_pure<D: Describe, F: 'static>(args: &impl TokenArg) -> u128 {
    let token = token_of::<D, F>(|tokenizer| {
        args.token(tokenizer);
        true
    });
    token.expect("the arguments are written")
}

/// [`task`] of a pure function: equal calls are one node.
#[track_caller]
#[inline]
pub fn pure_task<D: Describe, F, A: Args + TokenArg, K: Keep<F::Output>>(
    function: F,
    args: A,
    _: K,
) -> Delayed<F::Output>
where
    F: TaskFn<A, Output: TaskResult>,
{
    let token = token_of_pure::<D, F>(&args);
    let call = call::<D, F, A, Plain, K>(function, args);
    Delayed::new(PureCall::new(call, token), Location::caller())
}

/// [`try_task`] of a pure function: equal calls are one node.
#[track_caller]
#[inline]
pub fn try_pure_task<D: Describe, F, A: Args + TokenArg, K>(
    function: F,
    args: A,
    _: K,
) -> Delayed<<F::Output as Fallible>::Value>
where
    F: TaskFn<A, Output: Fallible<Value: TaskResult, Error: IntoTaskError>>,
    K: Keep<<F::Output as Fallible>::Value>,
{
    let token = token_of_pure::<D, F>(&args);
    let call = call::<D, F, A, MayFail, K>(function, args);
    Delayed::new(PureCall::new(call, token), Location::caller())
}

/// Adds a call of a function of this crate that is pure, if its arguments can be told from others: nodes, and literals of well-known
/// types. With any other literal it is a call of its own.
pub(crate) fn derived_at<D: Describe, F: TaskFn<A, Output: TaskResult>, A: Args>(
    function: F,
    args: A,
    location: &'static Location<'static>,
) -> Delayed<F::Output> {
    let token = token_of::<D, F>(|tokenizer| args.token_if_known(tokenizer));
    let call = call::<D, F, A, Plain, Opaque>(function, args);
    match token {
        Some(token) => Delayed::new(PureCall::new(call, token), location),
        None => Delayed::new(call, location),
    }
}

/// [`derived_at`] for a function that may fail. `extra` writes what the function captures; false if that is not known.
pub(crate) fn try_derived_at<D: Describe, F, A: Args>(
    function: F,
    args: A,
    location: &'static Location<'static>,
    extra: impl FnOnce(&mut Tokenizer) -> bool,
) -> Delayed<<F::Output as Fallible>::Value>
where
    F: TaskFn<A, Output: Fallible<Value: TaskResult, Error: IntoTaskError>>,
{
    let token = token_of::<D, F>(|tokenizer| extra(tokenizer) && args.token_if_known(tokenizer));
    let call = call::<D, F, A, MayFail, Opaque>(function, args);
    match token {
        Some(token) => Delayed::new(PureCall::new(call, token), location),
        None => Delayed::new(call, location),
    }
}

macro_rules! task_fn {
    ($($A:ident $at:tt),*) => {
        impl<F, R, $($A: Arg),*> TaskFn<($($A,)*)> for F
        where
            F: for<'a> Fn($($A::Item<'a>),*) -> R + Send + Sync + 'static,
        {
            type Output = R;

            #[inline]
            #[allow(unused_variables, reason = "a function without parameters has no inputs")]
            fn invoke<'r>(&self, args: &'r ($($A,)*), inputs: &mut Inputs<'r>) -> R {
                #[allow(unused_mut, reason = "as above")]
                let mut loaded = ($(args.$at.load(inputs),)*);
                self($($A::item(&mut loaded.$at)),*)
            }
        }
    };
}

crate::arities::up_to_16!(task_fn);
