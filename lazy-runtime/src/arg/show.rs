//! How a literal argument is shown, for types that can be and for those that cannot.
//!
//! Whether a type is `Debug` is asked where the type is written out, in the expansion of the macro: method lookup
//! prefers the trait that needs fewer borrows, and that one is implemented for `Debug` types only.

use std::any::Any;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A literal to be shown, and its type as written.
pub struct Shown<'a, T: ?Sized>(pub &'a T, pub &'static str);

/// Shows by `Debug`.
pub trait ShowDebug {
    /// Writes the value.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// Shows the type's name.
pub trait ShowOpaque {
    /// Writes the type's name.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<T: ?Sized + fmt::Debug> ShowDebug for Shown<'_, T> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: ?Sized> ShowOpaque for &Shown<'_, T> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }
}

/// Asks for an owner of a `T` in a literal of any type.
pub struct Probe<T: ?Sized>(pub PhantomData<T>);

/// Types whose owners are known.
pub trait Owners: 'static {
    /// The value in the literal, if the literal is one of the owners.
    fn find(literal: &dyn Any) -> Option<&Self>;
}

/// Finds through [`Owners`].
pub trait FindOwner<T: ?Sized> {
    /// The value in the literal.
    fn find<'a>(&self, literal: &'a dyn Any) -> Option<&'a T>;
}

/// Finds nothing, for other types.
pub trait FindNothing<T: ?Sized> {
    /// Nothing.
    fn find<'a>(&self, literal: &'a dyn Any) -> Option<&'a T>;
}

impl<T: ?Sized + Owners> FindOwner<T> for Probe<T> {
    fn find<'a>(&self, literal: &'a dyn Any) -> Option<&'a T> {
        T::find(literal)
    }
}

impl<T: ?Sized> FindNothing<T> for &Probe<T> {
    fn find<'a>(&self, _: &'a dyn Any) -> Option<&'a T> {
        None
    }
}

/// The first of the owners that the literal is.
macro_rules! first {
    ($literal:ident: $($owner:ty),*) => {
        None$(.or_else(|| $literal.downcast_ref::<$owner>().map(AsRef::as_ref)))*
    };
}

impl<T: 'static> Owners for T {
    fn find(literal: &dyn Any) -> Option<&T> {
        literal.downcast_ref::<T>().or_else(|| first!(literal: Arc<T>, Box<T>))
    }
}

impl<T: 'static> Owners for [T] {
    fn find(literal: &dyn Any) -> Option<&[T]> {
        first!(literal: Vec<T>, &'static [T], Arc<[T]>, Box<[T]>, [T; 1], [T; 2], [T; 3], [T; 4], [T; 5], [T; 6], [T; 7], [T; 8])
    }
}

impl Owners for str {
    fn find(literal: &dyn Any) -> Option<&str> {
        first!(literal: String, &'static str, Arc<str>, Box<str>, Cow<'static, str>)
    }
}

impl Owners for Path {
    fn find(literal: &dyn Any) -> Option<&Path> {
        first!(literal: PathBuf, &'static Path, &'static str, String, Arc<Path>, Box<Path>, OsString)
    }
}

impl Owners for OsStr {
    fn find(literal: &dyn Any) -> Option<&OsStr> {
        first!(literal: OsString, &'static str, String, Arc<OsStr>, Box<OsStr>)
    }
}

/// How a literal for a parameter of this type is shown, as an `Option<Show>`.
#[doc(hidden)]
#[macro_export]
macro_rules! __show {
    (own $ty:ty) => {
        $crate::__show!(lend $ty)
    };
    (lend $ty:ty) => {{
        fn show(
            literal: &dyn ::core::any::Any,
            f: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            #[allow(unused_imports)]
            use $crate::__private::{FindNothing as _, FindOwner as _, ShowDebug as _, ShowOpaque as _};
            let found: ::core::option::Option<&$ty> =
                (&$crate::__private::Probe::<$ty>(::core::marker::PhantomData)).find(literal);
            match found {
                ::core::option::Option::Some(value) => (&$crate::__private::Shown(value, ::core::stringify!($ty))).show(f),
                ::core::option::Option::None => {
                    ::core::fmt::Formatter::write_str(f, ::core::stringify!($ty))
                }
            }
        }
        ::core::option::Option::Some(show as $crate::__private::Show)
    }};
}
