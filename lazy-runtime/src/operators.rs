//! Operators on [`Delayed`]: each adds a task named after its trait.
//!
//! On the right may stand a `Delayed`, a reference to one, or a plain value, on the left also a plain number. Both sides
//! and the result have one type: were the result any other, `delayed(1) + 1` would be a number of a type that
//! nobody can infer. For the rest there are [`zip`](Delayed::zip), [`map`](Delayed::map) and functions of one's own.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Shl, Shr, Sub};
use std::panic::Location;

use crate::arg::{CloneValue, IntoArg, Own, Stored, own};
use crate::delayed::Delayed;
use crate::task::{Describe, Function, derived_at};

/// One line an operator: its trait, its method, the type that describes it, its name.
macro_rules! binary {
    ($($Trait:ident $method:ident $Described:ident $name:literal;)*) => {$(
        struct $Described;

        impl Describe for $Described {
            const FUNCTION: Function =
                Function::internal($name, concat!("core::ops::", stringify!($Trait), "::", stringify!($method)));
        }

        impl $Described {
            fn call<T: Stored + $Trait<T, Output = T>, A: IntoArg<T>, B: IntoArg<T>>(
                left: A,
                right: B,
                location: &'static Location<'static>,
            ) -> Delayed<T> {
                let arguments = (own::<T, A>(left), own::<T, B>(right));
                derived_at::<$Described, _, (Own<T, A::Arg>, Own<T, B::Arg>)>(T::$method, arguments, location)
            }
        }

        binary!(@impl $Trait $method $Described [] [Delayed<T>] [Delayed<T>]);
        binary!(@impl $Trait $method $Described [] [Delayed<T>] [&Delayed<T>]);
        binary!(@impl $Trait $method $Described [] [&Delayed<T>] [Delayed<T>]);
        binary!(@impl $Trait $method $Described [] [&Delayed<T>] [&Delayed<T>]);
        binary!(@impl $Trait $method $Described [Unpin +] [Delayed<T>] [T]);
        binary!(@impl $Trait $method $Described [Unpin +] [&Delayed<T>] [T]);
    )*};
    (@impl $Trait:ident $method:ident $Described:ident [$($plain:tt)*] [$($left:tt)*] [$($right:tt)*]) => {
        impl<T: $($plain)* Stored + CloneValue + $Trait<T, Output = T>> $Trait<$($right)*> for $($left)* {
            type Output = Delayed<T>;

            #[track_caller]
            fn $method(self, right: $($right)*) -> Delayed<T> {
                $Described::call::<T, _, _>(self, right, Location::caller())
            }
        }
    };
}

binary! {
    Add add Added "add";
    Sub sub Subtracted "sub";
    Mul mul Multiplied "mul";
    Div div Divided "div";
    Rem rem Remainder "rem";
    BitAnd bitand And "and";
    BitOr bitor Or "or";
    BitXor bitxor Xor "xor";
    Shl shl ShiftedLeft "shl";
    Shr shr ShiftedRight "shr";
}

/// A plain number on the left; such impls are only possible for types named one by one.
macro_rules! number_left {
    ($($number:ty: $($Trait:ident $method:ident $Described:ident),*;)*) => {$($(
        number_left!(@impl $number, $Trait $method $Described [Delayed<$number>]);
        number_left!(@impl $number, $Trait $method $Described [&Delayed<$number>]);
    )*)*};
    (@impl $number:ty, $Trait:ident $method:ident $Described:ident [$($right:tt)*]) => {
        impl $Trait<$($right)*> for $number {
            type Output = Delayed<$number>;

            #[track_caller]
            fn $method(self, right: $($right)*) -> Delayed<$number> {
                $Described::call::<$number, _, _>(self, right, Location::caller())
            }
        }
    };
}

macro_rules! numbers_left {
    (integers $($integer:ty)*) => {
        number_left! {$(
            $integer: Add add Added, Sub sub Subtracted, Mul mul Multiplied, Div div Divided, Rem rem Remainder,
                BitAnd bitand And, BitOr bitor Or, BitXor bitxor Xor, Shl shl ShiftedLeft, Shr shr ShiftedRight;
        )*}
    };
    (floats $($float:ty)*) => {
        number_left! {$(
            $float: Add add Added, Sub sub Subtracted, Mul mul Multiplied, Div div Divided, Rem rem Remainder;
        )*}
    };
}

numbers_left!(integers i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
numbers_left!(floats f32 f64);

macro_rules! unary {
    ($($Trait:ident $method:ident $Described:ident $name:literal;)*) => {$(
        struct $Described;

        impl Describe for $Described {
            const FUNCTION: Function =
                Function::internal($name, concat!("core::ops::", stringify!($Trait), "::", stringify!($method)));
        }

        unary!(@impl $Trait $method $Described [Delayed<T>]);
        unary!(@impl $Trait $method $Described [&Delayed<T>]);
    )*};
    (@impl $Trait:ident $method:ident $Described:ident [$($operand:tt)*]) => {
        impl<T: Stored + CloneValue + $Trait<Output = T>> $Trait for $($operand)* {
            type Output = Delayed<T>;

            #[track_caller]
            fn $method(self) -> Delayed<T> {
                derived_at::<$Described, _, _>(T::$method, (own::<T, _>(self),), Location::caller())
            }
        }
    };
}

unary! {
    Neg neg Negated "neg";
    Not not Inverted "not";
}
