//! Delayed functions in every place a function can be, and as visible.
#![deny(warnings)]

use lazy_runtime::prelude::*;

mod outer {
    pub mod inner {
        use lazy_runtime::prelude::*;

        #[delayed]
        pub(in crate::outer) fn near() -> i32 {
            1
        }

        #[delayed]
        pub(super) fn nearer() -> i32 {
            2
        }
    }

    pub fn sum() -> lazy_runtime::Delayed<i32> {
        inner::near() + inner::nearer()
    }
}

struct Tools;

impl Tools {
    // Without `self` and `Self` a function of an `impl` block is like any other.
    #[delayed]
    fn double(x: i32) -> i32 {
        2 * x
    }
}

#[delayed]
#[allow(clippy::too_many_arguments)]
fn sixteen(
    a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32, h: i32,
    i: i32, j: i32, k: i32, l: i32, m: i32, n: i32, o: i32, p: i32,
) -> i32 {
    a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p
}

fn main() {
    #[delayed]
    fn local(x: i32) -> i32 {
        x + 1
    }
    assert_eq!(outer::sum().compute().unwrap(), 3);
    assert_eq!(local(Tools::double(4)).compute().unwrap(), 9);
    assert_eq!(sixteen(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16).compute().unwrap(), 136);
}
