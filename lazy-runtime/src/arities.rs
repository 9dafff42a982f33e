//! One table of tuple shapes, for the macros that implement a trait for each.

/// Calls `$with` for the tuples of 0 to 16 fields, each as `(A0 0, A1 1, ...)`.
macro_rules! up_to_16 {
    ($with:ident) => {
        $with!();
        crate::arities::up_to_12!($with);
        $with!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10, A11 11, A12 12);
        $with!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10, A11 11, A12 12, A13 13);
        $with!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10, A11 11, A12 12, A13 13, A14 14);
        $with!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10, A11 11, A12 12, A13 13, A14 14, A15 15);
    };
}

/// Calls `$with` for the tuples of 1 to 12 fields.
macro_rules! up_to_12 {
    ($with:ident) => {
        $with!(A0 0);
        $with!(A0 0, A1 1);
        $with!(A0 0, A1 1, A2 2);
        $with!(A0 0, A1 1, A2 2, A3 3);
        $with!(A0 0, A1 1, A2 2, A3 3, A4 4);
        $with!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5);
        $with!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6);
        $with!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7);
        $with!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8);
        $with!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9);
        $with!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10);
        $with!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10, A11 11);
    };
}

pub(crate) use {up_to_12, up_to_16};
