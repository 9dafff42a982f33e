//! By-value arguments: a literal, or one node.

use std::any::Any;
use std::path::{Path, PathBuf};

use super::{CloneValue, IntoArg, OwnedArg, Stored, TokenArg, tokens};
use crate::delayed::Delayed;
use crate::graph::{Dependencies, Inputs, TypedRef};
use crate::token::Tokenizer;

/// A value stored in the task.
pub struct Literal<T>(pub(super) T);

/// A node whose value is passed.
pub struct Dependency<T>(pub(super) TypedRef<T>);

impl<T> Dependency<T> {
    #[inline]
    pub(crate) fn on(value: &Delayed<T>) -> Self {
        Dependency(value.node().clone())
    }

    pub(crate) fn into_node(self) -> TypedRef<T> {
        self.0
    }
}

impl<T: Stored + CloneValue> OwnedArg<T> for Literal<T> {
    #[inline]
    fn dependencies(&self, _: &mut Dependencies<'_>) {}

    #[inline]
    fn load(&self, _: &mut Inputs<'_>) -> T {
        self.0.clone()
    }

    #[inline]
    fn release(&self, _: &mut Inputs<'_>) {}

    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
        tokens::literal_if_known(&self.0, tokenizer)
    }

    fn literal(&self) -> Option<&dyn Any> {
        Some(&self.0)
    }
}

impl<T: Stored + CloneValue> OwnedArg<T> for Dependency<T> {
    #[inline]
    fn dependencies(&self, found: &mut Dependencies<'_>) {
        found.push(&self.0);
    }

    #[inline]
    fn load(&self, inputs: &mut Inputs<'_>) -> T {
        inputs.take(&self.0)
    }

    #[inline]
    fn release(&self, inputs: &mut Inputs<'_>) {
        inputs.release_taken(&self.0);
    }

    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
        self.token(tokenizer);
        true
    }
}

impl<T: Stored + CloneValue + Unpin> IntoArg<T> for T {
    type Arg = Literal<T>;

    #[inline]
    fn into_arg(self) -> Literal<T> {
        Literal(self)
    }
}

impl<T: Stored + CloneValue> IntoArg<T> for Delayed<T> {
    type Arg = Dependency<T>;

    #[inline]
    fn into_arg(self) -> Dependency<T> {
        Dependency(self.into_node())
    }
}

impl<T: Stored + CloneValue> IntoArg<T> for &Delayed<T> {
    type Arg = Dependency<T>;

    #[inline]
    fn into_arg(self) -> Dependency<T> {
        Dependency(self.node().clone())
    }
}

#[diagnostic::do_not_recommend]
impl IntoArg<String> for &str {
    type Arg = Literal<String>;

    fn into_arg(self) -> Literal<String> {
        Literal(self.to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl IntoArg<PathBuf> for &Path {
    type Arg = Literal<PathBuf>;

    fn into_arg(self) -> Literal<PathBuf> {
        Literal(self.to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl IntoArg<PathBuf> for &str {
    type Arg = Literal<PathBuf>;

    fn into_arg(self) -> Literal<PathBuf> {
        Literal(self.into())
    }
}
