//! What is wrong with the input, gathered so that one run of the compiler tells all of it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::fmt::Display;

/// The errors found so far.
///
/// A collector that is dropped without having been read would swallow what its user did wrong, so it panics instead.
#[derive(Debug, Default)]
pub(crate) struct Complaints {
    errors: Option<syn::Error>,
    count: usize,
    advice: &'static str,
    read: bool,
}

impl Complaints {
    pub(crate) fn new() -> Self {
        Complaints::default()
    }

    /// Adds an error that underlines all of `tokens`.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Display) {
        let advice = self.advice;
        self.add(syn::Error::new_spanned(tokens, format_args!("{message}{advice}")));
    }

    /// Ends every message from here on with this advice.
    pub(crate) fn advise(&mut self, advice: &'static str) {
        self.advice = advice;
    }

    pub(crate) fn add(&mut self, error: syn::Error) {
        self.count += 1;
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
    }

    /// How many errors there are; two counts tell whether a check in between found anything.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The errors as `compile_error!` calls, or `None` when there are none.
    pub(crate) fn finish(mut self) -> Option<TokenStream> {
        self.read = true;
        self.errors.take().map(|errors| errors.into_compile_error())
    }

    #[cfg(test)]
    pub(crate) fn messages(mut self) -> Vec<String> {
        self.read = true;
        self.errors.take().into_iter().flatten().map(|error| error.to_string()).collect()
    }
}

impl Drop for Complaints {
    fn drop(&mut self) {
        // A second panic while the first unwinds would abort the compiler.
        if !self.read && !std::thread::panicking() {
            panic!("complaints are read before they are dropped");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn all_errors_come_out_in_order() {
        let mut complaints = Complaints::new();
        complaints.on(quote!(a), "first");
        complaints.on(quote!(b), "second");
        assert_eq!(complaints.count(), 2);
        assert_eq!(complaints.messages(), ["first", "second"]);
    }

    #[test]
    fn no_error_is_nothing() {
        assert!(Complaints::new().finish().is_none());
    }

    #[test]
    #[should_panic(expected = "read before they are dropped")]
    fn an_unread_collector_does_not_go_quietly() {
        drop(Complaints::new());
    }
}
