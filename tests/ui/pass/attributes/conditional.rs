//! `cfg` and `cfg_attr` below the attribute.
#![deny(warnings)]

use lazy_runtime::prelude::*;

#[delayed]
#[cfg(any())]
fn size() -> Unknown {}

#[delayed(eager = "size_now")]
#[cfg(all())]
#[cfg_attr(all(), must_use, inline, doc = "The size.")]
fn size() -> usize {
    4
}

#[derive(Clone)]
struct Model;

#[delayed]
#[cfg(all())]
impl Model {
    #[cfg(any())]
    fn score(&self) -> Unknown {}

    #[cfg(all())]
    #[cfg_attr(all(), inline)]
    fn score(&self, #[allow(unused_variables)] x: f64) -> f64 {
        1.0
    }
}

#[delayed]
#[cfg(any())]
impl Model {}

fn main() {
    let _: Delayed<usize> = size();
    assert_eq!(size_now(), 4);
    let _ = |model: Delayed<Model>| model.score(2.0);
}
