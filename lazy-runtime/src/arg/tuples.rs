//! Tuples of nodes, and pairs and triples that mix nodes and plain values.

use super::owned::{Dependency, Literal};
use super::{CloneValue, IntoArg, OwnedArg, Stored, TokenArg, tokens};
use crate::delayed::Delayed;
use crate::graph::{Dependencies, Inputs};
use crate::token::Tokenizer;

/// Arguments that are passed together, as a tuple.
pub struct Together<A>(A);

macro_rules! together {
    ($($T:ident $A:ident $at:tt),*) => {
        impl<$($T, $A: OwnedArg<$T>),*> OwnedArg<($($T,)*)> for Together<($($A,)*)> {
            fn dependencies(&self, found: &mut Dependencies<'_>) {
                $(self.0.$at.dependencies(found);)*
            }

            fn load(&self, inputs: &mut Inputs<'_>) -> ($($T,)*) {
                ($(self.0.$at.load(inputs),)*)
            }

            fn release(&self, inputs: &mut Inputs<'_>) {
                $(self.0.$at.release(inputs);)*
            }

            fn token_if_known(&self, tokenizer: &mut Tokenizer) -> bool {
                tokens::begin_list(tokenizer, const { [$($at),*].len() });
                true $(&& self.0.$at.token_if_known(tokenizer))*
            }
        }

        impl<$($A: TokenArg),*> TokenArg for Together<($($A,)*)> {
            fn token(&self, tokenizer: &mut Tokenizer) {
                tokens::begin_list(tokenizer, const { [$($at),*].len() });
                $(self.0.$at.token(tokenizer);)*
            }
        }
    };
}

together!(T0 A0 0);
together!(T0 A0 0, T1 A1 1);
together!(T0 A0 0, T1 A1 1, T2 A2 2);
together!(T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3);
together!(T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4);
together!(T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4, T5 A5 5);
together!(T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4, T5 A5 5, T6 A6 6);
together!(T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4, T5 A5 5, T6 A6 6, T7 A7 7);
together!(T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4, T5 A5 5, T6 A6 6, T7 A7 7, T8 A8 8);
together!(T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4, T5 A5 5, T6 A6 6, T7 A7 7, T8 A8 8, T9 A9 9);
together!(T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4, T5 A5 5, T6 A6 6, T7 A7 7, T8 A8 8, T9 A9 9, T10 A10 10);
together!(T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4, T5 A5 5, T6 A6 6, T7 A7 7, T8 A8 8, T9 A9 9, T10 A10 10, T11 A11 11);

/// What is passed in a place of a tuple, and what the task keeps of it: `own`ed or `ref`erenced node, or plain `val`ue.
macro_rules! passed {
    (own $a:lifetime $T:ident) => { Delayed<$T> };
    (ref $a:lifetime $T:ident) => { &$a Delayed<$T> };
    (val $a:lifetime $T:ident) => { $T };
}
macro_rules! kept {
    (own $T:ident) => { Dependency<$T> };
    (ref $T:ident) => { Dependency<$T> };
    (val $T:ident) => { Literal<$T> };
}

macro_rules! tuple {
    ($($kind:ident $T:ident $at:tt),*) => {
        #[diagnostic::do_not_recommend]
        impl<'a, $($T: Stored + CloneValue),*> IntoArg<($($T,)*)> for ($(passed!($kind 'a $T),)*)
        where
            $(passed!($kind 'a $T): IntoArg<$T, Arg = kept!($kind $T)>,)*
        {
            type Arg = Together<($(kept!($kind $T),)*)>;

            fn into_arg(self) -> Self::Arg {
                Together(($(<passed!($kind 'a $T) as IntoArg<$T>>::into_arg(self.$at),)*))
            }
        }
    };
}

macro_rules! nodes_only {
    ($($T:ident $at:tt),*) => {
        tuple!($(own $T $at),*);
        tuple!($(ref $T $at),*);
    };
}

nodes_only!(T0 0);
nodes_only!(T0 0, T1 1);
nodes_only!(T0 0, T1 1, T2 2);
nodes_only!(T0 0, T1 1, T2 2, T3 3);
nodes_only!(T0 0, T1 1, T2 2, T3 3, T4 4);
nodes_only!(T0 0, T1 1, T2 2, T3 3, T4 4, T5 5);
nodes_only!(T0 0, T1 1, T2 2, T3 3, T4 4, T5 5, T6 6);
nodes_only!(T0 0, T1 1, T2 2, T3 3, T4 4, T5 5, T6 6, T7 7);
nodes_only!(T0 0, T1 1, T2 2, T3 3, T4 4, T5 5, T6 6, T7 7, T8 8);
nodes_only!(T0 0, T1 1, T2 2, T3 3, T4 4, T5 5, T6 6, T7 7, T8 8, T9 9);
nodes_only!(T0 0, T1 1, T2 2, T3 3, T4 4, T5 5, T6 6, T7 7, T8 8, T9 9, T10 10);
nodes_only!(T0 0, T1 1, T2 2, T3 3, T4 4, T5 5, T6 6, T7 7, T8 8, T9 9, T10 10, T11 11);

tuple!(own T0 0, ref T1 1);
tuple!(own T0 0, val T1 1);
tuple!(ref T0 0, own T1 1);
tuple!(ref T0 0, val T1 1);
tuple!(val T0 0, own T1 1);
tuple!(val T0 0, ref T1 1);

/// Every mix of three, given the first two.
macro_rules! thirds {
    ($($a:ident $b:ident),*) => {$(
        tuple!($a T0 0, $b T1 1, own T2 2);
        tuple!($a T0 0, $b T1 1, ref T2 2);
        tuple!($a T0 0, $b T1 1, val T2 2);
    )*};
}

thirds!(own ref, own val, ref own, ref val, val own, val ref);
tuple!(own T0 0, own T1 1, ref T2 2);
tuple!(own T0 0, own T1 1, val T2 2);
tuple!(ref T0 0, ref T1 1, own T2 2);
tuple!(ref T0 0, ref T1 1, val T2 2);
tuple!(val T0 0, val T1 1, own T2 2);
tuple!(val T0 0, val T1 1, ref T2 2);
