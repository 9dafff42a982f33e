//! What the macro knows about a call once the signature has been read: the one model that valid and rejected items
//! expand from.

use crate::args::{Cache, Options};
use crate::types::last_segment;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{ExprPath, Generics, Path, Type};

/// A function or method as its callers see it.
pub(crate) struct Call {
    /// The receiver, if any, comes first.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) returned: Returned,
    /// Type and const parameters with their bounds; lifetimes are gone, since every argument is stored.
    pub(crate) generics: Generics,
    pub(crate) reuse: Reuse,
}

/// What becomes of a result beyond the run that made it.
pub(crate) enum Reuse {
    /// Nothing: every call is a task of its own.
    None,
    /// Equal calls are one task.
    Pure,
    /// And its result is kept in memory; the function says how large it is.
    InMemory(Option<ExprPath>),
    /// And its result is kept on disk.
    OnDisk,
}

impl Reuse {
    pub(crate) fn new(options: &Options) -> Self {
        match options.cache {
            Some(Cache::Disk) => Reuse::OnDisk,
            Some(Cache::Memory) => {
                Reuse::InMemory(options.size.as_ref().map(|(_, function)| function.clone()))
            }
            None if options.pure => Reuse::Pure,
            None => Reuse::None,
        }
    }

    /// Whether equal calls are one.
    pub(crate) fn is_pure(&self) -> bool {
        !matches!(self, Reuse::None)
    }
}

/// One parameter.
pub(crate) struct Parameter {
    pub(crate) binding: Binding,
    /// What people see: the name, or the pattern.
    pub(crate) text: String,
    pub(crate) mode: Mode,
    /// The type as written.
    pub(crate) ty: Type,
    /// Whether the type has a meaning outside the function, that is, names none of its generic parameters.
    pub(crate) is_concrete: bool,
}

/// What the wrapper calls a parameter.
pub(crate) enum Binding {
    /// `&self`, a handle.
    Receiver,
    Named(Ident),
}

/// How an argument reaches the function.
pub(crate) enum Mode {
    /// As a value of this type.
    Own(Type),
    /// As a `&` to this type.
    Lend(Type),
    /// Not at all: the parameter was rejected, and its call sites have done nothing wrong.
    Reject,
}

/// The result.
pub(crate) struct Returned {
    /// The type as written, `()` where nothing is.
    pub(crate) ty: Type,
    /// Whether an `Err` fails the task.
    pub(crate) is_fallible: bool,
    /// Where to show what is wrong with the type.
    pub(crate) span: Span,
}

impl Returned {
    /// The `T` of a result written `Result<T, E>`: naming it directly makes better documentation than a projection.
    pub(crate) fn written_value(&self) -> Option<&Type> {
        let segment = last_segment(&self.ty).filter(|segment| segment.ident == "Result")?;
        match crate::types::type_arguments(segment)?.as_slice() {
            [value, _] => Some(value),
            _ => None,
        }
    }
}

/// Where the emitted code finds the runtime.
pub(crate) struct Runtime(pub(crate) Option<Path>);

impl Runtime {
    /// The path of the items made for macros, `::lazy_runtime::__private`, in tokens of this span.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        match &self.0 {
            Some(path) => {
                let path = respan(path.to_token_stream(), span);
                quote_spanned!(span=> #path::__private)
            }
            None => quote_spanned!(span=> ::lazy_runtime::__private),
        }
    }

    /// The same path at the place of a type, so that errors about the type point at it.
    pub(crate) fn at_type(&self, ty: &Type) -> TokenStream {
        self.at(ty.span())
    }
}

/// The tokens, all of them at `span`.
pub(crate) fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let at_span = tokens.into_iter().map(|mut token| {
        if let proc_macro2::TokenTree::Group(group) = &token {
            let inside = respan(group.stream(), span);
            token = proc_macro2::Group::new(group.delimiter(), inside).into();
        }
        token.set_span(span);
        token
    });
    at_span.collect()
}
