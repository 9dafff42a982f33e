//! What values write that hold others: lists, sets, maps, tuples, pointers, ranges.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::num::{Saturating, Wrapping};
use std::ops::{Bound, Range, RangeBounds, RangeFrom, RangeInclusive, RangeTo, RangeToInclusive};
use std::rc::Rc;
use std::sync::Arc;

use super::{Tokenize, Tokenizer};

impl<T: Tokenize> Tokenize for [T] {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        tokenizer.write_length(self.len());
        T::tokenize_slice(self, tokenizer);
    }
}

impl<T: Tokenize, const N: usize> Tokenize for [T; N] {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        self.as_slice().tokenize(tokenizer);
    }
}

impl<T: Tokenize> Tokenize for Vec<T> {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        self.as_slice().tokenize(tokenizer);
    }
}

impl<T: Tokenize> Tokenize for VecDeque<T> {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        let (front, back) = self.as_slices();
        tokenizer.write_length(self.len());
        T::tokenize_slice(front, tokenizer);
        T::tokenize_slice(back, tokenizer);
    }
}

/// Collections that have an order of their own: their entries in that order.
macro_rules! ordered {
    ($($Collection:ident<$($T:ident),*>;)*) => {$(
        impl<$($T: Tokenize),*> Tokenize for $Collection<$($T),*> {
            fn tokenize(&self, tokenizer: &mut Tokenizer) {
                tokenizer.write_length(self.len());
                self.iter().for_each(|entry| entry.tokenize(tokenizer));
            }
        }
    )*};
}

ordered! {
    LinkedList<T>;
    BTreeSet<T>;
    BTreeMap<K, V>;
}

/// Collections whose order means nothing.
macro_rules! unordered {
    ($($Collection:ident<$($T:ident),*> $(by $S:ident)?;)*) => {$(
        impl<$($T: Tokenize,)* $($S)?> Tokenize for $Collection<$($T,)* $($S)?> {
            fn tokenize(&self, tokenizer: &mut Tokenizer) {
                tokenizer.write_unordered(self);
            }
        }
    )*};
}

unordered! {
    BinaryHeap<T>;
    HashSet<T> by S;
    HashMap<K, V> by S;
}

/// Pointers, and other types that add nothing to the value inside.
macro_rules! transparent {
    ($($Pointer:ty;)*) => {$(
        impl<T: Tokenize + ?Sized> Tokenize for $Pointer {
            #[inline]
            fn tokenize(&self, tokenizer: &mut Tokenizer) {
                (**self).tokenize(tokenizer);
            }
        }
    )*};
}

transparent! {
    &T;
    &mut T;
    Box<T>;
    Rc<T>;
    Arc<T>;
}

impl<T: Tokenize + ToOwned + ?Sized> Tokenize for Cow<'_, T> {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        (**self).tokenize(tokenizer);
    }
}

/// One line a type: its fields.
macro_rules! fields {
    ($($T:ident: $($field:tt),*;)*) => {$(
        impl<T: Tokenize> Tokenize for $T<T> {
            #[inline]
            fn tokenize(&self, tokenizer: &mut Tokenizer) {
                $(self.$field.tokenize(tokenizer);)*
            }
        }
    )*};
}

fields! {
    Wrapping: 0;
    Saturating: 0;
    Reverse: 0;
    Range: start, end;
    RangeFrom: start;
    RangeTo: end;
    RangeToInclusive: end;
}

impl<T: Tokenize> Tokenize for RangeInclusive<T> {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        // The end tells a range that was iterated over to its end, which is empty.
        (self.start(), self.end_bound()).tokenize(tokenizer);
    }
}

impl<T: Tokenize> Tokenize for Bound<T> {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        match self {
            Bound::Included(value) => (0_u8, value).tokenize(tokenizer),
            Bound::Excluded(value) => (1_u8, value).tokenize(tokenizer),
            Bound::Unbounded => tokenizer.write_u8(2),
        }
    }
}

impl<T: Tokenize> Tokenize for Option<T> {
    #[inline]
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        match self {
            None => tokenizer.write_u8(0),
            Some(value) => (1_u8, value).tokenize(tokenizer),
        }
    }
}

impl<T: Tokenize, E: Tokenize> Tokenize for Result<T, E> {
    #[inline]
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        match self {
            Ok(value) => (0_u8, value).tokenize(tokenizer),
            Err(error) => (1_u8, error).tokenize(tokenizer),
        }
    }
}

macro_rules! tuple {
    ($($A:ident $at:tt),*) => {
        impl<$($A: Tokenize),*> Tokenize for ($($A,)*) {
            #[inline]
            fn tokenize(&self, tokenizer: &mut Tokenizer) {
                $(self.$at.tokenize(tokenizer);)*
            }
        }
    };
}

crate::arities::up_to_12!(tuple);
