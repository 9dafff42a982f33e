//! Borrowed arguments: a literal that lends, or a node whose value lends.

use std::any::Any;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::owned::{Dependency, Literal};
use super::{IntoArgRef, RefArg, Stored, TokenArg, tokens};
use crate::delayed::Delayed;
use crate::graph::{Dependencies, Inputs};
use crate::token::Tokenizer;

/// A value that can be lent as a `T`: itself, or what it owns.
///
/// The owners are listed rather than taken from `Borrow`: with a blanket impl a value and a `Delayed` of it could not be told
/// apart without a marker parameter on every delayed function, which would take the turbofish from its users.
pub trait Lend<T: ?Sized>: Stored {
    /// The borrow.
    fn lend(&self) -> &T;
}

impl<T: ?Sized + 'static, U: Lend<T>> RefArg<T> for Literal<U> {
    type Loaded<'r> = &'r U;

    #[inline]
    fn dependencies(&self, _: &mut Dependencies<'_>) {}

    #[inline]
    fn load<'r>(&'r self, _: &mut Inputs<'r>) -> &'r U {
        &self.0
    }

    #[inline]
    fn lend<'a>(loaded: &'a &U) -> &'a T {
        (**loaded).lend()
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

impl<T: ?Sized + 'static, U: Lend<T>> RefArg<T> for Dependency<U> {
    type Loaded<'r> = &'r U;

    #[inline]
    fn dependencies(&self, found: &mut Dependencies<'_>) {
        found.push(&self.0);
    }

    #[inline]
    fn load<'r>(&'r self, inputs: &mut Inputs<'r>) -> &'r U {
        inputs.borrow(&self.0)
    }

    #[inline]
    fn lend<'a>(loaded: &'a &U) -> &'a T {
        (**loaded).lend()
    }

    #[inline]
    fn release(&self, inputs: &mut Inputs<'_>) {
        inputs.release_borrowed(&self.0);
    }

    fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
        self.token(tokenizer);
        true
    }
}

/// One line an owner: its parameters and what they need, its type, what it lends, and how.
///
/// What is in the second brackets is asked of a plain value only: see the module's page on `Unpin`.
macro_rules! owners {
    ($([$($generics:tt)*] [$($plain:tt)*] $owner:ty => $lent:ty, $value:ident => $how:expr;)*) => {$(
        impl<$($generics)*> Lend<$lent> for $owner {
            #[inline]
            fn lend(&self) -> &$lent {
                let $value = self;
                $how
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> IntoArgRef<$lent> for $owner
        where
            $($plain)*
        {
            type Arg = Literal<$owner>;

            #[inline]
            fn into_arg(self) -> Literal<$owner> {
                Literal(self)
            }
        }

        impl<$($generics)*> IntoArgRef<$lent> for Delayed<$owner> {
            type Arg = Dependency<$owner>;

            #[inline]
            fn into_arg(self) -> Dependency<$owner> {
                Dependency(self.into_node())
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> IntoArgRef<$lent> for &Delayed<$owner> {
            type Arg = Dependency<$owner>;

            #[inline]
            fn into_arg(self) -> Dependency<$owner> {
                Dependency(self.node().clone())
            }
        }
    )*};
}

owners! {
    [T: Stored] [T: Unpin] T => T, value => value;
    [T: ?Sized + Stored] [] Arc<T> => T, value => value;
    [T: ?Sized + Stored] [] Box<T> => T, value => value;
    [T: Stored] [T: Unpin] Vec<T> => [T], value => value;
    [T: Stored, const N: usize] [T: Unpin] [T; N] => [T], value => value;
    [T: Stored] [T: Unpin] &'static [T] => [T], value => value;
    [T: Stored, const N: usize] [T: Unpin] &'static [T; N] => [T], value => *value;
    [] [] String => str, value => value;
    [] [] &'static str => str, value => value;
    [] [] Cow<'static, str> => str, value => value;
    [] [] PathBuf => Path, value => value;
    [] [] &'static Path => Path, value => value;
    [] [] String => Path, value => Path::new(value);
    [] [] &'static str => Path, value => Path::new(*value);
    [] [] OsString => Path, value => Path::new(value);
    [] [] OsString => OsStr, value => value;
    [] [] String => OsStr, value => OsStr::new(value);
    [] [] &'static str => OsStr, value => OsStr::new(*value);
}
